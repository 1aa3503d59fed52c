/**
 * The file of a checkout that lists auxiliary files, so that they come into
 * Guix's own tarball, and the variable that it does so with.
 */
export const LIST_FILE = "Makefile.am";
export const LIST_VARIABLE = "AUX_FILES";

/** Below a checkout. */
export const AUX_FILES = "gnu/packages/aux-files";

/** The names of the auxiliary files that SCHEME refers to. */
export function auxiliaryNames(scheme: string): string[] {
  return Array.from(
    scheme.matchAll(/\(search-auxiliary-file\s+"([^"\\]+)"\)/g),
    ([, name]) => name!,
  );
}

/** The lines of the list, all but the last of which go on; with the carriage return of that, which `.` is not. */
const LIST = new RegExp(`^${LIST_VARIABLE}[ \\t]*=.*\\\\\\r?\\n(?:.*\\\\\\r?\\n)*[^\\n]*`, "m");

const CONTINUED = /[ \t]*\\?(\r?)$/;

/** Whether TEXT has such a list. */
export function hasList(text: string): boolean {
  return LIST.test(text);
}

/** TEXT whose list has, of the auxiliary files OURS, exactly NAMES, which come last; as it is where it has no list. */
export function listing(text: string, ours: readonly string[], names: readonly string[]): string {
  return text.replace(LIST, (list) => {
    const lines = list.split("\n");
    const entries = ours.map((name) => `${AUX_FILES}/${name}`);
    const wanted = names.map((name) => `${AUX_FILES}/${name}`);
    const isOurs = (line: string): boolean => entries.includes(line.replace(CONTINUED, "").trim());
    const present = lines.filter(isOurs).map((line) => line.replace(CONTINUED, "").trim());
    if (present.join() === wanted.join()) return list;
    const kept = lines.filter((line) => !isOurs(line));
    const end = kept.pop()!;
    const eol = end.endsWith("\r") ? "\r" : "";
    const last = [end.replace(CONTINUED, ""), ...wanted.map((entry) => `  ${entry}`)];
    return [
      ...kept,
      ...last.map((line, index) => (index < last.length - 1 ? padded(line) : line) + eol),
    ].join("\n");
  });
}

/** LINE with the backslash that goes on to the next, in the column that Guix has it in. */
function padded(line: string): string {
  const tabs = Math.max(1, Math.ceil((56 - line.length) / 8));
  return `${line}${"\t".repeat(tabs)}\\`;
}
