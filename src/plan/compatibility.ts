import type { CheckoutSummary } from "../read/guix/checkout";
import type { Kernel } from "../read/kernel";
import { compareSeries, formatSeries, type Series } from "../read/series";
import {
  compareVersions,
  type Advisory,
  type AdvisoryRange,
  type Release,
} from "../read/openzfs/release";

export type Support =
  | { readonly kind: "supported" }
  | { readonly kind: "advisory"; readonly advisory: Advisory }
  | { readonly kind: "unsupported"; readonly because: "too new" | "too old" };

/**
 * Whether RELEASE supports SERIES: its META must admit the series and no
 * advisory may speak against it.
 */
export function support(release: Release, series: Series): Support {
  if (compareSeries(series, release.linuxMaximum) > 0)
    return { kind: "unsupported", because: "too new" };
  if (compareSeries(series, release.linuxMinimum) < 0)
    return { kind: "unsupported", because: "too old" };
  const advisory = release.advisories.find(
    ({ range }) =>
      range !== undefined && OPERATORS[range.operator](compareSeries(series, range.series)),
  );
  return advisory === undefined ? { kind: "supported" } : { kind: "advisory", advisory };
}

/** Whether each holds for the order of two series. */
const OPERATORS = {
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
  "=": (order) => order === 0,
} satisfies Record<AdvisoryRange["operator"], (order: number) => boolean>;

export function newestFirst(releases: readonly Release[]): Release[] {
  return [...releases].sort((a, b) => compareVersions(b.version, a.version));
}

/** RELEASES in the order in which they are taken: first those that are not known to lose data, the newest of them first. */
export function byPreference(releases: readonly Release[]): Release[] {
  const order = newestFirst(releases);
  const isSafe = ({ losesData }: Release): boolean => losesData.length === 0;
  return [...order.filter(isSafe), ...order.filter((release) => !isSafe(release))];
}

/**
 * The releases nearest to VERSION that support SERIES: the first after it, and
 * the last before it, for a kernel that has become too old.
 */
export function nearestSupporting(
  releases: readonly Release[],
  series: Series,
  version: string,
): { readonly later: Release | undefined; readonly earlier: Release | undefined } {
  const supporting = newestFirst(releases).filter(
    (release) => support(release, series).kind === "supported",
  );
  return {
    later: supporting.findLast((release) => compareVersions(release.version, version) > 0),
    earlier: supporting.find((release) => compareVersions(release.version, version) < 0),
  };
}

/** Releases down, series across, and what each makes of the other. */
export interface Matrix {
  /** Oldest first. */
  readonly series: readonly Series[];
  /** Newest first. */
  readonly rows: readonly MatrixRow[];
  /** Of the kernels, those that are held to some of the releases. */
  readonly pinned: readonly Kernel[];
  /** Where the series come from, if not from a list. */
  readonly checkout?: CheckoutSummary;
}

export interface MatrixRow {
  readonly release: Release;
  /** In the order of the matrix's series. */
  readonly cells: readonly Support[];
}

export function matrixOf(
  kernels: readonly Kernel[],
  releases: readonly Release[],
  checkout?: CheckoutSummary,
): Matrix {
  const series = [
    ...new Map(kernels.map((kernel) => [formatSeries(kernel.series), kernel.series])).values(),
  ].sort(compareSeries);
  return {
    series,
    pinned: kernels.filter(({ pin }) => pin !== undefined),
    rows: newestFirst(releases).map((release) => ({
      release,
      cells: series.map((column) => support(release, column)),
    })),
    ...(checkout && { checkout }),
  };
}
