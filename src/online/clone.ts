import { UserError } from "../errors";
import { git, textAt } from "../write/git/git";
import { rangeOf, toolsOf, TOOLS_SOURCE } from "./source-tree";
import type { FoundRelease, Findings } from "./refresh";

/** A release's tag: no candidates, and not 2.4.99, which marks where the next branch begins. */
const TAG = /^zfs-(\d{1,4}\.\d{1,4}\.(?!99$)\d{1,4})$/;

/**
 * What the tags of the clone in DIRECTORY say about the releases since 2.0.
 *
 * A clone has no tarballs, so no hashes come of it.
 */
export async function releasesOfClone(directory: string): Promise<Findings> {
  const listing = await git(directory, "cannot read the tags of OpenZFS", [
    "for-each-ref",
    "--format=%(refname:strip=2) %(committerdate:short)%(*committerdate:short)",
    "refs/tags/zfs-*",
  ]);
  const releases: FoundRelease[] = [];
  const unusable: string[] = [];
  for (const line of listing.split("\n")) {
    const [tag, date] = line.split(" ") as [string, string | undefined];
    const version = TAG.exec(tag)?.[1];
    if (version === undefined || date === undefined || Number.parseInt(version) < 2) continue;
    const found = await releaseOfTag(directory, tag, version, date);
    if (typeof found === "string") unusable.push(found);
    else releases.push(found);
  }
  if (releases.length === 0) {
    throw new UserError({
      file: directory,
      message: "there is no tag of an OpenZFS release here, such as zfs-2.4.4",
      hint: "name a clone of openzfs/zfs that has its tags (git fetch --tags)",
    });
  }
  return { releases, unusable };
}

async function releaseOfTag(
  directory: string,
  tag: string,
  version: string,
  date: string,
): Promise<FoundRelease | string> {
  const reference = `refs/tags/${tag}`;
  const range = rangeOf(await textAt(directory, reference, "META"), version);
  if (typeof range === "string") return `${tag}: ${range}`;
  return {
    version,
    date,
    ...range,
    source: "tag",
    tools: async () => {
      const names = (
        await git(directory, "cannot list the files of OpenZFS", [
          "ls-tree",
          "-r",
          "-z",
          "--name-only",
          reference,
          "cmd/",
        ])
      ).split("\0");
      const makefiles: string[] = [];
      for (const name of names.filter((candidate) => TOOLS_SOURCE.test(candidate)))
        makefiles.push((await textAt(directory, reference, name)) ?? "");
      return toolsOf(makefiles);
    },
  };
}
