import { isUserError, UserError, type Problem } from "../../errors";
import type { Datum } from "../../read/scheme/datum";
import { position } from "../../position";
import { read, type Source } from "../../read/scheme/read";
import { formatModule, sameModule } from "../../read/kernel";
import { isList, namesIn } from "../../read/scheme/walk";
import { definitions, reexports, type Definition } from "../../read/guix/definition";
import { imports, moduleForm, provides, saysOf, type Import } from "../../read/guix/imports";
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
  /** Name → text of the files that come with it. */
  readonly files?: ReadonlyMap<string, string>;
  /** Where the templates are that gave the body, for messages. */
  readonly templates?: string;
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
 * @throws UserError where that cannot be done; without a file, unless the templates are at fault.
 */
export function withRegion(file: RegionSource, content: RegionContent): RegionEdit {
  const { source, region } = file;
  const { text } = source;
  const body = readBody(content);
  const ours = definitions(body.forms);
  const outside = source.forms.filter((form) => !isInside(form, region));
  const needed = neededNames(namesIn(body.forms), content.kernels);
  const all = imports(outside);
  const lost = losses(file);
  // Without what the region inherits from, there is no place for it.
  if (lost.length > 0 && !definitions(outside).some(({ name }) => name === "zfs"))
    throw new UserError(lost);
  const module = moduleOf(text, outside);
  refuseNamesakes(source, outside, ours, all, needed);
  refuseMissing(position(text, module.start), needed, all);

  const put = putRegion(text, region, placeOfRegion(source, outside), (eol) =>
    regionText(body.text, content.files ?? new Map(), eol),
  );
  const after = edited(file, put);
  return { after, losses: after === text ? [] : lost };
}

