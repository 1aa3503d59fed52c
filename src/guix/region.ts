import { inFile, isUserError, UserError } from "../errors";
import { position } from "../scheme/position";
import { read, type Source } from "../scheme/read";
import { asKeyword } from "../scheme/walk";
import { oneLine } from "./imports";
import { clauseLines } from "./import-edit";
import type { LineEnd } from "./line-end";
import { BEGIN, END, markedRange, refuseHiddenMarkers, type MarkedRange } from "./markers";

/** The lines of file-systems.scm that belong to the generator. */
export interface Region extends MarkedRange {
  /** The specs of the imports that were added for it, each on one line. */
  readonly added: readonly string[];
}

/** A file, and the managed region in it. */
export interface RegionSource {
  readonly source: Source;
  readonly region: Region | undefined;
}

const HEADER = [
  BEGIN,
  ";;; Written by 'zfs-guix generate --in-place': an edit between this line and",
  ";;; the end marker is lost the next time.",
];

/** Precedes the imports that were added; `--remove` takes out what stands here. */
const ADDED = ";;; These imports were added for it:";

/** The region that holds BODY and for which the imports ADDED were added, without a line end after it. */
export function regionText(body: string, added: readonly string[], eol: LineEnd): string {
  const record = added.length === 0 ? [] : [ADDED, ...added.flatMap((spec) => clauseLines(spec, "")).map((line) => `;;;   ${line}`)];
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
  return { source, region: { ...range, added: addedImports(text, range) } };
}

/** TEXT; where it does not parse because of what is in RANGE, the error says so. */
function readAround(text: string, range: MarkedRange | undefined): Source {
  try {
    return read(text);
  } catch (error) {
    if (!isUserError(error) || range === undefined || !parses(text.slice(0, range.start) + text.slice(range.end))) throw error;
    const [first, last] = [position(text, range.start).line, position(text, range.end).line];
    throw new UserError(
      error.problems.map((problem) => ({
        ...problem,
        message: `the managed region, lines ${first} to ${last}, does not parse: ${problem.message}`,
        hint: "undo the edit in it, for example with git, and run the command again",
      })),
    );
  }
}

function parses(text: string): boolean {
  try {
    read(text);
    return true;
  } catch {
    return false;
  }
}

/** What the comments at the beginning of RANGE record, see `regionText`. */
function addedImports(text: string, { start, end }: MarkedRange): string[] {
  const lines = text.slice(start, end).split(/\r?\n/);
  const from = lines.indexOf(ADDED);
  if (from === -1) return [];
  const length = lines.slice(from).findIndex((line) => !line.startsWith(";;;"));
  const record = lines.slice(from + 1, length === -1 ? undefined : from + length).map((line) => line.slice(";;;".length));
  const line = position(text, start).line + from;
  const problem = { line, column: 1, message: "the imports that are listed here cannot be read", hint: "undo the edit in it, for example with git, and run the command again" };
  const inside = record.join("\n");
  const forms = parses(inside) ? inFile("", () => read(inside)).forms : undefined;
  if (forms === undefined || forms.length % 2 !== 0) throw new UserError(problem);
  return forms.flatMap((form, index) => {
    if (index % 2 === 1) return [oneLine(inside.slice(form.start, form.end))];
    if (asKeyword(form) !== "use-module") throw new UserError(problem);
    return [];
  });
}
