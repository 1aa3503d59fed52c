import { UserError, type Problem } from "../errors";
import type { Datum } from "../scheme/datum";
import { position } from "../scheme/position";
import { namesIn, read, type Source } from "../scheme/read";
import { definitions, type Definition } from "./definition";
import { applyEdits, type Edit } from "./edit";
import { addImport, dropImports, missingImports, moduleOfSpec } from "./import-edit";
import { formatModule, imports, moduleForm, sameModule, saysOf, type Import } from "./imports";
import { endOfLine, lineEndAt, lineEndBefore, usualLineEnd } from "./line-end";
import { readRegion, regionText, type Region, type RegionSource } from "./region";
import { neededNames, type ModuleNames } from "./region-imports";

/** What is written into a file-systems.scm. */
export interface RegionContent {
  /** The definitions, lines ended by LF. */
  readonly body: string;
  /** The variables of kernels that it names. */
  readonly kernels: readonly string[];
}

/**
 * The text of FILE with CONTENT in its managed region, and with the imports
 * that it needs; all else stays as it is.
 *
 * @throws UserError, without a file, where that cannot be done.
 */
export function withRegion(file: RegionSource, { body, kernels }: RegionContent): string {
  const { source, region } = file;
  const { text } = source;
  const ours = definitions(read(body).forms);
  const outside = source.forms.filter((form) => !isInside(form, region));
  const needed = neededNames(namesIn(body), kernels);
  const all = imports(text, outside);
  refuseOtherModule(outside);
  refuseStrangers(file, ours);
  refuseNamesakes(source, outside, ours, all, needed);

  const { mine, others } = owned(all, region);
  const wanted = missingImports(needed, others);
  const kept = mine.filter(({ spec }) => wanted.includes(spec));
  const dropped = dropImports(
    source,
    mine.filter((taken) => !kept.includes(taken)),
  );
  const adds = wanted
    .filter((spec) => !kept.some((taken) => taken.spec === spec))
    .sort((a, b) => (moduleOfSpec(a).join(" ") < moduleOfSpec(b).join(" ") ? -1 : 1))
    .map((spec) => addImport(text, outside, [...others, ...kept].sort((a, b) => a.start - b.start), spec));
  const record = { added: wanted, names: ours.map(({ name }) => name).filter((name) => !OUR_NAME.test(name)) };
  return edited(file, [...dropped.edits, ...adds, ...putRegion(text, region, placeOfRegion(source, outside), (eol) => regionText(body, record, eol))], dropped.left);
}

/**
 * The text of FILE without its managed region and without the imports that were added for it.
 *
 * @throws UserError, without a file, where somebody else's definition is in the region.
 */
export function withoutRegion(file: RegionSource): string {
  const { source, region } = file;
  if (region === undefined) return source.text;
  refuseStrangers(file, []);
  const { mine } = owned(imports(source.text, source.forms), region);
  const dropped = dropImports(source, mine);
  return edited(file, [...dropped.edits, dropRegion(source.text, region)], dropped.left);
}

/**
 * The text of FILE after EDITS, which leave the imports LEFT to others.
 *
 * Reads it again before it is given away: whatever the edits are, what is not
 * ours must still be there and mean what it meant.
 */
