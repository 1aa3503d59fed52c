import { isOfGuix, isUnwanted, type Kernel } from "../../read/kernel";
import { UserError, position } from "../../errors";
import {
  listIn,
  readKernelsFile,
  takesNew,
  type KernelList,
  type ListInFile,
  type ListedKernel,
} from "../../read/kernels";
import { compareSeries, formatSeries, type Series } from "../../read/series";

/** How a kernel list has to change to follow Guix. */
export interface KernelChanges {
  /** Kernels of Guix that are not listed. */
  readonly add: readonly Kernel[];
  /** Listed kernels of Guix that it has no more. */
  readonly remove: readonly Kernel[];
}

/**
 * A kernel list made to have exactly GUIX of Guix's own kernels, but for what
 * it says it does not want.
 *
 * Only `linux-libre-X.Y` of (gnu packages linux) is followed, as a string or
 * spelled out: what comes from elsewhere, or is another variable, somebody
 * listed on purpose.
 */
export function followKernels(
  { path, text, policy }: ListInFile,
  guix: readonly Kernel[],
): { readonly list: ListInFile; readonly changes: KernelChanges } {
  const { kernels, unwanted } = policy;
  const followed = kernels.filter(isOfGuix);
  const lacking = (kernels: readonly Kernel[]) => (one: Kernel) =>
    !kernels.some(({ variable }) => variable === one.variable);
  const changes = {
    add: takesNew(policy)
      ? guix.filter(lacking(followed)).filter((kernel) => !isUnwanted(kernel, unwanted))
      : [],
    remove: followed.filter(lacking(guix)),
  };
  // Here, where the lines are those that somebody sees.
  for (const { kernel, form } of readKernelsFile(text, path).kernels)
    for (const { variable, variant, series } of changes.add)
      if (variant === kernel.variant)
        throw new UserError({
          file: path,
          ...position(text, form.start),
          message: `Guix has ${variable}, the variant of which is called ${variant}, too`,
          hint: `give this one another name, or write (unwanted "${formatSeries(series)}")`,
        });
  let edited = text;
  // Added first, so that a list whose every kernel is dropped has something left.
  for (const { series } of changes.add) edited = addSeries(edited, path, series);
  // The last first, so that the line of one that has to stay is the one that it has.
  for (const { variant } of changes.remove.toReversed())
    edited = removeKernel(edited, path, variant);
  return { list: listIn(path, edited), changes };
}

/**
 * TEXT with a line for SERIES, after the last older kernel; before the first
 * older one in a list that begins with the newest.
 */
export function addSeries(text: string, file: string, series: Series): string {
  const { list, comments, kernels } = readKernelsFile(text, file);
  const literal = `"${formatSeries(series)}"`;
  const [first, second] = kernels as [ListedKernel, ...ListedKernel[]];
  const isOlder = ({ kernel }: ListedKernel): boolean => compareSeries(kernel.series, series) < 0;
  const isNewestFirst = compareSeries(first.kernel.series, kernels.at(-1)!.kernel.series) > 0;
  const previous = kernels.findLast((other) => isOlder(other) !== isNewestFirst);

  // The white space before a kernel: as before those that begin a line, else one more than the parenthesis has.
  const indentation =
    kernels
      .map(({ form }) => lineUntil(text, form.start))
      .find((space) => space.trimStart() === "") ??
    " ".repeat(lineUntil(text, list.start).length + 1);
  const newLine = `${text.includes("\r\n") ? "\r\n" : "\n"}${indentation}`;
  const insert = (at: number, inserted: string): string =>
    text.slice(0, at) + inserted + text.slice(at);

  if (previous !== undefined) {
    if (second !== undefined && !text.slice(first.form.end, second.form.start).includes("\n"))
      return insert(previous.form.end, ` ${literal}`);
    return insert(endWithComment(text, comments, previous.form.end), newLine + literal);
  }
  // What stands above the first kernel is about it; the new one goes before that.
  const above = text.slice(list.start + 1, first.form.start);
  if (above.trim() === "") return insert(first.form.start, literal + newLine);
  return insert(list.start + 1, /^[ \t]*\r?\n/.test(above) ? literal : literal + newLine);
}

/** TEXT without the kernel of VARIANT and the comment that follows it on its line. */
export function removeKernel(text: string, file: string, variant: string): string {
  const { list, comments, kernels } = readKernelsFile(text, file);
  const { form, kernel } = kernels.find((one) => one.kernel.variant === variant)!;
  if (kernels.length === 1)
    throw new UserError({
      file,
      ...position(text, form.start),
      message: `${kernel.variable} is gone from Guix, and no kernel would be left in this list`,
      hint: "list one that you want ZFS for",
    });
  const end = endWithComment(text, comments, form.end);
  const space = /(\r?\n)?[ \t]*$/.exec(text.slice(list.start + 1, form.start))![0];
  const start = form.start - space.length;
  const isBehindComment = comments.some(
    (comment) => comment.kind === "line" && comment.start < start && start <= comment.end,
  );
  // What follows takes its place behind the opening parenthesis, and behind a
  // comment, which would swallow it.
  if (start === list.start + 1 || (isBehindComment && !/^[ \t]*\r?\n/.test(text.slice(end))))
    return text.slice(0, form.start) + text.slice(end).trimStart();
  const isGlued = /[^\s([]$/.test(text.slice(0, start)) && /^[^\s)\]]/.test(text.slice(end));
  return text.slice(0, start) + (isGlued ? " " : "") + text.slice(end);
}

/** Where the line comment ends that follows OFFSET on its line; OFFSET where there is none. */
function endWithComment(text: string, comments: KernelList["comments"], offset: number): number {
  const comment = comments.find(
    ({ kind, start }) =>
      kind === "line" && start >= offset && /^[ \t]*$/.test(text.slice(offset, start)),
  );
  if (comment === undefined) return offset;
  return text[comment.end - 1] === "\r" ? comment.end - 1 : comment.end;
}

function lineUntil(text: string, offset: number): string {
  return text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset);
}
