import Handlebars from "handlebars";
import { UserError, type Problem } from "../errors";
import { isLiteralValue, SymbolName } from "./literal";

/** A template; its name is that of the file without its ending. */
export interface TemplateText {
  /** For messages. */
  readonly file: string;
  readonly program: hbs.AST.Program;
}

export type TemplateTexts = ReadonlyMap<string, TemplateText>;

/** Blocks that a template may use; anything else would be a helper that does not exist. */
const BLOCKS = ["each", "if", "unless", "with"];

/**
 * Makes sure that what TEXTS name exists, in a branch that is not taken today,
 * too, that each template of OWN is one that something uses, and that all text
 * is quoted. EXAMPLES are views of the templates that are rendered by
 * themselves, with one element in each list.
 *
 * Handlebars' own `strict` looks only at a `{{name}}` that is rendered, not at
 * a condition, and does not know the file.
 *
 * @throws UserError that lists what is wrong with all templates.
 */
export function checkTemplates(
  texts: TemplateTexts,
  own: Iterable<string>,
  examples: Readonly<Record<string, object>>,
): void {
  const check = new Check(texts);
  for (const [name, example] of Object.entries(examples)) check.template(name, example, example);
  const used = [...check.used.keys()];
  const unused = [...own].filter((name) => !check.used.has(name));
  const problems = unused.map((name): Problem => ({
    file: texts.get(name)!.file,
    message: `nothing uses a template ${name}`,
    hint: `name the file after one of ${used.sort().join(", ")}`,
  }));
  problems.push(...check.problems.values());
  if (problems.length > 0) throw new UserError(problems);
}

/** What `{{…}}` can name at a place: a value, and those around it. */
interface Scope {
  readonly value: unknown;
  readonly outer?: Scope;
}

/** What has every property: one problem is enough. */
const ANYTHING = Symbol("anything");

const LOOP_VARIABLES = new Set(["first", "last", "index", "key"]);

class Check extends Handlebars.Visitor {
  readonly problems = new Map<string, Problem>();
  /** The templates that something uses, and what for. */
  readonly used = new Map<
    string,
    { readonly value: unknown; readonly root: unknown; readonly loop: boolean }[]
  >();
  /** The templates around the place that is looked at. */
  readonly #including: string[] = [];
  #scope: Scope = { value: undefined };
  #root: unknown;
  /** Whether this is inside of an `{{#each}}`, where `@first` and the like are known. */
  #loop = false;

  constructor(private readonly texts: TemplateTexts) {
    super();
  }

  /** Checks template NAME for VALUE, which is ROOT or something in it. */
  template(name: string, value: unknown, root: unknown): void {
    const uses = this.used.get(name) ?? [];
    const loop = this.#loop;
    // Otherwise the time would double with each template that has two of the next.
    if (uses.some((use) => use.value === value && use.root === root && use.loop === loop)) return;
    this.used.set(name, [...uses, { value, root, loop }]);
    this.#root = root;
    this.#including.push(name);
    this.#inside({ value }, this.texts.get(name)!.program);
    this.#including.pop();
  }

