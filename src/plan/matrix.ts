import type { CheckoutSummary } from "../read/guix/checkout";
import type { Kernel } from "../read/kernel";
import { newestFirst, support, type Support } from "./compatibility";
import type { Release } from "../read/openzfs/release";
import { compareSeries, formatSeries, type Series } from "../read/series";

/** Releases down, series across, and what each makes of the other. */
export interface Matrix {
  /** Oldest first. */
  readonly series: readonly Series[];
  /** Newest first. */
  readonly rows: readonly MatrixRow[];
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
    rows: newestFirst(releases).map((release) => ({
      release,
      cells: series.map((column) => support(release, column)),
    })),
    ...(checkout && { checkout }),
  };
}
