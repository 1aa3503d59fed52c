/** A place in a text, both numbers counting from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The place that was asked for last: that of the next problem of a text is looked for from there. */
let last = { text: "", offset: 0, line: 1, column: 1 };

/**
 * The place of OFFSET in TEXT. Lines end with LF; a column is a character
 * (not a UTF-16 unit), and a byte order mark is none.
 */
export function position(text: string, offset: number): Position {
  const from =
    offset >= last.offset && text === last.text ? last : { offset: 0, line: 1, column: 1 };
  let { line, column } = from;
  let lineStart = from.offset;
  for (
    let end = text.indexOf("\n", lineStart);
    end !== -1 && end < offset;
    end = text.indexOf("\n", lineStart)
  ) {
    line += 1;
    column = 1;
    lineStart = end + 1;
  }
  for (let index = lineStart; index < offset; index += 1) {
    const code = text.charCodeAt(index);
    const secondHalf =
      code >= 0xdc00 && code <= 0xdfff && isHighSurrogate(text.charCodeAt(index - 1));
    const mark = index === 0 && code === 0xfeff;
    if (!secondHalf && !mark) column += 1;
  }
  last = { text, offset, line, column };
  return { line, column };
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
