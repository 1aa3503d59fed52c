import { endianness } from "node:os";
import { Parser } from "s-expression";
import { UserError } from "../errors";
import { characterNamed, isCharacter } from "./character";
import type { Comment, Datum } from "./datum";
import { HEX_ESCAPE_LENGTHS, isEscape } from "./escape";
import { datumAt, prefixAt } from "./lazy";
import { isNumber, OUT_OF_RANGE } from "./number";
import { elementCheck } from "./number-vector";
import { position } from "./position";
import { CELLS, END, LINK, Mark, START, Tape } from "./tape";

/** No form is open. */
const NONE = -1;
/** Instead of a mark: a list or a vector ends here. */
const CLOSED = -1;

const TAB = 0x09;
const LF = 0x0a;
const FF = 0x0c;
const CR = 0x0d;
const SPACE = 0x20;
const DOUBLE_QUOTE = 0x22;
const SHARP = 0x23;
const QUOTE = 0x27;
const OPEN_PAREN = 0x28;
const CLOSE_PAREN = 0x29;
const COMMA = 0x2c;
const PLUS = 0x2b;
const DOT = 0x2e;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const SEMICOLON = 0x3b;
const AT = 0x40;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const BACKQUOTE = 0x60;
const BYTE_ORDER_MARK = 0xfeff;

/** 1 for what ends a symbol or a number; beyond ASCII nothing does. */
const DELIMITERS = new Uint8Array(0x10000);
for (const code of [
  TAB, LF, FF, CR, SPACE, DOUBLE_QUOTE, OPEN_PAREN, CLOSE_PAREN, SEMICOLON, OPEN_BRACKET, CLOSE_BRACKET,
]) {
  DELIMITERS[code] = 1;
}

/** By their marks. */
const COMMENT_KINDS = ["line", "block", "script", "datum"] as const satisfies readonly Comment["kind"][];

/**
 * The parser of the package s-expression, extended to all the syntax that
 * sources of GNU Guix use, as Guile 3.0 reads it with its default options.
 *
 * Each call of `expr()` gives the next form. The first one reads all of the
 * text, so that nobody acts on the first half of a file whose second half is
 * broken. Forms nest as deep as they like: nothing here calls itself.
 */
export class SchemeParser extends Parser {
  readonly #tape: Tape;
  /**
   * The text's UTF-16 units: in code that has just been
   * started, which is all the time that a command has, reading a typed array
   * takes a fraction of what `charCodeAt` does.
   */
  readonly #codes: Uint16Array;
  /** Mark, start, end and depth of each comment. */
  readonly #comments: number[] = [];
  /** Of the form that `expr` gives next. */
  #next = NONE;
  #foldCase = false;
  /** The first backslash from where strings were last read; beyond the text if there is none. */
  #backslash = NONE;

  constructor(text: string) {
    super(text);
    this.#tape = new Tape(text);
    this.#codes = codeUnits(text);
    if (text.charCodeAt(0) === BYTE_ORDER_MARK) this._pos = 1;
  }

  /** All comments, in the order in which they end; none before `expr` was called. */
  get comments(): Comment[] {
    const comments: Comment[] = [];
    const numbers = this.#comments;
    for (let index = 0; index < numbers.length; index += 4) {
      const kind = COMMENT_KINDS[numbers[index]!]!;
      comments.push({ kind, start: numbers[index + 1]!, end: numbers[index + 2]!, depth: numbers[index + 3]! });
    }
    return comments;
  }

  /**
   * The next form, or undefined at the end of the text.
   *
   * @throws UserError with the line and column of what is unclosed,
   * unexpected or not understood, wherever in the text that is.
   */
  override expr(): Datum | undefined {
    if (this.#next === NONE) {
      this.#scan();
      this.#next = 0;
    }
    const tape = this.#tape;
    const node = this.#next;
    if (node === tape.used) {
      this._pos = this._stream.length;
      return undefined;
    }
    this.#next = tape.cells[node + LINK]!;
    this._pos = tape.cells[node + END]!;
    return datumAt(tape, node);
  }

