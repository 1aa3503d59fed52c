import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isUserError } from "../../src/errors";
import { read, type Source } from "../../src/read/scheme/read";
import { asSymbol, PREFIXES, type Datum } from "../../src/read/scheme/datum";

/** A text, or the file that holds it. */
export type Input = { readonly file: string } | { readonly text: string };

/** What Guile's `read` makes of an input: the forms before the error, if there is one, in the notation of `read-forms.scm`. */
export interface GuileReading {
  readonly forms: readonly string[];
  readonly error?: string;
}

const SCRIPT = fileURLToPath(new URL("read-forms.scm", import.meta.url));

/**
 * Asks one Guile process about all of INPUTS; the answers come in the same order.
 *
 * @throws Error where Guile is not installed: nothing can stand in for it.
 */
export function askGuile(inputs: readonly Input[]): GuileReading[] {
  if (inputs.length === 0) return [];
  const requests = inputs.map((input) =>
    "file" in input ? `F ${input.file}\n` : `T ${Buffer.from(input.text).toString("hex")}\n`,
  );
  const run = spawnSync("guile", ["--no-auto-compile", SCRIPT], {
    input: requests.join(""),
    encoding: "utf8",
    maxBuffer: 2 ** 30,
  });
  if (run.error !== undefined)
    throw new Error(`Guile 3.0 is needed to test the reader: ${run.error.message}`);
  const answers = run.stdout.split(/^\.\n/m).slice(0, -1);
  if (run.status !== 0 || answers.length !== inputs.length)
    throw new Error(
      `Guile gave ${answers.length} answers to ${inputs.length} requests: ${run.stderr}`,
    );
  return answers.map((answer) => {
    const lines = answer.split("\n").filter((line) => line !== "");
    const error = lines.at(-1)?.startsWith("!") === true ? lines.pop() : undefined;
    return { forms: lines, ...(error !== undefined && { error: error.slice(1) }) };
  });
}

/** What our reader and Guile's make of one input. */
export interface Comparison {
  /** How many forms are the same before the first difference. */
  readonly same: number;
  /** Our reader's reason to refuse the input. */
  readonly refused?: string;
  /** Guile's reason to refuse the input. */
  readonly guileRefused?: string;
  /** Guile refused a word, such as `#xG`, whose meaning our reader leaves to it. */
  readonly refusedWord?: true;
  /** The first form that differs. */
  readonly difference?: { readonly ours: string | undefined; readonly guile: string | undefined };
}

/** Reads INPUTS with our reader and with Guile's, form by form. One Guile process does all of them. */
export function compareWithGuile(inputs: readonly Input[]): Comparison[] {
  const readings = inputs.map(readOurs);
  const words = new Set<string>();
  const note = (word: string): string => {
    words.add(word);
    return "";
  };
  for (const source of readings) {
    if (typeof source === "string") continue;
    notation(source, note);
    discarded(source).forEach(note);
  }
  const answers = askGuile([...inputs, ...Array.from(words, (text) => ({ text }))]);
  const values = new Map(
    Array.from(words, (word, index) => [word, valueIn(answers[inputs.length + index]!)]),
  );
  return readings.map((reading, index) =>
    compare(reading, answers[index]!, (word) => values.get(word)!),
  );
}

/** The one form that READING is of. */
function valueIn({ forms, error }: GuileReading): string {
  if (error !== undefined) return REFUSED;
  return forms.length === 1 ? forms[0]! : `${forms.length} forms to Guile`;
}

/** What our reader makes of INPUT, or why it refuses it. */
function readOurs(input: Input): Source | string {
  try {
    return read("file" in input ? readFileSync(input.file, "utf8") : input.text);
  } catch (error) {
    if (isUserError(error)) return error.message;
    throw error;
  }
}

function compare(reading: Source | string, guile: GuileReading, valueOf: ValueOf): Comparison {
  const guileRefused = guile.error !== undefined && { guileRefused: guile.error };
  if (typeof reading === "string") return { same: 0, refused: reading, ...guileRefused };
  const ours = notation(reading, valueOf);
  const behind = [...ours.slice(guile.forms.length), ...discarded(reading).map(valueOf)];
  if (guile.error !== undefined && behind.some((value) => value.includes(REFUSED)))
    return { same: guile.forms.length, ...guileRefused, refusedWord: true };
  const count = Math.max(ours.length, guile.forms.length);
  for (let same = 0; same < count; same += 1) {
    if (ours[same] !== guile.forms[same])
      return { same, ...guileRefused, difference: { ours: ours[same], guile: guile.forms[same] } };
  }
  return { same: count, ...guileRefused };
}

/** The forms that a `#;` takes out of SOURCE, with it. */
function discarded({ text, comments }: Source): string[] {
  return comments
    .filter(({ kind }) => kind === "datum")
    .map(({ start, end }) => text.slice(start, end));
}

/**
 * What ours alone may refuse: syntax that it names as not supported, what is
 * nested deeper than any file, and a prefix of Guix's with nothing after it,
 * which quotes the end-of-file object.
 */
const EXCUSED = /support|nested more than|expected a form after `#[~$+]@?`$/;

/**
 * What is wrong with COMPARISON, or undefined: both readers give the same
 * forms, or both refuse, or ours names the syntax that it does not support,
 * or Guile stops at a word, such as `#xG`.
 */
export function disagreement(comparison: Comparison): string | undefined {
  const { refused, guileRefused, refusedWord, difference } = comparison;
  if (refused !== undefined) {
    const excused = guileRefused !== undefined || EXCUSED.test(refused);
    return excused ? undefined : `only ours refuses: ${refused}`;
  }
  if (guileRefused !== undefined)
    return refusedWord === true ? undefined : `only Guile refuses: ${guileRefused}`;
  return (
    difference &&
    `form ${comparison.same + 1}\n  ours:  ${difference.ours}\n  Guile: ${difference.guile}`
  );
}

/** What Guile prints for a word alone, or a vector of numbers: what these mean, our reader leaves to it. */
type ValueOf = (word: string) => string;

/** A value where Guile refuses the word. */
const REFUSED = "\0";

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
  const colon = name?.startsWith("#{") === false ? name.lastIndexOf(":") : -1;
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
