import { TOOL_FOLDERS, type Release, type ToolFolder } from "./release";

export interface CommandFolder {
  readonly folder: ToolFolder;
  /** Sorted. */
  readonly commands: readonly string[];
}

/** The commands that at least one of RELEASES installs, by folder. */
export function commandFolders(releases: readonly Pick<Release, "tools">[]): CommandFolder[] {
  return TOOL_FOLDERS.map((folder) => ({
    folder,
    commands: [...new Set(releases.flatMap(({ tools }) => tools[folder]))].sort(),
  }));
}
