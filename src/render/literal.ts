import { UserError } from "../errors";

/**
 * What does not stand in a literal as it is: the two characters that mean
 * something, and what a reader of the file would not see, or not see where it
 * is: controls, formats, separators other than the space, unassigned ones.
 */
const ESCAPED = /["\\]|[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\t": "\\t",
};

/**
 * A string literal, on one line, which Guile reads as exactly VALUE.
 *
 * Letters beyond ASCII stand as they are: Guile reads source files as UTF-8,
 * whatever the locale.
 *
 * @throws UserError for half a surrogate pair, which is no character.
 */
export function schemeString(value: string): string {
  return `"${value.replace(ESCAPED, escapeCharacter)}"`;
}

function escapeCharacter(character: string): string {
  const short = SHORT_ESCAPES[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0)!;
  if (code >= 0xd800 && code <= 0xdfff) {
    throw new UserError({
      message: `\\u${code.toString(16)} is half a surrogate pair and cannot be in a Scheme string`,
    });
  }
  const hex = code.toString(16);
  if (hex.length <= 2) return `\\x${hex.padStart(2, "0")}`;
  return hex.length <= 4 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(6, "0")}`;
}

/**
 * As R7RS has it; Guile takes more, but no name of Guix needs it.  A dot alone
 * is syntax, `,@name` is not `,` and `@name`, and what a number begins with may
 * be read as one.
 */
const PLAIN_NAME = /^(?!\.$|@|[-+]?\.?[0-9]|[-+](?:i|inf|nan))[a-z0-9!$%&*/:<=>?^_~+.@-]+$/i;

/**
 * NAME as a symbol, which reads back as exactly this symbol without `|…|` or
 * `#{…}#`, and after `,`, `#$` or `#:`, too.
 *
 * @throws UserError for any other name: empty, a number, with a space, …
 */
export function schemeSymbol(name: string): string {
  if (PLAIN_NAME.test(name)) return name;
  throw new UserError({
    message: `${JSON.stringify(name)} cannot be the name of a variable`,
    hint: "expected letters, digits and hyphens, a letter first, as in linux-libre-6.12",
  });
}

/** A name that becomes a Scheme symbol; any string in a template becomes a Scheme string. */
export class SymbolName {
  constructor(readonly name: string) {}
}

export type LiteralValue = string | number | boolean | SymbolName | readonly LiteralValue[];

/**
 * VALUE as Scheme reads it back: "…" for a string, a symbol for a SymbolName,
 * (…) for an array.  Whatever a template writes goes through here, so that
 * data cannot become code.
 */
export function schemeLiteral(value: LiteralValue): string {
  if (typeof value === "string") return schemeString(value);
  if (typeof value === "boolean") return value ? "#t" : "#f";
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new TypeError(`not an integer: ${value}`);
    return String(value);
  }
  if (value instanceof SymbolName) return schemeSymbol(value.name);
  return `(${value.map(schemeLiteral).join(" ")})`;
}
