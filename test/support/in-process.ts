import { run } from "../../src/cli/run";
import { PROJECT, type Run } from "./run";

/** The run that came last: one whose test has given up on it goes on, and the directory is that of the process. */
let last: Promise<unknown> = Promise.resolve();

/**
 * What a command line says, and its status, without a process of its own, ten
 * times as fast: for what a command makes of its input.  What Node and the
 * system have to do with it is for `zfsGuix`, which runs what is built.
 */
export function inProcess(args: readonly string[], place: Place = {}): Promise<Run> {
  const next = last.then(() => runIn(args, place));
  last = next.catch(() => {});
  return next;
}

interface Place {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

async function runIn(args: readonly string[], { cwd = PROJECT, env }: Place): Promise<Run> {
  const before = { cwd: process.cwd(), env: process.env };
  process.chdir(cwd);
  process.env = env ?? process.env;
  try {
    let told = "";
    const tell = (text: string): void => void (told += text);
    const { status, output, talk = "" } = await run(args, { version: "0.0.0", tell });
    return { status, stdout: output, stderr: told + talk };
  } finally {
    process.chdir(before.cwd);
    process.env = before.env;
  }
}
