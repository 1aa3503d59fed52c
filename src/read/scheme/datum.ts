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

/** A symbol, as it is written; undefined for anything that is none, but for a number, which is one here. */
export function asSymbol(datum: Datum | undefined): string | undefined {
  return datum?.kind === "atom" && !/^#(?!{)/.test(datum.text) ? datum.text : undefined;
}

/** The value of a string; undefined for anything else. */
export function asString(datum: Datum | undefined): string | undefined {
  return datum?.kind === "string" ? datum.value : undefined;
}

/** The name of a keyword, without `#:`; undefined for anything else. */
export function asKeyword(datum: Datum | undefined): string | undefined {
  return datum?.kind === "keyword" ? datum.name : undefined;
}

/** The symbol that a list starts with: `define-public` of `(define-public x 1)`. */
export function headSymbol(datum: Datum | undefined): string | undefined {
  return datum?.kind === "list" ? asSymbol(datum.items[0]) : undefined;
}

/** Whether DATUM is a list; with HEAD, one that starts with this symbol. */
export function isList(datum: Datum | undefined, head?: string): datum is ListDatum {
  return datum?.kind === "list" && (head === undefined || headSymbol(datum) === head);
}

/** The forms directly inside DATUM, in the order of the text. */
export function children(datum: Datum): readonly Datum[] {
  switch (datum.kind) {
    case "list":
      return datum.tail === undefined ? datum.items : [...datum.items, datum.tail];
    case "vector":
      return datum.items;
    case "quotation":
      return [datum.datum];
    default:
      return [];
  }
}

/** DATUM and all that is inside, in the order of the text, however deep. */
export function* walk(datum: Datum): Generator<Datum> {
  const pending: Datum[] = [datum];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    yield next;
    const inside = children(next);
    for (let index = inside.length - 1; index >= 0; index -= 1) pending.push(inside[index]!);
  }
}

/** The names in FORMS: of all symbols, and what all prefixes stand for, `a` and `gexp` of `#~(a)`. */
export function namesIn(forms: readonly Datum[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const datum of forms.flatMap((form) => [...walk(form)])) {
    const name = datum.kind === "quotation" ? PREFIXES[datum.prefix] : asSymbol(datum);
    if (name !== undefined) names.add(name);
  }
  return names;
}