/** FILE without its managed region. */
export function withoutRegion(file: RegionSource): RegionEdit {
  const { source, region } = file;
  if (region === undefined) return { after: source.text, losses: [] };
  return { after: edited(file, [dropRegion(source.text, region)]), losses: losses(file) };
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
 * The text of FILE after EDITS.
 *
 * Reads it again before it is given away: whatever the edits are, what is not
 * ours must still be there and mean what it meant.
 *
 * @throws Error where it would not, which is a bug of ours.
 */
export function edited(file: RegionSource, edits: readonly Edit[]): string {
  const text = applyEdits(file.source.text, edits);
  if (text === file.source.text) return text;
  let after: string[];
  try {
    after = bystanders(readRegion(text));
  } catch (error) {
    throw new Error(
      `the file would no longer be in order: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
  const before = bystanders(file);
  const index = Array.from({ length: Math.max(before.length, after.length) }).findIndex(
    (_, at) => before[at] !== after[at],
  );
  if (index !== -1)
    throw new Error(
      `the edit would change what is not ours: ${before[index] ?? "nothing"} would become ${after[index] ?? "nothing"}`,
    );
  return text;
}

/** The forms and comments at top level that are not ours. */
function bystanders({ source: { text, forms, comments }, region }: RegionSource): string[] {
  return [...forms, ...comments.filter(({ depth }) => depth === 0)]
    .filter((range) => !isInside(range, region))
    .map(({ start, end }) => text.slice(start, end));
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

/** A region that stands where it works stays there, also where somebody moved it down. */
function putRegion(
  text: string,
  region: Region | undefined,
  place: number,
  write: (eol: "\n" | "\r\n") => string,
): Edit[] {
  if (region !== undefined && region.start > place) {
    const eol = lineEndBefore(text, region.start) ?? usualLineEnd(text);
    return [{ start: region.start, end: region.end, text: write(eol) }];
  }
  // A line feed after a lone carriage return would make a line end of both, and take it along.
  const eol = text[place - 1] === "\r" ? "\r\n" : (lineEndAt(text, place) ?? usualLineEnd(text));
  const put = { start: place, end: place, text: eol + eol + write(eol) };
  return region === undefined ? [put] : [dropRegion(text, region), put];
}

/** The inverse of what `putRegion` does to a file without a region. */
function dropRegion(text: string, { start, end }: Region): Edit {
  const lineEnd = lineEndBefore(text, start);
  // At the top of the file there is no line end before it, but one after it.
  if (lineEnd === undefined)
    return { start, end: end + (lineEndAt(text, end)?.length ?? 0), text: "" };
  const previous = start - lineEnd.length;
  return { start: previous - (lineEndBefore(text, previous)?.length ?? 0), end, text: "" };
}

function moduleOf(text: string, outside: readonly Datum[]): Datum {
  const hint = "expected the gnu/packages/file-systems.scm of Guix";
  const module = moduleForm(outside);
  if (module === undefined)
    throw new UserError({ message: "there is no (define-module …) in this file", hint });
  if (!isList(module.items[1]))
    throw new UserError({
      ...position(text, module.start),
      message: "the name of this module does not come first in it",
      hint,
    });
  return module;
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
  const module = moduleForm(inside);
  const strangers = [
    ...(module === undefined ? [] : [{ form: module, what: "the module" }]),
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

/** Names that the region uses and that this file does not have. */
function refuseMissing(
  place: { readonly line: number; readonly column: number },
  needed: readonly ModuleNames[],
  all: readonly Import[],
): void {
  const problems = needed.flatMap(({ module, names, prefix }): Problem[] => {
    const same = all.filter((taken) => sameModule(taken.module, module));
    const missing = names.filter((name) => !same.some((taken) => provides(taken, name, prefix)));
    if (missing.length === 0) return [];
    const spec =
      prefix === undefined ? formatModule(module) : `(${formatModule(module)} #:prefix ${prefix})`;
    return [
      {
        ...place,
        message: `the managed region needs ${missing.join(", ")}, which this module does not import`,
        hint: `add #:use-module ${spec} to it`,
      },
    ];
  });
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
  const from = new Map(
    needed.flatMap(({ module, names, prefix }) =>
      names.map((name) => [name, { module, original: name.slice(prefix?.length ?? 0) }] as const),
    ),
  );
  for (const { name, form } of definitions(outside)) {
    const module = from.get(name)?.module;
    if (defined.has(name)) {
      problems.push({
        ...position(text, form.start),
        message: `${name} is defined here already, outside of the managed region`,
        hint: "take this definition out, or name it otherwise",
      });
    } else if (module !== undefined) {
      problems.push({
        ...position(text, form.start),
        message: `${name} is defined here, and the managed region needs the one of ${formatModule(module)}`,
        hint: "name it otherwise",
      });
    }
  }
  for (const { name, start } of reexports(outside)) {
    if (!defined.has(name)) continue;
    problems.push({
      ...position(text, start),
      message: `${name} of another module is exported here, and the managed region defines it`,
      hint: "take it out, or give it another name",
    });
  }
  for (const taken of all) {
    if (taken.select === undefined) continue;
    for (const name of [...defined, ...from.keys()]) {
      const says = saysOf(taken, name);
      const ours = from.get(name);
      if (
        says === undefined ||
        (says.name === ours?.original && sameModule(says.module, ours.module))
      )
        continue;
      const clash =
        ours === undefined
          ? "the managed region defines it"
          : `the managed region needs the one of ${formatModule(ours.module)}`;
      problems.push({
        ...position(text, taken.start),
        message: `${name} is ${says.name} of ${formatModule(says.module)} here, and ${clash}`,
        hint: "give the import another name, with #:select or #:prefix",
      });
    }
  }
  if (problems.length > 0) throw new UserError(problems);
}

/** The characters from `start` to before `end` become `text`. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** TEXT after EDITS, no two of which overlap; of two insertions at one place the first given comes first. */
function applyEdits(text: string, edits: readonly Edit[]): string {
  let result = "";
  let done = 0;
  for (const edit of [...edits].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (edit.start < done) throw new Error("edits overlap");
    result += text.slice(done, edit.start) + edit.text;
    done = edit.end;
  }
  return result + text.slice(done);
}
