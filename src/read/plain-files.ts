import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../errors";
import { readText, shippedFile, systemMessage } from "../files";

/** Files that are emitted as they are, name → text: programs and modules that depend on no data. */
export interface PlainFiles {
  /** What packages find with `local-file`. */
  readonly aux: ReadonlyMap<string, string>;
  /** Modules that only a channel has, below zfs-guix/: `services/zfs.scm`. */
  readonly modules: ReadonlyMap<string, string>;
}

export async function readPlainFiles(): Promise<PlainFiles> {
  const filesOf = async (folder: string, prefix: string): Promise<[string, string][]> => {
    const directory = shippedFile(`templates/${folder}`);
    const names = await readdir(directory).catch((error: unknown) => {
      throw new UserError({
        file: directory,
        message: `cannot read what comes with zfs-guix: ${systemMessage(error)}`,
        hint: "install it again",
      });
    });
    return Promise.all(
      names
        .sort()
        .map(async (name): Promise<[string, string]> => [
          prefix + name,
          await readText(join(directory, name), "file"),
        ]),
    );
  };
  const [aux, ...modules] = await Promise.all([
    filesOf("aux-files", ""),
    filesOf("packages", "packages/"),
    filesOf("services", "services/"),
    filesOf("system", "system/"),
    // For the programs that Guix builds.
    filesOf("build", "build/"),
    // Guix looks for bootloaders there, and nowhere else.
    filesOf("bootloader", "../gnu/bootloader/"),
  ]);
  return { aux: new Map(aux), modules: new Map(modules.flat()) };
}

/** Those of FILES that SCHEME, which was rendered, names as a string. */
export function namedIn(scheme: string, files: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...files].filter(([name]) => scheme.includes(JSON.stringify(name))));
}
