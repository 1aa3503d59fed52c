import { basename } from "node:path";
import { shippedFile } from "../package-root";
import { compileTemplates } from "./compile";
import { readTemplates } from "./directory";
import { checkUse } from "./use";
import type { CompiledTemplates } from "./render";

/** The templates of DIRECTORY, and those that come with zfs-guix for what it does not have. */
export async function customTemplates(directory: string): Promise<CompiledTemplates> {
  const own = await readTemplates(directory);
  const texts = new Map([...(await readTemplates(shippedFile("templates"))), ...own]);
  const compiled = compileTemplates(texts);
  checkUse(texts, own);
  return new Map([...compiled].map(([name, source]) => [name, evaluate(source)]));
}

/** The templates that come with zfs-guix, as source text of JavaScript; for the build. */
export async function shippedSpecifications(): Promise<Map<string, string>> {
  // Messages name the files as the package has them, not where it was built.
  const found = [...(await readTemplates(shippedFile("templates")))];
  const texts = new Map(found.map(([name, { file, text }]) => [name, { file: `templates/${basename(file)}`, text }]));
  const compiled = compileTemplates(texts);
  checkUse(texts, texts);
  return compiled;
}

/** SOURCE is what Handlebars made of a template, in which all data is in quotes. */
function evaluate(source: string): TemplateSpecification {
  return new Function(`return ${source}`)() as TemplateSpecification;
}
