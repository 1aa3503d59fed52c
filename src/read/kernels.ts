import { inFile, isUserError, UserError, type Problem, position } from "../errors";
import { refuseConflicts } from "../files";
import { formatModule, guixKernel, isOfGuix, type Kernel, type Pin } from "./kernel";
import { read } from "./scheme/read";
import {
  asString,
  asSymbol,
  headSymbol,
  isList,
  walk,
  type Comment,
  type Datum,
  type ListDatum,
} from "./scheme/datum";
import {
  compareSeries,
  formatSeries,
  isSeries,
  parseRealSeries,
  SERIES_FORM,
  type Series,
} from "./series";

export interface Policy {
  readonly kernels: readonly Kernel[];
  /** Series of Guix that are known and get no variant. */
  readonly unwanted: readonly Series[];
  /** Whether a series that Guix has and that is not listed is to be taken; undefined where that is not said. */
  readonly newSeries: boolean | undefined;
}

/** Whether a series that Guix has and that POLICY does not list is to be taken, into a channel or IN_PLACE. */
export function takesNew({ newSeries, kernels }: Policy, inPlace = false): boolean {
  // Whoever lists other people's kernels alone has not asked for Guix's, but in Guix itself.
  return newSeries ?? (inPlace || kernels.some(isOfGuix));
}

/** A kernel list, and how it is written, for who wants to edit it. */
export interface KernelList extends Omit<Policy, "kernels"> {
  readonly list: ListDatum;
  readonly comments: readonly Comment[];
  readonly kernels: readonly ListedKernel[];
}

/** A kernel of a kernel list, and the form that lists it. */
export interface ListedKernel {
  readonly kernel: Kernel;
  readonly form: Datum;
}

/** What an entry may be, for messages. */
const ENTRY_FORM =
  '"6.12", or ("6.12" KERNEL (MODULE ...) VARIANT), such as ("6.12" linux-6.12 (nongnu packages linux) zfs-for-nongnu-linux-6.12); held to a branch of OpenZFS, ("6.12" (zfs "2.3"))';

/** What may stand behind a kernel, and beside the kernels, for messages. */
const FIELD_FORM = '(zfs "2.3"), its branch or release of OpenZFS';
const DECISION_FORM = '(unwanted "5.10" …), or (new-series #f)';

const LIST_FORM = 'write one list, such as ("6.6" "6.12")';

/**
 * A name that needs no quoting in Scheme, in a shell, in a store file name or
 * in a commit message; all of Guix's own names are such.
 */
const NAME = /^[a-z][a-z0-9._+-]{0,99}$/i;

/** Far more than there are. */
const MAXIMUM_KERNELS = 10_000;

/**
 * Whether NAME is a variant's: by its beginning the commands of zfs-guix-tools
 * know ZFS.  The procedure that stands beside the variants is none.
 */
export function isVariantName(name: string): boolean {
  return /^zfs-for-(?!kernel$)./.test(name);
}

/** The kernels of `--kernels`: series with commas between them. */
export function parseKernelList(text: string): readonly Kernel[] {
  const problems: Problem[] = [];
  const kernels = new Map<string, Kernel>();
  for (const item of text.split(",").map((part) => part.trim())) {
    const series = parseRealSeries(item);
    if (!isSeries(series))
      problems.push({
        message: `--kernels: ${JSON.stringify(item)} is not a series: ${series.reason}; expected ${SERIES_FORM}, with commas between several`,
      });
    else if (kernels.has(item))
      problems.push({
        message: `--kernels: series ${item} is listed twice`,
        hint: "take one of them out",
      });
    else kernels.set(item, guixKernel(series));
  }
  if (problems.length > 0) throw new UserError(problems);
  return [...kernels.values()];
}

/**
 * The kernels that TEXT, the contents of FILE, lists.
 *
 * Throws a UserError that lists what is wrong with it: of each entry, the first thing.
 */
export function parseKernelsFile(text: string, file: string): readonly Kernel[] {
  return parsePolicy(text, file).kernels;
}

/** All that TEXT, the contents of FILE, decides; see parseKernelsFile. */
export function parsePolicy(text: string, file: string): Policy {
  const { kernels, unwanted, newSeries } = readKernelsFile(text, file);
  return { kernels: kernels.map(({ kernel }) => kernel), unwanted, newSeries };
}

