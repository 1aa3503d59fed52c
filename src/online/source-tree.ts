import { compareSeries, isSeries, parseSeries } from "../read/series";
import type { LinuxRange, ToolFolder } from "../read/openzfs/release";

/** What META, the text of the file at the top of VERSION's source, states, or why it states nothing. */
export function rangeOf(meta: string | undefined, version: string): LinuxRange | string {
  if (meta === undefined) return "it has no META";
  const fields = new Map(
    Array.from(meta.matchAll(/^([A-Za-z-]+):[^\S\n]*(\S+)\s*$/gm), ([, name, value]) => [
      name,
      value,
    ]),
  );
  const missing = ["Version", "Linux-Minimum", "Linux-Maximum"].find((name) => !fields.has(name));
  if (missing !== undefined) return `its META has no ${missing}`;
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

/** A variable of automake that lists programs, and its folder; mount.zfs goes to sbin on Guix. */
const LIST = /^(?:dist_)?(s?bin|mounthelper)_(?:PROGRAMS|SCRIPTS)\s*\+?=\s*(.*)$/;

/** `cd $(DESTDIR)$(sbindir) && $(LN_S) -f zstream zstreamdump` */
const LINK = /\$\((s?bin)dir\)\s*&&\s*\$\(LN_S\)\s+-f\s+\S+\s+(\S+)$/;

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
export function toolsOf(makefiles: readonly string[]): Record<ToolFolder, string[]> {
  const found = { sbin: new Set<string>(), bin: new Set<string>() };
  for (const line of makefiles.flatMap((makefile) => [...effectiveLines(makefile)])) {
    const [, folder, words] = LIST.exec(line) ?? LINK.exec(line) ?? [];
    for (const word of words?.split(/\s+/) ?? []) {
      const program = word.replace(/^.*\//, "");
      if (PROGRAM.test(program)) found[folder === "bin" ? "bin" : "sbin"].add(program);
    }
  }
  return { sbin: [...found.sbin].sort(), bin: [...found.bin].sort() };
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
