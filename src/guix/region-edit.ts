import { isUserError, UserError, type Problem } from "../errors";
import type { Datum } from "../scheme/datum";
import { position } from "../scheme/position";
import { namesIn, read, type Source } from "../scheme/read";
import { isList } from "../scheme/walk";
import { definitions, reexports, type Definition } from "./definition";
import { applyEdits, type Edit } from "./edit";
import { addImport, compareWishes, dropImports, missingImports } from "./import-edit";
import { formatModule, imports, moduleForm, sameModule, saysOf, type Import } from "./imports";
import { endOfLine, lineEndAt, lineEndBefore, usualLineEnd } from "./line-end";
import { findMarkers } from "./markers";
import { readRegion, regionText, type Region, type RegionSource } from "./region";
import { neededNames, type ModuleNames } from "./region-imports";

/** What is written into a file-systems.scm. */
export interface RegionContent {
  /** The definitions. */
  readonly body: string;
  /** The variables of kernels that it names. */
  readonly kernels: readonly string[];
  /** Where the templates are that gave the body, for messages. */
  readonly templates?: string;
}

/** A file-systems.scm after its managed region was written or taken out. */
export interface RegionEdit {
  readonly after: string;
  /** The specs of imports that the edit adds, and of those that it takes out. */
  readonly added: readonly string[];
  readonly dropped: readonly string[];
  /** Imports that were added for the region once and that stay, since somebody has written on their lines. */
  readonly left: readonly Import[];
  /** Definitions of others in the region, which AFTER does not have: it must not be written. */
  readonly losses: readonly Problem[];
}

/**
 * FILE with CONTENT in its managed region, and with the imports that it needs;
 * all else stays as it is.
 *
 * @throws UserError where that cannot be done; without a file, unless the templates are at fault.
 */
export function withRegion(file: RegionSource, content: RegionContent): RegionEdit {
  const { source, region } = file;
  const { text } = source;
  const body = readBody(content);
  const ours = definitions(body.forms);
  const outside = source.forms.filter((form) => !isInside(form, region));
  const needed = neededNames(namesIn(body.text), content.kernels);
  const all = imports(text, outside);
  refuseOtherModule(text, outside);
  refuseNamesakes(source, outside, ours, all, needed);
  const lost = losses(file, ours);
  // Without what the region inherits from, there is no place for it.
  if (lost.length > 0 && !definitions(outside).some(({ name }) => name === "zfs")) throw new UserError(lost);

  const { mine, others } = owned(all, region);
  const wanted = missingImports(needed, others);
  const kept = mine.filter(({ spec }) => wanted.some((wish) => wish.spec === spec));
  const { edits: drops, left } = dropImports(
    source,
    mine.filter((taken) => !kept.includes(taken)),
  );
  const missing = wanted.filter(({ spec }) => !kept.some((taken) => taken.spec === spec));
  const adds = [...missing].sort(compareWishes).map((wish) => addImport(text, outside, [...others, ...kept].sort((a, b) => a.start - b.start), wish));
  const record = { added: wanted.map(({ spec }) => spec), names: ours.map(({ name }) => name).filter((name) => !OUR_NAME.test(name)) };
  const put = putRegion(text, region, placeOfRegion(source, outside), (eol) => regionText(body.text, record, eol));
  return {
    after: edited(file, [...drops, ...adds, ...put], left),
    added: missing.map(({ spec }) => spec),
    dropped: mine.filter((taken) => !kept.includes(taken) && !left.includes(taken)).map(({ spec }) => spec),
    left,
    losses: lost,
  };
}

/** FILE without its managed region and without the imports that were added for it. */
export function withoutRegion(file: RegionSource): RegionEdit {
  const { source, region } = file;
  if (region === undefined) return { after: source.text, added: [], dropped: [], left: [], losses: [] };
  const { mine } = owned(imports(source.text, source.forms), region);
  const { edits, left } = dropImports(source, mine);
  return {
    after: edited(file, [...edits, dropRegion(source.text, region)], left),
    added: [],
    dropped: mine.filter((taken) => !left.includes(taken)).map(({ spec }) => spec),
    left,
    losses: losses(file, []),
  };
}

