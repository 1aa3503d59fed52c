import type { Datum } from "../scheme/datum";
import type { Source } from "../scheme/read";
import type { Edit } from "./edit";
import { formatModule, moduleForm, provides, sameModule, type Import } from "./imports";
import { endOfLine, lineEndBefore, usualLineEnd } from "./line-end";
import type { ModuleNames } from "./region-imports";

/** An import that is missing. */
export interface WantedImport {
  readonly module: readonly string[];
  /** `(gnu packages guile)`, on one line. */
  readonly spec: string;
}

/** The imports that are missing for NEEDED among PRESENT, one a module. */
export function missingImports(needed: readonly ModuleNames[], present: readonly Import[]): WantedImport[] {
  return needed.flatMap(({ module, names, prefix }) => {
    const same = present.filter((taken) => sameModule(taken.module, module));
    const missing = names.filter((name) => !same.some((taken) => provides(taken, name, prefix)));
    if (missing.length === 0) return [];
    if (prefix !== undefined) return [{ module, spec: `(${formatModule(module)} #:prefix ${prefix})` }];
    // Who takes only some names of a module does not want the others.  But the
    // modules of packages import each other in circles, and in a circle the
    // names of a #:select may not exist yet.
    const isWhole = same.length === 0 || module[0] === "gnu";
    return [{ module, spec: isWhole ? formatModule(module) : `(${formatModule(module)} #:select (${missing.join(" ")}))` }];
  });
}

/** The order in which imports that go to one place are put there. */
export function compareWishes(a: WantedImport, b: WantedImport): number {
  return compareModules(a.module, b.module);
}

/**
 * The edit of TEXT that adds the import WANTED to the `define-module` of
 * FORMS, among KEPT, the clauses that are there and that stay.
 */
export function addImport(text: string, forms: readonly Datum[], kept: readonly Import[], { module, spec }: WantedImport): Edit {
  const form = moduleForm(forms)!;
  const own = kept.filter(({ isClause }) => isClause);
  const before = own.slice(0, placeFor(module, own.map((taken) => taken.module)));
  const anchor = before.at(-1)?.end ?? form.items[1]!.end;
  const neighbour = before.at(-1) ?? own[0];
  const indent = (neighbour && indentation(text, neighbour.start)) ?? "  ";
  const eol = usualLineEnd(text, anchor);
  const rest = text.slice(anchor, endOfLine(text, anchor));
  // A comment at the end of the line belongs to what stands before it.
  const at = /^[ \t]*(;.*)?$/.test(rest) ? anchor + rest.length : anchor;
  return { start: at, end: at, text: eol + clauseLines(spec, indent).join(eol) };
}

/**
 * The edits that take the clauses TAKEN of SOURCE out again, the inverse of
 * `addImport`, and those among TAKEN that stay because somebody has put
 * something else on their lines.
 */
export function dropImports(source: Source, taken: readonly Import[]): { readonly edits: readonly Edit[]; readonly left: readonly Import[] } {
  const edits: Edit[] = [];
  const left: Import[] = [];
  // From the last on: what follows a clause depends on whether the next one stays.
  for (const clause of [...taken].sort((a, b) => b.start - a.start)) {
    const edit = dropImport(source, clause, edits);
    if (edit === undefined) left.unshift(clause);
    else edits.unshift(edit);
  }
  return { edits, left };
}

function dropImport({ text, comments }: Source, { start, end }: Import, later: readonly Edit[]): Edit | undefined {
  const indent = indentation(text, start);
  if (indent === undefined) return undefined;
  if (/^[ \t]*;/.test(text.slice(end, endOfLine(text, end)))) return undefined;
  const lineStart = start - indent.length;
  const lineEnd = lineStart - (lineEndBefore(text, lineStart)?.length ?? 0);
  const joins = !/^[ \t]*$/.test(lineAfter(text, end, later));
  if (joins && comments.some((comment) => comment.kind === "line" && comment.start < lineStart && comment.end >= lineEnd)) {
    // On the line before it, what follows the clause would become part of the comment.
    const space = /^[ \t]*(?=[^ \t\r\n)\]])/.exec(text.slice(end, endOfLine(text, end)))?.[0] ?? "";
    return { start, end: end + space.length, text: "" };
  }
  return { start: lineEnd, end, text: "" };
}

/** What stands between OFFSET and the end of its line, once the edits LATER are made. */
function lineAfter(text: string, offset: number, later: readonly Edit[]): string {
  let rest = "";
  for (let from = offset; ; ) {
    const end = endOfLine(text, from);
    const next = later.find((edit) => edit.start >= from && edit.start <= end);
    if (next === undefined) return rest + text.slice(from, end);
    rest += text.slice(from, next.start);
    from = next.end;
  }
}

/** The white space before OFFSET, if there is nothing else on its line. */
function indentation(text: string, offset: number): string | undefined {
  const lineStart = text.lastIndexOf("\n", offset - 1) + 1;
  const before = text.slice(lineStart, offset);
  return lineStart > 0 && /^[ \t]*$/.test(before) ? before : undefined;
}

/**
 * How many of MODULES come before MODULE.  They are in groups (guix, guix
 * build-system, gnu packages, …) and nearly in alphabetical order: the place
 * is in the nearest group, where the fewest are on the wrong side.
 */
function placeFor(module: readonly string[], modules: readonly (readonly string[])[]): number {
  const nearness = modules.map((other) => 2 * commonParts(module, other) + (other.length === module.length ? 1 : 0));
  const nearest = nearness.reduce((most, each) => Math.max(most, each), 0);
  // Not even the first part is the same.
  if (nearest < 2) return modules.length;
  const group = modules.flatMap((other, index) => (nearness[index] === nearest ? [{ index, isAfter: compareModules(other, module) > 0 }] : []));
  // How many more, or fewer, than in front of them all.
  let wrong = 0;
  let best = { wrong, place: group[0]!.index };
  for (const { index, isAfter } of group) {
    wrong += isAfter ? 1 : -1;
    if (wrong < best.wrong) best = { wrong, place: index + 1 };
  }
  return best.place;
}

function commonParts(a: readonly string[], b: readonly string[]): number {
  const index = a.findIndex((part, position) => part !== b[position]);
  return index === -1 ? a.length : index;
}

function compareModules(a: readonly string[], b: readonly string[]): number {
  for (const [index, part] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    if (part !== other) return part < other ? -1 : 1;
  }
  return a.length - b.length;
}

/** Columns of a line in Guix. */
export const WIDTH = 79;

/** A clause for SPEC, broken as Guix does where a line of WIDTH columns has no room for it. */
export function clauseLines(spec: string, indent: string, width = WIDTH): string[] {
  const head = `${indent}#:use-module `;
  if (head.length + spec.length <= width) return [head + spec];
  const match = /^(\(\([^()]*\)) (#:select \()(.*)$/.exec(spec);
  if (match === null) return [head + spec];
  const [, module, select, names] = match as unknown as [string, string, string, string];
  const margin = " ".repeat(head.length + 1);
  return [head + module, ...fill(names.split(" "), margin + select, margin + " ".repeat(select.length), width)];
}

/** WORDS on lines of at most WIDTH columns, the first after FIRST, the others after REST. */
export function fill(words: readonly string[], first: string, rest: string, width = WIDTH): string[] {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of words) {
    if (!isEmpty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = rest;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}
