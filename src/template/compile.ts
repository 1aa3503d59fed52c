import Handlebars from "handlebars";
import { UserError, type Problem } from "../errors";
import type { Position } from "../scheme/position";

/** Templates by name: the name of a file without its ending `.scm.hbs` or `.scm`. */
export type TemplateTexts = ReadonlyMap<string, TemplateText>;

export interface TemplateText {
  /** For messages. */
  readonly file: string;
  readonly text: string;
}

/** Blocks that a template may use; anything else would be a helper that does not exist. */
const BLOCKS = new Set(["each", "if", "unless", "with"]);

/** Handlebars takes 30 kB for each, and compares each block with all others; ours have 10. */
const MAXIMUM_TAGS = 2_000;

/** Whether NAME says nothing to JavaScript, whose objects have names of their own. */
function isTemplateName(name: string): boolean {
  return /^[a-z][a-z0-9-]*$/.test(name) && !(name in {});
}

/**
 * What Handlebars makes of each template, as source text of JavaScript.
 *
 * A `{{name}}` is turned into a call of the helper `literal`, which writes a
 * Scheme literal, and the name in `{{#each name}}` into one of `given`; both
 * are told where they stand, so that a name that does not exist is an error
 * with file and line.  Handlebars' own `strict` looks only at the former and
 * does not know the file.
 *
 * Throws a UserError that lists what is wrong with all templates.
 */
export function compileTemplates(texts: TemplateTexts): Map<string, string> {
  const problems: Problem[] = [];
  const compiled = new Map<string, string>();
  const parts = new Map<string, Parts>();
  for (const [name, { file, text }] of texts) {
    if (!isTemplateName(name)) {
      problems.push({ file, message: `${JSON.stringify(name)} cannot be the name of a template`, hint: "expected small letters, digits and hyphens" });
      continue;
    }
    if (file.endsWith(".hbs") && text.split("{{").length > MAXIMUM_TAGS) {
      problems.push({ file, message: `there are more than ${MAXIMUM_TAGS} {{…}} in this template`, hint: "write a part of it as a template of its own, with {{#each}} where it repeats" });
      continue;
    }
    try {
      const program = file.endsWith(".hbs") ? Handlebars.parse(text) : content(text);
      const checker = new Checker(file, texts, problems);
      checker.accept(program);
      parts.set(name, checker.parts);
      compiled.set(name, String(Handlebars.precompile(program, { noEscape: true })).replace(LOCATION, ""));
    } catch (error) {
      problems.push(syntaxProblem(file, error));
    }
  }
  for (const [name, { file }] of texts) {
    for (const [part, place] of parts.get(name) ?? []) {
      if (!leadsTo(name, part, parts)) continue;
      const how = part === name ? "" : ` by way of ${part}`;
      problems.push({ file, ...place, message: `${name} is a part of itself${how}, so it would never end`, hint: "take out a {{> …}} of that circle" });
    }
  }
  if (problems.length > 0) throw new UserError(problems);
  return compiled;
}

/** The templates that are in another, and where they are first. */
type Parts = ReadonlyMap<string, Position>;

/** Whether template NAME is PART, or somewhere in it. */
function leadsTo(name: string, part: string, parts: ReadonlyMap<string, Parts>): boolean {
  const seen = new Set([part]);
  for (const outer of seen) for (const inner of parts.get(outer)?.keys() ?? []) seen.add(inner);
  return seen.has(name);
}

/** Handlebars hands every helper an object with its place, which nobody here asks for. */
const LOCATION = /,"loc":\{"start":\{"line":\d+,"column":\d+\},"end":\{"line":\d+,"column":\d+\}\}/g;

class Checker extends Handlebars.Visitor {
  /** The other templates that are in this one. */
  readonly parts = new Map<string, Position>();

  constructor(
    private readonly file: string,
    private readonly texts: TemplateTexts,
    private readonly problems: Problem[],
  ) {
    super();
  }

  private refuse(node: hbs.AST.Node, message: string, hint: string): void {
    this.problems.push({ file: this.file, ...placeOf(node), message, hint });
  }

  override MustacheStatement(mustache: hbs.AST.MustacheStatement): void {
    if (!mustache.escaped) {
      this.refuse(mustache, "{{{…}}} would write text as it is, which could become code", "write {{…}}, which quotes it");
      return;
    }
    const { path } = mustache;
    if (path.type !== "PathExpression" || mustache.params.length > 0 || mustache.hash !== undefined) {
      this.refuse(mustache, "expected a name alone in {{…}}", "take the arguments out");
      return;
    }
    mustache.params = this.located(path as hbs.AST.PathExpression);
    mustache.path = helper("literal", path.loc);
  }

