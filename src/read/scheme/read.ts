import { Parser } from "s-expression";
import { UserError, position } from "../../errors";
import type { Comment, Datum, Prefix } from "./datum";

/** What the package's methods give where no form begins: before a closing parenthesis and at the end. */
type Nothing = "";

/** What ends an atom; beyond ASCII nothing does. The quotes do not: `a'b` is one symbol. */
const ATOM = /[^ \t\r\n\f"();[\]]*/y;
const BLANKS = /[ \t\r\n\f]*/y;
const STRING_PART = /[^"\\]*/y;

const REFERENCE_PREFIX = /#(?:[~'`]|[$+,]@?)/y;
const VECTOR = /#(?:vu8|[us](?:8|16|32|64)|[fc](?:32|64))?(?=\()/y;
const KEYWORD = /#:[^ \t\r\n\f"();[\]#'`,][^ \t\r\n\f"();[\]]*/y;
/** `#\(`, and `#\space` and the likes of it, whatever they are called. */
const CHARACTER = /#\\(?:[^ \t\r\n\f"();[\]]+|[^])/uy;
/** Guile asks for no delimiter after a boolean: `#t1` is `#t` and `1`. Behind the others there are digits or a name. */
const WORD =
  /#(?:[tT][rR][uU][eE]|[fF][aA][lL][sS][eE]|[tTF]|f(?![36])|\*[01]*|nil(?![^ \t\r\n\f"();[\]])|[ieboxdIEBOXD][^ \t\r\n\f"();[\]]+)/y;
const UNSUPPORTED_DIRECTIVE =
  /#!(?:(?:no-)?fold-case|r6rs|curly-infix(?:-and-bracket-lists)?)(?![-\p{L}\p{Nd}])/uy;
const BLOCK_COMMENT_END = /#\||\|#/g;

/** What a backslash and one letter stand for in a string. */
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ...['"', "\\", "|", "("].map((character) => [character, character] as const),
  ...Array.from("0abtnvfr", (letter, index) => [letter, "\0\x07\b\t\n\v\f\r"[index]!] as const),
  // The line goes on; the indentation of the next one is part of the string.
  ["\n", ""],
]);

const ESCAPE =
  /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U((?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4})|([^]))/gu;

/** Guix's own files nest 40 deep; each level takes of the stack, as in the package. */
const MAXIMUM_DEPTH = 1_000;

/**
 * The parser of the package s-expression, which reads lists, strings, atoms
 * and quotes. Added here are places, comments, brackets, what begins with `#`,
 * and Guile's rules of what ends an atom and of escapes: everything that
 * sources of GNU Guix have in them, bracketed as Guile 3.0 does it.
 */
class SchemeParser extends Parser<Datum> {
  /** In the order in which they end. */
  readonly comments: Comment[] = [];
  /** Where the forms begin that are not complete yet, the innermost last. */
  readonly #open: number[] = [];
  /** A form has just ended, and the package has not gone on yet. */
  #ended = false;

  constructor(text: string) {
    super(text);
    if (text.startsWith("\ufeff")) this._pos = 1;
  }

  /**
   * All forms.
   *
   * @throws UserError with the line and column of what is unclosed, unexpected
   * or not understood.
   */
  forms(): Datum[] {
    const forms: Datum[] = [];
    for (let form = this.expr(); form !== ""; form = this.expr()) forms.push(form);
    if (this._pos < this._stream.length)
      this.#refuse(this._pos, `unexpected \`${this._stream[this._pos]}\`: no list is open`);
    return forms;
  }

  /** The first form from OFFSET on, whatever is behind it; nothing where there is none. */
  first(offset = this._pos): Datum[] {
    this._pos = offset;
    const form = this.expr();
    return form === "" ? [] : [form];
  }

  /** The package knows no brackets, which are parentheses; `list` sees to it that they match. */
  override peek(): string {
    const character = this._stream[this._pos];
    return character === "[" ? "(" : character === "]" ? ")" : (character ?? "");
  }

  /** What stands before the first character that PATTERN, one of the package's, is for. */
  override until(pattern: RegExp): string {
    switch (pattern) {
      case Parser.not_whitespace_or_end:
        // The package does this after each form, too: what comes there is not inside of it.
        if (this.#ended) this.#ended = false;
        else this.#skip();
        return "";
      case Parser.string_or_escaped_or_end:
        return this.#match(STRING_PART)!;
      default:
        return this.#match(ATOM)!;
    }
  }

  override list(): Datum {
    const start = this._pos;
    const all = this.#items();
    this.#ended = true;
    const dot = all.findIndex(isDot);
    if (dot === -1) return { kind: "list", items: all, start, end: this._pos };
    const [, tail, extra] = all.slice(dot);
    if (tail === undefined || extra !== undefined)
      this.#refuse(
        extra?.start ?? this._pos - 1,
        "expected one form after the dot of a list, and then its end",
      );
    return { kind: "list", items: all.slice(0, dot), tail, start, end: this._pos };
  }

