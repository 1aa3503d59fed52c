import { characterNamed, isCharacter } from "./character";
import { DELIMITERS, Unit } from "./code-units";
import { HEX_ESCAPE_LENGTHS, isEscape } from "./escape";
import { isNumber, OUT_OF_RANGE } from "./number";
import { elementCheck } from "./number-vector";
import { refusal, shown } from "./refusal";
import { Mark } from "./tape";

/**
 * The pieces that a text is made of, one at a time: each method is given the
 * offset of one, tells what it is, and leaves in `end` where it ends.
 */
export class Tokens {
  end = 0;
  /** Whether `#!fold-case` holds. */
  foldCase = false;
  /** The first backslash from where strings were last read; beyond the text if there is none. */
  #backslash = -1;
  readonly #text: string;
  readonly #codes: Uint16Array;

  /** CODES are those of TEXT and a line end, see `codeUnits`. */
  constructor(text: string, codes: Uint16Array) {
    this.#text = text;
    this.#codes = codes;
  }

  /** Where the line ends that AT is in. */
  lineEnd(at: number): number {
    const end = offsetOf("\n", this.#text, at);
    return this.#codes[end - 1] === Unit.Cr ? end - 1 : end;
  }

  /** What a token that starts with a digit, a sign or a dot is. */
  numberOrSymbol(start: number, end: number): Mark {
    const text = this.#text;
    let at = start;
    for (; at < end; at += 1) {
      const code = text.charCodeAt(at);
      if (code < Unit.Zero || code > Unit.Nine) break;
    }
    if (at === end) return Mark.Number;
    const symbol = this.foldCase ? Mark.FoldedSymbol : Mark.Symbol;
    const second = text.charCodeAt(start + 1);
    // `-`, `+` and the likes of `->name`.
    if ((end - start === 1 || second === Unit.Greater) && at === start) return symbol;
    return this.#isNumber(start, end) ? Mark.Number : symbol;
  }

  #isNumber(start: number, end: number): boolean {
    const token = this.#text.slice(start, end);
    const verdict = isNumber(token);
    if (verdict === OUT_OF_RANGE) this.#refuse(start, `the exponent of ${shown(token)} is out of range`);
    return verdict as boolean;
  }

  /** Past the string that starts at START. */
  string(start: number): Mark {
    const text = this.#text;
    let mark = Mark.PlainString;
    let quote = text.indexOf('"', start + 1);
    if (this.#backslash <= start) this.#backslash = offsetOf("\\", text, start);
    while (quote !== -1) {
      const backslash = this.#backslash;
      if (quote < backslash) {
        this.end = quote + 1;
        return mark;
      }
      mark = Mark.EscapedString;
      const at = this.#escape(start, backslash);
      this.#backslash = offsetOf("\\", text, at);
      if (quote < at) quote = text.indexOf('"', at);
    }
    return this.#refuse(start, "this string is not closed: expected `\"`");
  }

  /** Past the escape at AT, in the string that starts at STRING. */
  #escape(string: number, at: number): number {
    const text = this.#text;
    const letter = text.charAt(at + 1);
    const digits = HEX_ESCAPE_LENGTHS.get(letter);
    if (digits === undefined) {
      if (letter === "") this.#refuse(string, "this string is not closed: expected `\"`");
      if (!isEscape(letter)) {
        const character = String.fromCodePoint(text.codePointAt(at + 1)!);
        this.#refuse(at, `\`\\${character}\` is no escape of a string: expected one of \\" \\\\ \\n \\t \\xHH …`);
      }
      return at + 2;
    }
    const end = at + 2 + digits;
    const hex = text.slice(at + 2, end);
    if (hex.length !== digits || !/^[0-9a-fA-F]+$/.test(hex)) {
      this.#refuse(at, `expected ${digits} hexadecimal digits after \`\\${letter}\``);
    }
    if (!isCharacter(Number.parseInt(hex, 16))) this.#refuse(at, `\`\\${letter}${hex}\` is no character`);
    return end;
  }

