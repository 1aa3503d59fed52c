import type { Series } from "../read/series";
import type { ToolFolder } from "../read/openzfs/release";

/** What one source says about a release. */
export interface FoundRelease {
  readonly version: string;
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly linuxMinimum: Series;
  readonly linuxMaximum: Series;
  /** Where the range was read: META of the tag, or META in the tarball (which may differ, design fact 7). */
  readonly source: "tag" | "tarball";
  /** Of the tarball's bytes, in Guix base32; absent where they were not seen. */
  readonly sha256?: string;
  /** Asked for new releases only, since it means reading some more. */
  readonly tools: () => Promise<Readonly<Record<ToolFolder, readonly string[]>>>;
}

/** What a source had. */
export interface Findings {
  readonly releases: readonly FoundRelease[];
  /** Releases that could not be read, and why: said, and in the way of no other. */
  readonly unusable: readonly string[];
}
