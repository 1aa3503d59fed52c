import { isUserError, UserError, type Problem } from "../errors";
import { position } from "../scheme/position";
import { read, type Source } from "../scheme/read";
import { asKeyword, asSymbol } from "../scheme/walk";
import { oneLine } from "./imports";
import { clauseLines, fill, WIDTH } from "./import-edit";
import type { LineEnd } from "./line-end";
import { BEGIN, END, markedRange, refuseHiddenMarkers, type MarkedRange } from "./markers";

/** The lines of file-systems.scm that belong to the generator. */
export interface Region extends MarkedRange {
  /** The specs of the imports that were added for it, each on one line. */
  readonly added: readonly string[];
  /** The names of its definitions that do not tell themselves that they are ours. */
  readonly names: readonly string[];
}

/** A file, and the managed region in it. */
export interface RegionSource {
  readonly source: Source;
  readonly region: Region | undefined;
}

const UNDO = "undo the edit in it, for example with git, and run the command again";

const HEADER = [
  BEGIN,
  ";;; Written by 'zfs-guix generate --in-place': an edit between this line and",
  ";;; the end marker is lost the next time.",
];

/** Precedes the imports that were added; `--remove` takes out what stands here. */
const ADDED = ";;; These imports were added for it:";

/** Precedes the names that templates of somebody else define; without it they would be taken for a stranger's. */
const NAMES = ";;; These names of it are from other templates:";

const RECORD = ";;;   ";

/** What the region says about itself. */
export type RegionRecord = Pick<Region, "added" | "names">;

/** The region that holds BODY, without a line end after it. */
export function regionText(body: string, { added, names }: RegionRecord, eol: LineEnd): string {
  const record = [
    ...(names.length === 0 ? [] : [NAMES, ...fill(names, RECORD, RECORD)]),
    ...(added.length === 0 ? [] : [ADDED, ...added.flatMap((spec) => clauseLines(spec, "", WIDTH - RECORD.length)).map((line) => RECORD + line)]),
  ];
  return [...HEADER, ...record, "", ...body.trim().split("\n"), "", END].join(eol);
}

/**
 * Reads TEXT, a file-systems.scm that may have a managed region.
 *
 * @throws UserError, without a file, where it does not parse or its markers are not in order.
 */
export function readRegion(text: string): RegionSource {
  const range = markedRange(text);
  const source = readAround(text, range);
  if (range === undefined) return { source, region: undefined };
  refuseHiddenMarkers(source, range);
  return { source, region: { ...range, added: addedImports(text, range), names: definedNames(text, range) } };
}

/** TEXT; where it does not parse because of what is in RANGE, the error says so and where in it. */
function readAround(text: string, range: MarkedRange | undefined): Source {
  try {
    return read(text);
  } catch (error) {
    if (!isUserError(error) || range === undefined || tryRead(text.slice(0, range.start) + text.slice(range.end)) === undefined) throw error;
    const [first, last] = [position(text, range.start).line, position(text, range.end).line];
    throw new UserError(
      regionProblems(text, range, first, error.problems).map((problem) => ({
        ...problem,
        message: `the managed region, lines ${first} to ${last}, does not parse: ${problem.message}`,
        hint: UNDO,
      })),
    );
  }
}

/** What is wrong with RANGE, seen alone: a string that it leaves open would end at the next quote behind it. */
function regionProblems(text: string, { start, end }: MarkedRange, line: number, otherwise: readonly Problem[]): readonly Problem[] {
  try {
    read(text.slice(start, end));
    return otherwise;
  } catch (error) {
    if (!isUserError(error)) throw error;
    return error.problems.map((problem) => ({ ...problem, ...(problem.line !== undefined && { line: problem.line + line - 1 }) }));
  }
}

/** TEXT, if it parses. */
function tryRead(text: string): Source | undefined {
  try {
    return read(text);
  } catch (error) {
    if (!isUserError(error)) throw error;
    return undefined;
  }
}

/** The forms that stand after TITLE in the comments of RANGE, see `regionText`. */
function recorded(text: string, { start, end }: MarkedRange, title: string, what: string): { readonly inside: Source; readonly refuse: () => UserError } | undefined {
  const lines = text.slice(start, end).split(/\r?\n/);
  const from = lines.indexOf(title);
  if (from === -1) return undefined;
  const length = lines.slice(from + 1).findIndex((line) => !line.startsWith(RECORD));
  const record = lines.slice(from + 1, length === -1 ? undefined : from + 1 + length).map((line) => line.slice(RECORD.length));
  const line = position(text, start).line + from;
  const refuse = (): UserError => new UserError({ line, column: 1, message: `the ${what} that are listed here cannot be read`, hint: UNDO });
  const inside = tryRead(record.join("\n"));
  if (inside === undefined) throw refuse();
  return { inside, refuse };
}

function addedImports(text: string, range: MarkedRange): string[] {
  const found = recorded(text, range, ADDED, "imports");
  if (found === undefined) return [];
  const { inside, refuse } = found;
  if (inside.forms.length % 2 !== 0) throw refuse();
  return inside.forms.flatMap((form, index) => {
    if (index % 2 === 1) return [oneLine(inside.text.slice(form.start, form.end))];
    if (asKeyword(form) !== "use-module") throw refuse();
    return [];
  });
}

function definedNames(text: string, range: MarkedRange): string[] {
  const found = recorded(text, range, NAMES, "names");
  return (found?.inside.forms ?? []).map((form) => {
    const name = asSymbol(form);
    if (name === undefined) throw found!.refuse();
    return name;
  });
}
