import { parseArguments } from "./arguments";
import { candidates } from "./candidates";
import { COMMANDS } from "./commands";
import { refuseContradictions } from "./contradictions";
import { isUserError, UserError, type Problem } from "../errors";
import { lines, type Outcome } from "../outcome";

export interface Surroundings {
  readonly version: string;
  /** Of help, in columns; undefined for that of a file. */
  readonly width?: number | undefined;
  /** Whether nobody can see what is written to standard output. */
  readonly isClosed?: () => boolean;
  /** Is told at once, in lines, what takes its time. */
  readonly tell: (text: string) => void;
}

/** What the scripts of completions ask with; the words of the line follow, the program's name first. */
const CANDIDATES_ASKED = "--complete";

/** Does what WORDS, those after the program's name, ask for; an error is an outcome, too. */
export async function run(
  words: readonly string[],
  { version, width, isClosed = () => false, tell }: Surroundings,
): Promise<Outcome> {
  try {
    if (words[0] === CANDIDATES_ASKED) {
      const found = await candidates(words.slice(2));
      return { status: 0, output: found.map((one) => `${one.join("\t")}\n`).join("") };
    }
    const invocation = parseArguments(words);
    if ("tell" in invocation)
      return {
        status: 0,
        output:
          invocation.tell === "version"
            ? lines(version)
            : await (await import("./help")).helpText(invocation.of, width),
      };
    const { options } = invocation;
    const command = COMMANDS[invocation.command];
    refuseContradictions(invocation.command, options);
    if (command.onlyTells && isClosed())
      throw new UserError({
        message: `standard output is closed, and all that ${invocation.command} does is to write to it`,
      });
    const isQuiet = options.quiet === true;
    const outcome = await command.run(options, (text) => {
      if (!isQuiet) tell(lines(text));
    });
    if (!isQuiet) return outcome;
    const talk = (outcome.talk ?? "").replace(/^(?!note: |zfs-guix: ).*\n/gm, "");
    return { ...outcome, output: "", talk };
  } catch (error) {
    return failure(error);
  }
}

/** What is said of ERROR: sentences that a user can mend, or a bug with its stack. */
export function failure(error: unknown): Outcome {
  const problem = error instanceof Error ? problemOf(error) : undefined;
  if (problem !== undefined) return failure(new UserError(problem));
  const said = isUserError(error)
    ? error.message.split("\n").map((line) => `zfs-guix: ${line}`)
    : [
        ...(error instanceof Error ? (error.stack ?? error.message) : String(error)).split("\n"),
        "zfs-guix: this is a bug; please report it with the lines above and the command that you ran",
      ];
  return { status: 2, output: "", talk: lines(...said) };
}

/** What is to be mended about ERROR, which no part of the program expects. */
function problemOf(error: Error): Problem | undefined {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall === "uv_cwd")
    return { message: "the working directory is there no longer", hint: "change to another one" };
  const isUnloaded =
    code === "MODULE_NOT_FOUND" ||
    (error instanceof SyntaxError && (error.stack ?? "").includes("node:internal/modules"));
  if (!isUnloaded) return undefined;
  return {
    message: `a part of zfs-guix cannot be loaded: ${error.message.split("\n")[0]}`,
    hint: "wait for a build that is going on, or install it again (npm run build in a clone)",
  };
}