  override BlockStatement(block: hbs.AST.BlockStatement): void {
    const name = block.path.original;
    if (!BLOCKS.has(String(name)) || block.params.length !== 1) {
      this.refuse(block, `there is no block {{#${name}}} with ${block.params.length} arguments`, `use one of ${[...BLOCKS].join(", ")} with one`);
      return;
    }
    block.params = block.params.map((param) => this.given(param));
    this.accept(block.program);
    if (block.inverse !== undefined && block.inverse !== null) this.accept(block.inverse);
  }

  override PartialStatement(partial: hbs.AST.PartialStatement): void {
    const name = String((partial.name as hbs.AST.PathExpression).original);
    if (partial.name.type !== "PathExpression") {
      this.refuse(partial, "expected the name of a template in {{> …}}", "write it out");
    } else if (!this.texts.has(name)) {
      this.refuse(partial, `there is no template ${name}`, `expected one of ${[...this.texts.keys()].filter(isTemplateName).sort().join(", ")}`);
    } else if (partial.hash !== undefined) {
      this.refuse(partial, "{{> …=…}} is not supported", "write {{#with …}}{{> name}}{{/with}}");
    }
    if (!this.parts.has(name)) this.parts.set(name, placeOf(partial));
    partial.params = partial.params.map((param) => this.given(param));
  }

  override PartialBlockStatement(partial: hbs.AST.PartialBlockStatement): void {
    this.refuse(partial, "{{#>…}} is not supported", "use {{> name}}");
  }

  override DecoratorBlock(decorator: hbs.AST.DecoratorBlock): void {
    this.refuse(decorator, "{{#*…}} is not supported", "make it a template of its own");
  }

  override Decorator(decorator: hbs.AST.Decorator): void {
    this.refuse(decorator, "{{*…}} is not supported", "take it out");
  }

  /** PARAM, looked up in a way that tells where it stands if there is no such name. */
  private given(param: hbs.AST.Expression): hbs.AST.Expression {
    if (param.type !== "PathExpression") {
      this.refuse(param, "expected a name alone here", "take out what is around it");
      return param;
    }
    return { type: "SubExpression", path: helper("given", param.loc), params: this.located(param as hbs.AST.PathExpression), loc: param.loc } as hbs.AST.SubExpression;
  }

  private located(path: hbs.AST.PathExpression): hbs.AST.Expression[] {
    const { loc, original } = path;
    const text = (value: string): hbs.AST.Expression => ({ type: "StringLiteral", value, original: value, loc }) as hbs.AST.StringLiteral;
    const number = (value: number): hbs.AST.Expression => ({ type: "NumberLiteral", value, original: value, loc }) as hbs.AST.NumberLiteral;
    return [path, text(original), text(this.file), number(loc.start.line), number(loc.start.column + 1)];
  }
}

function placeOf({ loc }: hbs.AST.Node): Position {
  return { line: loc.start.line, column: loc.start.column + 1 };
}

/** A file that is Scheme and no template: its text, whatever braces are in it. */
function content(text: string): hbs.AST.Program {
  const program = Handlebars.parse("text");
  const [statement] = program.body as [hbs.AST.ContentStatement];
  statement.value = text;
  statement.original = text as unknown as hbs.AST.ContentStatement["original"];
  return program;
}

function helper(name: string, loc: hbs.AST.SourceLocation): hbs.AST.PathExpression {
  return { type: "PathExpression", data: false, depth: 0, parts: [name], original: name, loc } as unknown as hbs.AST.PathExpression;
}

/** Handlebars' own message is a drawing of several lines whose first says where. */
function syntaxProblem(file: string, error: unknown): Problem {
  const { message, lineNumber, column } = error as Error & { lineNumber?: number; column?: number };
  const line = lineNumber ?? Number(/line (\d+)/.exec(message)?.[1] ?? 1);
  const expected = /Expecting (.*)$/m.exec(message)?.[1];
  return {
    file,
    line,
    ...(column !== undefined && { column: column + 1 }),
    message: `this is not a Handlebars template${expected === undefined ? `: ${message.split("\n")[0]}` : ` (the parser expected ${expected})`}`,
    hint: "check the braces of that line and the block that it ends",
  };
}
