/**
 * The file of a checkout that lists auxiliary files, so that they come into
 * Guix's own tarball, and the variable that it does so with.
 */
export const LIST_FILE = "Makefile.am";
export const LIST_VARIABLE = "AUX_FILES";

/** Below a checkout. */
export const AUX_FILES = "gnu/packages/aux-files";

interface List {
  readonly lines: readonly string[];
  /** Of the variable's own line, and of the last one. */
  readonly first: number;
  readonly last: number;
}

/** Whether TEXT has such a list. */
export function hasList(text: string): boolean {
  return find(text) !== undefined;
}

function find(text: string): List | undefined {
  const lines = text.split("\n");
  const first = lines.findIndex((line) =>
    new RegExp(`^${LIST_VARIABLE}[ \\t]*=.*\\\\\\r?$`).test(line),
  );
  if (first === -1) return undefined;
  let last = first;
  while (last + 1 < lines.length && CONTINUED.test(lines[last]!)) last += 1;
  return { lines, first, last };
}

const CONTINUED = /[ \t]*\\(\r?)$/;

/** TEXT whose list has, of the auxiliary files OURS, exactly NAMES, which come last; as it is where it has no list. */
export function listing(text: string, ours: Iterable<string>, names: readonly string[]): string {
  const list = find(text);
  if (list === undefined) return text;
  const paths = new Set([...ours].map((name) => `${AUX_FILES}/${name}`));
  const present = list.lines
    .slice(list.first, list.last + 1)
    .filter((line) => paths.has(entry(line)));
  if (present.map(entry).join("\n") === names.map((name) => `${AUX_FILES}/${name}`).join("\n"))
    return text;
  const kept = list.lines
    .slice(list.first, list.last + 1)
    .filter((line) => !paths.has(entry(line)));
  const end = kept.at(-1)!.replace(CONTINUED, "$1");
  const eol = end.endsWith("\r") ? "\r" : "";
  const added = [
    end.slice(0, end.length - eol.length),
    ...names.map((name) => `  ${AUX_FILES}/${name}`),
  ];
  const joined = added.map((line, index) => (index < added.length - 1 ? padded(line) : line) + eol);
  return [
    ...list.lines.slice(0, list.first),
    ...kept.slice(0, -1),
    ...joined,
    ...list.lines.slice(list.last + 1),
  ].join("\n");
}

function entry(line: string): string {
  return line.replace(CONTINUED, "").trim();
}

/** LINE with the backslash that goes on to the next, in the column that Guix has it in. */
function padded(line: string): string {
  const tabs = Math.max(1, Math.ceil((56 - line.length) / 8));
  return `${line}${"\t".repeat(tabs)}\\`;
}
