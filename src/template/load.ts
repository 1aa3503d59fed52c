import { shippedFile } from "../package-root";
import { compileTemplates } from "./compile";
import { readTemplates } from "./directory";
import { checkUse } from "./use";
import type { CompiledTemplates } from "./render";

/** The templates of DIRECTORY, and those that come with zfs-guix for what it does not have. */
export async function loadTemplates(directory?: string): Promise<CompiledTemplates> {
  const shipped = await readTemplates(shippedFile("templates"));
  const own = directory === undefined ? undefined : await readTemplates(directory);
  const texts = new Map([...shipped, ...(own ?? [])]);
  const compiled = compileTemplates(texts);
  // A test looks at those that come along.
  if (own !== undefined) checkUse(texts, own);
  return new Map([...compiled].map(([name, source]) => [name, evaluate(source)]));
}

/** SOURCE is what Handlebars made of a template, in which all data is in quotes. */
function evaluate(source: string): TemplateSpecification {
  return new Function(`return ${source}`)() as TemplateSpecification;
}