/** Reads what templates gave, so that it is they who are named where it is not in order. */
function readBody({ body, templates: file = "templates" }: RegionContent): Source {
  const text = body.replace(/\r\n/g, "\n");
  const lines = text.split("\n");
  const marker = findMarkers(text)[0];
  if (marker !== undefined) {
    throw new UserError({
      file,
      message: `what these templates give for a checkout has the line ${JSON.stringify(lines[marker.line - 1])}, which would be taken for a marker`,
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

/**
 * The text of FILE after EDITS, which leave the imports LEFT to others.
 *
 * Reads it again before it is given away: whatever the edits are, what is not
 * ours must still be there and mean what it meant.
 *
 * @throws Error where it would not, which is a bug of ours.
 */
export function edited(file: RegionSource, edits: readonly Edit[], left: readonly Import[]): string {
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
  const mine = new Set(all.filter(({ isClause, spec }) => isClause && recorded.delete(spec)));
  return { mine: [...mine], others: all.filter((taken) => !mine.has(taken)) };
}

function isInside({ start, end }: { readonly start: number; readonly end: number }, region: Region | undefined): boolean {
  return region !== undefined && region.start <= start && end <= region.end;
}

/** The first line end after the definitions that the region inherits from which is at top level. */
function placeOfRegion({ text, comments, forms }: Source, outside: readonly Datum[]): number {
  const bases = definitions(outside).filter(({ name }) => name === "zfs" || name === "zfs-auto-snapshot");
  const after = bases.reduce((last, { form }) => Math.max(last, form.end), 0);
  let end = endOfLine(text, after);
  const ranges = [...forms, ...comments.filter(({ depth }) => depth === 0)].filter((range) => range.end > after);
  for (const range of ranges.sort((a, b) => a.start - b.start)) {
    if (range.start >= end) break;
    if (range.end > end) end = endOfLine(text, range.end);
  }
  return end;
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

function refuseOtherModule(text: string, outside: readonly Datum[]): void {
  const hint = "expected the gnu/packages/file-systems.scm of Guix";
  const module = moduleForm(outside);
  if (module === undefined) throw new UserError({ message: "there is no (define-module …) in this file", hint });
  if (!isList(module.items[1])) throw new UserError({ ...position(text, module.start), message: "the name of this module does not come first in it", hint });
}

/** What zfs-guix writes has such a name, in every version of it; a name of another template is recorded. */
const OUR_NAME = /^(zfs-(guix-|for-|variant-)|%zfs-|%booted-zfs)/;

/** What is in the region and not ours, or OURS, would be lost: a marker may have slipped. */
function losses({ source, region }: RegionSource, ours: readonly Definition[]): Problem[] {
  const names = new Set([...ours.map(({ name }) => name), ...(region?.names ?? [])]);
  const inside = source.forms.filter((form) => isInside(form, region));
  const module = moduleForm(inside);
  const strangers = [
    ...(module === undefined ? [] : [{ form: module, what: "the module" }]),
    ...definitions(inside).flatMap(({ name, form }) => (names.has(name) || OUR_NAME.test(name) ? [] : [{ form, what: name }])),
  ];
  return strangers.map(({ form, what }) => ({
    ...position(source.text, form.start),
    message: `${what} is defined inside of the managed region and would be lost`,
    hint: "move it out of the region, or put the marker back where it was",
  }));
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
  for (const { name, start } of reexports(outside)) {
    if (!defined.has(name)) continue;
    problems.push({ ...position(text, start), message: `${name} of another module is exported here, and the managed region defines it`, hint: "take it out, or give it another name" });
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
