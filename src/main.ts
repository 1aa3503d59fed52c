import type { Invocation } from "./cli";
import { plainArguments } from "./cli/plain";
import { isUserError, printable } from "./errors";
import { lines, type Outcome } from "./outcome";

declare const ZFS_GUIX_VERSION: string;

/** Runs one command; the only place that prints and that sets the exit status. */
async function main(): Promise<void> {
  let outcome: Outcome;
  try {
    outcome = await run(await invocation(process.argv.slice(2)));
  } catch (error) {
    outcome = failure(error);
  }
  process.exitCode = outcome.status;
  process.stdout.write(outcome.output);
  process.stderr.write(outcome.talk ?? "");
}

async function invocation(words: readonly string[]): Promise<Invocation> {
  return plainArguments(words) ?? (await import("./cli")).parseArguments(words, ZFS_GUIX_VERSION);
}

// Each command is loaded when it runs, since most of what one needs the others do not.
async function run(invocation: Invocation): Promise<Outcome> {
  switch (invocation.command) {
    case "generate":
      return (await import("./commands/generate")).generate(invocation.options);
    case "check":
      return (await import("./commands/check")).check(invocation.options);
    case "matrix":
      return (await import("./commands/matrix")).matrix(invocation.options);
    case "explain":
      return (await import("./commands/explain")).explain(invocation.options);
    case "bump":
      return (await import("./commands/bump")).bump(invocation.options, (text) => process.stderr.write(`${printable(text)}\n`));
    case "changelog":
      return (await import("./commands/changelog")).changelog(invocation.options);
    case "verify":
      return (await import("./commands/verify")).verify(invocation.options);
    case "print":
      return invocation.status === 0
        ? { status: 0, output: invocation.text }
        : { status: invocation.status, output: "", talk: `zfs-guix: ${invocation.text}` };
  }
}

function failure(error: unknown): Outcome {
  if (isUserError(error)) {
    return { status: 2, output: "", talk: lines(...error.message.split("\n").map((line) => `zfs-guix: ${line}`)) };
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    status: 2,
    output: "",
    talk: lines(stack, "zfs-guix: this is a bug; please report it with the lines above and the command that you ran"),
  };
}

// A reader that has seen enough, such as head, closes the pipe.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

void main();
