import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../src/errors";
import { read, type Source } from "../../src/read/scheme/read";
import { askGuile, type GuileReading } from "./guile";
import { notation, REFUSED } from "./notation";

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
  /** Guile refused a word, such as `#xG`, whose meaning our reader leaves to it. */
  readonly refusedWord?: true;
  /** The first form that differs, in the notation of `read-forms.scm`. */
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
  for (const { source } of readings) {
    if (source === undefined) continue;
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

function compare(
  reading: OurReading,
  guile: GuileReading,
  valueOf: (word: string) => string,
): Comparison {
  const { input, source, refused } = reading;
  const refusals = {
    ...(refused === undefined ? {} : { refused }),
    ...(guile.error === undefined ? {} : { guileRefused: guile.error }),
  };
  if (source === undefined) return { input, same: 0, ...refusals };
  const ours = notation(source, valueOf);
  if (
    guile.error !== undefined &&
    [...ours.slice(guile.forms.length), ...discarded(source).map(valueOf)].some((value) =>
      value.includes(REFUSED),
    )
  ) {
    return { input, same: guile.forms.length, ...refusals, refusedWord: true };
  }
  const count = Math.max(ours.length, guile.forms.length);
  for (let index = 0; index < count; index += 1) {
    if (ours[index] !== guile.forms[index]) {
      return {
        input,
        same: index,
        ...refusals,
        difference: { ours: ours[index], guile: guile.forms[index] },
      };
    }
  }
  return { input, same: count, ...refusals };
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

/** Files that one Guile process is asked about; it answers in one string. */
const BATCH = 25;

/** Every `.scm` file in DIRECTORIES and below. */
export function schemeFiles(directories: readonly string[]): string[] {
  return directories.flatMap((path) => {
    if (statSync(path).isFile()) return [path];
    const files = readdirSync(path, { recursive: true, encoding: "utf8" });
    return files
      .filter((file) => file.endsWith(".scm"))
      .sort()
      .map((file) => join(path, file));
  });
}

/** Compares FILES and says what differs; the number of forms that are the same. */
export function compareFiles(files: readonly string[], report: (line: string) => void): number {
  let same = 0;
  for (let index = 0; index < files.length; index += BATCH) {
    const inputs = files.slice(index, index + BATCH).map((file) => ({ file }));
    for (const comparison of compareWithGuile(inputs)) {
      const { refused, guileRefused, difference } = comparison;
      const file = (comparison.input as { file: string }).file;
      same += comparison.same;
      if (refused !== undefined) report(`${file}:${refused}`);
      if (guileRefused !== undefined) report(`${file}: Guile: ${guileRefused}`);
      if (difference !== undefined) {
        report(`${file}: form ${comparison.same + 1}\n  ours:  ${excerpt(difference)}\n`);
      }
    }
  }
  return same;
}

/** Both texts from shortly before where they part. */
function excerpt({
  ours = "",
  guile = "",
}: {
  ours: string | undefined;
  guile: string | undefined;
}): string {
  let at = 0;
  while (at < ours.length && ours[at] === guile[at]) at += 1;
  const from = Math.max(0, at - 60);
  return `${ours.slice(from, at + 60)}\n  Guile: ${guile.slice(from, at + 60)}`;
}
