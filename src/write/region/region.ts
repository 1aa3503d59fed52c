import { isUserError, UserError, type Problem } from "../../errors";
import { position } from "../../position";
import { read, type Source } from "../../read/scheme/read";
import { sealed, sealOf, type Seal } from "../seal";
import type { LineEnd } from "./line-end";
import { BEGIN, markedRange, refuseHiddenMarkers, type MarkedRange } from "./markers";

/** The lines of file-systems.scm that belong to the generator. */
export interface Region extends MarkedRange {
  readonly seal: Seal;
  /** The imports that 0.1.0 added for it, as it recorded them. */
  readonly added: readonly string[];
}

/** A file, and the managed region in it. */
export interface RegionSource {
  readonly source: Source;
  readonly region: Region | undefined;
}

const UNDO = "undo the edit in it, for example with git, and run the command again";

/** The region that holds BODY, FILES (name → text) having come with it; without a line end after it. */
export function regionText(body: string, files: ReadonlyMap<string, string>, eol: LineEnd): string {
  return sealed([BEGIN, "", ...body.trim().split("\n"), ""], files).join(eol);
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
  const inside = text.slice(range.start, range.end);
  return { source, region: { ...range, seal: sealOf(inside), added: addedImports(inside) } };
}

/** TEXT; where it does not parse because of what is in RANGE, the error says so and where in it. */
function readAround(text: string, range: MarkedRange | undefined): Source {
  try {
    return read(text);
  } catch (error) {
    if (
      !isUserError(error) ||
      range === undefined ||
      tryRead(text.slice(0, range.start) + text.slice(range.end)) === undefined
    )
      throw error;
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
function regionProblems(
  text: string,
  { start, end }: MarkedRange,
  line: number,
  otherwise: readonly Problem[],
): readonly Problem[] {
  try {
    read(text.slice(start, end));
    return otherwise;
  } catch (error) {
    if (!isUserError(error)) throw error;
    return error.problems.map((problem) => ({
      ...problem,
      ...(problem.line !== undefined && { line: problem.line + line - 1 }),
    }));
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

/** What 0.1.0 wrote above the imports that it added. */
const ADDED = ";;; These imports were added for it:";

function addedImports(inside: string): string[] {
  const lines = inside.split(/\r?\n/);
  const from = lines.indexOf(ADDED) + 1;
  if (from === 0) return [];
  const length = lines.slice(from).findIndex((line) => !line.startsWith(";;;   "));
  return lines.slice(from, from + length).map((line) => line.slice(3).trim());
}
