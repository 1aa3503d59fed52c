import { UserError } from "../errors";
import type { Kernel } from "../kernel";
import type { Release } from "../openzfs/release";
import { makePlan, type Plan } from "../plan";
import { position } from "../scheme/position";
import type { Source } from "../scheme/read";
import { compareSeries, formatSeries } from "../series";
import type { CheckoutKernel } from "./linux-facts";
import type { ZfsFacts } from "./zfs-facts";

/** The kernels of a checkout that are WANTED, or all. */
export function narrowKernels(kernels: readonly CheckoutKernel[], wanted: readonly Kernel[] | undefined): readonly CheckoutKernel[] {
  if (wanted === undefined) return kernels;
  const find = (kernel: Kernel): CheckoutKernel | undefined =>
    kernels.find((own) => own.variable === kernel.variable && own.module.join(" ") === kernel.module.join(" ") && compareSeries(own.series, kernel.series) === 0);
  const absent = wanted.filter((kernel) => find(kernel) === undefined);
  if (absent.length > 0) {
    const has = kernels.map(({ series }) => formatSeries(series)).join(", ");
    throw new UserError(absent.map(({ variable, module }) => ({ message: `this checkout has no ${variable} in (${module.join(" ")})`, hint: `expected series among those that it has: ${has}` })));
  }
  return kernels.filter((own) => wanted.some((kernel) => find(kernel) === own));
}

/**
 * The release among RELEASES that ZFS, of SOURCE, is.
 *
 * @throws UserError, without a file, where it is not known.
 */
export function checkoutRelease(source: Source, { version, versionForm }: ZfsFacts, releases: readonly Release[]): Release {
  const release = releases.find((candidate) => candidate.version === version);
  if (release !== undefined) return release;
  throw new UserError({
    ...position(source.text, versionForm.start),
    message: `nothing is known of OpenZFS ${version}, the zfs of this checkout, so neither is which kernels it supports`,
    hint: "name a file of releases that has it with --releases FILE, or use a newer zfs-guix",
  });
}

/**
 * Makes sure that a variant can inherit from ZFS, of SOURCE.
 *
 * @throws UserError, without a file, for one of before May 2022.
 */
export function refuseOldStyle(source: Source, { isGexp, version, form }: ZfsFacts): void {
  if (isGexp) return;
  throw new UserError({
    ...position(source.text, form.start),
    message: `the zfs ${version} of this checkout is written without G-expressions, as in Guix before May 2022, and cannot be inherited from`,
    hint: "leave out --in-place to generate a channel, which pins its own releases",
  });
}

/** What is generated in a checkout whose zfs is RELEASE: no variant but of that release. */
export function checkoutPlan(kernels: readonly Kernel[], release: Release, releases: readonly Release[]): Plan {
  return makePlan(kernels, { releases, candidates: [release], needsHash: false, because: `this checkout has ${release.version}` });
}
