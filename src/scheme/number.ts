/** Digits of other scripts are digits to Guile, too, after a first one of ASCII. */
const DECIMAL_DIGIT = /^\p{Nd}$/u;

/** What a number may start with. */
const FIRST = /^[-+.#0-9]/;

const EXPONENT_MARKERS = "defls";
/** Guile's `string->number` raises an error beyond these (`DBL_MAX_10_EXP`, and 16 digits more below). */
const LARGEST_EXPONENT = 308;
const SMALLEST_EXPONENT = -324;

/** A number whose exponent Guile refuses: neither a number nor a symbol. */
export const OUT_OF_RANGE = "out of range";

/**
 * Whether Guile's `string->number` takes TOKEN for a number; what it does not
 * take is a symbol (`1+`, `...`, `1/0`).
 *
 * Follows `scm_i_string_to_number` of Guile 3.0, including what R7RS does not
 * have: `1#.#`, `1d3`, `1@2`, `+nan.0`.
 */
export function isNumber(token: string): boolean | typeof OUT_OF_RANGE {
  return FIRST.test(token) && new NumberGrammar(token).whole();
}

class NumberGrammar {
  private readonly characters: readonly string[];
  private index = 0;
  private radix = 10;
  private exact = false;
  private outOfRange = false;

  constructor(token: string) {
    this.characters = Array.from(token);
  }

  whole(): boolean | typeof OUT_OF_RANGE {
    const matches = this.prefixes() && this.complex() && this.atEnd();
    return this.outOfRange ? OUT_OF_RANGE : matches;
  }

  /** `#x`, `#e`, `#x#e`, in either order, each at most once. */
  private prefixes(): boolean {
    const radixes: Partial<Record<string, number>> = { b: 2, o: 8, d: 10, x: 16 };
    let sawRadix = false;
    let sawExactness = false;
    while (this.next() === "#") {
      const letter = this.characters[this.index + 1]?.toLowerCase() ?? "";
      const radix = radixes[letter];
      if (radix !== undefined && !sawRadix) {
        sawRadix = true;
        this.radix = radix;
      } else if ((letter === "e" || letter === "i") && !sawExactness) {
        sawExactness = true;
        this.exact = letter === "e";
      } else {
        return false;
      }
      this.index += 2;
    }
    return true;
  }

  private complex(): boolean {
    const signed = this.sign();
    if (!this.unsignedReal(signed)) return signed && this.imaginaryUnit();
    switch (this.next()) {
      case undefined:
        return true;
      case "i":
      case "I":
        return signed && this.imaginaryUnit();
      case "@":
        this.index += 1;
        return this.unsignedReal(this.sign());
      case "+":
      case "-":
        this.index += 1;
        this.unsignedReal(true);
        return this.imaginaryUnit();
      default:
        return false;
    }
  }

  private unsignedReal(signed: boolean): boolean {
    const before = this.index;
    if (signed && this.infinityOrNan()) return true;
    const matches = this.next() === "." ? this.fromPoint() : this.fromDigit();
    if (!matches) this.index = before;
    return matches;
  }

  private infinityOrNan(): boolean {
    const word = this.characters.slice(this.index, this.index + 5).join("").toLowerCase();
    // Neither has an exact value.
    if (this.exact || (word !== "inf.0" && word !== "nan.0")) return false;
    const before = this.index;
    this.index += 4;
    if (word === "nan.0") {
      // `+nan.00` is one, too.
      if (this.digits(10) === "zero") return true;
      this.index = before;
      return false;
    }
    this.index += 1;
    return true;
  }

  private fromPoint(): boolean {
    if (this.radix !== 10 || !isDecimalDigit(this.characters[this.index + 1])) return false;
    return this.pointAndExponent();
  }

  private fromDigit(): boolean {
    if (this.digits(this.radix) === undefined) return false;
    if (this.next() === "/") {
      this.index += 1;
      return this.digits(this.radix) === "positive";
    }
    return this.radix !== 10 || this.pointAndExponent();
  }

  private pointAndExponent(): boolean {
    if (this.next() === ".") {
      let hashes = this.characters[this.index - 1] === "#";
      this.index += 1;
      for (; ; this.index += 1) {
        if (this.next() === "#") hashes = true;
        else if (!isDecimalDigit(this.next())) break;
        else if (hashes) return false;
      }
    }
    const marker = this.next()?.toLowerCase();
    if (marker === undefined || !EXPONENT_MARKERS.includes(marker)) return true;
    this.index += 1;
    const negative = this.next() === "-";
    this.sign();
    const start = this.index;
    while (isDecimalDigit(this.next())) this.index += 1;
    if (this.index === start) return false;
    const exponent = (negative ? -1 : 1) * decimalValue(this.characters.slice(start, this.index));
    if (exponent > LARGEST_EXPONENT || exponent < SMALLEST_EXPONENT) this.outOfRange = true;
    return true;
  }

  /** Digits and then `#` for unknown ones. */
  private digits(radix: number): "zero" | "positive" | undefined {
    const start = this.index;
    let positive = false;
    if (!/^[0-9a-f]$/i.test(this.next() ?? "")) return undefined;
    for (let value = digitValue(this.next()); value < radix; value = digitValue(this.next())) {
      if (value > 0) positive = true;
      this.index += 1;
    }
    if (this.index === start) return undefined;
    while (this.next() === "#") this.index += 1;
    return positive ? "positive" : "zero";
  }

  private sign(): boolean {
    if (this.next() !== "+" && this.next() !== "-") return false;
    this.index += 1;
    return true;
  }

  private imaginaryUnit(): boolean {
    if (this.next() !== "i" && this.next() !== "I") return false;
    this.index += 1;
    return true;
  }

  private next(): string | undefined {
    return this.characters[this.index];
  }

  private atEnd(): boolean {
    return this.index === this.characters.length;
  }
}

function isDecimalDigit(character: string | undefined): boolean {
  return character !== undefined && DECIMAL_DIGIT.test(character);
}

/** The value of a digit, up to 15; infinity for anything else. */
function digitValue(character: string | undefined): number {
  if (character === undefined) return Infinity;
  if (/^[0-9a-f]$/i.test(character)) return Number.parseInt(character, 16);
  return isDecimalDigit(character) ? unicodeDigitValue(character) : Infinity;
}

/** Unicode keeps each script's ten digits together, zero first. */
function unicodeDigitValue(character: string): number {
  const code = character.codePointAt(0)!;
  let zero = code;
  while (code - zero < 9 && DECIMAL_DIGIT.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return code - zero;
}

function decimalValue(digits: readonly string[]): number {
  return digits.reduce((value, digit) => value * 10 + digitValue(digit), 0);
}
