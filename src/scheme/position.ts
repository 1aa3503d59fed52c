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
  let line = 1;
  let lineStart = 0;
  for (let end = text.indexOf("\n"); end !== -1 && end < offset; end = text.indexOf("\n", lineStart)) {
    line += 1;
    lineStart = end + 1;
  }
  let column = 1;
  for (let index = lineStart; index < offset; index += 1) {
    const code = text.charCodeAt(index);
    const secondHalf = code >= 0xdc00 && code <= 0xdfff && isHighSurrogate(text.charCodeAt(index - 1));
    const mark = index === 0 && code === 0xfeff;
    if (!secondHalf && !mark) column += 1;
  }
  return { line, column };
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
