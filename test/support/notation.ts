import { PREFIXES, type Datum } from "../../src/read/scheme/datum";
import type { Source } from "../../src/read/scheme/read";
import { asSymbol } from "../../src/read/scheme/walk";

/** What Guile prints for a word alone, or a vector of numbers: what these mean, our reader leaves to it. */
export type ValueOf = (word: string) => string;

/** A value where Guile refuses the word. */
export const REFUSED = "\0";

/**
 * The forms of SOURCE in the notation of `read-forms.scm`: what they are, not
 * how they were written, and where each list starts. No recursion: forms may
 * be nested as deep as they like.
 */
export function notation(source: Source, valueOf: ValueOf): string[] {
  const place = placeFinder(source.text);
  return source.forms.map((form) => {
    const out: string[] = [];
    const pending: (Datum | string)[] = [form];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (typeof next === "string") out.push(next);
      else pending.push(...parts(next, source.text, place, valueOf).reverse());
    }
    return out.join("");
  });
}

type Parts = (Datum | string)[];

function parts(
  datum: Datum,
  text: string,
  place: (offset: number) => string,
  valueOf: ValueOf,
): Parts {
  switch (datum.kind) {
    case "list":
    case "quotation": {
      const { items, tail } = spine(datum);
      if (items.length === 0) return [tail ?? "()"];
      return [`${place(datum.start)}(`, ...items, ...(tail === undefined ? [] : [".", tail]), ")"];
    }
    case "vector": {
      const written = text.slice(datum.start, datum.end);
      return written.startsWith("#(") ? ["v(", ...datum.items, ")"] : [valueOf(written)];
    }
    case "string":
      return [quoted(datum.value)];
    case "atom":
      return [wordValue(datum.text, valueOf)];
    case "keyword":
      return [/^[a-z]/i.test(datum.name) ? `k${quoted(datum.name)}` : valueOf(`#:${datum.name}`)];
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
  const name = /^#[$+]/.test(prefix) ? asSymbol(datum) : undefined;
  const colon =
    name?.startsWith("#{") === false && !/^[-+.0-9]/.test(name) ? name.lastIndexOf(":") : -1;
  if (name === undefined || colon === -1) return [datum];
  return [`y${quoted(name.slice(0, colon))}`, quoted(name.slice(colon + 1))];
}

function wordValue(word: string, valueOf: ValueOf): string {
  if (/^[^-+.#0-9]/.test(word)) return `y${quoted(word)}`;
  // Most numbers are these, and Guile need not be asked.
  return /^(0|-?[1-9][0-9]*)$/.test(word) ? `n${word};` : valueOf(word);
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
