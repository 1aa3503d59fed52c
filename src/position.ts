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
  let start = text.startsWith("\ufeff") ? 1 : 0;
  let line = 1;
  for (let end = text.indexOf("\n"); end !== -1 && end < offset; end = text.indexOf("\n", start)) {
    line += 1;
    start = end + 1;
  }
  const before = text.slice(start, Math.max(start, offset));
  return { line, column: before.replace(/[\udc00-\udfff]/g, "").length + 1 };
}
