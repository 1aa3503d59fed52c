import { UserError, type Problem, position } from "../errors";
import { definitions } from "../read/guix/definition";
import { read, type Source } from "../read/scheme/read";
import { asSymbol, walk, type Datum } from "../read/scheme/datum";
import { endOfLine, findMarkers, regionText, type Region, type RegionSource } from "./region";
import { refuseOtherMeanings } from "./region-imports";
import { definitionsIn } from "./written";
import { VERSION } from "../process";

export interface RegionContent {
  readonly body: string;
  /** The variables of kernels that it names. */
  readonly kernels: readonly string[];
  readonly ours?: Ours;
}

/** What is zfs-guix's of a region, as `definitionsIn` gives it: what this version writes, and what others wrote before. */
export interface Ours {
  readonly now: readonly string[];
  readonly before: readonly string[];
}

/** A file-systems.scm after its managed region was written or taken out. */
export interface RegionEdit {
  readonly after: string;
  /** What somebody has done in the region by hand, which AFTER does not have. */
  readonly losses: readonly Problem[];
}

/**
 * FILE with CONTENT in its managed region; all else stays as it is.
 *
 * @throws UserError, without a file, where that cannot be done.
 */
export function withRegion(file: RegionSource, content: RegionContent): RegionEdit {
  const { source, region } = file;
  const { text } = source;
  const { body, kernels, ours } = content;
  const marker = findMarkers(body)[0];
  if (marker !== undefined)
    throw new UserError({
      message: `the templates give the line ${JSON.stringify(body.slice(marker.start, marker.end))}, which would be taken for a marker`,
      hint: "take it out of them: the markers are written around what they give",
    });
  const outside = source.forms.filter((form) => !isInside(form, region));
  // What the region inherits from; without it, there is no place for it.
  if (!definitions(outside).some(({ name }) => name === "zfs"))
    throw new UserError({
      message: "there is no zfs outside of the managed region",
      hint: "move it, or the markers, back to where they were",
    });
  const inside = read(body).forms;
  refuseOtherMeanings(source, outside, inside, kernels);
  const isOfNow = isWrittenAs(ours?.now, region);
  const isSame = isOfNow && condensed(region!.body) === condensed(body);
  const after = put(text, region, placeOfRegion(source, outside), (eol) =>
    isSame
      ? text.slice(region!.start, region!.end)
      : regionText(
          body,
          eol,
          // A newer version that writes the same changes no line of its own accord.
          isOfNow ? text.slice(region!.start, endOfLine(text, region!.start)) : undefined,
        ),
  );
  return {
    after,
    losses: after === text ? [] : [...losses(file, ours), ...stillNamed(file, outside, inside)],
  };
}

/** FILE without its managed region, what is OURS in which is no loss. */
export function withoutRegion(file: RegionSource, ours?: Ours): RegionEdit {
  const { text } = file.source;
  if (file.region === undefined) return { after: text, losses: [] };
  const { start, end } = surroundings(text, file.region);
  const outside = file.source.forms.filter((form) => !isInside(form, file.region));
  return {
    after: text.slice(0, start) + text.slice(end),
    losses: [...losses(file, ours), ...stillNamed(file, outside)],
  };
}

/** Whether REGION has nothing but definitions that are WRITTEN. */
function isWrittenAs(written: readonly string[] = [], region?: Region): boolean {
  return (
    region !== undefined &&
    region.seal === undefined &&
    definitionsIn(region.body).every((one) => written.includes(one))
  );
}

/**
 * BODY with never more than one empty line between its forms: the commits of a
 * bump leave some until they are filled, and taking one back does, too.
 */
function condensed(body: string): string {
  const { forms } = read(body);
  const gap = (from: number, to?: number): string =>
    body.slice(from, to).replace(/\n{3,}/g, "\n\n");
  return [
    ...forms.map(
      ({ start, end }, index) => gap(forms[index - 1]?.end ?? 0, start) + body.slice(start, end),
    ),
    gap(forms.at(-1)?.end ?? 0),
  ].join("");
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

function lineEndAt(text: string, offset: number): string {
  return text[offset] === "\n" ? "\n" : text.startsWith("\r\n", offset) ? "\r\n" : "";
}

/** The line end just before OFFSET of TEXT; empty where there is none. */
function lineEndBefore(text: string, offset: number): string {
  return text[offset - 1] !== "\n" ? "" : text[offset - 2] === "\r" ? "\r\n" : "\n";
}

/** What the forms OUTSIDE of the region of FILE name of it that those INSIDE have no longer: without it, the module would not load. */
function stillNamed(
  { source, region }: RegionSource,
  outside: readonly Datum[],
  inside: readonly Datum[] = [],
): Problem[] {
  const namesOf = (forms: readonly Datum[]): string[] => definitions(forms).map(({ name }) => name);
  const kept = [...namesOf(inside), ...namesOf(outside)];
  const gone = namesOf(source.forms.filter((form) => isInside(form, region))).filter(
    (name) => !kept.includes(name),
  );
  if (gone.length === 0) return [];
  return outside
    .flatMap((form) => [...walk(form)])
    .filter((datum) => gone.includes(asSymbol(datum) ?? ""))
    .map((datum) => ({
      ...position(source.text, datum.start),
      message: `${asSymbol(datum)} is named here, outside of the managed region, which would have it no longer, and without it this module does not load`,
      hint: "take it out here first, or give --force",
    }));
}

/** What would be lost of the region of FILE, unless it is OURS, every word of it. */
function losses({ source, region }: RegionSource, ours: Ours = { now: [], before: [] }): Problem[] {
  if (
    region === undefined ||
    region.seal?.state === "pristine" ||
    isWrittenAs([...ours.now, ...ours.before], region)
  )
    return [];
  const { version } = region;
  const who =
    version === undefined || version === VERSION
      ? "it was edited by hand"
      : `it is of ${version}, or was edited by hand`;
  return [
    {
      ...position(source.text, region.start),
      message: `the managed region that begins here is not what zfs-guix ${VERSION} writes for the kernels in it: ${who}, and that would be lost`,
      hint: "see zfs-guix check, move what is to stay out of the region, and give --force to write over the rest",
    },
  ];
}
