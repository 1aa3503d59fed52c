import { UserError, type Problem, position } from "../errors";
import type { ZfsFacts } from "../read/guix/zfs-facts";
import { isUnwanted, type Kernel, type Pin } from "../read/kernel";
import type { Source } from "../read/scheme/read";
import { byPreference, nearestSupporting, newestFirst, support } from "./compatibility";
import { branchOf, formatRange, sourced, type Release } from "../read/openzfs/release";
import { compareSeries, formatSeries, type Series } from "../read/series";

export interface PlannedVariant {
  readonly kernel: Kernel;
  readonly release: Release;
}

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
  /** Series of Guix that the list of kernels has none for, asked for or not. */
  readonly unwanted: readonly Series[];
}

export interface Choice {
  /** Those that may be taken: all, the one that is pinned, or the one of a checkout. */
  readonly candidates: readonly Release[];
  /** Whether a release needs a known hash, which it does unless a checkout has it already. */
  readonly needsHash: boolean;
  /** How the candidates came to be so few, for the reason: "this checkout has 2.4.3". */
  readonly because?: string;
}

type KnownChoice = Choice & Pick<Wishes, "releases">;

/** The plan for WISHES, whatever the order of their kernels. */
export function makePlan({ kernels, releases, unwanted = [] }: Wishes, limits: Choice): Plan {
  refuseUnknownPins(kernels, releases);
  const variants: PlannedVariant[] = [];
  const skipped: SkippedKernel[] = [];
  const choice = { ...limits, releases };
  const usable = byPreference(usableOf(choice.candidates, choice));
  for (const kernel of [...kernels].sort(compareKernels)) {
    const release = usable.find(
      (candidate) =>
        isPinned(candidate, kernel.pin) && support(candidate, kernel.series).kind === "supported",
    );
    if (isUnwanted(kernel, unwanted))
      skipped.push({
        kernel,
        reason: `${kernel.variable} is not wanted, as the list of kernels says`,
      });
    else if (release !== undefined) variants.push({ kernel, release });
    else
      skipped.push(
        kernel.pin === undefined ? skip(kernel, choice) : unmet(kernel, kernel.pin, choice),
      );
  }
  const taken =
    variants.length > 0 ? new Set(variants.map(({ release }) => release)) : usable.slice(0, 1);
  return { variants, skipped, releases: byPreference([...taken]), unwanted };
}

function compareKernels(a: Kernel, b: Kernel): number {
  return compareSeries(a.series, b.series) || (a.variant < b.variant ? -1 : 1);
}

function usableOf(releases: readonly Release[], { needsHash }: Choice): Release[] {
  return releases.filter(({ sha256 }) => !needsHash || sha256 !== undefined);
}

/** Those of PLAN's releases that are known to lose data, and why they are taken; a sentence each, without the period. */
export function lossNotes(
  { variants, releases }: Pick<Plan, "variants" | "releases">,
  inPlace: boolean,
): string[] {
  return releases.flatMap((release) => {
    const { version, losesData } = release;
    const kernels = variants.filter((one) => one.release === release);
    if (losesData.length === 0 || (kernels.length === 0 && !inPlace)) return [];
    const what = losesData.map(sourced).join("; ");
    const why = inPlace
      ? `OpenZFS ${version}, the zfs of this checkout, is known to lose data`
      : `OpenZFS ${version} is known to lose data, and no other that may be taken supports ${kernels.map(({ kernel }) => kernel.variable).join(", ")}`;
    return [`${why}: ${what}`];
  });
}

/** Whether RELEASE is the one, or of the branch, that PIN names. */
export function isPinned({ version }: Release, pin: Pick<Pin, "zfs"> | undefined): boolean {
  return pin === undefined || version === pin.zfs || version.startsWith(`${pin.zfs}.`);
}

/** KERNEL without a variant, since its PIN leaves no release for it. */
function unmet(kernel: Kernel, pin: Pin, choice: KnownChoice): SkippedKernel {
  const { series, variable } = kernel;
  const named = newestFirst(choice.releases).filter((release) => isPinned(release, pin));
  const [newest] = named;
  const { needs } = skip(kernel, { ...choice, candidates: named });
  const fits = named.find((release) => support(release, series).kind === "supported");
  const why =
    fits === undefined
      ? `which supports Linux ${formatRange(newest!)}${needs === undefined ? "" : `; ${needs} would do`}${advisoryNote(kernel, { ...choice, candidates: named })}`
      : usableOf([fits], choice).length === 0
        ? `and the hash of ${fits.version} is not known`
        : `and ${choice.because ?? "another one is asked for"}`;
  return {
    kernel,
    ...(needs !== undefined && { needs }),
    reason: `${variable} is pinned to OpenZFS ${pin.zfs} in ${pin.file}:${pin.line}, ${why}`,
  };
}