  /** Past the token that starts with `#` at START: form, prefix or comment. */
  sharp(start: number): Mark {
    const text = this.#text;
    const letter = text.charAt(start + 1);
    switch (letter) {
      case ":":
        return this.#keyword(start);
      case "~":
      case "'":
      case "`":
        this.end = start + 2;
        return Mark.Quotation;
      case "$":
      case "+":
      case ",":
        this.end = start + (text.charCodeAt(start + 2) === Unit.At ? 3 : 2);
        return Mark.Quotation;
      case "(":
        this.end = start + 2;
        return Mark.Vector;
      case "\\":
        return this.#character(start);
      case "t":
      case "T":
        return this.#boolean(start, "true", Mark.True);
      case "f":
        if (text.charAt(start + 2) === "3" || text.charAt(start + 2) === "6") return this.#numberVector(start);
        return this.#boolean(start, "false", Mark.False);
      case "F":
        return this.#boolean(start, "false", Mark.False);
      case "n":
        return this.#nil(start);
      case "*":
        return this.#bitvector(start);
      case "{":
        return this.#extendedSymbol(start);
      case ";":
        this.end = start + 2;
        return Mark.Discarded;
      case "|":
        return this.#blockComment(start);
      case "!":
        return this.#scriptComment(start);
      case "":
        return this.#refuse(start, "expected more after `#`");
      default:
        if (/[ieboxd]/i.test(letter)) return this.#prefixedNumber(start);
        if (/[vusc0-9@]/.test(letter)) return this.#numberVector(start);
        return this.#refuse(start, `\`#${String.fromCodePoint(text.codePointAt(start + 1)!)}\` is not a syntax of Guile's`);
    }
  }

