import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { errorCode, readText } from "../files";
import { shippedFile } from "../package-root";

/** Files that are emitted as they are, name → text: programs and modules that depend on no data. */
export interface PlainFiles {
  /** What packages find with `local-file`. */
  readonly aux: ReadonlyMap<string, string>;
  /** Modules that only a channel has, below (zfs-guix): `services/zfs.scm`. */
  readonly modules: ReadonlyMap<string, string>;
}

/** Those of DIRECTORY, one of templates, and those that come with zfs-guix for what it does not have. */
export async function readPlainFiles(directory: string | undefined): Promise<PlainFiles> {
  const read = async (folder: string): Promise<Map<string, string>> =>
    new Map([
      ...(await filesOf(shippedFile(`templates/${folder}`))),
      ...(directory === undefined ? [] : await filesOf(join(directory, folder))),
    ]);
  const folders = await Promise.all(
    MODULE_FOLDERS.map(async (folder) =>
      [...(await read(folder))].map(([name, text]): [string, string] => [
        `${folder}/${name}`,
        text,
      ]),
    ),
  );
  return { aux: await read("aux-files"), modules: new Map(folders.flat()) };
}

/** For Guix, and for the programs that it builds. */
const MODULE_FOLDERS = ["services", "build"];

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
