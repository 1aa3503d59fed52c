/** Guile's names of characters; it compares them without case. */
const CODES_BY_NAME: ReadonlyMap<string, number> = new Map([
  ...["nul", "soh", "stx", "etx", "eot", "enq", "ack", "bel", "bs", "ht", "lf", "vt", "ff", "cr", "so", "si"].map(
    (name, code) => [name, code] as const,
  ),
  ...["dle", "dc1", "dc2", "dc3", "dc4", "nak", "syn", "etb", "can", "em", "sub", "esc", "fs", "gs", "rs", "us"].map(
    (name, index) => [name, 0x10 + index] as const,
  ),
  ["sp", 0x20],
  ["del", 0x7f],
  ["null", 0x00],
  ["alarm", 0x07],
  ["backspace", 0x08],
  ["tab", 0x09],
  ["linefeed", 0x0a],
  ["newline", 0x0a],
  ["nl", 0x0a],
  ["vtab", 0x0b],
  ["page", 0x0c],
  ["np", 0x0c],
  ["return", 0x0d],
  ["escape", 0x1b],
  ["space", 0x20],
  ["delete", 0x7f],
]);

/** May be put after a combining character, to keep it off the backslash. */
const DOTTED_CIRCLE = "\u25cc";

/** The character that `#\NAME` stands for, or undefined where Guile knows none. */
export function characterNamed(name: string): string | undefined {
  const [first, second, ...rest] = name;
  if (first === undefined || second === undefined) return first;
  if (second === DOTTED_CIRCLE && rest.length === 0) return first;
  const octal = /^[0-7]+$/.test(name) ? Number.parseInt(name, 8) : undefined;
  const hexadecimal = /^x[0-9a-f]+$/i.test(name) && first === "x" ? Number.parseInt(name.slice(1), 16) : undefined;
  const code = octal ?? hexadecimal ?? CODES_BY_NAME.get(name.toLowerCase());
  return code !== undefined && isCharacter(code) ? String.fromCodePoint(code) : undefined;
}

/** Whether CODE is that of a character: in Unicode's range and no surrogate. */
export function isCharacter(code: number): boolean {
  return code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
}
