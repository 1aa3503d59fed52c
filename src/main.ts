#!/usr/bin/env node
import type { Invocation } from "./cli/cli";
import { dressed, placeOf } from "./cli/dressed";
import { isUserError, printable, UserError } from "./errors";
import { systemMessage } from "./files";
import { lines, type Outcome } from "./outcome";
import { isClosed, isWatched, print, shown } from "./print";

declare const ZFS_GUIX_VERSION: string;

/** The commands that neither write a file nor have a status that says something. */
const ONLY_TELL = new Set(["matrix", "explain", "changelog"]);

/** Runs one command; the only place that prints and that sets the exit status. */
async function main(): Promise<void> {
  const place = placeOf(process.stdout, process.env);
  let outcome: Outcome;
  try {
    // Here, since yargs asks for the working directory when it is loaded, and that may be gone.
    const { parseArguments } = await import("./cli/cli");
    const invocation = await parseArguments(process.argv.slice(2), ZFS_GUIX_VERSION, place.width);
    if (ONLY_TELL.has(invocation.command) && isClosed())
      throw new UserError({
        message: `standard output is closed, and all that ${invocation.command} does is to write to it`,
      });
    outcome = await run(invocation);
    if (isQuiet(invocation))
      outcome = {
        ...outcome,
        output: "",
        talk: (outcome.talk ?? "").replace(/^(?!note: |zfs-guix: ).*\n/gm, ""),
      };
  } catch (error) {
    outcome = failure(error);
  }
  try {
    print(
      "stdout",
      dressed(isWatched() ? shown(outcome.output) : outcome.output, outcome.look, place),
    );
  } catch (error) {
    outcome = failure(
      new UserError({ message: `cannot write the result: ${systemMessage(error)}` }),
    );
  }
  process.exitCode = outcome.status;
  print("stderr", outcome.talk ?? "");
}

function isQuiet(invocation: Invocation): boolean {
  return (
    "options" in invocation && "quiet" in invocation.options && invocation.options.quiet === true
  );
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
      return (await import("./commands/bump")).bump(
        invocation.options,
        (text) => isQuiet(invocation) || process.stderr.write(`${printable(text)}\n`),
      );
    case "changelog":
      return (await import("./commands/changelog")).changelog(invocation.options);
    case "verify":
      return (await import("./commands/verify")).verify(invocation.options);
    case "print":
      return { status: 0, output: invocation.text };
  }
}

function failure(error: unknown): Outcome {
  if (isUserError(error)) {
    return {
      status: 2,
      output: "",
      talk: lines(...error.message.split("\n").map((line) => `zfs-guix: ${line}`)),
    };
  }
  if (error instanceof Error && "syscall" in error && error.syscall === "uv_cwd")
    return failure(
      new UserError({
        message: "the working directory is there no longer",
        hint: "change to another one",
      }),
    );
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    status: 2,
    output: "",
    talk: lines(
      ...stack.split("\n"),
      "zfs-guix: this is a bug; please report it with the lines above and the command that you ran",
    ),
  };
}

void main();
