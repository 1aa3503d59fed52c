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
  readonly items: readonly Datum[];
  /** What follows the dot of `(a . b)`; absent in a proper list. */
  readonly tail?: Datum | undefined;
}

/** `#(a b)`, `#vu8(1 2)`. */
interface VectorDatum extends Range {
  readonly kind: "vector";
  readonly items: readonly Datum[];
}

/** `"a\tb"`. */
interface StringDatum extends Range {
  readonly kind: "string";
  /** The text that the literal stands for, escapes resolved. */
  readonly value: string;
}

/** `linux-libre`, `42`, `#t`, `#\space`: a word. Whether it is a symbol or a number, Guile knows. */
interface AtomDatum extends Range {
  readonly kind: "atom";
  /** As written. */
  readonly text: string;
}

/** `#:linux`. */
interface KeywordDatum extends Range {
  readonly kind: "keyword";
  /** Without the `#:`. */
  readonly name: string;
}

/** `'x`, `#~(begin #$output)`: a prefix and the form that it is put before. */
interface QuotationDatum extends Range {
  readonly kind: "quotation";
  readonly prefix: Prefix;
  readonly datum: Datum;
}

/** A form of a Scheme text, and where it stands there. */
export type Datum =
  ListDatum | VectorDatum | StringDatum | AtomDatum | KeywordDatum | QuotationDatum;

/** A comment and where it stands; a line comment ends before its line end. */
export interface Comment extends Range {
  /** `; …`, `#| … |#`, `#! … !#`, `#; form`. */
  readonly kind: "line" | "block" | "script" | "datum";
  /** How many lists, prefixes and `#;` it stands in: 0 at top level. */
  readonly depth: number;
}
