import { formatSeries, type Series } from "../series";

/** Folders of the programs that a release installs. */
const TOOL_FOLDERS = ["sbin", "bin"] as const;
export type ToolFolder = (typeof TOOL_FOLDERS)[number];

/** Which series an advisory speaks against: those that compare so with `series`. */
export interface AdvisoryRange {
  readonly operator: "<" | "<=" | ">" | ">=" | "=";
  readonly series: Series;
}

/** Something that is known of a release, such as what makes it lose data, whatever the kernel. */
export interface Statement {
  readonly says: string;
  readonly source: string;
}

/** What is known of a release beyond its META (design fact: META is necessary, not sufficient). */
export interface Advisory extends Statement {
  /** Absent where the advisory only tells something and speaks against no series. */
  readonly range?: AdvisoryRange;
}

export interface Release {
  /** `2.4.4`, as in the tag `zfs-2.4.4`. */
  readonly version: string;
  /** Day of the release, `YYYY-MM-DD`. */
  readonly date: string;
  /** `Linux-Minimum` and `Linux-Maximum` of the tag's META, both included. */
  readonly linuxMinimum: Series;
  readonly linuxMaximum: Series;
  /** SHA-256 of the release tarball, 52 characters of Guix base32; undefined where none is known. */
  readonly sha256?: string;
  /** Names of the installed programs, sorted, by folder. */
  readonly tools: Readonly<Record<ToolFolder, readonly string[]>>;
  readonly advisories: readonly Advisory[];
  /** Empty where no such thing is known. */
  readonly losesData: readonly Statement[];
}

/** Which Linux a release supports, both ends included. */
export type LinuxRange = Pick<Release, "linuxMinimum" | "linuxMaximum">;

/** `4.18 to 7.2`. */
export function formatRange({ linuxMinimum, linuxMaximum }: LinuxRange): string {
  return `${formatSeries(linuxMinimum)} to ${formatSeries(linuxMaximum)}`;
}

/** Negative when version A is older than version B; numbers are compared as numbers. */
export function compareVersions(a: string, b: string): number {
  const left = a.split(".");
  const right = b.split(".");
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = Number(left[index] ?? 0) - Number(right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The branch of VERSION, `2.3` of `2.3.9`, which may be a branch itself. */
export function branchOf(version: string): string {
  return /^[0-9]+\.[0-9]+/.exec(version)![0];
}

/** The commands that at least one of RELEASES installs, `sbin/zpool`; sorted in each folder. */
export function commandPaths(releases: readonly Pick<Release, "tools">[]): string[] {
  return TOOL_FOLDERS.flatMap((folder) =>
    [...new Set(releases.flatMap(({ tools }) => tools[folder]))]
      .sort()
      .map((name) => `${folder}/${name}`),
  );
}

/** What makes some of RELEASES lose data, each with those that it is about, in their order. */
export function dataLosses(
  releases: readonly Release[],
): (Statement & { readonly releases: readonly Release[] })[] {
  const found = new Map<string, Statement & { releases: Release[] }>();
  for (const release of releases)
    for (const { says, source } of release.losesData) {
      const key = JSON.stringify([says, source]);
      const loss = found.get(key) ?? { says, source, releases: [] };
      loss.releases.push(release);
      found.set(key, loss);
    }
  return [...found.values()];
}

/** What a statement says, and who says so. */
export function sourced({ says, source }: Statement): string {
  return `${says} (${source})`;
}

/** The version of RELEASE, with a mark where it is known to lose data. */
export function marked({ version, losesData }: Release): string {
  return losesData.length === 0 ? version : `${version}!`;
}

/** Of each way to lose data which of RELEASES have it, a line each. */
export function lossLines(releases: readonly Release[]): string[] {
  return dataLosses(releases).map(
    ({ releases: affected, ...loss }) => `! ${runs(affected, releases)}: ${sourced(loss)}`,
  );
}

/** FOUND, newest first, of all releases in their ORDER: `2.4.4 to 2.4.0, 2.3.9` for a branch's releases that follow each other. */
export function runs(found: readonly Release[], order: readonly Release[]): string {
  const spans: [Release, Release][] = [];
  for (const release of found) {
    const last = spans.at(-1);
    if (
      last &&
      order[order.indexOf(last[1]) + 1] === release &&
      branchOf(last[1].version) === branchOf(release.version)
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
