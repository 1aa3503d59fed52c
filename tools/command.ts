import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { isUserError, UserError } from "../src/errors";
import { withLock } from "../src/write/lock";

/** The machine hung, or stopped when nobody asked it to. */
export class MachineError extends Error {}

/** Where what takes long to make is kept from one run to the next. */
export function defaultCache(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "zfs-guix/built");
}

/**
 * Runs ACTION, as the only one in its cache, with what PARSE makes of ARGUMENTS;
 * the exit status, 2 where it could not be done to its end.
 */
export async function runIn<Options extends { readonly cache: string }>(
  argumentsGiven: readonly string[],
  parse: (argumentsGiven: readonly string[]) => Options,
  needs: { readonly programs: readonly string[]; readonly packages: string },
  action: (options: Options) => Promise<number>,
): Promise<number> {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => process.exit(2));
  try {
    const options = parse(argumentsGiven);
    checkMachine(needs);
    mkdirSync(options.cache, { recursive: true });
    return await withLock(options.cache, () => action(options));
  } catch (error) {
    if (!isUserError(error) && !(error instanceof MachineError)) throw error;
    progress();
    console.error(error.message);
    return 2;
  }
}

/** Throws a UserError unless all of PROGRAMS are on PATH, where apt-get install PACKAGES puts them, and root runs this. */
function checkMachine({
  programs,
  packages,
}: {
  readonly programs: readonly string[];
  readonly packages: string;
}): void {
  const missing = missingCommands(programs);
  if (missing.length > 0)
    throw new UserError({
      message: `this needs ${missing.join(" and ")}, which ${missing.length === 1 ? "is" : "are"} not on PATH`,
      hint: `apt-get install ${packages}`,
    });
  if (process.getuid?.() !== 0)
    throw new UserError({
      message: "only root can make the root directories that this needs",
      hint: "run this as root",
    });
}

/** The names of the commands that are not on PATH. */
function missingCommands(names: readonly string[]): readonly string[] {
  const folders = (process.env.PATH ?? "").split(":");
  return names.filter(
    (name) =>
      !folders.some(
        (folder) =>
          folder !== "" && existsSync(join(folder, name)) && readdirSync(folder).includes(name),
      ),
  );
}

/** Shows STEP; with none, makes room for a line. */
export function progress(step = ""): void {
  if (process.stderr.isTTY)
    process.stderr.write(`\r\x1b[K${step.slice(0, process.stderr.columns - 1)}`);
  else if (step !== "" && !step.includes(": ")) console.error(step);
}
