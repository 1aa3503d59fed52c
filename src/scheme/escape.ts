/** What a backslash and one letter stand for in a string. */
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["0", "\0"],
  ["a", "\x07"],
  ["b", "\b"],
  ["t", "\t"],
  ["n", "\n"],
  ["v", "\v"],
  ["f", "\f"],
  ["r", "\r"],
  // The line goes on; the indentation of the next one is part of the string.
  ["\n", ""],
]);

/** How many hexadecimal digits follow `\x`, `\u` and `\U`. */
export const HEX_ESCAPE_LENGTHS: ReadonlyMap<string, number> = new Map([
  ["x", 2],
  ["u", 4],
  ["U", 6],
]);

/** Whether a backslash and CHARACTER, which is not one of the hexadecimal escapes, are an escape. */
export function isEscape(character: string): boolean {
  return ESCAPES.has(character) || '"\\|('.includes(character);
}

/** The value of a string literal, given what is between its quotes; its escapes must be valid. */
export function unescapeString(body: string): string {
  return body.replace(/\\(?:x(..)|u(.{4})|U(.{6})|([^]))/g, (_all, x?: string, u?: string, U?: string, plain?: string) => {
    const hex = x ?? u ?? U;
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    return ESCAPES.get(plain!) ?? plain!;
  });
}

/** The name of an extended symbol, given what is between `#{` and `}#`; its escapes must be valid. */
export function unescapeSymbol(body: string): string {
  return body.replace(/\\(?:x([0-9a-fA-F]+);|([^]))/g, (_all, hex?: string, plain?: string) =>
    hex === undefined ? plain! : String.fromCodePoint(Number.parseInt(hex, 16)),
  );
}