  /**
   * Writes all forms on the tape.
   *
   * One loop, with its state in variables: it is over before a compiler that
   * works in the background is done with several functions.
   */
  #scan(): void {
    const codes = this.#codes;
    const comments = this.#comments;
    const length = this._stream.length;
    const tape = this.#tape;
    let cells = tape.cells;
    let used = 0;
    /** The innermost form that is not complete, and how many there are. */
    let open = NONE;
    let depth = 0;
    let at = this._pos;

    while (at < length) {
      const start = at;
      const code = codes[at]!;
      let mark: Mark | typeof CLOSED;
      switch (code) {
        case SPACE:
        case LF:
        case TAB:
        case CR:
        case FF:
          do at += 1;
          while (codes[at] === SPACE);
          continue;

        case SEMICOLON:
          at = this.#lineEnd(at);
          mark = Mark.LineComment;
          break;

        case OPEN_PAREN:
        case OPEN_BRACKET:
          at += 1;
          mark = Mark.List;
          break;

        case CLOSE_PAREN:
        case CLOSE_BRACKET:
          at += 1;
          if (open === NONE) this.#refuseStray(start);
          tape.used = used;
          if (cells[open] !== Mark.List || code !== CLOSE_PAREN || codes[cells[open + START]!] !== OPEN_PAREN) {
            this.#checkClose(open, start);
          }
          mark = CLOSED;
          break;

        case DOUBLE_QUOTE:
          this._pos = at;
          mark = this.#string();
          at = this._pos;
          break;

        case QUOTE:
        case BACKQUOTE:
          at += 1;
          mark = Mark.Quotation;
          break;

        case COMMA:
          at += codes[at + 1] === AT ? 2 : 1;
          mark = Mark.Quotation;
          break;

        case SHARP:
          this._pos = at;
          mark = this.#sharp();
          at = this._pos;
          break;

        default: {
          let next: number;
          do next = codes[(at += 1)]!;
          while (next > CLOSE_BRACKET || DELIMITERS[next] === 0);
          if (code > DIGIT_9 || code < PLUS) {
            mark = this.#foldCase ? Mark.FoldedSymbol : Mark.Symbol;
          } else {
            if (code === DOT && at - start === 1 && open !== NONE && this.#isDot(open, start)) {
              cells[open] = Mark.DottedList;
              continue;
            }
            mark = this.#numberOrSymbol(start, at);
          }
        }
      }

      if (mark !== CLOSED) {
        if (mark < Mark.Symbol) {
          comments.push(mark, start, at, depth);
          continue;
        }
        if (used + CELLS > cells.length) cells = tape.grow();
        cells[used] = mark;
        cells[used + START] = start;
        if (mark >= Mark.List) {
          cells[used + LINK] = open;
          open = used;
          used += CELLS;
          depth += 1;
          continue;
        }
        cells[used + END] = at;
        used += CELLS;
        cells[used - CELLS + LINK] = used;
      }

      // A form has ended: the one that was closed or a new one, and then each that waited for it alone.
      let ends = mark === CLOSED;
      while (open !== NONE) {
        if (!ends) {
          const waiting: Mark = cells[open]!;
          if (waiting <= Mark.NumberVector) break;
          if (waiting === Mark.DottedList) {
            cells[open] = Mark.TailedList;
            break;
          }
          if (waiting !== Mark.Quotation) {
            tape.used = used;
            this.#checkComplete(open);
          }
        }
        const node = open;
        open = cells[node + LINK]!;
        cells[node + END] = at;
        cells[node + LINK] = used;
        depth -= 1;
        ends = false;
        if (cells[node] === Mark.Discarded) {
          comments.push(Mark.DatumComment, cells[node + START]!, at, depth);
          used = node;
          break;
        }
      }
    }

