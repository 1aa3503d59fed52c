import { shown } from "./refusal";

/**
 * Says what is wrong with a number, given as it is written, as an element of
 * a number vector; undefined if nothing is.
 */
export type ElementCheck = (text: string) => string | undefined;

/** The check for the elements of `#TYPE(…)`, or undefined where TYPE is none that is understood. */
export function elementCheck(type: string): ElementCheck | undefined {
  const [, letters, width] = /^(vu|u|s|f)(8|16|32|64)$/.exec(type) ?? [];
  if (letters === undefined || width === undefined) return undefined;
  const bits = BigInt(width);
  switch (letters) {
    case "u":
      return integersBetween(0n, 2n ** bits - 1n);
    case "s":
      return integersBetween(-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n);
    case "vu":
      return bits === 8n ? integersBetween(0n, 255n) : undefined;
    default:
      return bits >= 32n ? checkReal : undefined;
  }
}

function integersBetween(least: bigint, greatest: bigint): ElementCheck {
  return (text) => {
    const value = integerValue(text);
    if (value === undefined) return `${shown(text)} is not supported: expected an integer, written in digits,`;
    return value >= least && value <= greatest ? undefined : `expected an integer from ${least} to ${greatest}`;
  };
}

function integerValue(text: string): bigint | undefined {
  const [, radix = "", sign, digits] = /^(#[bodx])?([-+])?([0-9a-f]+)$/i.exec(text) ?? [];
  if (digits === undefined || (/^(#d)?$/i.test(radix) && /[a-f]/i.test(digits))) return undefined;
  const prefix = radix.toLowerCase().replace("#d", "").replace("#", "0");
  const value = BigInt(prefix + digits);
  return sign === "-" ? -value : value;
}

function checkReal(text: string): string | undefined {
  const real = /^[-+]?(\d+|\d+\.\d*|\.\d+)(e[-+]?\d+)?$|^[-+](inf|nan)\.0$/i.test(text);
  return real ? undefined : `${shown(text)} is not supported: expected a real number in decimal notation`;
}
