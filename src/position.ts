/** A place in a text, both numbers counting from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/**
 * The place of OFFSET in TEXT. Lines end with LF; a column is a character
 * (not a UTF-16 unit), and a byte order mark is none.
 */
export function position(text: string, offset: number): Position {
  const lines = text
    .slice(0, offset)
    .replace(/^\ufeff/, "")
    .split("\n");
  return { line: lines.length, column: Array.from(lines.at(-1)!).length + 1 };
}
