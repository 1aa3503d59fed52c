import { GUIX_LINUX_MODULE, sameModule, type Kernel } from "../../read/kernel";
import { UserError } from "../../errors";
import { readKernelsFile, type ListedKernel } from "../../read/kernels";
import type { Comment, Datum, ListDatum } from "../../read/scheme/datum";
import { read } from "../../read/scheme/read";
import { position } from "../../position";
import { compareSeries, formatSeries, type Series } from "../../read/series";

/** How a kernel list has to change to follow Guix. */
export interface KernelChanges {
  /** Kernels of Guix that are not listed. */
  readonly add: readonly Kernel[];
  /** Listed kernels of Guix that it has no more. */
  readonly remove: readonly ListedKernel[];
}

/**
 * What to do to LISTED so that it has exactly GUIX of Guix's own kernels.
 *
 * Only `linux-libre-X.Y` of (gnu packages linux) is followed, as a string or
 * spelled out: what comes from elsewhere, or is another variable, somebody
 * listed on purpose.
 */
function kernelChanges(listed: readonly ListedKernel[], guix: readonly Kernel[]): KernelChanges {
  const there = new Set(guix.map(({ variable }) => variable));
  const followed = listed.filter(({ kernel }) => isOfGuix(kernel));
  const have = new Set(followed.map(({ kernel }) => kernel.variable));
  return {
    add: guix.filter(({ variable }) => !have.has(variable)),
    remove: followed.filter(({ kernel }) => !there.has(kernel.variable)),
  };
}

/** Whether KERNEL is one that Guix has itself. */
export function isOfGuix({ module, variable }: Kernel): boolean {
  return sameModule(module, GUIX_LINUX_MODULE) && /^linux-libre-\d+\.\d+$/.test(variable);
}

/** TEXT, a kernel list that FILE holds, made to follow the kernels GUIX. */
export function followKernels(
  text: string,
  file: string,
  guix: readonly Kernel[],
): { readonly text: string; readonly changes: KernelChanges } {
  const changes = kernelChanges(readKernelsFile(text, file), guix);
  let edited = text;
  // Added first, so that a list whose every kernel is dropped has something left.
  for (const { series } of changes.add) edited = addSeries(edited, file, series);
  for (const { kernel } of changes.remove) edited = removeKernel(edited, file, kernel.variant);
  return { text: edited, changes };
}

/**
 * TEXT with a line for SERIES, after the last older kernel; before the first
 * older one in a list that begins with the newest.
 */
export function addSeries(text: string, file: string, series: Series): string {
  const listed = readKernelsFile(text, file);
  const literal = `"${formatSeries(series)}"`;
  const isOlder = ({ kernel }: ListedKernel): boolean => compareSeries(kernel.series, series) < 0;
  const previous = newestFirst(listed)
    ? listed.findLast((other) => !isOlder(other))
    : listed.findLast(isOlder);
  return previous === undefined
    ? addBefore(text, listed, literal)
    : addAfter(text, listed, previous.form, literal);
}

function newestFirst(listed: readonly ListedKernel[]): boolean {
  return (
    listed.length > 1 && compareSeries(listed[0]!.kernel.series, listed.at(-1)!.kernel.series) > 0
  );
}

function addAfter(
  text: string,
  listed: readonly ListedKernel[],
  form: Datum,
  literal: string,
): string {
  const { list, comments } = layout(text);
  if (onOneLine(text, listed)) return splice(text, form.end, form.end, ` ${literal}`);
  const end = endWithComment(text, comments, form.end);
  return splice(text, end, end, `${newline(text)}${indentation(text, list, listed)}${literal}`);
}

function addBefore(text: string, listed: readonly ListedKernel[], literal: string): string {
  const { list } = layout(text);
  const { form } = listed[0]!;
  // What stands above the first kernel is about it; the new one goes before that.
  const inside = list.start + 1;
  const line = `${newline(text)}${indentation(text, list, listed)}`;
  const gap = text.slice(inside, form.start);
  if (/^\s*$/.test(gap)) return splice(text, form.start, form.start, `${literal}${line}`);
  return splice(text, inside, inside, /^[ \t]*\r?\n/.test(gap) ? literal : `${literal}${line}`);
}

/** Whether the kernels follow each other on one line. */
function onOneLine(text: string, listed: readonly ListedKernel[]): boolean {
  const [first, second] = listed;
  return (
    first !== undefined &&
    second !== undefined &&
    !text.slice(first.form.end, second.form.start).includes("\n")
  );
}

/** TEXT without the kernel of VARIANT, the rest of whose line is its own where nothing else stands there. */
export function removeKernel(text: string, file: string, variant: string): string {
  const listed = readKernelsFile(text, file);
  const index = listed.findIndex(({ kernel }) => kernel.variant === variant);
  const found = listed[index];
  if (found === undefined) throw new Error(`${variant} is not in ${file}`);
  if (listed.length === 1) {
    throw new UserError({
      file,
      ...position(text, found.form.start),
      message: `${found.kernel.variable} is gone from Guix, and no kernel would be left in this list`,
      hint: "list one that you want ZFS for",
    });
  }
  const { list, comments } = layout(text);
  const { form } = found;
  const end = endWithComment(text, comments, form.end);
  const lineBegin = lineStart(text, form.start);
  const ownLine =
    /^[ \t]*$/.test(text.slice(lineBegin, form.start)) && /^[ \t]*\r?(\n|$)/.test(text.slice(end));
  if (ownLine) {
    const lineEnd = text.indexOf("\n", end);
    return lineEnd === -1
      ? splice(text, lineBegin, text.length, "")
      : splice(text, lineBegin, lineEnd + 1, "");
  }
  if (text.slice(end).trimStart().startsWith(")") && index === listed.length - 1) {
    // The last one, with the closing parenthesis behind it: what ended the
    // line before goes, unless it is a comment, which must not swallow the
    // parenthesis.
    const before = text.slice(list.start, form.start).trimEnd();
    const afterComment = comments.some(
      (comment) => comment.kind === "line" && comment.end === list.start + before.length,
    );
    return afterComment
      ? splice(text, form.start, end, "")
      : splice(text, list.start + before.length, end, "");
  }
  // Others follow, on this line or, behind the opening parenthesis, on the next ones.
  const gap = /^\s*/.exec(text.slice(end))![0].length;
  return splice(text, form.start, end + gap, "");
}

function layout(text: string): { list: ListDatum; comments: readonly Comment[] } {
  const { forms, comments } = read(text);
  return { list: forms[0] as ListDatum, comments };
}

/** Where the line comment ends that follows OFFSET on its line; OFFSET where there is none. */
function endWithComment(text: string, comments: readonly Comment[], offset: number): number {
  const comment = comments.find(
    ({ kind, start }) =>
      kind === "line" && start >= offset && /^[ \t]*$/.test(text.slice(offset, start)),
  );
  if (comment === undefined) return offset;
  return text[comment.end - 1] === "\r" ? comment.end - 1 : comment.end;
}

/** The white space before a kernel of the list: as before those there, else one more than its parenthesis. */
function indentation(text: string, list: ListDatum, listed: readonly ListedKernel[]): string {
  const before = listed.map(({ form }) => text.slice(lineStart(text, form.start), form.start));
  return (
    before.find((space) => /^[ \t]*$/.test(space)) ??
    " ".repeat(list.start - lineStart(text, list.start) + 1)
  );
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

function newline(text: string): string {
  return text.includes("\r\n") ? "\r\n" : "\n";
}

function splice(text: string, start: number, end: number, inserted: string): string {
  return text.slice(0, start) + inserted + text.slice(end);
}
