import { isUserError, UserError, position } from "../../errors";
import { GUIX_LINUX_MODULE, guixKernel, type Kernel } from "../kernel";
import { read, readAt, type Source } from "../scheme/read";
import { isList } from "../scheme/datum";
import {
  compareSeries,
  formatSeries,
  isSeries,
  parseSeries,
  seriesOfVersion,
  type Series,
} from "../series";
import { Bindings, definitions, packageForm, type Definition } from "./definition";

export interface CheckoutKernel extends Kernel {
  /** `6.12.95`; undefined where the file does not tell. */
  readonly version: string | undefined;
}

export interface LinuxFacts {
  /** One for each public `linux-libre-X.Y`, oldest series first. */
  readonly kernels: readonly CheckoutKernel[];
  /** The series of `linux-libre`, which Guix System boots by default. */
  readonly linuxLibre: Series | undefined;
  readonly lts: Series | undefined;
}

/** Below a checkout. */
export const LINUX_FILE = `${GUIX_LINUX_MODULE.join("/")}.scm`;

const KERNEL = /^linux-libre-([0-9]+\.[0-9]+)$/;

/**
 * The kernels of TEXT, gnu/packages/linux.scm, of which a hundredth is about
 * them: the rest is read only where they are not all told without it.
 *
 * @throws UserError as `linuxFacts`, or where it does not parse.
 */
export function readKernels(text: string): LinuxFacts {
  try {
    const facts = linuxFacts(readAt(text, kernelForms(text)));
    const isTold = facts.kernels.every(({ version }) => version !== undefined);
    if (isTold && facts.linuxLibre !== undefined) return facts;
  } catch (error) {
    if (!isUserError(error)) throw error;
  }
  return linuxFacts(read(text));
}

/** Where those forms of TEXT begin that decide which kernels there are; none where that is not sure. */
function kernelForms(text: string): number[] {
  // All that is left stands where it stood.
  const code = text.replace(/"(?:[^"\\]|\\[^])*"|(?<!#);[^\n]*|#\\./g, (found) =>
    " ".repeat(found.length),
  );
  const kernels = [...code.matchAll(/\(define\S*\s+linux-libre/g)].map(({ index }) => index);
  const isPlain =
    !/"|#[|;!{]/.test(code) &&
    isBalanced(code) &&
    kernels.every((index) => index === 0 || code[index - 1] === "\n");
  const others = code.matchAll(/^\((?:define-module|export|begin)\s/gm);
  return isPlain
    ? [...kernels, ...Array.from(others, ({ index }) => index)].sort((a, b) => a - b)
    : [];
}

/** Whether CODE closes what it opens: a file that was cut short does not. */
function isBalanced(code: string): boolean {
  let depth = 0;
  for (const character of code) {
    if (character === "(" || character === "[") depth += 1;
    else if (character === ")" || character === "]") depth -= 1;
  }
  return depth === 0;
}

/**
 * The kernels of SOURCE, gnu/packages/linux.scm.
 *
 * Variants for architectures and boards (`linux-libre-arm64-generic`) are not
 * series, nor are former names; a series with headers and source alone has no
 * kernel.
 *
 * @throws UserError where there is no kernel, or a kernel's version is not of its series.
 */
export function linuxFacts(source: Source): LinuxFacts {
  const all = definitions(source.forms);
  const bindings = new Bindings(all);
  const found = new Map<string, CheckoutKernel>();
  for (const definition of all) {
    const series = seriesOfName(definition.name);
    if (
      series === undefined ||
      !definition.isPublic ||
      definition.isDeprecated ||
      definition.value === undefined
    )
      continue;
    const version = kernelVersion(definition, bindings);
    refuseForeignVersion(source, definition, series, version);
    found.set(definition.name, { ...guixKernel(series), version });
  }
  if (found.size === 0) {
    throw new UserError({
      message: "there is no public kernel such as linux-libre-6.12 in this file",
      hint: "expected the gnu/packages/linux.scm of Guix",
    });
  }
  return {
    kernels: [...found.values()].sort((a, b) => compareSeries(a.series, b.series)),
    linuxLibre: seriesBoundTo("linux-libre", bindings),
    lts: seriesBoundTo("linux-libre-lts", bindings),
  };
}

function seriesOfName(name: string): Series | undefined {
  const series = parseSeries(KERNEL.exec(name)?.[1] ?? "");
  return isSeries(series) ? series : undefined;
}

/**
 * The version that DEFINITION says: the first argument of `(make-linux-libre*
 * linux-libre-6.12-version …)`, or the field of a package; else the variable
 * that Guix has for it.
 */
function kernelVersion({ name, value }: Definition, bindings: Bindings): string | undefined {
  const package_ = packageForm(value);
  const said =
    package_ !== undefined
      ? bindings.field(package_, "version")
      : isList(value) && value.items.length > 1
        ? value.items[1]
        : undefined;
  const version = bindings.string(said);
  if (version !== undefined && seriesOfVersion(version) !== undefined) return version;
  return bindings.string(bindings.follow(`${name}-version`)?.value);
}

function refuseForeignVersion(
  { text }: Source,
  { name, form }: Definition,
  series: Series,
  version: string | undefined,
): void {
  const own = version === undefined ? undefined : seriesOfVersion(version);
  if (own === undefined || compareSeries(own, series) === 0) return;
  throw new UserError({
    ...position(text, form.start),
    message: `${name} is version ${version}, which is of the series ${formatSeries(own)}`,
    hint: `expected a version such as ${formatSeries(series)}.1, so that it is known what ZFS has to support`,
  });
}

/** The series of the kernel that NAME stands for, by its name or by its version. */
function seriesBoundTo(name: string, bindings: Bindings): Series | undefined {
  const definition = bindings.follow(name);
  if (definition === undefined) return undefined;
  const version = kernelVersion(definition, bindings);
  return (
    seriesOfName(definition.name) ?? (version === undefined ? undefined : seriesOfVersion(version))
  );
}
