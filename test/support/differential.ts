import { readFileSync } from "node:fs";
import { UserError } from "../../src/errors";
import { read, type Source } from "../../src/scheme/read";
import { askGuile, type GuileReading } from "./guile";
import { notation, type Numeral } from "./notation";

/** A text, or the file that holds it. */
export type Input = { readonly file: string } | { readonly text: string };

/** What our reader and Guile's make of one input. */
export interface Comparison {
  readonly input: Input;
  /** How many forms are the same before the first difference. */
  readonly same: number;
  /** Our reader's reason to refuse the input. */
  readonly refused?: string;
  /** Guile's reason to refuse the input. */
  readonly guileRefused?: string;
  /** The first form that differs, in the notation of `read-forms.scm`. */
  readonly difference?: { readonly ours: string | undefined; readonly guile: string | undefined };
}

/** Reads INPUTS with our reader and with Guile's, form by form. One Guile process does all of them. */
export function compareWithGuile(inputs: readonly Input[]): Comparison[] {
  const readings = inputs.map(readOurs);
  const numerals = new Map<string, Numeral>();
  const key = ({ type, text }: Numeral): string => `${type} ${text}`;
  const note = (numeral: Numeral): string => {
    numerals.set(key(numeral), numeral);
    return "";
  };
  for (const { source } of readings) if (source !== undefined) notation(source, note);

  const answers = askGuile([...inputs, ...numerals.values()]);
  const values = new Map(Array.from(numerals.keys(), (name, index) => [name, answers[inputs.length + index]!.forms[0]]));
  const valueOf = (numeral: Numeral): string => values.get(key(numeral)) ?? `not a number to Guile: ${numeral.text}`;
  return readings.map((reading, index) => compare(reading, answers[index]!, valueOf));
}

interface OurReading {
  readonly input: Input;
  readonly source?: Source;
  readonly refused?: string;
}

function readOurs(input: Input): OurReading {
  try {
    return { input, source: read("file" in input ? readFileSync(input.file, "utf8") : input.text) };
  } catch (error) {
    if (error instanceof UserError) return { input, refused: error.message };
    throw error;
  }
}

function compare(reading: OurReading, guile: GuileReading, valueOf: (numeral: Numeral) => string): Comparison {
  const { input, source, refused } = reading;
  const refusals = {
    ...(refused === undefined ? {} : { refused }),
    ...(guile.error === undefined ? {} : { guileRefused: guile.error }),
  };
  if (source === undefined) return { input, same: 0, ...refusals };
  const ours = notation(source, valueOf);
  const count = Math.max(ours.length, guile.forms.length);
  for (let index = 0; index < count; index += 1) {
    if (ours[index] !== guile.forms[index]) {
      return { input, same: index, ...refusals, difference: { ours: ours[index], guile: guile.forms[index] } };
    }
  }
  return { input, same: count, ...refusals };
}

/** With nothing after them, Guix's prefixes quote the end-of-file object; no sense in doing the same. */
const TAKES_END_FOR_FORM = /expected a form after `#[~$+]@?`$/;

/**
 * What is wrong with COMPARISON, or undefined: both readers give the same
 * forms, or both refuse, or ours names the syntax that it does not support.
 */
export function disagreement(comparison: Comparison): string | undefined {
  const { refused, guileRefused, difference } = comparison;
  if (refused !== undefined) {
    const excused = guileRefused !== undefined || refused.includes("support") || TAKES_END_FOR_FORM.test(refused);
    return excused ? undefined : `only ours refuses: ${refused}`;
  }
  if (guileRefused !== undefined) return `only Guile refuses: ${guileRefused}`;
  return difference && `form ${comparison.same + 1}\n  ours:  ${difference.ours}\n  Guile: ${difference.guile}`;
}