function edited(file: RegionSource, edits: readonly Edit[], left: readonly Import[]): string {
  const text = applyEdits(file.source.text, edits);
  if (text === file.source.text) return text;
  let after: string[];
  try {
    after = bystanders(readRegion(text));
  } catch (error) {
    throw new Error(`the file would no longer be in order: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const before = bystanders(file, left);
  const index = Array.from({ length: Math.max(before.length, after.length) }).findIndex((_, at) => before[at] !== after[at]);
  if (index !== -1) throw new Error(`the edit would change what is not ours: ${before[index] ?? "nothing"} would become ${after[index] ?? "nothing"}`);
  return text;
}

/** The forms, comments and clauses of the module that are not ours; the imports LEFT are no longer ours, either. */
function bystanders({ source: { text, forms, comments }, region }: RegionSource, left: readonly Import[] = []): string[] {
  const outside = forms.filter((form) => !isInside(form, region));
  const ours = owned(imports(text, outside), region).mine.filter(({ start }) => !left.some((taken) => taken.start === start));
  const isOurs = ({ start, end }: { readonly start: number; readonly end: number }): boolean => ours.some((taken) => taken.start <= start && end <= taken.end);
  const module = moduleForm(outside);
  return [
    ...outside.flatMap((form) => (form === module ? module.items.filter((item) => !isOurs(item)) : [form])),
    ...comments.filter((comment) => !isInside(comment, region) && (comment.depth === 0 || (module !== undefined && module.start < comment.start && comment.end < module.end))),
  ].map(({ start, end }) => text.slice(start, end));
}

/** Which of ALL were added for REGION; of two that are alike, one. */
function owned(all: readonly Import[], region: Region | undefined): { mine: Import[]; others: Import[] } {
  const recorded = new Set(region?.added ?? []);
  const mine = all.filter(({ isClause, spec }) => isClause && recorded.delete(spec));
  return { mine, others: all.filter((taken) => !mine.includes(taken)) };
}

function isInside({ start, end }: { readonly start: number; readonly end: number }, region: Region | undefined): boolean {
  return region !== undefined && region.start <= start && end <= region.end;
}

/** The first line end after the definitions that the region inherits from which is at top level. */
function placeOfRegion({ text, comments, forms }: Source, outside: readonly Datum[]): number {
  const bases = definitions(outside).filter(({ name }) => name === "zfs" || name === "zfs-auto-snapshot");
  let place = Math.max(...bases.map(({ form }) => form.end));
  for (;;) {
    const end = endOfLine(text, place);
    const covers = (range: { readonly start: number; readonly end: number }): boolean => range.start < end && end < range.end;
    const around = forms.find(covers) ?? comments.find((comment) => comment.depth === 0 && covers(comment));
    if (around === undefined) return end;
    place = around.end;
  }
}

/** A region that stands where it works stays there, also where somebody moved it down. */
function putRegion(text: string, region: Region | undefined, place: number, write: (eol: "\n" | "\r\n") => string): Edit[] {
  if (region !== undefined && region.start > place) {
    const eol = lineEndBefore(text, region.start) ?? usualLineEnd(text);
    return [{ start: region.start, end: region.end, text: write(eol) }];
  }
  const eol = lineEndAt(text, place) ?? usualLineEnd(text);
  const put = { start: place, end: place, text: eol + eol + write(eol) };
  return region === undefined ? [put] : [dropRegion(text, region), put];
}

/** The inverse of what `putRegion` does to a file without a region. */
function dropRegion(text: string, { start, end }: Region): Edit {
  const lineEnd = lineEndBefore(text, start);
  // At the top of the file there is no line end before it, but one after it.
  if (lineEnd === undefined) return { start, end: end + (lineEndAt(text, end)?.length ?? 0), text: "" };
  const previous = start - lineEnd.length;
  return { start: previous - (lineEndBefore(text, previous)?.length ?? 0), end, text: "" };
}

function refuseOtherModule(outside: readonly Datum[]): void {
  if (moduleForm(outside) !== undefined) return;
  throw new UserError({ message: "there is no (define-module …) in this file", hint: "expected the gnu/packages/file-systems.scm of Guix" });
}

/** What zfs-guix writes has such a name, in every version of it; a name of another template is recorded. */
const OUR_NAME = /^(zfs-(guix-|for-|variant-)|%zfs-|%booted-zfs)/;

/** What is in the region and not ours, or OURS, would be lost: a marker may have slipped. */
function refuseStrangers({ source, region }: RegionSource, ours: readonly Definition[]): void {
  const names = new Set([...ours.map(({ name }) => name), ...(region?.names ?? [])]);
  const inside = source.forms.filter((form) => isInside(form, region));
  const module = moduleForm(inside);
  const strangers = [
    ...(module === undefined ? [] : [{ form: module, what: "the module" }]),
    ...definitions(inside).flatMap(({ name, form }) => (names.has(name) || OUR_NAME.test(name) ? [] : [{ form, what: name }])),
  ];
  const problems = strangers.map(
    ({ form, what }): Problem => ({
      ...position(source.text, form.start),
      message: `${what} is defined inside of the managed region and would be lost`,
      hint: "move it out of the region, or put the marker back where it was",
    }),
  );
  if (problems.length > 0) throw new UserError(problems);
}

/** Names that would not mean what the region takes them for, or that would change what others mean. */
function refuseNamesakes(
  { text }: Source,
  outside: readonly Datum[],
  ours: readonly Definition[],
  all: readonly Import[],
  needed: readonly ModuleNames[],
): void {
  const problems: Problem[] = [];
  const defined = new Set(ours.map(({ name }) => name));
  const from = new Map(needed.flatMap(({ module, names, prefix }) => names.map((name) => [name, { module, original: name.slice(prefix?.length ?? 0) }] as const)));
  for (const { name, form } of definitions(outside)) {
    const module = from.get(name)?.module;
    if (defined.has(name)) {
      problems.push({ ...position(text, form.start), message: `${name} is defined here already, outside of the managed region`, hint: "take this definition out, or name it otherwise" });
    } else if (module !== undefined) {
      problems.push({ ...position(text, form.start), message: `${name} is defined here, and the managed region needs the one of ${formatModule(module)}`, hint: "name it otherwise" });
    }
  }
  for (const taken of all) {
    if (taken.select === undefined) continue;
    for (const name of [...defined, ...from.keys()]) {
      const says = saysOf(taken, name);
      const ours = from.get(name);
      if (says === undefined || (ours !== undefined && says.name === ours.original && sameModule(says.module, ours.module))) continue;
      const clash = ours === undefined ? "the managed region defines it" : `the managed region needs the one of ${formatModule(ours.module)}`;
      problems.push({
        ...position(text, taken.start),
        message: `${name} is ${says.name} of ${formatModule(says.module)} here, and ${clash}`,
        hint: "give the import another name, with #:select or #:prefix",
      });
    }
  }
  if (problems.length > 0) throw new UserError(problems);
}
