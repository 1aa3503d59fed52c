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

/** All that a template may say: none of it calls a helper or writes text as it is. */
const FORMS = `{{name}}, which is quoted, ${BLOCKS.map((block) => `{{#${block} name}}`).join(", ")} or {{> template name}}`;

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
  for (const [name, root] of Object.entries(examples))
    check.template(name, { values: [root], root, inLoop: false, templates: [] });
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

/** What `{{…}}` can name at a place. */
interface Scope {
  /** The value there, and those around it. */
  readonly values: readonly unknown[];
  readonly root: unknown;
  /** Whether `@first` and the like are known. */
  readonly inLoop: boolean;
  /** The templates around the place, the innermost last. */
  readonly templates: readonly string[];
}

/** A `{{…}}`; Handlebars leaves out what there is none of, which its types do not say. */
interface Tag extends hbs.AST.Node {
  readonly path?: hbs.AST.PathExpression;
  /** Of a template. */
  readonly name?: hbs.AST.PathExpression;
  readonly params: readonly hbs.AST.PathExpression[];
  readonly hash?: hbs.AST.Hash;
  readonly escaped?: boolean;
  readonly program?: Partial<hbs.AST.Program>;
  readonly inverse?: Partial<hbs.AST.Program>;
}

/** What has every property: one problem is enough. */
const ANYTHING = Symbol("anything");

const LOOP_VARIABLES = ["first", "last", "index", "key"];

class Check {
  readonly problems = new Map<string, Problem>();
  /** The templates that something uses, and where. */
  readonly used = new Map<string, readonly Scope[]>();

  constructor(private readonly texts: TemplateTexts) {}

  /** Checks template NAME at a place of SCOPE. */
  template(name: string, scope: Scope): void {
    const { values, root, inLoop } = scope;
    const uses = this.used.get(name) ?? [];
    // Otherwise the time would double with each template that has two of the next.
    if (uses.some((u) => u.values[0] === values[0] && u.root === root && u.inLoop === inLoop))
      return;
    this.used.set(name, [...uses, scope]);
    this.#program(this.texts.get(name)!.program, {
      ...scope,
      templates: [...scope.templates, name],
    });
  }

  #program({ body = [] }: Partial<hbs.AST.Program> = {}, scope: Scope): void {
    for (const tag of body as Tag[]) {
      const { type } = tag;
      if (type === "ContentStatement" || type === "CommentStatement") continue;
      if (!isKnownForm(tag))
        this.#refuse(tag, scope, `expected ${FORMS}`, "take out what is more than that");
      else if (type === "BlockStatement") this.#block(tag, scope);
      else if (type === "PartialStatement") this.#partial(tag, scope);
      else {
        const found = this.#find(tag.path!, scope);
        if (found !== ANYTHING && !isLiteralValue(found))
          this.#refuseName(tag.path!, scope, `${tag.path!.original} is no text, name or number`);
      }
    }
  }

  #block({ path, params, program, inverse }: Tag, scope: Scope): void {
    const [kind, param] = [path!.original, params[0]!];
    const found = this.#find(param, scope);
    const isList = Array.isArray(found);
    if (kind === "each" && found !== ANYTHING && !isList)
      this.#refuseName(param, scope, `${param.original} is no list`);
    const value: unknown = kind !== "each" ? found : isList ? found[0] : ANYTHING;
    this.#program(program, {
      ...scope,
      ...((kind === "each" || kind === "with") && { values: [value, ...scope.values] }),
      inLoop: scope.inLoop || kind === "each",
    });
    this.#program(inverse, scope);
  }

  #partial(tag: Tag, scope: Scope): void {
    const name = tag.name!.original;
    const [param] = tag.params;
    if (!this.texts.has(name))
      this.#refuse(
        tag,
        scope,
        `there is no template ${name}`,
        `expected one of ${[...this.texts.keys()].sort().join(", ")}`,
      );
    else if (scope.templates.includes(name))
      this.#refuse(
        tag,
        scope,
        `${name} is a part of itself, so it would never end`,
        "take out a {{> …}} of that circle",
      );
    else
      this.template(name, {
        ...scope,
        values: [param === undefined ? scope.values[0] : this.#find(param, scope)],
      });
  }

  /** What PATH is at a place of SCOPE. */
  #find(path: hbs.AST.PathExpression, scope: Scope): unknown {
    const { data, depth, parts, original } = path;
    let found: unknown;
    if (!data) found = parts.reduce(property, scope.values[depth]);
    else if (parts[0] === "root") found = parts.slice(1).reduce(property, scope.root);
    else if (scope.inLoop && LOOP_VARIABLES.includes(parts[0]!)) found = ANYTHING;
    if (found !== undefined) return found;
    this.#refuseName(path, scope, `there is no ${original} here`);
    return ANYTHING;
  }

  #refuseName(path: hbs.AST.PathExpression, scope: Scope, message: string): void {
    this.#refuse(
      path,
      scope,
      message,
      `look at the templates that come with zfs-guix for what can stand in place of ${path.original}`,
    );
  }

  #refuse({ loc }: hbs.AST.Node, { templates }: Scope, message: string, hint: string): void {
    const problem = {
      file: this.texts.get(templates.at(-1)!)!.file,
      line: loc.start.line,
      column: loc.start.column + 1,
      message,
      hint,
    };
    this.problems.set(JSON.stringify(problem), problem);
  }
}

/** Whether TAG is one of FORMS. */
function isKnownForm({ type, path, name, params, hash, escaped, program, inverse }: Tag): boolean {
  const isBound = [program, inverse].some((part) => part?.blockParams !== undefined);
  const areNames = [path ?? name, ...params].every(
    (word?: hbs.AST.Expression) => word?.type === "PathExpression",
  );
  if (hash !== undefined || isBound || !areNames) return false;
  if (type === "BlockStatement") return BLOCKS.includes(path!.original) && params.length === 1;
  if (type === "PartialStatement") return params.length <= 1;
  return type === "MustacheStatement" && escaped === true && params.length === 0;
}

function property(value: unknown, name: string): unknown {
  if (value === ANYTHING) return value;
  if (Array.isArray(value)) return /^\d+$/.test(name) ? value[0] : undefined;
  if (typeof value !== "object" || value === null || value instanceof SymbolName) return undefined;
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}
