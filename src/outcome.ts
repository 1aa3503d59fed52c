import { printable, OBEYED } from "./errors";

/** 0 done or clean, 1 differs, 2 could not run. */
export type ExitStatus = 0 | 1 | 2;

/** Something that a terminal shows with colours, or wrapped; see dressed. */
export type Look = "changes" | "diff" | "prose" | "table";

/** What a command leaves behind for its caller, apart from what it wrote. */
export interface Outcome {
  readonly status: ExitStatus;
  /** The result, for standard output; ends in a newline unless empty. */
  readonly output: string;
  /** What the result looks like on a terminal; as it is where absent. */
  readonly look?: Look | undefined;
  /** What is said about it, for standard error; ends in a newline unless empty. */
  readonly talk?: string;
}

export function jsonOutcome(status: ExitStatus, value: unknown): Outcome {
  return { status, output: jsonText(value) };
}

/** TEXTS, each on a line of its own, whatever is in it. */
export function lines(...texts: readonly string[]): string {
  return texts.map((text) => `${printable(text)}\n`).join("");
}

/** ROWS as a table, a line each; the last cell of one that is shorter than the first may be of any width. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const header = rows[0]!;
  const widths = header.map((_, column) =>
    rows
      .filter(({ length }) => length === header.length || column < length - 1)
      .reduce((widest, row) => Math.max(widest, row[column]!.length), 0),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  );
}

/** VALUE as JSON, which a terminal and the log of a workflow show and do not obey; ends in a newline. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value, null, 2);
  // What is left of these is inside of strings, JSON's own line ends apart.
  return `${text.replace(OBEYED, (found) => (found === "\n" ? found : `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`))}\n`;
}

/**
 * TEXT in lines of at most WIDTH columns, the first of at most FIRST; a word
 * that is longer stands alone.  Two spaces, as between sentences, stay two.
 */
export function wrapText(text: string, width: number, first = width): string[] {
  const lines: string[] = [];
  for (const word of text.split(/(?<=\S) (?! )/)) {
    const last = lines.at(-1);
    const room = lines.length > 1 ? width : first;
    if (last !== undefined && last.length + 1 + word.length <= room)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
