import { shippedFile } from "../package-root";
import { compileTemplates } from "./compile";
import { readTemplates } from "./directory";
import { readPlainFiles, type PlainFiles } from "./plain-files";
import type { CompiledTemplates } from "./render";
import { checkUse } from "./use";

/** All that output is made from. */
export interface Templates {
  readonly compiled: CompiledTemplates;
  readonly plain: PlainFiles;
}

/** The templates of DIRECTORY, and those that come with zfs-guix for what it does not have. */
export async function loadTemplates(directory?: string): Promise<Templates> {
  const shipped = await readTemplates(shippedFile("templates"));
  const own = directory === undefined ? undefined : await readTemplates(directory);
  const texts = new Map([...shipped, ...(own ?? [])]);
  const compiled = compileTemplates(texts);
  // A test looks at those that come along.
  if (own !== undefined) checkUse(texts, own);
  return { compiled: new Map([...compiled].map(([name, source]) => [name, evaluate(source)])), plain: await readPlainFiles(directory) };
}

/** SOURCE is what Handlebars made of a template, in which all data is in quotes. */
function evaluate(source: string): TemplateSpecification {
  return new Function(`return ${source}`)() as TemplateSpecification;
}
