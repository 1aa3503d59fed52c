import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../errors";
import { readText, systemMessage } from "../files";
import type { TemplateText } from "./compile";

const ENDING = /(\.scm\.hbs|\.scm)$/;

/** The templates of DIRECTORY by name: `variant.scm.hbs` is `variant`. */
export async function readTemplates(directory: string): Promise<Map<string, TemplateText>> {
  let names: string[];
  try {
    names = (await readdir(directory)).filter((name) => ENDING.test(name)).sort();
  } catch (error) {
    throw new UserError({ file: directory, message: `cannot read the templates: ${systemMessage(error)}`, hint: "name a directory of files such as variant.scm.hbs, or leave --templates out" });
  }
  if (names.length === 0) {
    throw new UserError({ file: directory, message: "there are no templates in this directory", hint: "expected files such as channel.scm.hbs" });
  }
  const stems = names.map((name) => name.replace(ENDING, ""));
  const twice = stems.filter((stem, index) => stems.indexOf(stem) < index);
  if (twice.length > 0) {
    throw new UserError(twice.map((stem) => ({ file: directory, message: `${stem}.scm and ${stem}.scm.hbs are one template`, hint: "take one of them away" })));
  }
  return new Map(
    await Promise.all(
      names.map(async (name) => {
        const file = join(directory, name);
        return [name.replace(ENDING, ""), { file, text: await readText(file, "template") }] as const;
      }),
    ),
  );
}
