// What is expected is worked out here a second time, in the plainest way and
// without the project's own reader, plan and comparison.

export interface PlainRelease {
  readonly version: string;
  readonly date: string;
  readonly linuxMinimum: string;
  readonly linuxMaximum: string;
  readonly sha256: string | null;
  readonly advisories?: readonly { readonly series?: string }[];
}

/** A file of them. */
export interface PlainData {
  readonly releases: readonly PlainRelease[];
  /** Of ways to lose data: ranges of releases, `2.2.0-2.2.1`, or one. */
  readonly advisories?: readonly { readonly releases: readonly string[] }[];
}

const numbers = (text: string): number[] => text.split(".").map(Number);

function compare(a: string, b: string): number {
  const [x, y] = [numbers(a), numbers(b)];
  for (let index = 0; index < 3; index++) {
    const difference = (x[index] ?? 0) - (y[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether RELEASE is for SERIES: in its range, and no advisory against it. */
export function covers(release: PlainRelease, series: string): boolean {
  const against = (release.advisories ?? []).some(({ series: range }) => {
    if (range === undefined) return false;
    const [, operator, other] = /^([<>=]*)(.*)$/.exec(range)!;
    const order = compare(series, other!);
    return (
      (order < 0 && operator!.includes("<")) ||
      (order > 0 && operator!.includes(">")) ||
      (order === 0 && (operator === "" || operator!.includes("=")))
    );
  });
  return (
    compare(series, release.linuxMinimum) >= 0 &&
    compare(series, release.linuxMaximum) <= 0 &&
    !against
  );
}

/** Of RELEASES, the newest for SERIES that is not in ADVISORIES; where all are, the newest. */
export function newestFor(
  releases: readonly PlainRelease[],
  series: string,
  advisories: PlainData["advisories"] = [],
): PlainRelease | undefined {
  const ranges = advisories.flatMap((one) => one.releases.map((range) => range.split("-")));
  const isSafe = ({ version }: PlainRelease): boolean =>
    !ranges.some(
      (range) => compare(range[0]!, version) <= 0 && compare(version, range.at(-1)!) <= 0,
    );
  const order = releases
    .filter((release) => covers(release, series))
    .sort((a, b) => compare(b.version, a.version));
  return order.find(isSafe) ?? order[0];
}

/** Names at the top level of a Scheme text that are defined, each with the text of its form. */
function defined(text: string): Map<string, string> {
  const forms = text.split(/^(?=\()/m);
  return new Map(
    forms.flatMap((form): [string, string][] => {
      const name = /^\(define(?:-public|-syntax-rule|-zfs-variant)? \(?([^\s()]+)/.exec(form)?.[1];
      // Comments that follow a form are not part of it.
      return name === undefined ? [] : [[name, form.replace(/^;.*$/gm, "").trim()]];
    }),
  );
}

/** The variants in TEXT, with the release of each that pins one. */
export function variantsIn(text: string): Map<string, string> {
  return new Map(
    [...defined(text)]
      .filter(([name]) => name.startsWith("zfs-for-linux-"))
      .map(([name, form]) => [name, /\(version "([^"]+)"\)/.exec(form)?.[1] ?? ""]),
  );
}

/** What is wrong with MESSAGE as a description of what became of FILE between BEFORE and AFTER. */
export function wrongInMessage(
  message: string,
  file: string,
  before: string,
  after: string,
): string[] {
  const problems: string[] = [];
  const { summary, entries } = parseChangeLog(message);
  const said = new Map(
    entries
      .filter((entry) => entry.file === file && entry.name !== "")
      .map(({ name, text }) => [name, text]),
  );
  const [old, now] = [defined(before), defined(after)];
  for (const name of new Set([...old.keys(), ...now.keys(), ...said.keys()])) {
    const expected = !old.has(name)
      ? /^New (variable|procedure|macro)s?\.$/
      : !now.has(name)
        ? /^Delete (variable|procedure|macro)s?\.$/
        : old.get(name) === now.get(name)
          ? undefined
          : /^(Update to [\d.]+|Adjust accordingly|Regenerate)\.$/;
    const text = said.get(name);
    if (expected === undefined ? text !== undefined : text === undefined || !expected.test(text)) {
      problems.push(`${file} (${name}): said ${JSON.stringify(text)}, expected ${expected}`);
    }
    const version = /^Update to (.*)\.$/.exec(text ?? "")?.[1];
    if (version !== undefined && variantsIn(after).get(name) !== version)
      problems.push(`${name} is not of ${version}`);
  }
  const [added, removed] = [
    [...variantsIn(after).keys()].filter((name) => !old.has(name)),
    [...variantsIn(before).keys()].filter((name) => !now.has(name)),
  ];
  for (const [names, verb] of [
    [added, "add"],
    [removed, "remove"],
  ] as const) {
    if (names.length > 0 && !new RegExp(`\\b${verb}\\b`, "i").test(summary))
      problems.push(`the summary does not ${verb}: ${summary}`);
    if (names.length === 1 && !summary.includes(names[0]!) && !summary.includes(" variants of zfs"))
      problems.push(`the summary does not name ${names[0]}: ${summary}`);
  }
  return problems;
}

/** A ChangeLog message, taken apart. */
interface ParsedMessage {
  readonly summary: string;
  /** `FILE (NAME): TEXT`, NAME empty for the file itself. */
  readonly entries: readonly {
    readonly file: string;
    readonly name: string;
    readonly text: string;
  }[];
}

/**
 * MESSAGE by the rules of Guix's commits: a summary that ends with a period,
 * an empty line, then entries that begin with `* FILE`, each with items
 * `(NAME, …): Sentence.`, which go on over line ends.  Throws where it is none.
 */
export function parseChangeLog(message: string): ParsedMessage {
  const lines = message.split("\n");
  if (lines.pop() !== "") throw new Error("the message does not end with a line end");
  for (const line of lines) {
    if (line.length >= 80) throw new Error(`a line has ${line.length} columns: ${line}`);
    if (line !== line.trimEnd()) throw new Error(`a line ends with white space: ${line}`);
  }
  const [summary, empty, ...body] = lines;
  if (summary === undefined || !/^[a-z]+: [^\n]*\.$/.test(summary))
    throw new Error(`this is no summary: ${summary}`);
  if (empty !== "") throw new Error("there is no empty line after the summary");

  const entries: { file: string; name: string; text: string }[] = [];
  const items = body.reduce<string[]>((list, line) => {
    if (/^\* |^\(/.test(line)) list.push(line);
    else if (list.length === 0) throw new Error(`this line belongs to no entry: ${line}`);
    else list.push(`${list.pop()!} ${line}`);
    return list;
  }, []);
  let file: string | undefined;
  for (const item of items) {
    const match = /^(?:\* (\S+?) ?)?(?:\(([^)]+)\))?: (.*\.)$/.exec(item);
    if (match === null) throw new Error(`this is no item: ${item}`);
    file = match[1] ?? file;
    if (file === undefined) throw new Error(`this item is of no file: ${item}`);
    for (const name of match[2]?.split(/, ?/) ?? [""])
      entries.push({ file, name, text: match[3]! });
  }
  return { summary, entries };
}
