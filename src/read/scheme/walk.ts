import { PREFIXES, type Datum, type ListDatum } from "./datum";

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
