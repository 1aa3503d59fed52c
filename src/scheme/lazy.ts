import { characterNamed } from "./character";
import { PREFIXES, type Datum, type ListDatum, type NumberVectorDatum, type Prefix, type QuotationDatum, type VectorDatum } from "./datum";
import { unescapeString, unescapeSymbol } from "./escape";
import { Cell, Mark, type Tape } from "./tape";

/** The form at index NODE of the tape; what is inside of it is made when it is asked for. */
export function datumAt(tape: Tape, node: number): Datum {
  const start = tape.cells[node + Cell.Start]!;
  const end = tape.cells[node + Cell.End]!;
  const mark: Mark = tape.cells[node]!;
  switch (mark) {
    case Mark.Symbol:
    case Mark.FoldedSymbol:
    case Mark.ExtendedSymbol:
      return { kind: "symbol", name: symbolName(tape, node), start, end };
    case Mark.Keyword:
    case Mark.FoldedKeyword: {
      const name = tape.text.slice(start + 2, end);
      return { kind: "keyword", name: mark === Mark.Keyword ? name : foldCase(name), start, end };
    }
    case Mark.SpacedKeyword:
      return { kind: "keyword", name: symbolName(tape, node + Cell.Count), start, end };
    case Mark.PlainString:
      return { kind: "string", value: tape.text.slice(start + 1, end - 1), start, end };
    case Mark.EscapedString:
      return { kind: "string", value: unescapeString(tape.text.slice(start + 1, end - 1)), start, end };
    case Mark.Number:
      return { kind: "number", text: tape.text.slice(start, end), start, end };
    case Mark.Character:
      return { kind: "character", value: characterNamed(tape.text.slice(start + 2, end))!, start, end };
    case Mark.True:
    case Mark.False:
      return { kind: "boolean", value: mark === Mark.True, start, end };
    case Mark.Nil:
      return { kind: "nil", start, end };
    case Mark.Bitvector:
      return { kind: "bitvector", bits: tape.text.slice(start + 2, end), start, end };
    case Mark.List:
    case Mark.TailedList:
      return new LazyList(tape, node, start, end);
    case Mark.Vector:
      return new LazyVector(tape, node, start, end);
    case Mark.NumberVector:
      return new LazyNumberVector(tape, node, start, end);
    case Mark.Quotation:
      return new LazyQuotation(tape, node, start, end);
    default:
      throw new Error(`a form of mark ${mark} is left on the tape at ${node}`);
  }
}

/** What the symbols on the tape are named, and what its prefixes stand for, without making a form of any. */
export function namesOn(tape: Tape): Set<string> {
  const { cells, used, text } = tape;
  const names = new Set<string>();
  for (let node = 0; node < used; node += Cell.Count) {
    const mark: Mark = cells[node]!;
    if (mark === Mark.Symbol || mark === Mark.FoldedSymbol || mark === Mark.ExtendedSymbol) names.add(symbolName(tape, node));
    else if (mark === Mark.Quotation) names.add(PREFIXES[prefixAt(text, cells[node + Cell.Start]!)]);
    // Its name is on the tape as a symbol.
    else if (mark === Mark.SpacedKeyword) node += Cell.Count;
  }
  return names;
}

function symbolName(tape: Tape, node: number): string {
  const text = tape.text.slice(tape.cells[node + Cell.Start], tape.cells[node + Cell.End]);
  const mark: Mark = tape.cells[node]!;
  if (mark === Mark.ExtendedSymbol) return unescapeSymbol(text.slice(2, -2));
  return mark === Mark.FoldedSymbol ? foldCase(text) : text;
}

/** Guile lowers each character by itself, never one into two. */
function foldCase(name: string): string {
  return Array.from(name, (character) => String.fromCodePoint(character.toLowerCase().codePointAt(0)!)).join("");
}

abstract class Lazy {
  readonly #tape: Tape;
  readonly #node: number;
  #inside: readonly Datum[] | undefined;

  constructor(
    tape: Tape,
    node: number,
    readonly start: number,
    readonly end: number,
  ) {
    this.#tape = tape;
    this.#node = node;
  }

  protected get text(): string {
    return this.#tape.text;
  }

  protected get mark(): Mark {
    return this.#tape.cells[this.#node]!;
  }

  protected get inside(): readonly Datum[] {
    this.#inside ??= this.#read();
    return this.#inside;
  }

  #read(): readonly Datum[] {
    const { cells } = this.#tape;
    const data: Datum[] = [];
    const after = cells[this.#node + Cell.Link]!;
    for (let node = this.#node + Cell.Count; node < after; node = cells[node + Cell.Link]!) {
      data.push(datumAt(this.#tape, node));
    }
    return data;
  }
}

class LazyList extends Lazy implements ListDatum {
  readonly kind = "list";
  #items: readonly Datum[] | undefined;

  get bracket(): "(" | "[" {
    return this.text.charAt(this.start) as "(" | "[";
  }

  get items(): readonly Datum[] {
    this.#items ??= this.mark === Mark.TailedList ? this.inside.slice(0, -1) : this.inside;
    return this.#items;
  }

  get tail(): Datum | undefined {
    return this.mark === Mark.TailedList ? this.inside.at(-1) : undefined;
  }
}

class LazyVector extends Lazy implements VectorDatum {
  readonly kind = "vector";

  get items(): readonly Datum[] {
    return this.inside;
  }
}

class LazyNumberVector extends Lazy implements NumberVectorDatum {
  readonly kind = "number-vector";

  get type(): string {
    return this.text.slice(this.start + 1, this.text.indexOf("(", this.start));
  }

  get items(): readonly Datum[] {
    return this.inside;
  }
}

class LazyQuotation extends Lazy implements QuotationDatum {
  readonly kind = "quotation";

  get prefix(): Prefix {
    return prefixAt(this.text, this.start);
  }

  get datum(): Datum {
    return this.inside[0]!;
  }
}

/** The longest prefix that stands at OFFSET, where there is one. */
export function prefixAt(text: string, offset: number): Prefix {
  const length = text.charAt(offset) === "#" ? 2 : 1;
  const splices = text.charAt(offset + length) === "@" && ",$+".includes(text.charAt(offset + length - 1));
  return text.slice(offset, offset + length + (splices ? 1 : 0)) as Prefix;
}
