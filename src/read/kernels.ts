import { inFile, UserError, type Problem } from "../errors";
import { formatModule, guixKernel, type Kernel } from "./kernel";
import type { Datum } from "./scheme/datum";
import { position } from "../position";
import { read } from "./scheme/read";
import { asString, asSymbol } from "./scheme/walk";
import { formatSeries, isSeries, parseSeries, SERIES_FORM } from "./series";

/** A kernel of a kernel list, and the form that lists it. */
export interface ListedKernel {
  readonly kernel: Kernel;
  readonly form: Datum;
}

/** What an entry may be, for messages. */
const ENTRY_FORM =
  '"6.12", or ("6.12" KERNEL (MODULE ...) VARIANT), such as ("6.12" linux-6.12 (nongnu packages linux) zfs-for-nongnu-linux-6.12)';

const LIST_FORM = 'write one list, such as ("6.6" "6.12")';

/**
 * A name that needs no quoting in Scheme, in a shell, in a store file name or
 * in a commit message; all of Guix's own names are such.
 */
const NAME = /^[a-z][a-z0-9._+-]*$/i;

const MAXIMUM_NAME_LENGTH = 100;

/** Far more than there are. */
const MAXIMUM_KERNELS = 10_000;

/** The beginning of a variant's name, by which the commands of zfs-guix-tools know ZFS. */
const VARIANT_PREFIX = "zfs-for-";

/** The series that a variant's name promises. */
const NAMED_SERIES = /^zfs-for-linux-([0-9]+\.[0-9]+)/;

/** The procedure that stands beside the variants. */
const RESERVED = new Set(["zfs-for-kernel"]);

/** Whether NAME is a variant's; the procedure beside them is none. */
export function isVariantName(name: string): boolean {
  return name.startsWith(VARIANT_PREFIX) && !RESERVED.has(name);
}

/** The kernels of `--kernels`: series with commas between them. */
export function parseKernelList(text: string): readonly Kernel[] {
  const problems: Problem[] = [];
  const kernels: Kernel[] = [];
  const seen = new Set<string>();
  for (const item of text.split(",").map((part) => part.trim())) {
    const series = parseSeries(item);
    if (!isSeries(series)) {
      problems.push({
        message: `--kernels: ${JSON.stringify(item)} is not a series: ${series.reason}; expected ${SERIES_FORM}, with commas between several`,
      });
    } else if (seen.has(item)) {
      problems.push({
        message: `--kernels: series ${item} is listed twice`,
        hint: "take one of them out",
      });
    } else {
      seen.add(item);
      kernels.push(guixKernel(series));
    }
  }
  if (problems.length > 0) throw new UserError(problems);
  return kernels;
}

/**
 * The kernels that TEXT, the contents of FILE, lists.
 *
 * Throws a UserError that lists everything that is wrong with it.
 */
export function parseKernelsFile(text: string, file: string): readonly Kernel[] {
  return readKernelsFile(text, file).map(({ kernel }) => kernel);
}

/** The same, with the form of each, for who wants to edit the file. */
export function readKernelsFile(text: string, file: string): readonly ListedKernel[] {
  return new KernelsReader(text, file).read();
}

class KernelsReader {
  private readonly problems: Problem[] = [];

  constructor(
    private readonly text: string,
    private readonly file: string,
  ) {}

  read(): readonly ListedKernel[] {
    const nul = this.text.indexOf("\0");
    if (nul !== -1) {
      throw new UserError({
        file: this.file,
        ...position(this.text, nul),
        message: "there is a NUL byte here; expected text",
      });
    }
    const list = this.list();
    const found = list.items
      .map((form) => ({ kernel: this.kernel(form), form }))
      .filter((one): one is ListedKernel => one.kernel !== undefined);
    if (list.items.length === 0)
      this.refuse(list, "the list is empty", `expected at least one kernel: ${ENTRY_FORM}`);
    this.refuseTwice(found);
    if (this.problems.length > 0) throw new UserError(this.problems);
    return found;
  }

  private refuse(form: Datum, message: string, hint?: string): undefined {
    this.problems.push({
      file: this.file,
      ...position(this.text, form.start),
      message,
      ...(hint !== undefined && { hint }),
    });
    return undefined;
  }

  private list(): Extract<Datum, { kind: "list" }> {
    const [first, second] = inFile(this.file, () => read(this.text), LIST_FORM).forms;
    if (first === undefined) {
      throw new UserError({
        file: this.file,
        line: 1,
        column: 1,
        message: "there is no list of kernels in this file",
        hint: LIST_FORM,
      });
    }
    if (second !== undefined)
      this.refuse(
        second,
        "there is something after the list of kernels",
        "expected one list and comments",
      );
    if (first.kind === "list" && first.items.length > MAXIMUM_KERNELS)
      this.refuse(
        first,
        `this list has more than ${MAXIMUM_KERNELS} kernels`,
        "list those that you want ZFS for",
      );
    else if (first.kind === "list" && first.tail === undefined) return first;
    else this.refuse(first, "this is not a list of kernels", LIST_FORM);
    throw new UserError(this.problems);
  }

