import type { ReleaseData } from "../read/openzfs/data-file";
import type { Findings } from "./findings";

/** Where to look for new releases of OpenZFS. */
export interface ReleaseSources {
  /** The directory of a clone of openzfs/zfs. */
  readonly openzfs?: string;
  /** Whether to ask where OpenZFS publishes. */
  readonly online?: boolean;
  /** A server to ask in the place of GitHub's. */
  readonly openzfsUrl?: string;
}

/** What the SOURCES have; each is loaded when it is asked, since no other command needs them. */
export async function findReleases(
  { openzfs, online, openzfsUrl }: ReleaseSources,
  data: ReleaseData,
  wanted: ReadonlySet<string>,
  progress: (text: string) => void,
): Promise<Findings[]> {
  const findings: Findings[] = [];
  if (openzfs !== undefined)
    findings.push(await (await import("./clone")).releasesOfClone(openzfs));
  if (online === true) {
    const [{ releasesOnline }, { serverAt }] = await Promise.all([
      import("./releases"),
      import("./server"),
    ]);
    // A name of its own: on a Forgejo runner, GITHUB_TOKEN is Forgejo's, and not to be sent to GitHub.
    const token = process.env.ZFS_GUIX_GITHUB_TOKEN;
    findings.push(
      await releasesOnline({
        server: serverAt(openzfsUrl),
        data,
        wanted,
        progress,
        ...(token !== undefined && token !== "" && { token }),
      }),
    );
  }
  return findings;
}
