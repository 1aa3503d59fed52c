import Handlebars from "handlebars";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isUserError, UserError, type Problem } from "../errors";
import { readText, systemMessage, errorCode, shippedFile } from "../files";
import { checkTemplates, type TemplateText, type TemplateTexts } from "./check";
import { schemeLiteral, type LiteralValue } from "./literal";
import { EXAMPLES } from "./view";

/** Files that are emitted as they are, name → text: programs and modules that depend on no data. */
export interface PlainFiles {
  /** What packages find with `local-file`. */
  readonly aux: ReadonlyMap<string, string>;
  /** Modules that only a channel has, below (zfs-guix): `services/zfs.scm`. */
  readonly modules: ReadonlyMap<string, string>;
}

/** Those of DIRECTORY, one of templates, and those that come with zfs-guix for what it does not have. */
async function readPlainFiles(directory: string | undefined): Promise<PlainFiles> {
  const read = async (folder: string, prefix = ""): Promise<[string, string][]> =>
    [
      ...(await filesOf(shippedFile(`templates/${folder}`))),
      ...(directory === undefined ? [] : await filesOf(join(directory, folder))),
    ].map(([name, text]) => [prefix + name, text]);
  return {
    aux: new Map(await read("aux-files")),
    modules: new Map([
      ...(await read("services", "services/")),
      // For the programs that Guix builds.
      ...(await read("build", "build/")),
    ]),
  };
}

async function filesOf(directory: string): Promise<[string, string][]> {
  let names: string[];
  try {
    names = (await readdir(directory)).sort();
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
  return Promise.all(
    names.map(async (name): Promise<[string, string]> => [
      name,
      await readText(join(directory, name), "file"),
    ]),
  );
}

/** Those of FILES that SCHEME, which was rendered, names as a string. */
export function namedIn(scheme: string, files: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...files].filter(([name]) => scheme.includes(JSON.stringify(name))));
}

/** All that output is made from. */
export interface Templates {
  readonly compiled: CompiledTemplates;
  readonly plain: PlainFiles;
}

/**
 * The templates of DIRECTORY, and those that come with zfs-guix for what it does not have.
 *
 * @throws UserError that lists what is wrong with them.
 */
export async function loadTemplates(directory?: string): Promise<Templates> {
  const shipped = await readTemplates(shippedFile("templates"));
  const own =
    directory === undefined ? new Map<string, TemplateText>() : await readTemplates(directory);
  const texts = new Map([...shipped, ...own]);
  checkTemplates(texts, own.keys(), EXAMPLES);
  return { compiled: compileTemplates(texts), plain: await readPlainFiles(directory) };
}

const ENDING = /\.scm(\.hbs)?$/;

/** The templates of DIRECTORY by name: `variants.scm.hbs` is `variants`. */
async function readTemplates(directory: string): Promise<Map<string, TemplateText>> {
  let files: string[];
  try {
    files = (await readdir(directory)).filter((name) => ENDING.test(name)).sort();
  } catch (error) {
    throw new UserError({
      file: directory,
      message: `cannot read the templates: ${systemMessage(error)}`,
      hint: "name a directory of files such as variants.scm.hbs, or leave --templates out",
    });
  }
  if (files.length === 0) {
    throw new UserError({
      file: directory,
      message: "there are no templates in this directory",
      hint: "expected files such as channel.scm.hbs",
    });
  }
  const texts = new Map<string, TemplateText>();
  const problems: Problem[] = [];
  for (const name of files) {
    const file = join(directory, name);
    try {
      const program = parseTemplate(file, await readText(file, "template"));
      texts.set(name.replace(ENDING, ""), { file, program });
    } catch (error) {
      if (!isUserError(error)) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new UserError(problems);
  return texts;
}

const FILE_NAME = /(^|\/)[a-z][a-z0-9-]*\.scm\.hbs$/;

/** Handlebars takes 30 kB for each, and compares each block with all others; ours have 10. */
const MAXIMUM_TAGS = 2_000;

/** @throws UserError where TEXT, the contents of FILE, is no template. */
export function parseTemplate(file: string, text: string): hbs.AST.Program {
  if (!FILE_NAME.test(file)) {
    throw new UserError({
      file,
      message: "this cannot be the name of a template",
      hint: "expected small letters, digits and hyphens, and .scm.hbs",
    });
  }
  if (text.split("{{").length > MAXIMUM_TAGS) {
    throw new UserError({
      file,
      message: `there are more than ${MAXIMUM_TAGS} {{…}} in this template`,
      hint: "write a part of it as a template of its own, with {{#each}} where it repeats",
    });
  }
  try {
    return Handlebars.parse(text);
  } catch (error) {
    // Handlebars' own message is a drawing of several lines whose first says where.
    const { message, lineNumber, column } = error as Error & {
      lineNumber?: number;
      column?: number;
    };
    const expected = /Expecting (.*)$/m.exec(message)?.[1];
    throw new UserError({
      file,
      line: lineNumber ?? Number(/line (\d+)/.exec(message)?.[1] ?? 1),
      ...(column !== undefined && { column: column + 1 }),
      message: `this is not a Handlebars template${expected === undefined ? `: ${message.split("\n")[0]}` : ` (the parser expected ${expected})`}`,
      hint: "check the braces of that line and the block that it ends",
    });
  }
}

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
