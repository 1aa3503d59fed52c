/**
 * What each prefix stands for: `'x` is read as `(quote x)`.
 *
 * The `#~` family is Guix's own (`guix/gexp.scm`), the rest is Guile's.
 */
export const PREFIXES = {
  "'": "quote",
  "`": "quasiquote",
  ",": "unquote",
  ",@": "unquote-splicing",
  "#'": "syntax",
  "#`": "quasisyntax",
  "#,": "unsyntax",
  "#,@": "unsyntax-splicing",
  "#~": "gexp",
  "#$": "ungexp",
  "#$@": "ungexp-splicing",
  "#+": "ungexp-native",
  "#+@": "ungexp-native-splicing",
} as const;

export type Prefix = keyof typeof PREFIXES;

/**
 * Where a form stands in its text: `text.slice(start, end)` is the form, all
 * of it and nothing else. Offsets count UTF-16 units, as JavaScript does.
 */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** `(a b)`, `[a b]`, `(a . b)`. */
export interface ListDatum extends Range {
  readonly kind: "list";
  readonly bracket: "(" | "[";
  readonly items: readonly Datum[];
  /** What follows the dot of `(a . b)`; absent in a proper list. */
  readonly tail?: Datum | undefined;
}

/** `#(a b)`. */
export interface VectorDatum extends Range {
  readonly kind: "vector";
  readonly items: readonly Datum[];
}

/** `#vu8(1 2)`, `#u8(1 2)`, `#s16(1 2)`, `#f64(1 2)`: numbers of one type. */
export interface NumberVectorDatum extends Range {
  readonly kind: "number-vector";
  /** `vu8`, `u8`, `s16`, … */
  readonly type: string;
  readonly items: readonly Datum[];
}

/** `#*1011`. */
export interface BitvectorDatum extends Range {
  readonly kind: "bitvector";
  readonly bits: string;
}

/** `"a\tb"`. */
export interface StringDatum extends Range {
  readonly kind: "string";
  /** The text that the literal stands for, escapes resolved. */
  readonly value: string;
}

/** `linux-libre`, `#{with spaces}#`. */
export interface SymbolDatum extends Range {
  readonly kind: "symbol";
  readonly name: string;
}

/** `#:linux`. */
export interface KeywordDatum extends Range {
  readonly kind: "keyword";
  /** Without the `#:`. */
  readonly name: string;
}

/** `42`, `#x1F`, `1/2`, `+inf.0`. */
export interface NumberDatum extends Range {
  readonly kind: "number";
  /** As written: JavaScript's numbers cannot hold all of Scheme's. */
  readonly text: string;
}

/** `#\a`, `#\space`, `#\x41`. */
export interface CharacterDatum extends Range {
  readonly kind: "character";
  /** One code point. */
  readonly value: string;
}

/** `#t`, `#false`. */
export interface BooleanDatum extends Range {
  readonly kind: "boolean";
  readonly value: boolean;
}

/** `#nil`, the empty list of Guile's Emacs Lisp. */
export interface NilDatum extends Range {
  readonly kind: "nil";
}

/** `'x`, `#~(begin #$output)`: a prefix and the form that it is put before. */
export interface QuotationDatum extends Range {
  readonly kind: "quotation";
  readonly prefix: Prefix;
  readonly datum: Datum;
}

/** A form of a Scheme text, and where it stands there. */
export type Datum =
  | ListDatum
  | VectorDatum
  | NumberVectorDatum
  | BitvectorDatum
  | StringDatum
  | SymbolDatum
  | KeywordDatum
  | NumberDatum
  | CharacterDatum
  | BooleanDatum
  | NilDatum
  | QuotationDatum;

/** A comment and where it stands; a line comment ends before its line end. */
export interface Comment extends Range {
  /** `; …`, `#| … |#`, `#! … !#` (or a directive such as `#!fold-case`), `#; form`. */
  readonly kind: "line" | "block" | "script" | "datum";
  /** How many lists, prefixes and `#;` it stands in: 0 at top level. */
  readonly depth: number;
}
