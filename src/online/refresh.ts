import { UserError, type Problem } from "../errors";
import { formatSeries } from "../read/series";
import type { ReleaseData } from "../read/openzfs/data-file";
import type { DataEdit, ReleaseEntry } from "../write/data-edit";
import {
  compareVersions,
  formatRange,
  type LinuxRange,
  type Release,
  type ToolFolder,
} from "../read/openzfs/release";

/** What one source says about a release. */
export interface FoundRelease extends LinuxRange, Pick<Release, "version" | "date"> {
  /** Where the range was read: META of the tag, or META in the tarball (which may differ, design fact 7). */
  readonly source: "tag" | "tarball";
  /** Of the tarball's bytes, in Guix base32; absent where they were not seen. */
  readonly sha256?: string;
  /** Asked for new releases only, since it means reading some more. */
  readonly tools: () => Promise<Readonly<Record<ToolFolder, readonly string[]>>>;
}

export interface Findings {
  readonly releases: readonly FoundRelease[];
  /** Releases that could not be read, and why: said, and in the way of no other. */
  readonly unusable: readonly string[];
}

export interface Refreshment {
  readonly edit: DataEdit;
  /** What a person should know, a sentence each, without the period. */
  readonly notes: readonly string[];
}

/** Who is said to state a hash that was computed from the bytes of the release. */
const STATED_BY = "OpenZFS";

/**
 * What FINDINGS add to DATA: releases that it does not have, and hashes that
 * it does not know.
 *
 * Throws a UserError where a hash differs from a known one.
 */
export async function refreshment(
  data: ReleaseData,
  findings: readonly Findings[],
): Promise<Refreshment> {
  const notes = findings.flatMap(({ unusable }) => unusable);
  const all = findings.flatMap(({ releases }) => releases);
  refuseOtherHashes(data, all);
  const known = new Map(data.releases.map((release) => [release.version, release]));

  const add: ReleaseEntry[] = [];
  const hashes: DataEdit["hashes"][number][] = [];
  for (const version of new Set(all.map((found) => found.version).sort(compareVersions))) {
    const sources = all.filter((found) => found.version === version);
    const release = known.get(version);
    const sha256 = sources.find((source) => source.sha256 !== undefined)?.sha256;
    if (release !== undefined) {
      if (release.sha256 === undefined && sha256 !== undefined)
        hashes.push({ version, sha256, statedBy: STATED_BY });
      for (const tag of sources.filter(({ source }) => source === "tag"))
        if (formatRange(tag) !== formatRange(release))
          notes.push(
            `OpenZFS ${version} is left as it is: the data says Linux ${formatRange(release)}, its tag ${formatRange(tag)}`,
          );
    } else {
      const entry = await newEntry(version, sources, sha256, data.releases);
      if (typeof entry === "string") notes.push(entry);
      else add.push(entry);
    }
  }
  const unhashed = add.filter(({ sha256 }) => sha256 === null).map(({ version }) => version);
  if (unhashed.length > 0) {
    notes.push(
      `no package uses OpenZFS ${unhashed.join(", ")} before the hash of its tarball is known, which a clone does not have; --online computes it`,
    );
  }
  return { edit: { add, hashes }, notes };
}

/**
 * Makes sure that STATED, the hashes of tarballs, are those that DATA knows.
 *
 * Throws a UserError otherwise: either the tarball was replaced or somebody
 * tampers with it, and neither may pass unseen.
 */
export function refuseOtherHashes(
  data: ReleaseData,
  stated: readonly { readonly version: string; readonly sha256?: string | undefined }[],
): void {
  const known = new Map(data.releases.map(({ version, sha256 }) => [version, sha256]));
  const problems = stated.flatMap(({ version, sha256 }): Problem[] => {
    const expected = known.get(version);
    if (sha256 === undefined || expected === undefined || sha256 === expected) return [];
    return [
      {
        message: `the tarball of OpenZFS ${version} is not the one that is known: its SHA-256 is ${sha256}, expected ${expected}`,
        hint: "nothing was written; ask OpenZFS whether the tarball was replaced, and correct the data file by hand if it was",
      },
    ];
  });
  if (problems.length > 0) throw new UserError(problems);
}

async function newEntry(
  version: string,
  sources: readonly FoundRelease[],
  sha256: string | undefined,
  known: readonly Release[],
): Promise<ReleaseEntry | string> {
  const tag = sources.find(({ source }) => source === "tag");
  const tarball = sources.find(({ source }) => source === "tarball");
  const authority = tag ?? tarball!;
  // Linux's major number grows by one every few years; 99.99 means "do not check".
  const newest = Math.max(...known.map(({ linuxMaximum }) => linuxMaximum.major));
  if (tag === undefined && authority.linuxMaximum.major > newest + 1) {
    return `OpenZFS ${version} is left out: the META in its tarball claims Linux up to ${formatSeries(authority.linuxMaximum)}; give --openzfs DIR, a clone, to have the range of its tag`;
  }
  const tools = await authority.tools();
  const advisory =
    tag !== undefined && tarball !== undefined && formatRange(tag) !== formatRange(tarball)
      ? [
          {
            says: `the META inside the tarball says Linux ${formatRange(tarball)}; the tag says ${formatRange(tag)}`,
            source: `zfs-${version}`,
          },
        ]
      : [];
  return {
    version,
    date: authority.date,
    linuxMinimum: formatSeries(authority.linuxMinimum),
    linuxMaximum: formatSeries(authority.linuxMaximum),
    sha256: sha256 ?? null,
    statedBy: sha256 === undefined ? [] : [STATED_BY],
    tools: { bin: tools.bin, sbin: tools.sbin },
    ...(advisory.length > 0 && { advisories: advisory }),
  };
}
