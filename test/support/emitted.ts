import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { PROJECT, type Run } from "./run";

/** The channel's module, as it is committed; another test compares it with what would be generated. */
export const CHANNEL = `${PROJECT}/generated/zfs-guix/packages/zfs.scm`;

const SCRIPT = fileURLToPath(new URL("emitted/run.scm", import.meta.url));

interface Surroundings {
  /** The emitted module. */
  readonly file?: string;
  /** What (gnu packages linux) has. */
  readonly kernels?: readonly string[];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Loads an emitted module in plain Guile and does COMMAND with it; see emitted/run.scm. */
export function emitted(
  command: readonly string[],
  { file = CHANNEL, kernels = [], cwd = PROJECT, env = {} }: Surroundings = {},
): Run {
  const { status, stdout, stderr, error } = spawnSync(
    "guile",
    ["--no-auto-compile", SCRIPT, file, kernels.join(","), ...command],
    {
      cwd,
      env: { ...process.env, ...env },
      encoding: "utf8",
    },
  );
  if (error !== undefined)
    throw new Error(`Guile 3.0 is needed to run what is emitted: ${error.message}`);
  return { status, stdout, stderr };
}