  private kernel(form: Datum): Kernel | undefined {
    if (form.kind === "string") return this.plain(form);
    if (form.kind === "list" && form.tail === undefined) return this.other(form);
    const source = this.text.slice(form.start, form.end);
    const shown = source.length > 40 ? `${source.slice(0, 40)}…` : source;
    return this.refuse(
      form,
      `${shown} is no kernel`,
      /^[0-9.]+$/.test(source) ? `put the series in quotes: "${shown}"` : `expected ${ENTRY_FORM}`,
    );
  }

  private plain(form: Extract<Datum, { kind: "string" }>): Kernel | undefined {
    const series = parseSeries(form.value);
    if (isSeries(series)) return guixKernel(series);
    return this.refuse(
      form,
      `${JSON.stringify(form.value)} is not a series: ${series.reason}`,
      `expected ${SERIES_FORM}`,
    );
  }

  private other(form: Extract<Datum, { kind: "list" }>): Kernel | undefined {
    const { length } = form.items;
    if (length !== 4)
      return this.refuse(
        form,
        `this kernel has ${length} part${length === 1 ? "" : "s"}`,
        `expected four: ${ENTRY_FORM}`,
      );
    const [first, kernelForm, moduleForm, variantForm] = form.items as [Datum, Datum, Datum, Datum];
    const plain =
      first.kind === "string"
        ? this.plain(first)
        : this.refuse(first, "this is not a series", `expected ${SERIES_FORM}, in quotes`);
    const variable = this.name(kernelForm, "kernel's variable");
    const module = this.module(moduleForm);
    const variant = this.name(variantForm, "variant's name");
    if (
      plain === undefined ||
      variable === undefined ||
      module === undefined ||
      variant === undefined
    )
      return undefined;
    if (variant === VARIANT_PREFIX)
      return this.refuse(
        variantForm,
        `the variant's name ${variant} stops too early`,
        "expected more after it, such as a series",
      );
    if (!variant.startsWith(VARIANT_PREFIX)) {
      return this.refuse(
        variantForm,
        `the variant's name ${variant} does not start with ${VARIANT_PREFIX}`,
        "the commands of zfs-guix-tools would not know it for ZFS",
      );
    }
    if (RESERVED.has(variant))
      return this.refuse(
        variantForm,
        `${variant} is the name of a procedure`,
        "name the variant otherwise",
      );
    const named = NAMED_SERIES.exec(variant)?.[1];
    if (named !== undefined && named !== formatSeries(plain.series)) {
      return this.refuse(
        variantForm,
        `the variant ${variant} is named for Linux ${named}, but its series is ${formatSeries(plain.series)}`,
        "make one of them the other",
      );
    }
    return { series: plain.series, variable, module, variant };
  }

  private module(form: Datum): readonly string[] | undefined {
    if (form.kind !== "list" || form.tail !== undefined || form.items.length === 0) {
      return this.refuse(
        form,
        "this is not the name of a module",
        "expected one such as (nongnu packages linux)",
      );
    }
    const parts = form.items.map((part) => this.name(part, "part of the module's name"));
    return parts.every((part) => part !== undefined) ? parts : undefined;
  }

  private name(form: Datum, what: string): string | undefined {
    const name = asSymbol(form) ?? asString(form);
    if (name !== undefined && NAME.test(name) && name.length <= MAXIMUM_NAME_LENGTH) return name;
    const reason =
      name === undefined
        ? "is no name"
        : name.length > MAXIMUM_NAME_LENGTH
          ? `has more than ${MAXIMUM_NAME_LENGTH} characters`
          : `has a character that a ${what} cannot have`;
    const shown =
      name === undefined
        ? this.text.slice(form.start, form.end).slice(0, 40)
        : JSON.stringify(name.slice(0, 40));
    return this.refuse(
      form,
      `the ${what} ${shown} ${reason}`,
      "expected letters, digits and . _ + -, a letter first",
    );
  }

  private refuseTwice(found: readonly ListedKernel[]): void {
    const kernels = new Map<string, { readonly kernel: Kernel; readonly line: number }>();
    const variants = new Map<string, { readonly line: number }>();
    for (const { kernel, form } of found) {
      const key = `${kernel.variable} ${kernel.module.join(" ")}`;
      const same = kernels.get(key);
      const namesake = variants.get(kernel.variant);
      if (same !== undefined && formatSeries(same.kernel.series) === formatSeries(kernel.series)) {
        this.refuse(
          form,
          `series ${formatSeries(kernel.series)} is listed twice, first in line ${same.line}`,
          "take one of them out",
        );
      } else if (same !== undefined) {
        const [here, there] = [kernel, same.kernel].map(({ series }) => formatSeries(series));
        this.refuse(
          form,
          `${kernel.variable} of ${formatModule(kernel.module)} is listed for Linux ${here}, and in line ${same.line} for Linux ${there}`,
          "a kernel is of one series: take one of them out",
        );
      } else if (namesake !== undefined) {
        this.refuse(
          form,
          `the variant ${kernel.variant} is listed twice, first in line ${namesake.line}`,
          "give it another name",
        );
      }
      const { line } = position(this.text, form.start);
      kernels.set(key, { kernel, line });
      variants.set(kernel.variant, { line });
    }
  }
}
