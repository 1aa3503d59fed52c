import Handlebars from "handlebars";
import type { TemplateTexts } from "./check";
import { schemeLiteral, type LiteralValue } from "./literal";

/** Templates by name. */
export type CompiledTemplates = Readonly<Record<string, HandlebarsTemplateDelegate>>;

// What Handlebars does to whatever a {{name}} writes: it escapes for HTML, and we for Scheme.
Object.assign(Handlebars.Utils, {
  escapeExpression: (value: unknown) => schemeLiteral(value as LiteralValue),
});

/** TEXTS, which were checked, ready to be rendered. */
export function compileTemplates(texts: TemplateTexts): CompiledTemplates {
  return Object.fromEntries(
    Array.from(texts, ([name, { program }]) => [
      name,
      Handlebars.compile(program, { strict: true, knownHelpersOnly: true }),
    ]),
  );
}

/** The text of template NAME for VIEW, whose values are literals and objects and arrays of them. */
export function render(templates: CompiledTemplates, name: string, view: object): string {
  const template = templates[name];
  if (template === undefined) throw new Error(`there is no template ${name}`);
  // What objects have of JavaScript's own is not there, and nothing is printed about it.
  const text = template(view, {
    partials: templates,
    allowProtoPropertiesByDefault: false,
    allowProtoMethodsByDefault: false,
  });
  // Handlebars indents a template within another, its empty lines too.
  return text.replace(/(?<![ \t])[ \t]+$/gm, "");
}
