import { UserError } from "../errors";
import { position } from "../position";
import type { ZfsFacts } from "../read/guix/zfs-facts";
import type { Kernel } from "../read/kernel";
import type { Source } from "../read/scheme/read";
import { byPreference, nearestSupporting, newestFirst, support } from "./compatibility";
import type { Release } from "../read/openzfs/release";
import { compareSeries, formatSeries } from "../read/series";

/** A variant that is generated: its kernel, and the release that it is built from. */
export interface PlannedVariant {
  readonly kernel: Kernel;
  readonly release: Release;
}

/** A kernel that gets no variant. */
export interface SkippedKernel {
  readonly kernel: Kernel;
  /** A sentence without its period. */
  readonly reason: string;
  /** The version of the nearest release that would do; absent where there is none. */
  readonly needs?: string;
}

/** Which variants are generated, and which kernels are skipped and why; oldest series first. */
export interface Plan {
  readonly variants: readonly PlannedVariant[];
  readonly skipped: readonly SkippedKernel[];
  /** The releases of the variants, in the order of `byPreference`; where there are no variants, the first that could be taken. */
  readonly releases: readonly Release[];
}

/** What a plan may choose from. */
export interface Choice {
  /** Every release that is known. */
  readonly releases: readonly Release[];
  /** Those that may be taken: all, the one that is pinned, or the one of a checkout. */
  readonly candidates: readonly Release[];
  /** Whether a release needs a known hash, which it does unless a checkout has it already. */
  readonly needsHash: boolean;
  /** How the candidates came to be so few, for the reason: "this checkout has 2.4.3". */
  readonly because?: string;
}

/** The plan for KERNELS, whatever their order. */
export function makePlan(kernels: readonly Kernel[], choice: Choice): Plan {
  const variants: PlannedVariant[] = [];
  const skipped: SkippedKernel[] = [];
  const usable = byPreference(newestUsable(choice.candidates, choice));
  for (const kernel of [...kernels].sort(compareKernels)) {
    const release = usable.find(
      (candidate) => support(candidate, kernel.series).kind === "supported",
    );
    if (release !== undefined) variants.push({ kernel, release });
    else skipped.push(skip(kernel, choice));
  }
  const taken =
    variants.length > 0 ? new Set(variants.map(({ release }) => release)) : usable.slice(0, 1);
  return { variants, skipped, releases: byPreference([...taken]) };
}

function compareKernels(a: Kernel, b: Kernel): number {
  return compareSeries(a.series, b.series) || (a.variant < b.variant ? -1 : 1);
}

/** Those of RELEASES that can be taken, newest first. */
function newestUsable(releases: readonly Release[], { needsHash }: Choice): Release[] {
  return newestFirst(releases).filter(({ sha256 }) => !needsHash || sha256 !== undefined);
}

/** Those of PLAN's releases that are known to lose data, and why they are taken; a sentence each, without the period. */
export function lossNotes({ variants, releases }: Plan, inPlace: boolean): string[] {
  return releases.flatMap((release) => {
    const { version, losesData } = release;
    const kernels = variants.filter((one) => one.release === release);
    if (losesData.length === 0 || (kernels.length === 0 && !inPlace)) return [];
    const what = losesData.map(({ says, source }) => `${says} (${source})`).join("; ");
    const why = inPlace
      ? `OpenZFS ${version}, the zfs of this checkout, is known to lose data`
      : `OpenZFS ${version} is known to lose data, and no other that may be taken supports ${kernels.map(({ kernel }) => kernel.variable).join(", ")}`;
    return [`${why}: ${what}`];
  });
}

function skip(kernel: Kernel, choice: Choice): SkippedKernel {
  const { series, variable } = kernel;
  const { releases, candidates } = choice;
  const because = choice.because === undefined ? "" : `; ${choice.because}`;
  const { later, earlier } = nearestSupporting(
    newestUsable(releases, choice),
    series,
    newestUsable(candidates, choice)[0]?.version ?? "0.0.0",
  );
  const needs = (later ?? earlier)?.version;
  const unhashed = newestFirst(candidates).find(
    (release) => support(release, series).kind === "supported",
  );
  if (unhashed !== undefined)
    return {
      kernel,
      needs: needs ?? unhashed.version,
      reason: `${variable} needs OpenZFS ${unhashed.version}, the hash of which is not known${needs === undefined ? "" : `, or ${needs}`}${because}`,
    };
  if (needs !== undefined)
    return {
      kernel,
      needs,
      reason: `${variable} needs OpenZFS ${needs} or ${later === undefined ? "earlier" : "later"}${because}${advisoryNote(kernel, choice)}`,
    };
  return { kernel, reason: noRelease(kernel, choice) };
}

/** That a candidate was passed over for an advisory and not for its META. */
function advisoryNote({ series }: Kernel, { candidates }: Choice): string {
  for (const release of newestFirst(candidates)) {
    const found = support(release, series);
    if (found.kind === "advisory")
      return `; ${release.version}: ${found.advisory.says} (${found.advisory.source})`;
  }
  return "";
}

function noRelease(kernel: Kernel, choice: Choice): string {
  const { releases } = choice;
  const newest = newestFirst(releases)[0]!;
  const oldest = releases.map((release) => release.linuxMinimum).sort(compareSeries)[0]!;
  return compareSeries(kernel.series, oldest) < 0
    ? `${kernel.variable} is too old: the oldest Linux that a release of OpenZFS supports is ${formatSeries(oldest)}`
    : `${kernel.variable} has no release yet that supports it: OpenZFS ${newest.version} supports Linux ${formatSeries(newest.linuxMinimum)} to ${formatSeries(newest.linuxMaximum)}${advisoryNote(kernel, choice)}`;
}

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
      hint:
        others.length > 0
          ? `known are ${others.join(", ")}`
          : `known are the branches ${[...new Set(known.map(branchOf))].join(", ")}`,
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