/** A kernel list as it stands in a file. */
export type ListInFile = ReturnType<typeof listIn>;

export function listIn(path: string, text: string) {
  return { path, text, policy: parsePolicy(text, path) };
}

type Refuse = (form: Datum, message: string, hint: string) => never;

/** The same, with how it is written. */
export function readKernelsFile(text: string, file: string): KernelList {
  const refuse: Refuse = (form, message, hint) => {
    throw new UserError({ file, ...position(text, form.start), message, hint });
  };
  refuseConflicts(file, text);
  const { forms, comments } = inFile(file, () => read(text), LIST_FORM);
  const [list, second] = forms;
  if (!isList(list) || list.tail !== undefined || list.items.length === 0)
    throw new UserError({
      file,
      ...position(text, list?.start ?? 0),
      message: "there is no list of kernels here",
      hint: `${LIST_FORM}; a kernel is ${ENTRY_FORM}`,
    });
  if (list.items.length > MAXIMUM_KERNELS)
    refuse(
      list,
      `this list has more than ${MAXIMUM_KERNELS} kernels`,
      "list those that you want ZFS for",
    );
  const problems: Problem[] = [];
  const kernels: ListedKernel[] = [];
  const unwanted: { readonly series: Series; readonly form: Datum }[] = [];
  let newSeries: boolean | undefined;
  const seen = new Map<string, Datum>();
  for (const form of list.items) {
    try {
      // What stands behind the dot of a pair would be lost.
      for (const one of walk(form))
        if (isList(one) && one.tail !== undefined)
          refuse(one.tail, "there is a dot before this", "take the dot out");
      if (isList(form, "unwanted")) {
        unwanted.push(
          ...form.items.slice(1).map((one) => ({ series: seriesOf(one, refuse), form: one })),
        );
        continue;
      }
      if (isList(form, "new-series")) {
        newSeries = newSeriesOf(form, refuse, newSeries);
        continue;
      }
      const kernel = kernelOf(text, form, file, refuse);
      for (const [what, hint] of [
        [`${kernel.variable} of ${formatModule(kernel.module)}`, "take one of them out"],
        [`the variant ${kernel.variant}`, "give it another name"],
      ] as const) {
        const other = seen.get(what);
        if (other !== undefined)
          refuse(
            form,
            `${what} is listed twice, first in line ${position(text, other.start).line}`,
            hint,
          );
        seen.set(what, form);
      }
      kernels.push({ kernel, form });
    } catch (error) {
      if (!isUserError(error)) throw error;
      problems.push(...error.problems);
    }
  }
  if (second !== undefined)
    problems.push({
      file,
      ...position(text, second.start),
      message: "there is something after the list of kernels",
      hint: "expected one list and comments",
    });
  for (const { series, form } of unwanted) {
    const listed = kernels.find(
      ({ kernel }) => isOfGuix(kernel) && compareSeries(kernel.series, series) === 0,
    );
    if (listed !== undefined)
      problems.push({
        file,
        ...position(text, form.start),
        message: `${formatSeries(series)} is not wanted here, and line ${position(text, listed.form.start).line} lists it`,
        hint: "take one of them out",
      });
  }
  if (kernels.length === 0 && problems.length === 0)
    refuse(
      list,
      "there is no kernel in this list",
      `list one that you want ZFS for: ${ENTRY_FORM}`,
    );
  if (problems.length > 0) throw new UserError(problems);
  return {
    list,
    comments,
    kernels,
    unwanted: unwanted.map(({ series }) => series),
    newSeries,
  };
}

function newSeriesOf(form: ListDatum, refuse: Refuse, before: boolean | undefined): boolean {
  const [, value, more] = form.items;
  const said = value?.kind === "atom" ? value.text : undefined;
  if (more !== undefined || before !== undefined || (said !== "#t" && said !== "#f"))
    return refuse(
      form,
      before === undefined
        ? "this does not say whether new series of Guix are to be taken"
        : "whether new series of Guix are to be taken is said twice",
      "write (new-series #t) or (new-series #f), once",
    );
  return said === "#t";
}

