import { compareSeries, isSeries, parseSeries, type Series } from "../read/series";
import { TOOL_FOLDERS, type ToolFolder } from "../read/openzfs/release";

/** What is read of the file META at the top of OpenZFS. */
export interface Meta {
  readonly version: string;
  /** `Linux-Minimum` and `Linux-Maximum`, both included. */
  readonly linuxMinimum: Series;
  readonly linuxMaximum: Series;
}

/** The META that TEXT is, or the reason why it is none. */
export function parseMeta(text: string): Meta | { readonly reason: string } {
  const fields = new Map(
    text.split(/\r?\n/).flatMap((line): [string, string][] => {
      const match = /^([A-Za-z-]+):\s*(\S+)\s*$/.exec(line);
      return match === null ? [] : [[match[1]!, match[2]!]];
    }),
  );
  const version = fields.get("Version");
  if (version === undefined) return { reason: "its META has no Version" };
  const range: Series[] = [];
  for (const name of ["Linux-Minimum", "Linux-Maximum"]) {
    const value = fields.get(name);
    if (value === undefined) return { reason: `its META has no ${name}` };
    const series = parseSeries(value);
    if (!isSeries(series))
      return { reason: `the ${name} of its META is no series: ${series.reason}` };
    range.push(series);
  }
  const [linuxMinimum, linuxMaximum] = range as [Series, Series];
  if (compareSeries(linuxMinimum, linuxMaximum) > 0)
    return { reason: "the range of its META is reversed" };
  return { version, linuxMinimum, linuxMaximum };
}

export function isMeta(value: Meta | { readonly reason: string }): value is Meta {
  return "version" in value;
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
