import { compareSeries, isSeries, parseSeries, type Series } from "../read/series";
import { TOOL_FOLDERS, type ToolFolder } from "../read/openzfs/release";

/** `Linux-Minimum` and `Linux-Maximum` of the file META at the top of OpenZFS, both included. */
export interface LinuxRange {
  readonly linuxMinimum: Series;
  readonly linuxMaximum: Series;
}

/** What META, the text of that file in the source of VERSION, states, or why it states nothing. */
export function rangeOf(meta: string | undefined, version: string): LinuxRange | string {
  if (meta === undefined) return "it has no META";
  const fields = new Map(
    Array.from(meta.matchAll(/^([A-Za-z-]+):[^\S\n]*(\S+)\s*$/gm), ([, name, value]) => [
      name,
      value,
    ]),
  );
  if (fields.get("Version") !== version) return "its META is that of another version";
  const linuxMinimum = parseSeries(fields.get("Linux-Minimum") ?? "");
  const linuxMaximum = parseSeries(fields.get("Linux-Maximum") ?? "");
  if (!isSeries(linuxMinimum)) return `the Linux-Minimum of its META: ${linuxMinimum.reason}`;
  if (!isSeries(linuxMaximum)) return `the Linux-Maximum of its META: ${linuxMaximum.reason}`;
  if (compareSeries(linuxMinimum, linuxMaximum) > 0) return "the range of its META is reversed";
  return { linuxMinimum, linuxMaximum };
}

/** The files of OpenZFS's source that say which programs are installed. */
export const TOOLS_SOURCE = /^cmd\/(?:[A-Za-z0-9_.-]+\/)*Makefile\.am$/;

/** The folder of each variable of automake that lists programs; mount.zfs goes to sbin on Guix. */
const FOLDERS: ReadonlyMap<string, ToolFolder> = new Map([
  ["sbin_PROGRAMS", "sbin"],
  ["sbin_SCRIPTS", "sbin"],
  ["dist_sbin_SCRIPTS", "sbin"],
  ["mounthelper_PROGRAMS", "sbin"],
  ["bin_PROGRAMS", "bin"],
  ["bin_SCRIPTS", "bin"],
  ["dist_bin_SCRIPTS", "bin"],
]);

/** Conditions of automake that do not hold where Guix builds. */
const FALSE_CONDITIONS = new Set(["BUILD_FREEBSD"]);

const PROGRAM = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

/**
 * The programs that a release installs on Linux, as its Makefile.am files say,
 * sorted, by folder.
 *
 * The release itself is the source: between 2.2 and 2.4 programs came and were
 * renamed (design fact 6).
 */
export function toolsOf(makefiles: Iterable<string>): Record<ToolFolder, string[]> {
  const found: Record<ToolFolder, Set<string>> = { sbin: new Set(), bin: new Set() };
  for (const makefile of makefiles) {
    for (const line of effectiveLines(makefile)) {
      const assignment = /^(\w+)\s*\+?=\s*(.*)$/.exec(line);
      const folder = assignment === null ? undefined : FOLDERS.get(assignment[1]!);
      if (folder !== undefined) {
        for (const word of assignment![2]!.split(/\s+/)) {
          const program = word.replace(/^.*\//, "");
          if (PROGRAM.test(program)) found[folder].add(program);
        }
      }
      // `cd $(DESTDIR)$(sbindir) && $(LN_S) -f zstream zstreamdump`
      const link = /\$\((s?bin)dir\)\s*&&\s*\$\(LN_S\)\s+-f\s+\S+\s+(\S+)$/.exec(line);
      if (link !== null && PROGRAM.test(link[2]!)) found[link[1] as ToolFolder].add(link[2]!);
    }
  }
  return Object.fromEntries(
    TOOL_FOLDERS.map((folder) => [folder, [...found[folder]].sort()]),
  ) as Record<ToolFolder, string[]>;
}

/** The lines that count on Linux, continued lines joined. */
function* effectiveLines(makefile: string): Generator<string> {
  const conditions: boolean[] = [];
  for (const line of makefile.replace(/\\\r?\n/g, " ").split(/\r?\n/)) {
    const text = line.trim();
    const condition = /^if\s+(!?)(\w+)$/.exec(text);
    if (condition !== null)
      conditions.push(FALSE_CONDITIONS.has(condition[2]!) === (condition[1] === "!"));
    else if (/^else\b/.test(text)) conditions.push(!(conditions.pop() ?? true));
    else if (/^endif\b/.test(text)) conditions.pop();
    else if (!text.startsWith("#") && conditions.every(Boolean)) yield text;
  }
}
