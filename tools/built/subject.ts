import { newestFirst, support } from "../../src/plan/compatibility";
import { readReleases } from "../../src/read/inputs";
import type { Release } from "../../src/read/openzfs/release";
import { parseSeries, type Series } from "../../src/read/series";
import type { DebianKernel, Foundry } from "./foundry";

/** What is built. */
export interface Subject {
  readonly kernel: DebianKernel;
  readonly release: Release;
  /** The file name of the source, in the root directory. */
  readonly source: string;
}

/** For each of KERNELS the newest release that supports it and whose source can be had; why there is none, where there is none, as of OTHERS, which Debian has not. */
export async function choose(
  foundry: Foundry,
  kernels: readonly DebianKernel[],
  others: readonly string[] = [],
): Promise<{ readonly subjects: readonly Subject[]; readonly notBuilt: readonly string[] }> {
  const releases = newestFirst((await readReleases({})).releases);
  const subjects: Subject[] = [];
  const notBuilt: string[] = others.map(
    (series) => `zfs-for-linux-${series}: no suite of Debian has Linux ${series}`,
  );
  for (const kernel of kernels) {
    const candidates = supporting(releases, kernel);
    const release = await firstToBeHad(foundry, candidates);
    if (release === undefined)
      notBuilt.push(
        `zfs-for-linux-${kernel.series}: the source of no release that supports it can be had here: ${candidates.map(({ version }) => version).join(", ") || "there is none"}`,
      );
    else subjects.push({ kernel, release, source: foundry.sourceInRoot(release) });
  }
  return { subjects, notBuilt };
}

/**
 * The newest of KERNELS for which Guix's own file can have a variant in place, and
 * the release of Guix's `zfs`; where the source of that cannot be had, the newest
 * release whose source can be, to which Guix's `zfs` has to be updated then.
 */
export async function chooseInPlace(
  foundry: Foundry,
  kernels: readonly DebianKernel[],
): Promise<Subject | undefined> {
  const releases = newestFirst((await readReleases({})).releases);
  const isOfGuix = ({ version }: Release): boolean => version === foundry.releaseOfGuix;
  const preferred = [...releases.filter(isOfGuix), ...releases.filter((one) => !isOfGuix(one))];
  for (const kernel of kernels.filter(({ series }) => foundry.hasKernel(series)).reverse()) {
    const release = await firstToBeHad(foundry, supporting(preferred, kernel));
    if (release !== undefined) return { kernel, release, source: foundry.sourceInRoot(release) };
  }
  return undefined;
}

/** Those of RELEASES that support KERNEL. */
function supporting(releases: readonly Release[], { series }: DebianKernel): Release[] {
  return releases.filter(
    (release) => support(release, parseSeries(series) as Series).kind === "supported",
  );
}

/** The first of RELEASES whose source can be had. */
async function firstToBeHad(
  foundry: Foundry,
  releases: readonly Release[],
): Promise<Release | undefined> {
  for (const release of releases) if (await foundry.source(release)) return release;
  return undefined;
}
