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
    const supporting = releases.filter(
      (release) => support(release, parseSeries(kernel.series) as Series).kind === "supported",
    );
    let release: Release | undefined;
    for (const candidate of supporting) {
      if (!(await foundry.source(candidate))) continue;
      release = candidate;
      break;
    }
    if (release === undefined)
      notBuilt.push(
        `zfs-for-linux-${kernel.series}: the source of no release that supports it can be had here: ${supporting.map(({ version }) => version).join(", ") || "there is none"}`,
      );
    else subjects.push({ kernel, release, source: foundry.sourceInRoot(release) });
  }
  return { subjects, notBuilt };
}
