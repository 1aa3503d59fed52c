import { UserError, type Problem } from "../../errors";
import { position } from "../../position";
import type { Source } from "../../read/scheme/read";
import { END_LINE } from "../seal";
import { walk } from "../../read/scheme/walk";
import { endOfLine } from "./line-end";

/** The lines that the managed region begins and ends with; the latter says more, see `sealed`. */
export const BEGIN = ";;; zfs-guix: begin (written by 'zfs-guix generate --in-place')";
export const END = ";;; zfs-guix: end";

type MarkerKind = "begin" | "end";

/** How the lines of 0.1.0 were, which are the beginning of today's. */
const BEGINNINGS: Readonly<Record<MarkerKind, string>> = { begin: ";;; zfs-guix: begin", end: END };

function isMarker(kind: MarkerKind, line: string): boolean {
  return line === BEGINNINGS[kind] || (kind === "begin" ? line === BEGIN : END_LINE.test(line));
}

/** A line that is a marker, or that looks like one. */
export interface Marker {
  readonly kind: MarkerKind;
  readonly start: number;
  readonly end: number;
  readonly line: number;
}

/** From the first character of the opening marker to after the last of the closing one. */
export interface MarkedRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The range between the markers of TEXT, judged by its lines alone; undefined
 * where there is no marker.
 *
 * @throws UserError for markers that are missing, doubled, reversed, nested or indented.
 */
export function markedRange(text: string): MarkedRange | undefined {
  const markers = findMarkers(text);
  const [begin, end] = markers;
  if (begin === undefined) return undefined;
  const problems = [...markers.flatMap((marker) => misspelt(text, marker)), ...misplaced(markers)];
  if (problems.length > 0 || end === undefined) throw new UserError(problems);
  return { start: begin.start, end: end.end };
}

/**
 * Makes sure that the markers of RANGE are comments at top level of SOURCE.
 *
 * @throws UserError for one inside of a string, a comment or a form.
 */
export function refuseHiddenMarkers(source: Source, { start, end }: MarkedRange): void {
  const problems: Problem[] = [];
  for (const offset of [start, source.text.lastIndexOf("\n", end - 1) + 1]) {
    const text = source.text.slice(offset, endOfLine(source.text, offset));
    if (
      source.comments.some(
        (comment) => comment.start === offset && comment.depth === 0 && comment.kind === "line",
      )
    )
      continue;
    problems.push({
      ...position(source.text, offset),
      message: `the marker ${JSON.stringify(text)} is inside ${surroundings(source, offset)}`,
      hint: "expected both markers between definitions; move them there, or take them out",
    });
  }
  if (problems.length > 0) throw new UserError(problems);
}

/** The lines of TEXT that are markers or nearly so: a comment that goes on in words is none, unless it begins as one. */
export function findMarkers(text: string): Marker[] {
  if (!text.includes("zfs-guix:")) return [];
  return [...text.matchAll(/^[ \t]*;+[ \t]*zfs-guix:[ \t]*(begin|end)\b([^\n]*)/gim)].flatMap(
    (match) => {
      const kind = match[1]!.toLowerCase() as MarkerKind;
      if (
        !match[0].startsWith(BEGINNINGS[kind]) &&
        !isMarker(kind, match[0].trim()) &&
        !/^[\s\p{P}]*$/u.test(match[2]!)
      )
        return [];
      return [
        {
          kind,
          start: match.index,
          end: endOfLine(text, match.index),
          line: position(text, match.index).line,
        },
      ];
    },
  );
}

function misspelt(text: string, { kind, start, end, line }: Marker): Problem[] {
  const found = text.slice(start, end);
  if (isMarker(kind, found)) return [];
  const message = /^[ \t]/.test(found)
    ? `the ${kind} marker is indented`
    : `this line is nearly ${kind === "end" ? "an" : "a"} ${kind} marker`;
  return [
    {
      line,
      column: 1,
      message,
      hint: `expected ${JSON.stringify(BEGINNINGS[kind])} on a line of its own, or the markers taken out`,
    },
  ];
}

/** Anything but one `begin` and then one `end`. */
function misplaced(markers: readonly Marker[]): Problem[] {
  const hint = `expected one ${JSON.stringify(BEGINNINGS.begin)} and after it one ${JSON.stringify(END)}`;
  const at = ({ line }: Marker, message: string): Problem => ({ line, column: 1, message, hint });
  const problems: Problem[] = [];
  let open: Marker | undefined;
  let closed: { readonly begin: Marker; readonly end: Marker } | undefined;
  let stray: Marker | undefined;
  for (const marker of markers) {
    if (marker.kind === "begin") {
      if (open !== undefined)
        problems.push(
          at(
            marker,
            `there is a second begin marker before the one in line ${open.line} has its end`,
          ),
        );
      else if (closed !== undefined)
        problems.push(
          at(
            marker,
            `there are two managed regions, the first in lines ${closed.begin.line} to ${closed.end.line}`,
          ),
        );
      else if (stray !== undefined)
        problems.push(
          at(marker, `the begin marker stands after the end marker in line ${stray.line}`),
        );
      open = marker;
    } else if (open !== undefined) {
      closed ??= { begin: open, end: marker };
      open = undefined;
    } else if (closed !== undefined) {
      problems.push(
        at(marker, `there is a second end marker after the one in line ${closed.end.line}`),
      );
    } else if (stray !== undefined) {
      problems.push(
        at(
          marker,
          `there is a second end marker after the one in line ${stray.line}, and no begin marker`,
        ),
      );
    } else {
      stray = marker;
    }
  }
  if (open !== undefined && problems.length === 0)
    problems.push(at(open, "this begin marker has no end marker"));
  if (stray !== undefined && problems.length === 0)
    problems.push(at(stray, "this end marker has no begin marker"));
  return problems;
}

function surroundings({ text, forms, comments }: Source, offset: number): string {
  const covers = (range: { readonly start: number; readonly end: number }): boolean =>
    range.start <= offset && offset < range.end;
  const since = (start: number): string => `that begins in line ${position(text, start).line}`;
  const comment = comments.find((candidate) => candidate.kind !== "line" && covers(candidate));
  if (comment !== undefined) return `a comment ${since(comment.start)}`;
  const form = forms.find(covers);
  if (form === undefined) return "something else";
  const string = [...walk(form)].find((datum) => datum.kind === "string" && covers(datum));
  return string === undefined ? `the form ${since(form.start)}` : `a string ${since(string.start)}`;
}
