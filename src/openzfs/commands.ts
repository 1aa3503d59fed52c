import { TOOL_FOLDERS, type Release } from "./release";

/** The commands that at least one of RELEASES installs, `sbin/zpool`; sorted in each folder. */
export function commandPaths(releases: readonly Pick<Release, "tools">[]): string[] {
  return TOOL_FOLDERS.flatMap((folder) => [...new Set(releases.flatMap(({ tools }) => tools[folder]))].sort().map((name) => `${folder}/${name}`));
}
