import { Parser } from "s-expression";
import type { UserError } from "../errors";
import { codeUnits, DELIMITERS, Unit } from "./code-units";
import type { Comment, Datum } from "./datum";
import { datumAt, namesOn, prefixAt } from "./lazy";
import { elementCheck } from "./number-vector";
import { position } from "./position";
import { refusal } from "./refusal";
import { Cell, Mark, Tape } from "./tape";
import { Tokens } from "./tokens";

/** No form is open. */
const NONE = -1;
/** Instead of a mark: a list or a vector ends here. */
const CLOSED = -1;

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
  readonly #codes: Uint16Array;
  /** Mark, start, end and depth of each comment. */
  #comments: readonly number[] = [];
  /** Of the form that `expr` gives next. */
  #next = NONE;

  constructor(text: string) {
    super(text);
    this.#tape = new Tape(text);
    this.#codes = codeUnits(text);
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

  /** What all symbols are named, and what all prefixes stand for; nothing before `expr` was called. */
  get names(): Set<string> {
    return namesOn(this.#tape);
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
    this.#next = tape.cells[node + Cell.Link]!;
    this._pos = tape.cells[node + Cell.End]!;
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
    const tokens = new Tokens(this._stream, codes);
    const comments: number[] = [];
    const length = this._stream.length;
    const tape = this.#tape;
    let cells = tape.cells;
    let used = 0;
    /** The innermost form that is not complete, and how many there are. */
    let open = NONE;
    let depth = 0;
    let at = codes[0] === Unit.ByteOrderMark ? 1 : 0;

    while (at < length) {
      const start = at;
      const code = codes[at]!;
      let mark: Mark | typeof CLOSED;
      switch (code) {
        case Unit.Space:
        case Unit.Lf:
        case Unit.Tab:
        case Unit.Cr:
        case Unit.Ff:
          do at += 1;
          while (codes[at] === Unit.Space);
          continue;

        case Unit.Semicolon:
          at = tokens.lineEnd(at);
          mark = Mark.LineComment;
          break;

        case Unit.OpenParen:
        case Unit.OpenBracket:
          at += 1;
          mark = Mark.List;
          break;

        case Unit.CloseParen:
        case Unit.CloseBracket:
          at += 1;
          if (open === NONE) this.#refuseStray(start);
          tape.used = used;
          if (cells[open] !== Mark.List || code !== Unit.CloseParen || codes[cells[open + Cell.Start]!] !== Unit.OpenParen) {
            this.#checkClose(open, start);
          }
          mark = CLOSED;
          break;

        case Unit.DoubleQuote:
          mark = tokens.string(at);
          at = tokens.end;
          break;

        case Unit.Quote:
        case Unit.Backquote:
          at += 1;
          mark = Mark.Quotation;
          break;

        case Unit.Comma:
          at += codes[at + 1] === Unit.At ? 2 : 1;
          mark = Mark.Quotation;
          break;

        case Unit.Sharp:
          mark = tokens.sharp(at);
          at = tokens.end;
          break;

        default: {
          let next: number;
          do next = codes[(at += 1)]!;
          while (next > Unit.CloseBracket || DELIMITERS[next] === 0);
          if (code > Unit.Nine || code < Unit.Plus) {
            mark = tokens.foldCase ? Mark.FoldedSymbol : Mark.Symbol;
          } else {
            if (code === Unit.Dot && at - start === 1 && open !== NONE && this.#isDot(open, start)) {
              cells[open] = Mark.DottedList;
              continue;
            }
            mark = tokens.numberOrSymbol(start, at);
          }
        }
      }

      if (mark !== CLOSED) {
        if (mark < Mark.Symbol) {
          comments.push(mark, start, at, depth);
          continue;
        }
        if (used + Cell.Count > cells.length) cells = tape.grow();
        cells[used] = mark;
        cells[used + Cell.Start] = start;
        if (mark >= Mark.List) {
          cells[used + Cell.Link] = open;
          open = used;
          used += Cell.Count;
          depth += 1;
          continue;
        }
        cells[used + Cell.End] = at;
        used += Cell.Count;
        cells[used - Cell.Count + Cell.Link] = used;
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
        open = cells[node + Cell.Link]!;
        cells[node + Cell.End] = at;
        cells[node + Cell.Link] = used;
        depth -= 1;
        ends = false;
        if (cells[node] === Mark.Discarded) {
          comments.push(Mark.DatumComment, cells[node + Cell.Start]!, at, depth);
          used = node;
          break;
        }
      }
    }

    tape.used = used;
    if (open !== NONE) this.#refuseUnclosed(open);
    this.#comments = comments;
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

  #checkElements(open: number): void {
    const { cells, used } = this.#tape;
    const text = this._stream;
    const start = cells[open + Cell.Start]!;
    const check = elementCheck(text.slice(start + 1, text.indexOf("(", start)))!;
    for (let node = open + Cell.Count; node < used; node = cells[node + Cell.Link]!) {
      const from = cells[node + Cell.Start]!;
      const number = cells[node] === Mark.Number;
      const fault = number ? check(text.slice(from, cells[node + Cell.End]!)) : "expected a number";
      if (fault !== undefined) this.#refuse(from, `${fault} in this vector`);
    }
  }

  #checkKeyword(open: number): void {
    const { cells } = this.#tape;
    const mark: Mark = cells[open + Cell.Count]!;
    if (mark !== Mark.Symbol && mark !== Mark.FoldedSymbol && mark !== Mark.ExtendedSymbol) {
      this.#refuse(cells[open + Cell.Count + Cell.Start]!, "expected a name after `#:`");
    }
  }

  #refuseUnclosed(open: number): never {
    const { cells } = this.#tape;
    const mark: Mark = cells[open]!;
    if (mark >= Mark.Quotation) this.#refuseIncomplete(open);
    const what = mark === Mark.Vector || mark === Mark.NumberVector ? "vector" : "list";
    return this.#refuse(cells[open + Cell.Start]!, `this ${what} is not closed: expected \`${this.#closerOf(open)}\``);
  }

  /** The open form is a prefix that nothing follows. */
  #refuseIncomplete(open: number): never {
    const { cells } = this.#tape;
    const start = cells[open + Cell.Start]!;
    const mark: Mark = cells[open]!;
    if (mark === Mark.SpacedKeyword) this.#refuse(start, "expected a name after `#:`");
    const prefix = mark === Mark.Discarded ? "#;" : prefixAt(this._stream, start);
    return this.#refuse(start, `expected a form after \`${prefix}\``);
  }

  #refuseCloser(open: number, start: number): never {
    const { line, column } = position(this._stream, this.#tape.cells[open + Cell.Start]!);
    const expected = `expected \`${this.#closerOf(open)}\` to close the list opened at line ${line}, column ${column}`;
    return this.#refuse(start, `${expected}, found \`${this._stream.charAt(start)}\``);
  }

  #refuseStray(start: number): never {
    return this.#refuse(start, `unexpected \`${this._stream.charAt(start)}\`: no list is open`);
  }

  #closerOf(open: number): ")" | "]" {
    return this.#codes[this.#tape.cells[open + Cell.Start]!] === Unit.OpenBracket ? "]" : ")";
  }

  /** Where the last form directly in the open one starts. */
  #lastStart(open: number): number {
    const { cells, used } = this.#tape;
    let last = open;
    for (let node = open + Cell.Count; node < used; node = cells[node + Cell.Link]!) last = node;
    return cells[last + Cell.Start]!;
  }

  #refuse(offset: number, message: string): never {
    this._pos = offset;
    throw this.error(message);
  }

  /** What is wrong where the parser is. */
  override error(message: string): UserError {
    return refusal(this._stream, this._pos, message);
  }
}
