import { isUserError, UserError, type Problem, position } from "../errors";
import { read, type Source } from "../read/scheme/read";
import { compareVersions } from "../read/openzfs/release";
import { VERSION } from "../process";
import { END_LINE, sealOf, type Seal } from "./seal";

/** How the markers begin; the one at the end says no more than that. */
const BEGINNINGS = { begin: ";;; zfs-guix: begin", end: ";;; zfs-guix: end" } as const;

export const BEGIN = `${BEGINNINGS.begin} (${VERSION}, written by 'zfs-guix generate --in-place')`;
export const END = BEGINNINGS.end;

/** What a version of zfs-guix writes, also one to come; 0.2.0 did not say which it was. */
const BEGIN_LINE =
  /^;;; zfs-guix: begin(?: \((?:(\d{1,4}\.\d{1,4}\.\d{1,4}), .*|written by 'zfs-guix generate --in-place')\))?$/;

/** A line that is a marker, or that looks like one. */
interface Marker {
  readonly kind: keyof typeof BEGINNINGS;
  readonly start: number;
  readonly end: number;
}

/** The lines of file-systems.scm that belong to the generator, from marker to marker. */
export interface Region {
  readonly start: number;
  /** Before the line end of the closing marker. */
  readonly end: number;
  /** What is between the markers, with line feeds, and without what is empty around it. */
  readonly body: string;
  /** The zfs-guix that wrote it, since 0.3.0. */
  readonly version?: string;
  /** What 0.2.0 wrote behind it. */
  readonly seal?: Seal;
}

export interface RegionSource {
  readonly source: Source;
  readonly region: Region | undefined;
}

/** The region that holds BODY, after the line BEGIN; without a line end after it. */
export function regionText(body: string, eol: string, begin = BEGIN): string {
  return [begin, "", ...body.split("\n"), "", END].join(eol);
}

/**
 * Reads TEXT, a file-systems.scm that may have a managed region.
 *
 * @throws UserError, without a file, where it does not parse, its markers are
 * not in order, or a newer zfs-guix wrote them.
 */
export function readRegion(text: string): RegionSource {
  const range = markedRange(text);
  if (range === undefined) return { source: read(text), region: undefined };
  const inside = text.slice(range.start, range.end);
  const source = readAround(text, inside, range);
  refuseHiddenMarkers(source, range);
  const [begin, ...lines] = inside.split(/\r?\n/);
  const body = lines.slice(0, -1).join("\n").trim();
  const version = BEGIN_LINE.exec(begin!)?.[1];
  if (version !== undefined && compareVersions(version, VERSION) > 0)
    throw new UserError({
      ...position(text, range.start),
      message: `zfs-guix ${version} wrote the managed region that begins here, and this is ${VERSION}`,
      hint: `use ${version} or a newer one`,
    });
  const seal = sealOf(inside);
  return {
    source,
    region: {
      ...range,
      body,
      ...(version !== undefined && { version }),
      ...(seal.state !== "unsealed" && { seal }),
    },
  };
}

/** TEXT; where INSIDE, which is in RANGE of it, does not parse, the error says so and where in it. */
function readAround(text: string, inside: string, range: { start: number; end: number }): Source {
  try {
    return read(text);
  } catch (whole) {
    // Alone: a string that the region leaves open would end at the next quote behind it.
    try {
      read(inside);
    } catch (error) {
      if (!isUserError(error)) throw error;
      const [first, last] = [position(text, range.start).line, position(text, range.end).line];
      throw new UserError(
        error.problems.map((problem) => ({
          ...problem,
          line: (problem.line ?? 1) + first - 1,
          message: `the managed region, lines ${first} to ${last}, does not parse: ${problem.message}`,
          hint: "undo the edit in it, for example with git, and run the command again",
        })),
      );
    }
    throw whole;
  }
}

/**
 * The range between the markers of TEXT, judged by its lines alone; undefined
 * where there is no marker.
 *
 * @throws UserError for markers that are not one `begin` and after it one `end`, each a whole line.
 */
export function markedRange(text: string): { start: number; end: number } | undefined {
  const markers = findMarkers(text);
  const [begin, end] = markers;
  if (begin === undefined) return undefined;
  const problems: Problem[] = markers
    .filter((marker) => !isMarker(marker.kind, text.slice(marker.start, marker.end)))
    .map(({ kind, start }) => ({
      ...position(text, start),
      message: `this line is nearly ${kind === "end" ? "an" : "a"} ${kind} marker`,
      hint: `expected ${JSON.stringify(BEGINNINGS[kind])} at the beginning of a line of its own, or the markers taken out`,
    }));
  const wrong = markers.find(({ kind }, index) => kind !== ["begin", "end"][index]);
  if (wrong !== undefined || end === undefined)
    problems.push({
      ...position(text, (wrong ?? begin).start),
      message: `the markers of the managed region are no pair: ${markers
        .slice(0, 4)
        .map((marker) => `${marker.kind} in line ${position(text, marker.start).line}`)
        .join(", ")}${markers.length > 4 ? ", …" : ""}`,
      hint: `expected one ${JSON.stringify(BEGINNINGS.begin)} and after it one ${JSON.stringify(END)}`,
    });
  if (problems.length > 0) throw new UserError(problems);
  return { start: begin.start, end: end!.end };
}

function isMarker(kind: Marker["kind"], line: string): boolean {
  return kind === "begin" ? BEGIN_LINE.test(line) : line === END || END_LINE.test(line);
}

/** The lines of TEXT that are markers or nearly so: a comment that goes on in words is none, unless it begins as one. */
export function findMarkers(text: string): Marker[] {
  return [...text.matchAll(/^[ \t]*;+[ \t]*zfs-guix:[ \t]*(begin|end)\b([^\n]*)/gim)].flatMap(
    ({ 0: line, 1: word, 2: rest, index }) => {
      const kind = word!.toLowerCase() as Marker["kind"];
      const isMeant =
        line.startsWith(BEGINNINGS[kind]) ||
        isMarker(kind, line.trim()) ||
        /^[\s\p{P}]*$/u.test(rest!);
      return isMeant ? [{ kind, start: index, end: endOfLine(text, index) }] : [];
    },
  );
}

/** Makes sure that the markers of RANGE are comments at top level of SOURCE: not in a string, a comment or a form. */
function refuseHiddenMarkers(
  { text, forms, comments }: Source,
  range: { start: number; end: number },
): void {
  const problems = [range.start, text.lastIndexOf("\n", range.end - 1) + 1]
    .filter(
      (offset) =>
        !comments.some(
          ({ start, depth, kind }) => start === offset && depth === 0 && kind === "line",
        ),
    )
    .map((offset): Problem => {
      const around = [...comments, ...forms].find(
        ({ start, end }) => start < offset && offset < end,
      );
      return {
        ...position(text, offset),
        message: `the marker ${JSON.stringify(text.slice(offset, endOfLine(text, offset)))} is inside of what begins in line ${position(text, around?.start ?? offset).line}`,
        hint: "expected both markers between definitions; move them there, or take them out",
      };
    });
  if (problems.length > 0) throw new UserError(problems);
}

/** Where the line of OFFSET ends: before its line end, or at the end of TEXT. */
export function endOfLine(text: string, offset: number): number {
  const at = text.indexOf("\n", offset);
  return at === -1 ? text.length : at > offset && text[at - 1] === "\r" ? at - 1 : at;
}
