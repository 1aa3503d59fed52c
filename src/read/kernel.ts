import { compareSeries, formatSeries, type Series } from "./series";

export interface Kernel {
  readonly series: Series;
  /** The variable of its package, `linux-libre-6.12`. */
  readonly variable: string;
  /** The name of the module that defines it, `["gnu", "packages", "linux"]`. */
  readonly module: readonly string[];
  /** The variable and package name of its variant, `zfs-for-linux-6.12`. */
  readonly variant: string;
  /** What of OpenZFS its variant is held to; absent where it gets the newest that supports it. */
  readonly pin?: Pin;
}

/** A decision in a list of kernels about one of them. */
export interface Pin {
  /** A release or a branch: `2.3.9`, `2.3`. */
  readonly zfs: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export const GUIX_LINUX_MODULE: readonly string[] = ["gnu", "packages", "linux"];

export function guixKernel(series: Series): Kernel {
  const text = formatSeries(series);
  return {
    series,
    variable: `linux-libre-${text}`,
    module: GUIX_LINUX_MODULE,
    variant: `zfs-for-linux-${text}`,
  };
}

export function isOfGuix({ module, variable }: Kernel): boolean {
  return sameModule(module, GUIX_LINUX_MODULE) && /^linux-libre-\d+\.\d+$/.test(variable);
}

/** Whether KERNEL is Guix's own of one of the series UNWANTED. */
export function isUnwanted(kernel: Kernel, unwanted: readonly Series[]): boolean {
  return isOfGuix(kernel) && unwanted.some((series) => compareSeries(series, kernel.series) === 0);
}

export function sameModule(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((part, index) => part === b[index]);
}

export function formatModule(module: readonly string[]): string {
  return `(${module.join(" ")})`;
}
