import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";
import * as v from "valibot";
import type { Command } from "./launcher";

/** What verify.scm answers; see there. */
export const ANSWER = v.object({
  /** What Guix said where it raised an error. */
  error: v.optional(v.pipe(v.string(), v.transform(trimmed))),
  /** What does not hold. */
  lines: v.optional(
    v.pipe(
      v.array(v.string()),
      v.transform((lines) => trimmed(lines.join("\n"))),
    ),
    [],
  ),
  packages: v.optional(v.array(v.string()), []),
  /** Of Guix, or of a package. */
  version: v.optional(v.string()),
  /** Such as `linux-libre 6.12.95`. */
  kernel: v.optional(v.string()),
  /** FILE:LINE:COLUMN as Guix counts. */
  location: v.optional(v.string()),
  /** Why a package is not in this Guix. */
  missing: v.optional(v.string()),
  /** Of a package's source, ALGORITHM:HASH in Guix's base32. */
  hashes: v.optional(v.array(v.string()), []),
});

export type Answer = v.InferOutput<typeof ANSWER>;

/** Guix did not answer, and the process is gone: why, and the last lines that it printed. */
export class NoAnswer extends Error {}

/** What an answer starts with; anything else on standard output is not ours. */
const MARK = "zfs-guix:";

/** How much is kept of what it prints beside its answers, in UTF-16 units. */
const TAIL = 64 * 1024;

/** A process of Guix that answers questions, one at a time; see verify.scm. */
export class Session {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly lines: AsyncIterator<string>;
  private readonly ended: Promise<string>;
  private said = "";

  constructor([program, ...rest]: Command) {
    // Its messages are recognized, and quoted, as they are in the source; and
    // a compiled copy of what is verified helps nobody.
    const env = { ...process.env, LANGUAGE: "en", GUILE_AUTO_COMPILE: "0" };
    // A group of its own: all that it starts ends with it, and the terminal's
    // Ctrl-C comes through here.
    this.child = spawn(program, rest, { detached: true, env });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    this.child.stderr.setEncoding("utf8").on("data", (chunk: string) => this.hear(chunk));
    // A process that has gone reads nothing more; `ended` tells why.
    this.child.stdin.on("error", () => {});
    const kill = (): void => this.kill();
    process.on("exit", kill);
    // What it started may hold the pipes open for ever.
    this.child.on("exit", kill);
    this.ended = new Promise((resolve) => {
      this.child.on("error", ({ message }) => resolve(`could not be started (${message})`));
      this.child.on("close", (status, signal) => {
        process.off("exit", kill);
        resolve(signal === null ? `ended with status ${status}` : `was ended by signal ${signal}`);
      });
    });
  }

  /**
   * The answer to QUESTION, an S-expression.
   *
   * @param seconds how long to wait; Infinity for as long as it takes
   * @throws NoAnswer, after which the session is of no use
   */
  async ask(question: string, seconds: number): Promise<Answer> {
    let late = false as boolean;
    const stop = (): void => {
      late = true;
      this.kill();
    };
    const timer = Number.isFinite(seconds) ? setTimeout(stop, seconds * 1000) : undefined;
    this.child.stdin.write(`${question}\n`);
    let line = await this.lines.next();
    for (; line.done !== true && !line.value.startsWith(MARK); line = await this.lines.next())
      this.hear(`${line.value}\n`);
    clearTimeout(timer);
    if (line.done === true) {
      const why = late ? `no answer within ${seconds} s` : `it ${await this.ended}`;
      const last = this.said.trim().split("\n").slice(-10).join("\n");
      throw new NoAnswer([why, ...trimmed(last)].join("\n"));
    }
    try {
      return v.parse(ANSWER, JSON.parse(line.value.slice(MARK.length)));
    } catch (error) {
      this.kill();
      throw new NoAnswer(
        `its answer cannot be read: ${(error as Error).message}\n${line.value.slice(0, 200)}`,
      );
    }
  }

  /** Ends the process, and all that it started. */
  kill(): void {
    if (this.child.pid === undefined) return;
    try {
      // Guile ends as abruptly by SIGTERM, unless it hangs: nothing is lost.
      process.kill(-this.child.pid, "SIGKILL");
    } catch {
      // It is gone already.
    }
  }

  private hear(text: string): void {
    this.said = (this.said + text).slice(-TAIL);
  }
}

const MOST_LINES = 12;
const LONGEST_LINE = 500;

/** The name of the program that we happen to run, and the place in Guile's own evaluator. */
const OUR_PLACE =
  /^(?:guix(?: [a-z-]+)?|ice-9\/[a-z0-9-]+\.scm:[0-9]+:[0-9]+): (?=error: |warning: )/;

/**
 * Notes of Guile's compiler, backtraces (`Backtrace:`, `In guix/ui.scm:`,
 * `   152:18  1 (_ …)`), and what comes from Guile where Guix has no better
 * words: the line after it has them.
 */
const NOISE =
  /^(?:;;; .*|Backtrace:|In (?:[^ ]+|unknown file):|\s+(?:[0-9]+:[0-9]+\s+)?[0-9]+ [(#].*|error: failed to load 'the definitions':|)$/;

/** What Guix SAID, without what tells a reader nothing, and without all after the first dozen lines. */
export function trimmed(said: string): string[] {
  const lines = said
    .split("\n")
    .map((line) =>
      line
        .trimEnd()
        .replace(OUR_PLACE, "")
        // The interface of a module is nothing that anybody sees.
        .replace(
          /^No variable named (\S+) in #<interface .* [0-9a-f]+>$/,
          "error: $1: unbound variable",
        ),
    )
    .filter((line) => !NOISE.test(line));
  const shown = lines
    .slice(0, MOST_LINES)
    .map((line) => (line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line));
  return lines.length > MOST_LINES
    ? [...shown, `… (${lines.length - MOST_LINES} more lines)`]
    : shown;
}
