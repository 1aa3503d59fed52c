import { UserError } from "../errors";
import type { Kernel } from "../read/kernel";
import type { Release } from "../read/openzfs/release";
import { makePlan, type Plan } from "./plan";
import { position } from "../position";
import type { Source } from "../read/scheme/read";
import type { ZfsFacts } from "../read/guix/zfs-facts";
import { newestFirst } from "./compatibility";

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

/** The plan for a channel with KERNELS, PIN being a release or a branch of OpenZFS. */
export function channelPlan(
  kernels: readonly Kernel[],
  releases: readonly Release[],
  pin?: string,
): Plan {
  const candidates = pin === undefined ? releases : pinnedReleases(releases, pin);
  return makePlan(kernels, {
    releases,
    candidates,
    needsHash: true,
    ...(pin !== undefined && { because: `--zfs asks for ${pin}` }),
  });
}

/**
 * The releases that PIN, what `--zfs` was given, leaves: a release (`2.4.3`)
 * or the releases of a branch (`2.3`).
 *
 * Throws a UserError where there is none, or none that can be pinned.
 */
function pinnedReleases(releases: readonly Release[], given: string): readonly Release[] {
  // As OpenZFS names its tags and its tarballs.
  const pin = given.replace(/^(zfs-)?v?(?=[0-9])/, "");
  if (!/^[0-9]+\.[0-9]+(\.[0-9]+)?$/.test(pin)) {
    throw new UserError({
      message: `--zfs ${JSON.stringify(given)}: expected a release such as 2.4.3, or a branch such as 2.4`,
    });
  }
  const kind = pin.split(".").length === 2 ? "branch" : "release";
  const found = releases.filter(({ version }) => version === pin || version.startsWith(`${pin}.`));
  if (found.length === 0) {
    const known = newestFirst(releases).map(({ version }) => version);
    const branchOf = (version: string): string => /^[0-9]+\.[0-9]+/.exec(version)![0];
    const others = known.filter((version) => branchOf(version) === branchOf(pin));
    throw new UserError({
      message: `--zfs ${pin}: no such ${kind} of OpenZFS is known`,
      hint: `known are ${[...(others.length > 0 ? others : new Set(known.map(branchOf)))].join(", ")}`,
    });
  }
  if (found.every(({ sha256 }) => sha256 === undefined)) {
    throw new UserError({
      message: `--zfs ${pin}: no hash is known for that ${kind}, so it cannot be pinned`,
      hint: "pin another one, or add its hash to the data file",
    });
  }
  return found;
}