function skip(kernel: Kernel, choice: KnownChoice): SkippedKernel {
  const { series, variable } = kernel;
  const { releases, candidates } = choice;
  const because = choice.because === undefined ? "" : `; ${choice.because}`;
  const { later, earlier } = nearestSupporting(
    usableOf(releases, choice),
    series,
    newestFirst(usableOf(candidates, choice))[0]?.version ?? "0.0.0",
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
    if (found.kind === "advisory") return `; ${release.version}: ${sourced(found.advisory)}`;
  }
  return "";
}

function noRelease(kernel: Kernel, choice: KnownChoice): string {
  const { releases } = choice;
  const newest = newestFirst(releases)[0]!;
  const oldest = releases.map((release) => release.linuxMinimum).sort(compareSeries)[0]!;
  return compareSeries(kernel.series, oldest) < 0
    ? `${kernel.variable} is too old: the oldest Linux that a release of OpenZFS supports is ${formatSeries(oldest)}`
    : `${kernel.variable} has no release yet that supports it: OpenZFS ${newest.version} supports Linux ${formatRange(newest)}${advisoryNote(kernel, choice)}`;
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

export interface Wishes {
  readonly kernels: readonly Kernel[];
  /** Series of Guix that get no variant, asked for or not. */
  readonly unwanted?: readonly Series[];
  readonly releases: readonly Release[];
  /** A release or a branch of OpenZFS, for a channel. */
  readonly zfs?: string | undefined;
}

/** What is generated in a checkout whose zfs is RELEASE: no variant but of that release. */
export function checkoutPlan(wishes: Wishes, release: Release): Plan {
  const because = `this checkout has ${release.version}`;
  return makePlan(wishes, { candidates: [release], needsHash: false, because });
}

export function channelPlan(wishes: Wishes): Plan {
  const { releases, zfs } = wishes;
  if (zfs === undefined) return makePlan(wishes, { candidates: releases, needsHash: true });
  const pin = { zfs: releaseName(zfs) };
  const problem = pinProblem(releases, pin, { message: `--zfs ${zfs}` });
  if (problem !== undefined) throw new UserError(problem);
  return makePlan(wishes, {
    candidates: releases.filter((release) => isPinned(release, pin)),
    needsHash: true,
    because: `--zfs asks for ${zfs}`,
  });
}

/** @throws UserError for pins to what there is no release of. */
export function refuseUnknownPins(kernels: readonly Kernel[], releases: readonly Release[]): void {
  const problems = kernels.flatMap(({ pin }) => {
    if (pin === undefined) return [];
    const { zfs, ...place } = pin;
    return pinProblem(releases, pin, { ...place, message: `(zfs "${zfs}")` }) ?? [];
  });
  if (problems.length > 0) throw new UserError(problems);
}

/** GIVEN, what `--zfs` was given, without what OpenZFS puts before it in the names of its tags and tarballs. */
function releaseName(given: string): string {
  const name = given.replace(/^(zfs-)?v?(?=[0-9])/, "");
  if (/^[0-9]+\.[0-9]+(\.[0-9]+)?$/.test(name)) return name;
  throw new UserError({
    message: `--zfs ${JSON.stringify(given)}: expected a release such as 2.4.3, or a branch such as 2.4`,
  });
}

/** Why nothing can be pinned to PIN, in words that begin as WHERE has it; undefined where it can. */
function pinProblem(
  releases: readonly Release[],
  pin: Pick<Pin, "zfs">,
  where: Problem,
): Problem | undefined {
  const kind = pin.zfs.split(".").length === 2 ? "branch" : "release";
  const found = releases.filter((release) => isPinned(release, pin));
  if (found.length === 0) {
    const known = newestFirst(releases).map(({ version }) => version);
    const others = known.filter((version) => branchOf(version) === branchOf(pin.zfs));
    return {
      ...where,
      message: `${where.message}: no such ${kind} of OpenZFS is known`,
      hint:
        others.length > 0
          ? `known are ${others.join(", ")}`
          : `known are the branches ${[...new Set(known.map(branchOf))].join(", ")}`,
    };
  }
  return found.every(({ sha256 }) => sha256 === undefined)
    ? {
        ...where,
        message: `${where.message}: no hash is known for that ${kind}, so it cannot be pinned`,
        hint: "pin another one, or add its hash to the data file",
      }
    : undefined;
}
