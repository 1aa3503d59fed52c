import { schemeString, schemeSymbol } from "../read/scheme/literal";

/** A name that becomes a Scheme symbol; any string in a template becomes a Scheme string. */
export class SymbolName {
  #literal: string | undefined;

  constructor(readonly name: string) {}

  /** Throws a UserError for a name that no symbol has as it is. */
  get literal(): string {
    return (this.#literal ??= schemeSymbol(this.name));
  }
}

/** What a template may write. */
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
  if (value instanceof SymbolName) return value.literal;
  return `(${value.map(schemeLiteral).join(" ")})`;
}

export function isLiteralValue(value: unknown): value is LiteralValue {
  return (
    typeof value === "string" ||
    typeof value === "number" ||
    typeof value === "boolean" ||
    value instanceof SymbolName ||
    (Array.isArray(value) && value.every(isLiteralValue))
  );
}