function seriesOf(form: Datum, refuse: Refuse): Series {
  if (form.kind !== "string")
    return refuse(form, "this is not a series", `expected ${SERIES_FORM}, in quotes`);
  const series = parseRealSeries(form.value);
  return isSeries(series)
    ? series
    : refuse(
        form,
        `${JSON.stringify(form.value)} is not a series: ${series.reason}`,
        `expected ${SERIES_FORM}`,
      );
}

/** What OPTIONS, the fields behind a kernel of the list in FILE, say of it. */
function fieldsOf(
  text: string,
  fields: readonly Datum[],
  file: string,
  refuse: Refuse,
): Pick<Kernel, "pin"> {
  let pin: Pin | undefined;
  for (const field of fields) {
    const value = isList(field, "zfs") && field.items.length === 2 ? field.items[1] : undefined;
    const zfs = /^(?:zfs-)?v?([0-9]+\.[0-9]+(?:\.[0-9]+)?)$/.exec(asString(value) ?? "")?.[1];
    if (zfs === undefined || pin !== undefined)
      refuse(
        value ?? field,
        pin === undefined
          ? "this says nothing that is known about a kernel"
          : "this kernel has a release of OpenZFS already",
        `expected ${FIELD_FORM}, once`,
      );
    pin = { zfs, file, ...position(text, field.start) };
  }
  return pin === undefined ? {} : { pin };
}

/** The kernel that FORM, an entry of TEXT, lists. */
function kernelOf(text: string, form: Datum, file: string, refuse: Refuse): Kernel {
  const written = (one: Datum): string => {
    const source = text.slice(one.start, one.end).replace(/\s+/g, " ");
    return source.length > 40 ? `${source.slice(0, 40)}…` : source;
  };
  const name = (one: Datum, what: string): string => {
    const found = asSymbol(one) ?? asString(one);
    return found !== undefined && NAME.test(found)
      ? found
      : refuse(
          one,
          `the ${what} cannot be ${written(one)}`,
          "expected letters, digits and . _ + -, a letter first, at most 100",
        );
  };
  if (form.kind === "string") return guixKernel(seriesOf(form, refuse));
  if (headSymbol(form) === "zfs")
    return refuse(
      form,
      `${written(form)} stands beside the kernels, not in one`,
      'put a kernel and it in parentheses of their own: (("6.12" (zfs "2.3")) "6.6")',
    );
  const items = isList(form) ? form.items : [];
  const isGuix = items[0]?.kind === "string" && isList(items[1]);
  if (items.length === 0 || (items.length < 4 && !isGuix))
    return refuse(
      form,
      `${written(form)} is no kernel`,
      /^[0-9.]+$/.test(written(form))
        ? `put the series in quotes: "${written(form)}"`
        : headSymbol(form) !== undefined
          ? `expected ${ENTRY_FORM}; or ${DECISION_FORM}`
          : `expected ${ENTRY_FORM}`,
    );
  const series = seriesOf(items[0]!, refuse);
  if (isGuix) return { ...guixKernel(series), ...fieldsOf(text, items.slice(1), file, refuse) };
  const [, kernelForm, moduleForm, variantForm, ...fields] = items as [
    Datum,
    Datum,
    Datum,
    Datum,
    ...Datum[],
  ];
  const variable = name(kernelForm, "kernel's variable");
  if (!isList(moduleForm) || moduleForm.items.length === 0)
    return refuse(
      moduleForm,
      "this is not the name of a module",
      "expected one such as (nongnu packages linux)",
    );
  const module = moduleForm.items.map((part) => name(part, "part of the module's name"));
  const variant = name(variantForm, "variant's name");
  if (!isVariantName(variant))
    refuse(
      variantForm,
      `the variant's name cannot be ${variant}`,
      "expected zfs-for- and more, by which the commands of zfs-guix-tools know it; zfs-for-kernel is a procedure",
    );
  const named = /^zfs-for-linux-([0-9]+\.[0-9]+)/.exec(variant)?.[1] ?? formatSeries(series);
  if (named !== formatSeries(series))
    refuse(
      variantForm,
      `the variant ${variant} is named for Linux ${named}, but its series is ${formatSeries(series)}`,
      "make one of them the other",
    );
  return { series, variable, module, variant, ...fieldsOf(text, fields, file, refuse) };
}