  #keyword(start: number): Mark {
    const text = this.#text;
    const first = text.charCodeAt(start + 2);
    this.end = start + 2;
    if (Number.isNaN(first) || DELIMITERS[first] === 1 || first === Unit.Sharp || first === Unit.Quote || first === Unit.Backquote || first === Unit.Comma) {
      return Mark.SpacedKeyword;
    }
    const end = this.#tokenEnd(start + 2);
    this.end = end;
    if (first <= Unit.Nine && first >= Unit.Plus && this.#isNumber(start + 2, end)) {
      this.#refuse(start, `expected a name after \`#:\`, found the number ${shown(text.slice(start + 2, end))}`);
    }
    return this.foldCase ? Mark.FoldedKeyword : Mark.Keyword;
  }

  /** Where the token ends that has a character at AT. */
  #tokenEnd(at: number): number {
    while (DELIMITERS[this.#codes[at]!] === 0) at += 1;
    return at;
  }

  #character(start: number): Mark {
    const text = this.#text;
    const first = text.charCodeAt(start + 2);
    if (Number.isNaN(first)) this.#refuse(start, "expected a character after `#\\`");
    const end = DELIMITERS[first] === 1 ? start + 3 : this.#tokenEnd(start + 2);
    const name = text.slice(start + 2, end);
    if (characterNamed(name) === undefined) {
      this.#refuse(start, `${shown(`#\\${name}`)} is not a supported character: expected one character, its name, or x and its code`);
    }
    this.end = end;
    return Mark.Character;
  }

  /** Guile asks for no delimiter after a boolean: `#t1` is `#t` and `1`. */
  #boolean(start: number, word: string, mark: Mark): Mark {
    const long = start + 1 + word.length;
    this.end = this.#text.slice(start + 1, long).toLowerCase() === word ? long : start + 2;
    return mark;
  }

  #nil(start: number): Mark {
    const end = this.#tokenEnd(start + 1);
    const token = this.#text.slice(start, end);
    if ((this.foldCase ? token.toLowerCase() : token) !== "#nil") this.#refuse(start, `expected \`#nil\`, found ${shown(token)}`);
    this.end = end;
    return Mark.Nil;
  }

  #bitvector(start: number): Mark {
    let end = start + 2;
    while (this.#text.charAt(end) === "0" || this.#text.charAt(end) === "1") end += 1;
    this.end = end;
    return Mark.Bitvector;
  }

  #prefixedNumber(start: number): Mark {
    const end = this.#tokenEnd(start + 1);
    if (!this.#isNumber(start, end)) this.#refuse(start, `${shown(this.#text.slice(start, end))} is not a supported number`);
    this.end = end;
    return Mark.Number;
  }

  #numberVector(start: number): Mark {
    const end = this.#tokenEnd(start + 1);
    const type = this.#text.slice(start + 1, end);
    if (this.#text.charCodeAt(end) !== Unit.OpenParen || elementCheck(type) === undefined) {
      this.#refuse(start, `${shown(`#${type}`)} is not supported: expected a vector \`#(\`, or one of numbers such as \`#vu8(\``);
    }
    this.end = end + 1;
    return Mark.NumberVector;
  }

  #extendedSymbol(start: number): Mark {
    const text = this.#text;
    for (let at = start + 2; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === Unit.Backslash) {
        at += 1;
        if (text.charAt(at) === "x") at = this.#symbolEscape(at - 1);
      } else if (code === Unit.CloseBrace && text.charCodeAt(at + 1) === Unit.Sharp) {
        this.end = at + 2;
        return Mark.ExtendedSymbol;
      }
    }
    return this.#refuse(start, "this symbol is not closed: expected `}#`");
  }

  /** The offset of the semicolon that ends the escape at AT. */
  #symbolEscape(at: number): number {
    const [escape, digits] = /^\\x([0-9a-fA-F]+);/.exec(this.#text.slice(at, at + 16)) ?? [];
    if (escape === undefined || !isCharacter(Number.parseInt(digits!, 16))) {
      this.#refuse(at, "expected the hexadecimal code of a character and `;` after `\\x`");
    }
    return at + escape.length - 1;
  }

  /** `#| … |#`, which nest. */
  #blockComment(start: number): Mark {
    const text = this.#text;
    let nested = 1;
    let at = start + 2;
    for (; at < text.length && nested > 0; at += 1) {
      const code = text.charCodeAt(at);
      const next = text.charCodeAt(at + 1);
      if (code === Unit.Bar && next === Unit.Sharp) {
        nested -= 1;
        at += 1;
      } else if (code === Unit.Sharp && next === Unit.Bar) {
        nested += 1;
        at += 1;
      }
    }
    if (nested > 0) this.#refuse(start, "this comment is not closed: expected `|#`");
    this.end = at;
    return Mark.BlockComment;
  }

  /** `#!` and one of the words that Guile obeys, or else all up to `!#`. */
  #scriptComment(start: number): Mark {
    const text = this.#text;
    const words = /[-\p{L}\p{Nd}]*/uy;
    words.lastIndex = start + 2;
    const word = words.exec(text)![0];
    let end = start + 2 + word.length;
    switch (word) {
      case "fold-case":
      case "no-fold-case":
        this.foldCase = word === "fold-case";
        break;
      case "r6rs":
      case "curly-infix":
      case "curly-infix-and-bracket-lists":
        return this.#refuse(start, `\`#!${word}\` is not supported`);
      default: {
        const found = text.indexOf("!#", end);
        if (found === -1) this.#refuse(start, "this comment is not closed: expected `!#`");
        end = found + 2;
      }
    }
    this.end = end;
    return Mark.ScriptComment;
  }

  #refuse(offset: number, message: string): never {
    throw refusal(this.#text, offset, message);
  }
}

/** Where CHARACTER is in TEXT, from FROM on; beyond its end if it is not. */
function offsetOf(character: string, text: string, from: number): number {
  const found = text.indexOf(character, from);
  return found === -1 ? text.length : found;
}
