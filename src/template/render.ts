import Handlebars from "handlebars/runtime";
import { UserError } from "../errors";
import { isLiteralValue, schemeLiteral } from "./literal";

/** What objects have of JavaScript's own is not there, and nothing is printed about it. */
const OWN_ONLY = { allowProtoPropertiesByDefault: false, allowProtoMethodsByDefault: false };

/** Compiled templates by name, as `Handlebars.precompile` made them. */
export type CompiledTemplates = ReadonlyMap<string, TemplateSpecification>;

/**
 * The text of template NAME for VIEW, whose values are literals and objects
 * and arrays of them.
 *
 * Throws a UserError where a template names what VIEW does not have.
 */
export function render(templates: CompiledTemplates, name: string, view: object): string {
  const handlebars = Handlebars.create();
  // Nothing but what stands in this file can be called from a template.
  handlebars.registerHelper("literal", (value: unknown, path: string, file: string, line: number, column: number) => {
    const found = given(value, path, file, line, column);
    if (isLiteralValue(found)) return schemeLiteral(found);
    throw missing(path, file, line, column, `${path} is no text, name or number`);
  });
  handlebars.registerHelper("given", given);
  for (const [partial, specification] of templates) {
    handlebars.registerPartial(partial, handlebars.template(specification));
  }
  const specification = templates.get(name);
  if (specification === undefined) throw new Error(`there is no template ${name}`);
  return withoutTrailingSpace(handlebars.template<object>(specification)(view, OWN_ONLY));
}

/** Handlebars indents a template within another, its empty lines too. */
function withoutTrailingSpace(text: string): string {
  let result = "";
  let from = 0;
  for (let start = 0; start <= text.length; ) {
    const found = text.indexOf("\n", start);
    const end = found === -1 ? text.length : found;
    let last = end;
    while (last > start && (text[last - 1] === " " || text[last - 1] === "\t")) last -= 1;
    if (last < end) {
      result += text.slice(from, last);
      from = end;
    }
    start = end + 1;
  }
  return result + text.slice(from);
}

function given(value: unknown, path: string, file: string, line: number, column: number): unknown {
  if (value === undefined || value === null) throw missing(path, file, line, column, `there is no ${path} here`);
  return value;
}

function missing(path: string, file: string, line: number, column: number, message: string): UserError {
  return new UserError({ file, line, column, message, hint: `look at the templates that come with zfs-guix for what can stand in place of ${path}` });
}