    tape.used = used;
    if (open !== NONE) this.#refuseUnclosed(open);
  }

  /** `)` or `]` was read at START: refuses it where it does not close the open form. */
  #checkClose(open: number, start: number): void {
    const closer = this._stream.charAt(start);
    const { cells } = this.#tape;
    const mark: Mark = cells[open]!;
    if (mark >= Mark.Quotation) this.#refuseIncomplete(open);
    if (closer !== this.#closerOf(open)) this.#refuseCloser(open, start);
    if (mark === Mark.DottedList) this.#refuse(start, `expected a form after the dot, found \`${closer}\``);
    if (mark === Mark.NumberVector) this.#checkElements(open);
  }

  /** A form has ended inside the open one, which wants it to be alone, or a symbol. */
  #checkComplete(open: number): void {
    const mark: Mark = this.#tape.cells[open]!;
    if (mark === Mark.SpacedKeyword) this.#checkKeyword(open);
    if (mark === Mark.TailedList) {
      this.#refuse(this.#lastStart(open), "expected `)`: only one form may follow the dot of a list");
    }
  }

  /** Whether a lone dot, which was read at START, is that of a dotted pair. */
  #isDot(open: number, start: number): boolean {
    const mark: Mark = this.#tape.cells[open]!;
    if (mark === Mark.Vector || mark === Mark.NumberVector) this.#refuse(start, "a dot is not supported in a vector");
    // `'.` and `(a . .)` are symbols to Guile.
    return mark === Mark.List;
  }

  /** What a token that starts with a digit, a sign or a dot is. */
  #numberOrSymbol(start: number, end: number): Mark {
    const text = this._stream;
    let at = start;
    for (; at < end; at += 1) {
      const code = text.charCodeAt(at);
      if (code < DIGIT_0 || code > DIGIT_9) break;
    }
    if (at === end) return Mark.Number;
    const symbol = this.#foldCase ? Mark.FoldedSymbol : Mark.Symbol;
    const second = text.charCodeAt(start + 1);
    // `-`, `+` and the likes of `->name`.
    if ((end - start === 1 || second === 0x3e) && at === start) return symbol;
    return this.#isNumber(start, end) ? Mark.Number : symbol;
  }

  #isNumber(start: number, end: number): boolean {
    const token = this._stream.slice(start, end);
    const verdict = isNumber(token);
    if (verdict === OUT_OF_RANGE) this.#refuse(start, `the exponent of ${token} is out of range`);
    return verdict as boolean;
  }

  /** Where the line ends that AT is in. */
  #lineEnd(at: number): number {
    const end = offsetOf("\n", this._stream, at);
    return this.#codes[end - 1] === CR ? end - 1 : end;
  }

  /** Past the string that starts here; returns its mark. */
  #string(): Mark {
    const text = this._stream;
    const start = this._pos;
    let mark = Mark.PlainString;
    let quote = text.indexOf('"', start + 1);
    if (this.#backslash <= start) this.#backslash = offsetOf("\\", text, start);
    while (quote !== -1) {
      const backslash = this.#backslash;
      if (quote < backslash) {
        this._pos = quote + 1;
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
    const text = this._stream;
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

  /** Past the token that starts with `#` here; returns its mark. */
  #sharp(): Mark {
    const text = this._stream;
    const start = this._pos;
    const letter = text.charAt(start + 1);
    switch (letter) {
      case ":":
        return this.#keyword(start);
      case "~":
      case "'":
      case "`":
        this._pos = start + 2;
        return Mark.Quotation;
      case "$":
      case "+":
      case ",":
        this._pos = start + (text.charCodeAt(start + 2) === AT ? 3 : 2);
        return Mark.Quotation;
      case "(":
        this._pos = start + 2;
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
        this._pos = start + 2;
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
    const text = this._stream;
    const first = text.charCodeAt(start + 2);
    this._pos = start + 2;
    if (Number.isNaN(first) || DELIMITERS[first] === 1 || first === SHARP || first === QUOTE || first === BACKQUOTE || first === COMMA) {
      return Mark.SpacedKeyword;
    }
    const end = this.#tokenEnd(start + 2);
    this._pos = end;
    if (first <= DIGIT_9 && first >= PLUS && this.#isNumber(start + 2, end)) {
      this.#refuse(start, `expected a name after \`#:\`, found the number ${text.slice(start + 2, end)}`);
    }
    return this.#foldCase ? Mark.FoldedKeyword : Mark.Keyword;
  }

  /** Where the token ends that has a character at AT. */
  #tokenEnd(at: number): number {
    while (DELIMITERS[this.#codes[at]!] === 0) at += 1;
    return at;
  }

  #character(start: number): Mark {
    const text = this._stream;
    const first = text.charCodeAt(start + 2);
    if (Number.isNaN(first)) this.#refuse(start, "expected a character after `#\\`");
    const end = DELIMITERS[first] === 1 ? start + 3 : this.#tokenEnd(start + 2);
    const name = text.slice(start + 2, end);
    if (characterNamed(name) === undefined) {
      this.#refuse(start, `\`#\\${name}\` is not a supported character: expected one character, its name, or x and its code`);
    }
    this._pos = end;
    return Mark.Character;
  }

  /** Guile asks for no delimiter after a boolean: `#t1` is `#t` and `1`. */
  #boolean(start: number, word: string, mark: Mark): Mark {
    const long = start + 1 + word.length;
    this._pos = this._stream.slice(start + 1, long).toLowerCase() === word ? long : start + 2;
    return mark;
  }

  #nil(start: number): Mark {
    const end = this.#tokenEnd(start + 1);
    const token = this._stream.slice(start, end);
    if ((this.#foldCase ? token.toLowerCase() : token) !== "#nil") this.#refuse(start, `expected \`#nil\`, found \`${token}\``);
    this._pos = end;
    return Mark.Nil;
  }

  #bitvector(start: number): Mark {
    let end = start + 2;
    while (this._stream.charAt(end) === "0" || this._stream.charAt(end) === "1") end += 1;
    this._pos = end;
    return Mark.Bitvector;
  }

  #prefixedNumber(start: number): Mark {
    const end = this.#tokenEnd(start + 1);
    if (!this.#isNumber(start, end)) this.#refuse(start, `\`${this._stream.slice(start, end)}\` is not a supported number`);
    this._pos = end;
    return Mark.Number;
  }

  #numberVector(start: number): Mark {
    const end = this.#tokenEnd(start + 1);
    const type = this._stream.slice(start + 1, end);
    if (this._stream.charCodeAt(end) !== OPEN_PAREN || elementCheck(type) === undefined) {
      this.#refuse(start, `\`#${type}\` is not supported: expected a vector \`#(\`, or one of numbers such as \`#vu8(\``);
    }
    this._pos = end + 1;
    return Mark.NumberVector;
  }

  #checkElements(open: number): void {
    const { cells, used } = this.#tape;
    const text = this._stream;
    const start = cells[open + START]!;
    const check = elementCheck(text.slice(start + 1, text.indexOf("(", start)))!;
    for (let node = open + CELLS; node < used; node = cells[node + LINK]!) {
      const from = cells[node + START]!;
      const number = cells[node] === Mark.Number;
      const fault = number ? check(text.slice(from, cells[node + END]!)) : "expected a number";
      if (fault !== undefined) this.#refuse(from, `${fault} in this vector`);
    }
  }

  #extendedSymbol(start: number): Mark {
    const text = this._stream;
    for (let at = start + 2; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === BACKSLASH) {
        at += 1;
        if (text.charAt(at) === "x") at = this.#symbolEscape(at - 1);
      } else if (code === 0x7d && text.charCodeAt(at + 1) === SHARP) {
        this._pos = at + 2;
        return Mark.ExtendedSymbol;
      }
    }
    return this.#refuse(start, "this symbol is not closed: expected `}#`");
  }

  /** The offset of the semicolon that ends the escape at AT. */
  #symbolEscape(at: number): number {
    const [escape, digits] = /^\\x([0-9a-fA-F]+);/.exec(this._stream.slice(at, at + 16)) ?? [];
    if (escape === undefined || !isCharacter(Number.parseInt(digits!, 16))) {
      this.#refuse(at, "expected the hexadecimal code of a character and `;` after `\\x`");
    }
    return at + escape.length - 1;
  }

  #checkKeyword(open: number): void {
    const { cells } = this.#tape;
    const mark: Mark = cells[open + CELLS]!;
    if (mark !== Mark.Symbol && mark !== Mark.FoldedSymbol && mark !== Mark.ExtendedSymbol) {
      this.#refuse(cells[open + CELLS + START]!, "expected a name after `#:`");
    }
  }

  /** `#| … |#`, which nest. */
  #blockComment(start: number): Mark {
    const text = this._stream;
    let nested = 1;
    let at = start + 2;
    for (; at < text.length && nested > 0; at += 1) {
      const code = text.charCodeAt(at);
      const next = text.charCodeAt(at + 1);
      if (code === 0x7c && next === SHARP) {
        nested -= 1;
        at += 1;
      } else if (code === SHARP && next === 0x7c) {
        nested += 1;
        at += 1;
      }
    }
    if (nested > 0) this.#refuse(start, "this comment is not closed: expected `|#`");
    this._pos = at;
    return Mark.BlockComment;
  }

  /** `#!` and one of the words that Guile obeys, or else all up to `!#`. */
  #scriptComment(start: number): Mark {
    const text = this._stream;
    const words = /[-\p{L}\p{Nd}]*/uy;
    words.lastIndex = start + 2;
    const word = words.exec(text)![0];
    let end = start + 2 + word.length;
    switch (word) {
      case "fold-case":
      case "no-fold-case":
        this.#foldCase = word === "fold-case";
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
    this._pos = end;
    return Mark.ScriptComment;
  }

  #refuseUnclosed(open: number): never {
    const { cells } = this.#tape;
    const mark: Mark = cells[open]!;
    if (mark >= Mark.Quotation) this.#refuseIncomplete(open);
    const what = mark === Mark.Vector || mark === Mark.NumberVector ? "vector" : "list";
    return this.#refuse(cells[open + START]!, `this ${what} is not closed: expected \`${this.#closerOf(open)}\``);
  }

  /** The open form is a prefix that nothing follows. */
  #refuseIncomplete(open: number): never {
    const { cells } = this.#tape;
    const start = cells[open + START]!;
    const mark: Mark = cells[open]!;
    if (mark === Mark.SpacedKeyword) this.#refuse(start, "expected a name after `#:`");
    const prefix = mark === Mark.Discarded ? "#;" : prefixAt(this._stream, start);
    return this.#refuse(start, `expected a form after \`${prefix}\``);
  }

  #refuseCloser(open: number, start: number): never {
    const { line, column } = position(this._stream, this.#tape.cells[open + START]!);
    const expected = `expected \`${this.#closerOf(open)}\` to close the list opened at line ${line}, column ${column}`;
    return this.#refuse(start, `${expected}, found \`${this._stream.charAt(start)}\``);
  }

  #refuseStray(start: number): never {
    return this.#refuse(start, `unexpected \`${this._stream.charAt(start)}\`: no list is open`);
  }

  #closerOf(open: number): ")" | "]" {
    return this.#codes[this.#tape.cells[open + START]!] === OPEN_BRACKET ? "]" : ")";
  }

  /** Where the last form directly in the open one starts. */
  #lastStart(open: number): number {
    const { cells, used } = this.#tape;
    let last = open;
    for (let node = open + CELLS; node < used; node = cells[node + LINK]!) last = node;
    return cells[last + START]!;
  }

  #refuse(offset: number, message: string): never {
    this._pos = offset;
    throw this.error(message);
  }

  /** What is wrong where the parser is. */
  override error(message: string): UserError {
    return new UserError({ ...position(this._stream, this._pos), message });
  }
}

/** The UTF-16 units of TEXT, and a line feed, so that no loop has to ask whether the text is over. */
function codeUnits(text: string): Uint16Array {
  const codes = new Uint16Array(text.length + 1);
  const bytes = Buffer.from(codes.buffer);
  bytes.write(text, "utf16le");
  if (endianness() === "BE") bytes.swap16();
  codes[text.length] = LF;
  return codes;
}

/** Where CHARACTER is in TEXT, from FROM on; beyond its end if it is not. */
function offsetOf(character: string, text: string, from: number): number {
  const found = text.indexOf(character, from);
  return found === -1 ? text.length : found;
}