  /** What the list or vector has in it whose parenthesis is the next character. */
  #items(): Datum[] {
    const start = this.#begin(this._pos);
    // A copy, since an array that has grown keeps room for 17 more.
    const items = (super.list() as Datum[]).slice();
    this.#open.pop();
    const text = this._stream;
    const closer = text[start] === "[" ? "]" : ")";
    const found = text[this._pos - 1]!;
    if (found !== closer) {
      const { line, column } = position(text, start);
      this.#refuse(
        this._pos - 1,
        `expected \`${closer}\` to close the list opened at line ${line}, column ${column}, found \`${found}\``,
      );
    }
    return items;
  }

  override quoted(): Datum {
    const start = this.#begin(this._pos);
    const [, datum] = super.quoted() as [string, Datum];
    this.#open.pop();
    const prefix = this._stream.startsWith(",@", start) ? ",@" : (this._stream[start] as Prefix);
    return { kind: "quotation", prefix, datum, start, end: datum.end };
  }

  override string(): Datum {
    const start = this.#begin(this._pos);
    const plain = String(super.string());
    this.#open.pop();
    const end = this._pos;
    // An escape is longer than what it stands for; the package knows few of Guile's.
    const value = plain.length === end - start - 2 ? plain : this.#unescape(start + 1, end - 1);
    return { kind: "string", value, start, end };
  }

  override atom(): Datum | Nothing {
    const start = this._pos;
    const found =
      this._stream[start] === "#" ? this.#sharp(start) : (super.atom() as Datum | string);
    if (found === "") return found;
    this.#ended = true;
    return typeof found === "string" ? this.#word(start, found) : found;
  }

  /** What the package cannot go on with; what is not complete says it better. */
  override error(): never {
    const start = this.#open.at(-1)!;
    const opener = this._stream[start]!;
    const closer = { "(": ")", "[": "]", '"': '"' }[opener];
    if (closer === undefined)
      this.#refuse(
        start,
        `expected a form after \`${opener}${this._stream.startsWith(",@", start) ? "@" : ""}\``,
      );
    const what = opener === '"' ? "string" : "list";
    return this.#refuse(start, `this ${what} is not closed: expected \`${closer}\``);
  }

  #begin(start: number): number {
    if (this.#open.push(start) > MAXIMUM_DEPTH)
      this.#refuse(
        start,
        `this is nested more than ${MAXIMUM_DEPTH} deep, which no file of Guix is`,
      );
    return start;
  }

  #word(start: number, text: string): Datum {
    return { kind: "atom", text, start, end: this._pos };
  }

  /** The form that starts with `#` at START. */
  #sharp(start: number): Datum {
    const text = this._stream;
    const prefix = this.#match(REFERENCE_PREFIX) as Prefix | undefined;
    if (prefix !== undefined) {
      const datum = this.#formAfter(start, prefix);
      return { kind: "quotation", prefix, datum, start, end: datum.end };
    }
    const keyword = this.#match(KEYWORD);
    if (keyword !== undefined)
      return { kind: "keyword", name: keyword.slice(2), start, end: this._pos };
    if (this.#match(VECTOR) !== undefined) {
      const items = this.#items();
      const dot = items.find(isDot);
      if (dot !== undefined) this.#refuse(dot.start, "a dot is not supported in a vector");
      return { kind: "vector", items, start, end: this._pos };
    }
    if (text[start + 1] === "{") return this.#extendedSymbol(start);
    const word = this.#match(WORD) ?? this.#match(CHARACTER);
    if (word !== undefined) return this.#word(start, word);
    // A character, which may be two units.
    const [next = ""] = text.slice(start + 1, start + 3);
    return this.#refuse(start, `\`#${next}\` is not a supported syntax of Guile's`);
  }

  /** The form after PREFIX, which was read at START. */
  #formAfter(start: number, prefix: string): Datum {
    this.#begin(start);
    const datum = this.expr();
    if (datum === "") this.#refuse(start, `expected a form after \`${prefix}\``);
    this.#open.pop();
    return datum;
  }

  /** `#{with spaces}#`. */
  #extendedSymbol(start: number): Datum {
    const text = this._stream;
    const end = text.indexOf("}#", start);
    if (end === -1) this.#refuse(start, "this symbol is not closed: expected `}#`");
    const backslash = text.slice(start, end).indexOf("\\");
    if (backslash !== -1)
      this.#refuse(start + backslash, "a backslash is not supported in `#{…}#`");
    this._pos = end + 2;
    return this.#word(start, text.slice(start, this._pos));
  }

  /** What the string literal from START to END, its quotes left out, stands for. */
  #unescape(start: number, end: number): string {
    return this._stream.slice(start, end).replace(ESCAPE, (all: string, ...found) => {
      const [x, u, U, plain, at] = found as [string?, string?, string?, string?, number?];
      const code = Number.parseInt(x ?? u ?? U ?? "", 16);
      const isHalf = code >= 0xd800 && code <= 0xdfff;
      if (plain === "\r")
        this.#refuse(
          start + at!,
          "this line ends in CRLF, which Guile does not take behind a backslash",
          "have git leave the line ends as they are, git config core.autocrlf false, and check the files out again",
        );
      return (
        (plain === undefined && !isHalf ? String.fromCodePoint(code) : ESCAPES.get(plain ?? "")) ??
        this.#refuse(
          start + at!,
          `\`${all}\` is no escape of a string: expected one of \\" \\\\ \\n \\t \\xHH \\uHHHH …`,
        )
      );
    });
  }

  /** Past blanks and comments. */
  #skip(): void {
    const text = this._stream;
    for (;;) {
      this.#match(BLANKS);
      const start = this._pos;
      const two = text[start] === "#" ? text.slice(start, start + 2) : text[start];
      switch (two) {
        case ";": {
          const lineEnd = text.indexOf("\n", start);
          const end = lineEnd === -1 ? text.length : lineEnd;
          this.#comment("line", start, text[end - 1] === "\r" ? end - 1 : end);
          break;
        }
        case "#|":
          this.#comment("block", start, this.#blockCommentEnd(start));
          break;
        case "#!":
          this.#comment("script", start, this.#scriptEnd(start));
          break;
        case "#;":
          this._pos += 2;
          this.#comment("datum", start, this.#formAfter(start, "#;").end);
          break;
        default:
          return;
      }
    }
  }

  #comment(kind: Comment["kind"], start: number, end: number): void {
    this._pos = end;
    this.comments.push({ kind, start, end, depth: this.#open.length });
  }

  /** `#| … |#`, which nest. */
  #blockCommentEnd(start: number): number {
    BLOCK_COMMENT_END.lastIndex = start;
    let nested = 0;
    for (
      let mark = BLOCK_COMMENT_END.exec(this._stream);
      mark !== null;
      mark = BLOCK_COMMENT_END.exec(this._stream)
    ) {
      nested += mark[0] === "#|" ? 1 : -1;
      if (nested === 0) return BLOCK_COMMENT_END.lastIndex;
    }
    return this.#refuse(start, "this comment is not closed: expected `|#`");
  }

  #scriptEnd(start: number): number {
    const directive = this.#match(UNSUPPORTED_DIRECTIVE);
    if (directive !== undefined) this.#refuse(start, `\`${directive}\` is not supported`);
    const end = this._stream.indexOf("!#", start + 2);
    return end === -1 ? this.#refuse(start, "this comment is not closed: expected `!#`") : end + 2;
  }

  #match(pattern: RegExp): string | undefined {
    const start = this._pos;
    pattern.lastIndex = start;
    if (!pattern.test(this._stream)) return undefined;
    this._pos = pattern.lastIndex;
    return this._stream.slice(start, this._pos);
  }

  #refuse(offset: number, message: string, hint?: string): never {
    throw new UserError({
      ...position(this._stream, offset),
      message,
      ...(hint !== undefined && { hint }),
    });
  }
}

function isDot(item: Datum): boolean {
  return item.kind === "atom" && item.text === ".";
}

/** A text and what the reader found in it. */
export interface Source {
  readonly text: string;
  readonly forms: readonly Datum[];
  /** All comments, those inside of forms too, in the order in which they end. */
  readonly comments: readonly Comment[];
}

/**
 * Reads all of TEXT, a Scheme source as Guile and Guix write it.
 *
 * @throws UserError with line and column, but no file; see `inFile`.
 */
export function read(text: string): Source {
  const parser = new SchemeParser(text);
  return { text, forms: parser.forms(), comments: parser.comments };
}

/** Reads of TEXT the forms alone that begin at OFFSETS; see `read`. */
export function readAt(text: string, offsets: readonly number[]): Source {
  const parser = new SchemeParser(text);
  return { text, forms: offsets.flatMap((at) => parser.first(at)), comments: parser.comments };
}

/**
 * Reads the first form of TEXT, as Guix does where a file holds one datum, and
 * does not look at what is behind it.
 *
 * @throws UserError with line and column, but no file; see `inFile`.
 */
export function readFirst(text: string): Datum | undefined {
  return new SchemeParser(text).first()[0];
}
