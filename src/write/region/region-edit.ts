import { isUserError, UserError, type Problem } from "../../errors";
import { position } from "../../position";
import { definitions } from "../../read/guix/definition";
import { read, type Source } from "../../read/scheme/read";
import { isList, type Datum } from "../../read/scheme/datum";
import { endOfLine, findMarkers, regionText, type Region, type RegionSource } from "./region";
import { refuseOtherMeanings } from "./region-imports";

/** What is written into a file-systems.scm. */
export interface RegionContent {
  /** The definitions. */
  readonly body: string;
  /** The variables of kernels that it names. */
  readonly kernels: readonly string[];
  /** Name → text of the files that come with it. */
  readonly files?: ReadonlyMap<string, string>;
  /** Where the templates are that gave the body, for messages. */
  readonly templates?: string;
}

/** A file-systems.scm after its managed region was written or taken out. */
export interface RegionEdit {
  readonly after: string;
  /** Name → text of the files that come with the region. */
  readonly files: ReadonlyMap<string, string>;
  /** What somebody has done in the region by hand, which AFTER does not have. */
  readonly losses: readonly Problem[];
}

/**
 * FILE with CONTENT in its managed region; all else stays as it is.
 *
 * @throws UserError where that cannot be done; without a file, unless the templates are at fault.
 */
export function withRegion(file: RegionSource, content: RegionContent): RegionEdit {
  const { source, region } = file;
  const { text } = source;
  const { files = new Map<string, string>() } = content;
  const body = readBody(content);
  const outside = source.forms.filter((form) => !isInside(form, region));
  const lost = losses(file);
  // Without what the region inherits from, there is no place for it.
  if (!definitions(outside).some(({ name }) => name === "zfs"))
    throw new UserError(
      lost.length > 0 ? lost : { message: "there is no zfs outside of the managed region" },
    );
  refuseOtherMeanings(source, outside, body.forms, content.kernels);
  const after = put(text, region, placeOfRegion(source, outside), (eol) =>
    regionText(body.text, files, eol),
  );
  return { after, files, losses: after === text ? [] : lost };
}

/** FILE without its managed region. */
export function withoutRegion(file: RegionSource): RegionEdit {
  const { text } = file.source;
  const files = new Map<string, string>();
  if (file.region === undefined) return { after: text, files, losses: [] };
  const { start, end } = surroundings(text, file.region);
  return { after: text.slice(0, start) + text.slice(end), files, losses: losses(file) };
}

/** Reads what templates gave, so that it is they who are named where it is not in order. */
function readBody({ body, templates: file = "templates" }: RegionContent): Source {
  const text = body.replace(/\r\n/g, "\n");
  const lines = text.split("\n");
  const marker = findMarkers(text)[0];
  if (marker !== undefined) {
    throw new UserError({
      file,
      message: `what these templates give for a checkout has the line ${JSON.stringify(text.slice(marker.start, marker.end))}, which would be taken for a marker`,
      hint: "take it out: the markers are written around it",
    });
  }
  try {
    return read(text);
  } catch (error) {
    if (!isUserError(error)) throw error;
    throw new UserError(
      error.problems.map(({ line, message }) => ({
        file,
        message: `what these templates give for a checkout does not parse: ${message}${line === undefined ? "" : `, in the line ${JSON.stringify(lines[line - 1])}`}`,
        hint: "mend region.scm.hbs or a template that it includes",
      })),
    );
  }
}

function isInside(
  { start, end }: { readonly start: number; readonly end: number },
  region: Region | undefined,
): boolean {
  return region !== undefined && region.start <= start && end <= region.end;
}

/** The first line end after the definitions that the region inherits from which is at top level. */
function placeOfRegion({ text, comments, forms }: Source, outside: readonly Datum[]): number {
  const bases = definitions(outside).filter(
    ({ name }) => name === "zfs" || name === "zfs-auto-snapshot",
  );
  const after = bases.reduce((last, { form }) => Math.max(last, form.end), 0);
  let end = endOfLine(text, after);
  const ranges = [...forms, ...comments.filter(({ depth }) => depth === 0)].filter(
    (range) => range.end > after,
  );
  for (const range of ranges.sort((a, b) => a.start - b.start)) {
    if (range.start >= end) break;
    if (range.end > end) end = endOfLine(text, range.end);
  }
  return end;
}

/** TEXT with what WRITE gives at PLACE; but a region that stands where it works stays there, also where somebody moved it down. */
function put(
  text: string,
  region: Region | undefined,
  place: number,
  write: (eol: string) => string,
): string {
  const usual = /\r?\n/.exec(text)?.[0] ?? "\n";
  if (region !== undefined && region.start > place) {
    const eol = lineEndBefore(text, region.start) || usual;
    return text.slice(0, region.start) + write(eol) + text.slice(region.end);
  }
  // A line feed after a lone carriage return would make a line end of both, and take it along.
  const eol = text[place - 1] === "\r" ? "\r\n" : lineEndAt(text, place) || usual;
  const { start, end } =
    region === undefined ? { start: place, end: place } : surroundings(text, region);
  return text.slice(0, start) + text.slice(end, place) + eol + eol + write(eol) + text.slice(place);
}

/** REGION with the line ends that `put` writes before it. */
function surroundings(text: string, { start, end }: Region): { start: number; end: number } {
  const previous = start - lineEndBefore(text, start).length;
  // At the top of the file there is no line end before it, but one after it.
  return start === previous
    ? { start, end: end + lineEndAt(text, end).length }
    : { start: previous - lineEndBefore(text, previous).length, end };
}

/** The line end at OFFSET of TEXT; empty where there is none. */
function lineEndAt(text: string, offset: number): string {
  return text[offset] === "\n" ? "\n" : text.startsWith("\r\n", offset) ? "\r\n" : "";
}

/** The line end just before OFFSET of TEXT; empty where there is none. */
function lineEndBefore(text: string, offset: number): string {
  return text[offset - 1] !== "\n" ? "" : text[offset - 2] === "\r" ? "\r\n" : "\n";
}

/** What zfs-guix 0.1.0 wrote has such a name. */
const OUR_NAME = /^(zfs-(guix-|for-|variant-)|%zfs-|%booted-zfs)/;

/** What somebody has done in the region by hand, or a marker that has slipped, would be lost. */
function losses({ source, region }: RegionSource): Problem[] {
  if (region === undefined || region.seal.state === "pristine") return [];
  if (region.seal.state === "edited") {
    return [
      {
        ...position(source.text, region.start),
        message:
          "the managed region that begins here was edited by hand since zfs-guix wrote it, and the edit would be lost",
        hint: "move the edit out of the region and undo it there, or give --force to write over it",
      },
    ];
  }
  const inside = source.forms.filter((form) => isInside(form, region));
  const strangers = [
    ...inside.flatMap((form) =>
      isList(form, "define-module") ? [{ form, what: "the module" }] : [],
    ),
    ...definitions(inside).flatMap(({ name, form }) =>
      OUR_NAME.test(name) ? [] : [{ form, what: name }],
    ),
  ];
  return strangers.map(({ form, what }) => ({
    ...position(source.text, form.start),
    message: `${what} is defined inside of the managed region and would be lost`,
    hint: "move it out of the region, or put the marker back where it was",
  }));
}
