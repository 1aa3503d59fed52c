import { formatSeries, type Series } from "./series";

/** A kernel for which a variant is wanted. */
export interface Kernel {
  readonly series: Series;
  /** The variable of its package, `linux-libre-6.12`. */
  readonly variable: string;
  /** The name of the module that defines it, `["gnu", "packages", "linux"]`. */
  readonly module: readonly string[];
  /** The variable and package name of its variant, `zfs-for-linux-6.12`. */
  readonly variant: string;
}

/** The module of Guix's own kernels. */
export const GUIX_LINUX_MODULE: readonly string[] = ["gnu", "packages", "linux"];

/** Guix's own kernel of SERIES. */
export function guixKernel(series: Series): Kernel {
  const text = formatSeries(series);
  return {
    series,
    variable: `linux-libre-${text}`,
    module: GUIX_LINUX_MODULE,
    variant: `zfs-for-linux-${text}`,
  };
}

export function sameModule(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((part, index) => part === b[index]);
}

/** A module's name as Scheme writes it. */
export function formatModule(module: readonly string[]): string {
  return `(${module.join(" ")})`;
}
