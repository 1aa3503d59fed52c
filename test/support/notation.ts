import { PREFIXES, type Datum } from "../../src/scheme/datum";
import type { Source } from "../../src/scheme/read";

/** A numeral as it was written, and the type of the vector that it is in, or `any`. */
export interface Numeral {
  readonly type: string;
  readonly text: string;
}

/** What Guile prints for a numeral. */
export type NumeralValue = (numeral: Numeral) => string;

/**
 * The forms of SOURCE in the notation of `read-forms.scm`: what they are, not
 * how they were written, and where each list starts. No recursion: forms may
 * be nested as deep as they like.
 */
export function notation(source: Source, valueOf: NumeralValue): string[] {
  const place = placeFinder(source.text);
  return source.forms.map((form) => {
    const out: string[] = [];
    const pending: (Datum | string)[] = [form];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (typeof next === "string") out.push(next);
      else pending.push(...parts(next, place, valueOf).reverse());
    }
    return out.join("");
  });
}

type Parts = (Datum | string)[];

function parts(datum: Datum, place: (offset: number) => string, valueOf: NumeralValue): Parts {
  switch (datum.kind) {
    case "list":
    case "quotation": {
      const { items, tail } = spine(datum);
      if (items.length === 0) return [tail ?? "()"];
      return [`${place(datum.start)}(`, ...items, ...(tail === undefined ? [] : [".", tail]), ")"];
    }
    case "vector":
      return ["v(", ...datum.items, ")"];
    case "number-vector":
      return [`a${quoted(datum.type)}(`, ...datum.items.map((item) => numeral(item, datum.type, valueOf)), ")"];
    case "bitvector":
      return [`b${datum.bits};`];
    case "string":
      return [quoted(datum.value)];
    case "symbol":
      return [`y${quoted(datum.name)}`];
    case "keyword":
      return [`k${quoted(datum.name)}`];
    case "number":
      return [numeral(datum, "any", valueOf)];
    case "character":
      return [`c${datum.value.codePointAt(0)!.toString(16)};`];
    case "boolean":
      return [datum.value ? "T" : "F"];
    case "nil":
      return ["N"];
  }
}

/** What a list is as pairs: `(a . (b . c))` is `(a b . c)`, and `(a . 'b)` is `(a quote b)`. */
function spine(datum: Datum): { items: Parts; tail?: Datum | string } {
  const items: Parts = [];
  let rest: Datum | undefined = datum;
  while (rest !== undefined) {
    if (rest.kind === "list") {
      for (const item of rest.items) items.push(item);
      rest = rest.tail;
    } else if (rest.kind === "quotation") {
      items.push(`y${quoted(PREFIXES[rest.prefix])}`, ...quotedForm(rest.prefix, rest.datum));
      rest = undefined;
    } else {
      return { items, tail: rest };
    }
  }
  return { items };
}

/** Guix reads `#$name:output` as `(ungexp name "output")`. */
function quotedForm(prefix: string, datum: Datum): Parts {
  const colon = datum.kind === "symbol" && /^#[$+]/.test(prefix) ? datum.name.lastIndexOf(":") : -1;
  if (datum.kind !== "symbol" || colon === -1) return [datum];
  return [`y${quoted(datum.name.slice(0, colon))}`, quoted(datum.name.slice(colon + 1))];
}

function numeral(datum: Datum, type: string, valueOf: NumeralValue): string {
  if (datum.kind !== "number") throw new Error(`a ${datum.kind} where only numbers can be`);
  const { text } = datum;
  // Most numbers are these, and Guile need not be asked.
  if (/^(0|-?[1-9][0-9]*)$/.test(text) && !/^[fc]/.test(type)) return `n${text};`;
  return valueOf({ type, text });
}

function quoted(text: string): string {
  if (/^[!#-[\]-~]*$/.test(text)) return `"${text}"`;
  return `"${text.replace(/[^!#-[\]-~]/gu, (character) => `\\${character.codePointAt(0)!.toString(16)};`)}"`;
}

/**
 * Line and column as Guile counts them: from 0, a tab going to the next
 * multiple of 8. The offsets must be asked for in ascending order.
 */
function placeFinder(text: string): (offset: number) => string {
  let line = 0;
  let column = 0;
  let at = text.startsWith("\ufeff") ? 1 : 0;
  return (offset) => {
    if (offset < at) throw new Error(`offset ${offset} is asked for after ${at}`);
    while (at < offset) {
      const code = text.codePointAt(at)!;
      at += code > 0xffff ? 2 : 1;
      if (code === 0x0a) {
        line += 1;
        column = 0;
      } else if (code === 0x09) column = (Math.floor(column / 8) + 1) * 8;
      else if (code === 0x08) column = Math.max(0, column - 1);
      else if (code === 0x0d) column = 0;
      else if (code !== 0x07) column += 1;
    }
    return `${line}:${column}`;
  };
}
