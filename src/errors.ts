/**
 * One thing that a user can mend.
 *
 * `line` and `column` count from 1, as editors and compilers do; a column is a
 * character, and a tab is one.
 */
export interface Problem {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** What is wrong and what was expected, without the final period. */
  readonly message: string;
  /** What to do next, a sentence or a command, without the final period. */
  readonly hint?: string;
}

/** `file:line:column: message; hint`, on one line whatever the message holds. */
export function formatProblem(problem: Problem): string {
  const { file, line, column, message, hint } = problem;
  const place = [file, line, column].filter((part) => part !== undefined).join(":");
  const text =
    (place === "" ? "" : `${place}: `) + message + (hint === undefined ? "" : `; ${hint}`);
  return printable(text);
}

/**
 * TEXT, a line, without what a terminal would obey instead of showing, or the
 * log of a workflow (`::add-mask::`, `##[…]`): messages quote file names and
 * file contents, which are a stranger's.
 */
export function printable(text: string): string {
  return text.replace(
    OBEYED,
    (found) => `\\x${found.codePointAt(0)!.toString(16).padStart(2, "0")}`,
  );
}

/** Controls, marks of direction and line separators; the first sign of a command to a workflow. */
export const OBEYED =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|(?<=^\s*):(?=:)|#(?=#\[)/gu;

/** The input is at fault and its owner can mend it: reported without a stack, exit status 2. */
export class UserError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: Problem | readonly Problem[]) {
    // By their places, whichever was found first; the files in the order in which they come.
    const all = [problems].flat();
    const files = all.map(({ file }) => file);
    const list = all.toSorted(
      (a, b) =>
        files.indexOf(a.file) - files.indexOf(b.file) ||
        (a.line ?? 0) - (b.line ?? 0) ||
        (a.column ?? 0) - (b.column ?? 0),
    );
    super(list.map(formatProblem).join("\n"));
    this.name = "UserError";
    this.problems = list;
  }
}

/** What ACTION returns; a problem that it raises without a file is one of FILE, and without a hint has HINT. */
export function inFile<T>(file: string, action: () => T, hint?: string): T {
  try {
    return action();
  } catch (error) {
    if (!isUserError(error)) throw error;
    throw new UserError(
      error.problems.map((problem) => ({ file, ...(hint !== undefined && { hint }), ...problem })),
    );
  }
}

export function isUserError(error: unknown): error is UserError {
  return error instanceof UserError;
}

/** COMMAND as a line that a POSIX shell reads back as exactly these words. */
export function shellLine(command: readonly string[]): string {
  return command
    .map((word) =>
      /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`,
    )
    .join(" ");
}

/**
 * The place of OFFSET in TEXT. Lines end with LF; a column is a character
 * (not a UTF-16 unit), and a byte order mark is none.
 */
export function position(text: string, offset: number): Required<Pick<Problem, "line" | "column">> {
  let start = text.startsWith("\ufeff") ? 1 : 0;
  let line = 1;
  for (let end = text.indexOf("\n"); end !== -1 && end < offset; end = text.indexOf("\n", start)) {
    line += 1;
    start = end + 1;
  }
  const before = text.slice(start, Math.max(start, offset));
  return { line, column: before.replace(/[\udc00-\udfff]/g, "").length + 1 };
}
