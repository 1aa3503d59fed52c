import type { DataLoss, Release } from "../read/openzfs/release";

/** What makes some of RELEASES lose data, each with those that it is about, in their order. */
export function dataLosses(
  releases: readonly Release[],
): (DataLoss & { readonly releases: readonly Release[] })[] {
  const found = new Map<string, DataLoss & { releases: Release[] }>();
  for (const release of releases)
    for (const { says, source } of release.losesData) {
      const key = JSON.stringify([says, source]);
      const loss = found.get(key) ?? { says, source, releases: [] };
      loss.releases.push(release);
      found.set(key, loss);
    }
  return [...found.values()];
}

/** The version of RELEASE, with a mark where it is known to lose data. */
export function marked({ version, losesData }: Release): string {
  return losesData.length === 0 ? version : `${version}!`;
}

/** Of each way to lose data which of RELEASES have it, a line each. */
export function lossLines(releases: readonly Release[]): string[] {
  return dataLosses(releases).map(
    ({ releases: affected, says, source }) => `! ${runs(affected, releases)}: ${says} (${source})`,
  );
}

/** FOUND, newest first, of all releases in their ORDER: `2.4.4 to 2.4.0, 2.3.9` for a branch's releases that follow each other. */
export function runs(found: readonly Release[], order: readonly Release[]): string {
  const branch = ({ version }: Release): string => version.replace(/\.\d+$/, "");
  const spans: [Release, Release][] = [];
  for (const release of found) {
    const last = spans.at(-1);
    if (
      last &&
      order[order.indexOf(last[1]) + 1] === release &&
      branch(last[1]) === branch(release)
    )
      last[1] = release;
    else spans.push([release, release]);
  }
  return spans
    .map(([newest, oldest]) =>
      newest === oldest ? newest.version : `${newest.version} to ${oldest.version}`,
    )
    .join(", ");
}
