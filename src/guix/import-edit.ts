import type { Datum } from "../scheme/datum";
import type { Edit } from "./edit";
import { formatModule, moduleForm, provides, sameModule, type Import } from "./imports";
import { endOfLine, usualLineEnd } from "./line-end";
import type { ModuleNames } from "./region-imports";

/**
 * The specs of the imports that are missing for NEEDED among PRESENT, one a
 * module, on one line each.
 */
export function missingImports(needed: readonly ModuleNames[], present: readonly Import[]): string[] {
  return needed.flatMap(({ module, names, prefix }) => {
    const same = present.filter((taken) => sameModule(taken.module, module));
    const missing = names.filter((name) => !same.some((taken) => provides(taken, name, prefix)));
    if (missing.length === 0) return [];
    if (prefix !== undefined) return [`(${formatModule(module)} #:prefix ${prefix})`];
    // Who takes only some names of a module does not want the others.  But the
    // modules of packages import each other in circles, and in a circle the
    // names of a #:select may not exist yet.
    return [same.length === 0 || module[0] === "gnu" ? formatModule(module) : `(${formatModule(module)} #:select (${missing.join(" ")}))`];
  });
}

/** The module of a spec as `missingImports` gives it. */
export function moduleOfSpec(spec: string): readonly string[] {
  return /^\(+([^()]*)\)/.exec(spec)![1]!.split(" ");
}

/**
 * The edit of TEXT that adds a `#:use-module` of SPEC to the `define-module`
 * of FORMS, among KEPT, the clauses that are there and that stay.
 */
export function addImport(text: string, forms: readonly Datum[], kept: readonly Import[], spec: string): Edit {
  const form = moduleForm(forms)!;
  const own = kept.filter(({ isClause }) => isClause);
  const before = own.slice(0, placeFor(moduleOfSpec(spec), own.map(({ module }) => module)));
  const anchor = before.at(-1)?.end ?? form.items[1]?.end ?? form.items[0]!.end;
  const neighbour = before.at(-1) ?? own[0];
  const indent = (neighbour && indentation(text, neighbour.start)) ?? "  ";
  const eol = usualLineEnd(text, anchor);
  const rest = text.slice(anchor, endOfLine(text, anchor));
  // A comment at the end of the line belongs to what stands before it.
  const at = /^[ \t]*(;.*)?$/.test(rest) ? anchor + rest.length : anchor;
  return { start: at, end: at, text: eol + clauseLines(spec, indent).join(eol) };
}

/**
 * The edit of TEXT that takes the clause TAKEN out again, the inverse of
 * `addImport`; undefined where somebody has put something else on its lines.
 */
export function dropImport(text: string, { start, end }: Import): Edit | undefined {
  const indent = indentation(text, start);
  if (indent === undefined) return undefined;
  if (/^[ \t]*;/.test(text.slice(end, endOfLine(text, end)))) return undefined;
  const lineStart = start - indent.length;
  return { start: lineStart - (text[lineStart - 2] === "\r" ? 2 : 1), end, text: "" };
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
  const nearest = Math.max(0, ...nearness);
  // Not even the first part is the same.
  if (nearest < 2) return modules.length;
  const group = modules.flatMap((other, index) => (nearness[index] === nearest ? [{ index, isAfter: compareModules(other, module) > 0 }] : []));
  let wrong = group.filter(({ isAfter }) => !isAfter).length;
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

const WIDTH = 79;

/** A clause for SPEC, broken as Guix does where a line has no room for it. */
export function clauseLines(spec: string, indent: string): string[] {
  const head = `${indent}#:use-module `;
  if (head.length + spec.length <= WIDTH) return [head + spec];
  const match = /^(\(\([^()]*\)) (#:select \()(.*)$/.exec(spec);
  if (match === null) return [head + spec];
  const [, module, select, names] = match as unknown as [string, string, string, string];
  const margin = " ".repeat(head.length + 1);
  return [head + module, ...fill(names.split(" "), margin + select, margin + " ".repeat(select.length))];
}

/** WORDS on lines of at most WIDTH columns, the first after FIRST, the others after REST. */
function fill(words: readonly string[], first: string, rest: string): string[] {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of words) {
    if (!isEmpty && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = rest;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}
