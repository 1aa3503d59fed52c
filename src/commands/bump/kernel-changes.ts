import { GUIX_LINUX_MODULE, type Kernel } from "../../read/kernel";
import type { ListedKernel } from "../../read/kernels";

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
export function kernelChanges(
  listed: readonly ListedKernel[],
  guix: readonly Kernel[],
): KernelChanges {
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
  return (
    module.join(" ") === GUIX_LINUX_MODULE.join(" ") && /^linux-libre-\d+\.\d+$/.test(variable)
  );
}
