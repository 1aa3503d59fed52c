import { UserError } from "../errors";
import type { Kernel } from "../read/kernel";
import type { Release } from "../read/openzfs/release";
import { makePlan, type Plan } from "./plan";
import { position } from "../position";
import type { Source } from "../read/scheme/read";
import type { ZfsFacts } from "../read/guix/zfs-facts";

/**
 * The release among RELEASES that ZFS, of SOURCE, is.
 *
 * @throws UserError, without a file, where it is not known.
 */
export function checkoutRelease(
  source: Source,
  { version, versionForm }: ZfsFacts,
  releases: readonly Release[],
): Release {
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
export function checkoutPlan(
  kernels: readonly Kernel[],
  release: Release,
  releases: readonly Release[],
): Plan {
  return makePlan(kernels, {
    releases,
    candidates: [release],
    needsHash: false,
    because: `this checkout has ${release.version}`,
  });
}
