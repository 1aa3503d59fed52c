import { access, constants, stat } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import { UserError } from "../errors";

/** A way to run some Guix. */
export interface Guix {
  /** For messages: `guix`, or the checkout. */
  readonly name: string;
  /** Absolute directories that go before its modules. */
  readonly loadPath: readonly string[];
  /** `guix SUBCOMMAND …` as words; -L options are the caller's. */
  command(subcommand: string, ...rest: readonly string[]): Command;
  /** The same, with the load path DIRECTORIES and its own. */
  withLoadPath(subcommand: string, directories: readonly string[], ...rest: readonly string[]): Command;
  /** What runs the Scheme script FILE inside this Guix. */
  script(file: string, directories: readonly string[]): Command;
}

/** A program and its arguments. */
export type Command = readonly [string, ...string[]];

const INSTALL = "install Guix (https://guix.gnu.org/manual/en/html_node/Installation.html, or apt install guix), or name a checkout with --guix DIR";

/**
 * The Guix that DIRECTORY, a checkout, names, else the one on PATH.
 *
 * A checkout runs itself through its `pre-inst-env`, which stands there once
 * ./configure has run, whether or not it was built.  One that was never
 * configured lacks (guix config); its modules then go before those of the Guix
 * on PATH, or on the load path of Guile.
 *
 * Throws a UserError where there is none.
 */
export async function findGuix(directory: string | undefined): Promise<Guix> {
  if (directory === undefined) {
    if ((await onPath("guix")) === undefined) throw new UserError({ message: "there is no Guix here: no command guix on PATH", hint: INSTALL });
    return guixCommand("guix", ["guix"], []);
  }
  const top = resolve(directory);
  if (!(await isFile(join(top, "guix", "packages.scm")))) {
    throw new UserError({ file: directory, message: "this is no Guix checkout: there is no guix/packages.scm", hint: "name the top directory of a checkout with --guix DIR" });
  }
  const environment = join(top, "pre-inst-env");
  if (await isExecutable(environment)) return guixCommand(top, [environment, "guix"], []);
  if ((await onPath("guix")) !== undefined) return guixCommand(top, ["guix"], [top]);
  if ((await onPath("guile")) !== undefined) return throughGuile(top);
  throw new UserError({
    file: directory,
    message: "this checkout cannot run: it has no pre-inst-env, and there is no command guix or guile on PATH",
    hint: "run ./bootstrap && ./configure --localstatedir=/var in it, or install Guix",
  });
}

function guixCommand(name: string, prefix: Command, loadPath: readonly string[]): Guix {
  const withLoadPath: Guix["withLoadPath"] = (subcommand, directories, ...rest) => [
    ...prefix,
    subcommand,
    ...loadPathOptions([...directories, ...loadPath]),
    ...rest,
  ];
  return {
    name,
    loadPath,
    command: (subcommand, ...rest) => [...prefix, subcommand, ...rest],
    withLoadPath,
    script: (file, directories) => withLoadPath("repl", directories, "--", file),
  };
}

function throughGuile(top: string): Guix {
  const guile = ["guile", "--no-auto-compile", "-L", top] as const;
  const command: Guix["command"] = (...words) => [...guile, "-c", "(apply (@ (guix ui) guix-main) (command-line))", ...words];
  return {
    name: top,
    loadPath: [top],
    command,
    withLoadPath: (subcommand, directories, ...rest) => command(subcommand, ...loadPathOptions(directories), ...rest),
    // Guile, unlike Guix, searches the directory of the first -L first.
    script: (file, directories) => ["guile", "--no-auto-compile", ...directories.flatMap((directory) => ["-L", directory]), "-L", top, file],
  };
}

/** Options for `guix` to search the first of DIRECTORIES first: each -L goes before the last. */
function loadPathOptions(directories: readonly string[]): string[] {
  return [...directories].reverse().flatMap((directory) => ["-L", directory]);
}

async function onPath(program: string): Promise<string | undefined> {
  for (const directory of (process.env["PATH"] ?? "").split(delimiter)) {
    const file = join(directory === "" ? "." : directory, program);
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

async function isFile(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
}

async function isExecutable(file: string): Promise<boolean> {
  return (await isFile(file)) && access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
