import Handlebars from "handlebars";
import { UserError, type Problem } from "../errors";
import type { TemplateTexts } from "./compile";
import { EXAMPLES } from "./example";
import { SymbolName } from "./literal";

/** What `{{…}}` can name at a place: the values around it, the innermost first. */
interface Scope {
  readonly value: unknown;
  /** Whether it is an element of a loop, which has `@first` and the like. */
  readonly loop: boolean;
  readonly outer: Scope | undefined;
}

const LOOP_NAMES = new Set(["first", "last", "index", "key"]);

/**
 * Makes sure that TEXTS, which compile and include no circle, fit together:
 * every name exists, in a branch that is not taken today, too, and each
 * template of OWN is one that something uses.
 */
export function checkUse(texts: TemplateTexts, own: TemplateTexts): void {
  const walk = new Walk(texts);
  for (const [name, example] of Object.entries(EXAMPLES)) walk.template(name, { value: example, loop: false, outer: undefined });
  const used = [...walk.used.keys()].sort().join(", ");
  const unused = [...own].filter(([name]) => !walk.used.has(name));
  const problems = [
    ...unused.map(([name, { file }]): Problem => ({ file, message: `nothing uses a template ${name}`, hint: `name the file after one of ${used}` })),
    ...walk.problems(),
  ];
  if (problems.length > 0) throw new UserError(problems);
}

class Walk {
  /** The templates that something uses, and where it does. */
  readonly used = new Map<string, readonly Scope[]>();
  /** Each place that names something, and whether that exists in some way of getting there. */
  private readonly places = new Map<string, Problem & { exists: boolean }>();
  private file = "";

  constructor(private readonly texts: TemplateTexts) {}

  problems(): Problem[] {
    return [...this.places.values()].filter(({ exists }) => !exists).map(({ exists: _, ...problem }) => problem);
  }

  template(name: string, scope: Scope): void {
    const { file, text } = this.texts.get(name)!;
    const scopes = this.used.get(name) ?? [];
    // Otherwise the time would double with each template that has two of the next.
    if (scopes.some((other) => isSame(other, scope))) return;
    this.used.set(name, [...scopes, scope]);
    if (!file.endsWith(".hbs")) return;
    const outer = this.file;
    this.file = file;
    this.program(Handlebars.parse(text), scope);
    this.file = outer;
  }

  private program({ body }: hbs.AST.Program, scope: Scope): void {
    for (const statement of body) {
      if (statement.type === "MustacheStatement") this.find((statement as hbs.AST.MustacheStatement).path, scope);
      else if (statement.type === "BlockStatement") this.block(statement as hbs.AST.BlockStatement, scope);
      else if (statement.type === "PartialStatement") this.partial(statement as hbs.AST.PartialStatement, scope);
    }
  }

  private partial({ name, params }: hbs.AST.PartialStatement, scope: Scope): void {
    const value = params[0] === undefined ? scope.value : this.find(params[0], scope);
    this.template(String((name as hbs.AST.PathExpression).original), { ...scope, value });
  }

  private block({ path, params, program, inverse }: hbs.AST.BlockStatement, scope: Scope): void {
    const value = this.find(params[0]!, scope);
    const kind = (path as hbs.AST.PathExpression).original;
    const named = (program.blockParams ?? []).length > 0;
    const inner = kind === "each" ? element(value) : kind === "with" ? value : undefined;
    this.program(program, kind === "each" || kind === "with" ? { value: named ? ANYTHING : inner, loop: kind === "each" || scope.loop, outer: scope } : scope);
    if (inverse !== undefined && inverse !== null) this.program(inverse, scope);
  }

  /** What EXPRESSION is in SCOPE. */
  private find(expression: hbs.AST.Expression, scope: Scope): unknown {
    if (expression.type !== "PathExpression") return ANYTHING;
    const { data, depth, parts, original, loc } = expression as hbs.AST.PathExpression;
    const found = data ? variable(parts.map(String), scope) : parts.map(String).reduce(property, outward(scope, depth)?.value);
    const place = { file: this.file, line: loc.start.line, column: loc.start.column + 1 };
    const key = JSON.stringify(place);
    const before = this.places.get(key)?.exists ?? false;
    const hint = `look at the templates that come with zfs-guix for what can stand in place of ${original}`;
    this.places.set(key, { ...place, message: `there is no ${original} here`, hint, exists: before || found !== undefined });
    // One problem is enough.
    return found ?? ANYTHING;
  }
}

/** What has every property. */
const ANYTHING = Symbol("anything");

function property(value: unknown, name: string): unknown {
  if (value === ANYTHING) return ANYTHING;
  if (Array.isArray(value) && /^\d+$/.test(name)) return value[0];
  if (value === undefined || value === null || value instanceof SymbolName) return undefined;
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

function element(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : ANYTHING;
}

function isSame(a: Scope | undefined, b: Scope | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.value === b.value && a.loop === b.loop && isSame(a.outer, b.outer));
}

function outward(scope: Scope | undefined, depth: number): Scope | undefined {
  return depth === 0 ? scope : outward(scope?.outer, depth - 1);
}

/** `@first`, `@root.variants`. */
function variable([name, ...rest]: readonly string[], scope: Scope): unknown {
  if (name === "root") return rest.reduce(property, outermost(scope).value);
  return scope.loop && name !== undefined && LOOP_NAMES.has(name) ? ANYTHING : undefined;
}

function outermost(scope: Scope): Scope {
  return scope.outer === undefined ? scope : outermost(scope.outer);
}
