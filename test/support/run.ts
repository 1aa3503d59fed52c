import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The top of the project. */
export const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * What goes before a command so that it may do what its user may, and no more:
 * root may write anything.  Somebody else, as whom it could run, cannot read a
 * clone below /root.
 */
const ORDINARY =
  process.getuid?.() === 0
    ? [
        "setpriv",
        "--inh-caps=-dac_override,-dac_read_search",
        "--bounding-set=-dac_override,-dac_read_search",
      ]
    : [];

/** Runs the built command line, as a user would. */
export function zfsGuix(
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; ordinary?: boolean; timeout?: number } = {},
): Run {
  const [program, ...rest] = [
    ...(options.ordinary === true ? ORDINARY : []),
    process.execPath,
    `${PROJECT}/dist/zfs-guix.js`,
    ...args,
  ];
  const { status, stdout, stderr } = spawnSync(program!, rest, {
    cwd: options.cwd ?? PROJECT,
    env: options.env ?? process.env,
    encoding: "utf8",
    timeout: options.timeout ?? 60_000,
  });
  return { status, stdout, stderr };
}

/** Starts the same, and does not wait for it: for signals, and for several at once. */
export function startZfsGuix(
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): { readonly child: ChildProcess; readonly ended: Promise<Run> } {
  // What a test put into its environment is not in that of its process.
  const child = spawn(process.execPath, [`${PROJECT}/dist/zfs-guix.js`, ...args], {
    env: process.env,
    ...options,
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<Run>((resolve) =>
    child.on("close", (status) => resolve({ status, stdout, stderr })),
  );
  return { child, ended };
}

/** What a terminal, or the log of a workflow, obeys instead of showing it. */
const OBEYED =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|^\s*::|##\[/mu;

/** The first thing in TEXT that would be obeyed, and what is around it. */
export function obeyed(text: string): string | undefined {
  const found = OBEYED.exec(text);
  return found === null ? undefined : text.slice(Math.max(0, found.index - 40), found.index + 40);
}
