import { access, constants, stat } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import { UserError } from "../errors";
import { FILE_SYSTEMS_FILE } from "../read/guix/checkout";

export interface Guix {
  /** For messages: `guix`, or the checkout. */
  readonly name: string;
  /** `guix SUBCOMMAND -L … REST` as words; the first of DIRECTORIES is searched first. */
  command(subcommand: string, directories: readonly string[], ...rest: readonly string[]): Command;
}

export type Command = readonly [string, ...string[]];

const INSTALL =
  "install Guix (https://guix.gnu.org/manual/en/html_node/Installation.html, or apt install guix), or name a checkout with --guix DIR";

/**
 * The Guix that DIRECTORY, a checkout, names, else the one on PATH.
 *
 * A checkout runs itself through its `pre-inst-env`, which stands there once
 * ./configure has run, whether or not it was built.  One that was never
 * configured lacks (guix config); its modules then go before those of the Guix
 * on PATH.
 *
 * Throws a UserError where there is none.
 */
export async function findGuix(directory: string | undefined): Promise<Guix> {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const isProgram = await Promise.all(
    folders.map((folder) => isFile(join(folder, "guix"), constants.X_OK)),
  );
  const onPath = isProgram.includes(true);
  if (directory === undefined) {
    if (!onPath)
      throw new UserError({
        message: "there is no Guix here: no command guix on PATH",
        hint: INSTALL,
      });
    return guixCommand("guix", ["guix"], []);
  }
  const top = resolve(directory);
  if (!(await isFile(join(top, "guix/packages.scm"), constants.R_OK))) {
    const problem = (await isFile(join(top, FILE_SYSTEMS_FILE), constants.R_OK))
      ? {
          message:
            "verify runs the Guix of a checkout and needs a whole one: there is no guix/packages.scm beside its gnu/packages",
          hint: "clone Guix (https://codeberg.org/guix/guix) and name that with --guix DIR, or verify a channel with the guix on PATH: zfs-guix verify --out DIR",
        }
      : {
          message: "this is no Guix checkout: there is no guix/packages.scm",
          hint: "name the top directory of a checkout with --guix DIR",
        };
    throw new UserError({ file: directory, ...problem });
  }
  const environment = join(top, "pre-inst-env");
  if (await isFile(environment, constants.X_OK)) return guixCommand(top, [environment, "guix"], []);
  if (onPath) return guixCommand(top, ["guix"], [top]);
  throw new UserError({
    file: directory,
    message:
      "this checkout cannot run: it has no pre-inst-env, and there is no command guix on PATH",
    hint: "run ./bootstrap && ./configure --localstatedir=/var in it, or install Guix",
  });
}

function guixCommand(name: string, prefix: Command, own: readonly string[]): Guix {
  return {
    name,
    command: (subcommand, directories, ...rest) => [
      ...prefix,
      subcommand,
      // Each -L goes before the last.
      ...[...directories, ...own].reverse().flatMap((directory) => ["-L", directory]),
      ...rest,
    ],
  };
}

async function isFile(file: string, mode: number): Promise<boolean> {
  return Promise.all([stat(file), access(file, mode)]).then(
    ([found]) => found.isFile(),
    () => false,
  );
}
