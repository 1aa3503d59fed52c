export type LineEnd = "\n" | "\r\n";

/** The line end at OFFSET of TEXT, if there is one. */
export function lineEndAt(text: string, offset: number): LineEnd | undefined {
  return text[offset] === "\n" ? "\n" : text.startsWith("\r\n", offset) ? "\r\n" : undefined;
}

/** The line end just before OFFSET of TEXT, if there is one. */
export function lineEndBefore(text: string, offset: number): LineEnd | undefined {
  return text[offset - 1] !== "\n" ? undefined : text[offset - 2] === "\r" ? "\r\n" : "\n";
}

/** The first line end of TEXT from OFFSET on, else the first of all, else LF. */
export function usualLineEnd(text: string, offset = 0): LineEnd {
  const at = !text.includes("\n", offset) ? text.indexOf("\n") : text.indexOf("\n", offset);
  return (at === -1 ? undefined : lineEndBefore(text, at + 1)) ?? "\n";
}

/** Where the line of OFFSET ends: before its line end, or at the end of TEXT. */
export function endOfLine(text: string, offset: number): number {
  const at = text.indexOf("\n", offset);
  return at === -1 ? text.length : at > offset && text[at - 1] === "\r" ? at - 1 : at;
}
