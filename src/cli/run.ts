import type { Invocation } from "./cli";
import { isUserError, UserError } from "../errors";
import { lines, type Outcome } from "../outcome";

/** The commands that neither write a file nor have a status that says something. */
const ONLY_TELL = new Set(["matrix", "explain", "changelog"]);

/** What a command line depends on beside its words. */
export interface Surroundings {
  /** Of zfs-guix. */
  readonly version: string;
  /** Of help, in columns; undefined for that of a file. */
  readonly width?: number | undefined;
  /** Whether nobody can see what is written to standard output. */
  readonly isClosed?: () => boolean;
  /** Is told at once, in lines, what takes its time. */
  readonly tell: (text: string) => void;
}

/** Does what WORDS, those after the program's name, ask for; an error is an outcome, too. */
export async function run(
  words: readonly string[],
  { version, width, isClosed = () => false, tell }: Surroundings,
): Promise<Outcome> {
  try {
    // Here, since yargs asks for the working directory when it is loaded, and that may be gone.
    const { parseArguments } = await import("./cli");
    const invocation = await parseArguments(words, version, width);
    if (ONLY_TELL.has(invocation.command) && isClosed())
      throw new UserError({
        message: `standard output is closed, and all that ${invocation.command} does is to write to it`,
      });
    const isQuiet =
      "options" in invocation && "quiet" in invocation.options && invocation.options.quiet === true;
    const outcome = await invoke(invocation, (text) => {
      if (!isQuiet) tell(lines(text));
    });
    if (!isQuiet) return outcome;
    const talk = (outcome.talk ?? "").replace(/^(?!note: |zfs-guix: ).*\n/gm, "");
    return { ...outcome, output: "", talk };
  } catch (error) {
    return failure(error);
  }
}

// Each command is loaded when it runs, since most of what one needs the others do not.
async function invoke(invocation: Invocation, tell: (text: string) => void): Promise<Outcome> {
  switch (invocation.command) {
    case "generate":
      return (await import("../commands/generate")).generate(invocation.options);
    case "check":
      return (await import("../commands/check")).check(invocation.options);
    case "matrix":
      return (await import("../commands/matrix")).matrix(invocation.options);
    case "explain":
      return (await import("../commands/explain")).explain(invocation.options);
    case "bump":
      return (await import("../commands/bump")).bump(invocation.options, tell);
    case "changelog":
      return (await import("../commands/changelog")).changelog(invocation.options);
    case "verify":
      return (await import("../commands/verify")).verify(invocation.options, tell);
    case "print":
      return { status: 0, output: invocation.text };
  }
}

/** What is said of ERROR: sentences that a user can mend, or a bug with its stack. */
export function failure(error: unknown): Outcome {
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