  override MustacheStatement(mustache: hbs.AST.MustacheStatement): void {
    if (!mustache.escaped) {
      this.#refuse(
        mustache,
        "{{{…}}} would write text as it is, which could become code",
        "write {{…}}, which quotes it",
      );
      return;
    }
    if (mustache.params.length > 0 || hasHash(mustache)) {
      this.#refuse(mustache, "expected a name alone in {{…}}", "take the arguments out");
      return;
    }
    const found = this.#find(mustache.path);
    if (found !== ANYTHING && !isLiteralValue(found))
      this.#refuseName(mustache.path, `${nameOf(mustache.path)} is no text, name or number`);
  }

  override BlockStatement(block: hbs.AST.BlockStatement): void {
    const kind = nameOf(block.path);
    const [param] = block.params;
    if (
      !BLOCKS.includes(kind) ||
      param === undefined ||
      block.params.length > 1 ||
      hasHash(block) ||
      hasBlockParams(block.program)
    ) {
      this.#refuse(
        block,
        `there is no block {{#${kind}}} with such arguments`,
        `use one of ${BLOCKS.join(", ")} with one name`,
      );
      return;
    }
    const found = this.#find(param);
    const before = this.#loop;
    if (kind === "each") {
      if (found !== ANYTHING && !Array.isArray(found))
        this.#refuseName(param, `${nameOf(param)} is no list`);
      this.#loop = true;
    }
    const value =
      kind === "each" ? (Array.isArray(found) ? (found as unknown[])[0] : ANYTHING) : found;
    this.#inside(
      kind === "each" || kind === "with" ? { value, outer: this.#scope } : this.#scope,
      block.program,
    );
    this.#loop = before;
    this.accept(block.inverse);
  }

  override PartialStatement(partial: hbs.AST.PartialStatement): void {
    const name = nameOf(partial.name);
    const [param, ...rest] = partial.params;
    if (partial.name.type !== "PathExpression" || rest.length > 0 || hasHash(partial)) {
      this.#refuse(
        partial,
        "expected the name of a template in {{> …}}, and nothing but a name after it",
        "write {{#with …}}{{> name}}{{/with}} for other values",
      );
    } else if (!this.texts.has(name)) {
      this.#refuse(
        partial,
        `there is no template ${name}`,
        `expected one of ${[...this.texts.keys()].sort().join(", ")}`,
      );
    } else if (this.#including.includes(name)) {
      this.#refuse(
        partial,
        `${name} is a part of itself, so it would never end`,
        "take out a {{> …}} of that circle",
      );
    } else {
      this.template(name, param === undefined ? this.#scope.value : this.#find(param), this.#root);
    }
  }

  override PartialBlockStatement(partial: hbs.AST.PartialBlockStatement): void {
    this.#refuse(partial, "{{#>…}} is not supported", "use {{> name}}");
  }

  override DecoratorBlock(decorator: hbs.AST.DecoratorBlock): void {
    this.#refuse(decorator, "{{#*…}} is not supported", "make it a template of its own");
  }

  override Decorator(decorator: hbs.AST.Decorator): void {
    this.#refuse(decorator, "{{*…}} is not supported", "take it out");
  }

  #inside(scope: Scope, program: hbs.AST.Program): void {
    const before = this.#scope;
    this.#scope = scope;
    this.accept(program);
    this.#scope = before;
  }

  /** What EXPRESSION is here. */
  #find(expression: hbs.AST.Expression): unknown {
    if (expression.type !== "PathExpression") {
      this.#refuse(expression, "expected a name alone here", "take out what is around it");
      return ANYTHING;
    }
    const { data, depth, parts } = expression as hbs.AST.PathExpression;
    const [first, ...rest] = parts.map(String);
    let found: unknown;
    if (!data) found = [first, ...rest].reduce(property, outward(this.#scope, depth)?.value);
    else if (first === "root") found = rest.reduce(property, this.#root);
    else if (this.#loop && LOOP_VARIABLES.has(first ?? "")) found = ANYTHING;
    if (found !== undefined) return found;
    this.#refuseName(expression, `there is no ${nameOf(expression)} here`);
    return ANYTHING;
  }

  #refuseName(expression: hbs.AST.Expression, message: string): void {
    this.#refuse(
      expression,
      message,
      `look at the templates that come with zfs-guix for what can stand in place of ${nameOf(expression)}`,
    );
  }

  #refuse({ loc }: hbs.AST.Node, message: string, hint: string): void {
    const problem = {
      file: this.texts.get(this.#including.at(-1)!)!.file,
      line: loc.start.line,
      column: loc.start.column + 1,
      message,
      hint,
    };
    this.problems.set(JSON.stringify(problem), problem);
  }
}

/** Handlebars leaves `hash` out where there is none, which its types do not say. */
function hasHash({ hash }: { readonly hash?: hbs.AST.Hash }): boolean {
  return hash !== undefined;
}

/** Whether `as |name|` stands in PROGRAM; the same is true of that. */
function hasBlockParams({ blockParams }: { readonly blockParams?: string[] }): boolean {
  return blockParams !== undefined;
}

function nameOf(expression: hbs.AST.Expression): string {
  return (expression as hbs.AST.PathExpression).original;
}

function property(value: unknown, name: string | undefined): unknown {
  if (name === undefined || value === ANYTHING) return value;
  if (Array.isArray(value)) return /^\d+$/.test(name) ? value[0] : undefined;
  if (typeof value !== "object" || value === null || value instanceof SymbolName) return undefined;
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

function outward(scope: Scope | undefined, depth: number): Scope | undefined {
  return depth === 0 ? scope : outward(scope?.outer, depth - 1);
}
