import type { Node, ParseError } from "jsonc-parser";
import * as v from "valibot";
import { UserError, type Problem, position } from "../../errors";
import { refuseConflicts } from "../../files";
import { compareSeries, isSeries, parseSeries, SERIES_FORM, type Series } from "../series";
import { compareVersions, type Advisory, type AdvisoryRange, type Release } from "./release";

export interface ReleaseData {
  /** The day on which the data was gathered, `YYYY-MM-DD`. */
  readonly asOf: string;
  readonly releases: readonly Release[];
}

/** Text of FORM, which is WHAT. */
const text = (form: RegExp, what: string) =>
  v.pipe(
    v.string(({ received }) => `${received} is not ${what}`),
    v.regex(form, ({ input }) => `${input} is not ${what}`),
  );

const day = text(/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/, "a day; expected YYYY-MM-DD");

/** What PARSE makes of a text, or, in words, why that is nothing; EXPECTED is for what is no text. */
const parsed = <Parsed extends object>(
  expected: string,
  parse: (text: string) => Parsed | string,
) =>
  v.pipe(
    v.string(expected),
    v.rawTransform<string, Parsed>(({ dataset, addIssue, NEVER }) => {
      const found = parse(dataset.value);
      if (typeof found !== "string") return found;
      addIssue({ message: `"${dataset.value}" is ${found}` });
      return NEVER;
    }),
  );

const seriesSchema = parsed<Series>(`expected a series, ${SERIES_FORM}`, (written) => {
  const series = parseSeries(written);
  return isSeries(series) ? series : `not a series: ${series.reason}; expected ${SERIES_FORM}`;
});

const rangeSchema = parsed<AdvisoryRange>(
  "expected a series with an operator, such as <5.6",
  (written) => {
    const [, operator = "=", rest] = /^(<=?|>=?|=)?(.*)$/s.exec(written)!;
    const series = parseSeries(rest!);
    return isSeries(series)
      ? { operator: operator as AdvisoryRange["operator"], series }
      : "not a series with an operator: expected something like <5.6 or 5.18";
  },
);

const statement = { says: v.string(), source: v.string() };

// Objects are strict: of a misspelt name, that of an advisory's range for one, nothing else would tell.
const advisorySchema = v.pipe(
  v.strictObject({ series: v.optional(rangeSchema), ...statement }),
  v.transform(({ series: range, ...rest }): Advisory => ({ ...(range && { range }), ...rest })),
);

const VERSION = /^[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}$/;

const versionsSchema = parsed("expected releases such as 2.2.0-2.2.1, or one", (written) => {
  const [first, last = first, extra] = written.split("-") as [string, string?, string?];
  const isRange =
    extra === undefined &&
    VERSION.test(first) &&
    VERSION.test(last) &&
    compareVersions(first, last) <= 0;
  return isRange
    ? { first, last }
    : "neither a release nor a range: expected something like 2.1.10 or 2.2.0-2.2.1";
});

const dataLossSchema = v.strictObject({
  releases: v.pipe(v.array(versionsSchema), v.minLength(1, "there is no release in it")),
  ...statement,
});

// A program's name ends up in file names and Scheme strings.
const toolsSchema = v.array(text(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, "a program's name"));

const releaseSchema = v.pipe(
  v.strictObject({
    version: text(VERSION, "a release; expected three numbers, such as 2.4.4"),
    date: day,
    linuxMinimum: seriesSchema,
    linuxMaximum: seriesSchema,
    // Guix's base32 leaves out e, o, t and u; 256 bits leave only 0 and 1 for the first character.
    sha256: v.nullable(
      text(
        /^[01][0-9abcdfghijklmnpqrsvwxyz]{51}$/,
        "a SHA-256 hash in Guix base32; expected 52 characters, as guix download prints them, or null",
      ),
    ),
    // Who says that this is the hash: for people.
    statedBy: v.optional(v.array(v.string())),
    tools: v.strictObject({ sbin: toolsSchema, bin: toolsSchema }),
    advisories: v.optional(v.array(advisorySchema), []),
  }),
  v.forward(
    v.check(
      ({ linuxMinimum, linuxMaximum }) => compareSeries(linuxMinimum, linuxMaximum) <= 0,
      "the range is reversed: linuxMaximum is older than linuxMinimum",
    ),
    ["linuxMaximum"],
  ),
  v.transform(({ sha256, statedBy: _, ...release }): Omit<Release, "losesData"> => ({
    ...release,
    ...(sha256 !== null && { sha256 }),
  })),
);

/** Far more than there will be. */
const MAXIMUM_RELEASES = 10_000;

/** Whether VALUE has no more than DEPTH levels: jsonc-parser, which edits the file, calls itself for each. */
function isShallow(value: unknown, depth = 100): boolean {
  if (typeof value !== "object" || value === null) return true;
  return depth > 0 && Object.values(value).every((inside) => isShallow(inside, depth - 1));
}

const fileSchema = v.strictObject({
  about: v.optional(
    v.pipe(
      v.unknown(),
      v.check((about) => isShallow(about), "more than 100 brackets are open in it"),
    ),
  ),
  asOf: day,
  advisories: v.optional(v.array(dataLossSchema), []),
  releases: v.pipe(
    v.array(v.unknown()),
    v.minLength(1, "there is no release in it"),
    v.maxLength(MAXIMUM_RELEASES, `there are more than ${MAXIMUM_RELEASES} releases in it`),
    v.array(releaseSchema),
    // Whatever else is wrong with them, so their form is not sure.
    v.rawCheck(({ dataset, addIssue }) => {
      const input = dataset.value as ({ version?: unknown } | null)[];
      const seen = new Set<unknown>();
      for (const [key, value] of input.entries()) {
        const version = value?.version;
        if (typeof version === "string" && seen.has(version))
          addIssue({
            message: `release ${version} stands here twice`,
            path: [
              { type: "array", origin: "value", input, key, value },
              { type: "unknown", origin: "value", input: value, key: "version", value: version },
            ],
          });
        seen.add(version);
      }
    }),
  ),
});

const dataSchema = v.pipe(
  fileSchema,
  v.transform(({ asOf, advisories, releases }): ReleaseData => ({
    asOf,
    releases: releases.map((release) => ({
      ...release,
      losesData: advisories
        .filter(({ releases: ranges }) =>
          ranges.some(
            ({ first, last }) =>
              compareVersions(first, release.version) <= 0 &&
              compareVersions(release.version, last) <= 0,
          ),
        )
        .map(({ says, source }) => ({ says, source })),
    })),
  })),
);

/**
 * The releases that TEXT, the contents of FILE, describes.
 *
 * Throws a UserError that lists what is wrong with it; that a range is reversed
 * only where its release has all that it should and nothing else.
 */
export async function parseReleaseData(text: string, file: string): Promise<ReleaseData> {
  refuseConflicts(file, text);
  const content = text.replace(/^\ufeff/, "");
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    throw new UserError(await locate(content, file));
  }
  const { success, output, issues } = v.safeParse(dataSchema, value, { message: inWords });
  if (!success) throw new UserError(await locate(content, file, issues));
  return output;
}

/**
 * ISSUES with their places; without any, what keeps TEXT from being JSON.
 * Places cost a second parser, so only a file that is wrong pays for it.
 */
async function locate(
  text: string,
  file: string,
  issues?: readonly v.BaseIssue<unknown>[],
): Promise<Problem[]> {
  const { findNodeAtLocation, parseTree, printParseErrorCode } = await import("jsonc-parser");
  const errors: ParseError[] = [];
  let root: Node | undefined;
  try {
    root = parseTree(text, errors, { disallowComments: true });
  } catch (error) {
    // It calls itself for what is inside, so of what is very deep it finds no place.
    if (!(error instanceof RangeError)) throw error;
  }
  const problem = (offset: number, message: string): Problem => ({
    file,
    ...position(text, offset),
    message,
    hint: "mend the file, or take the one that comes with zfs-guix",
  });
  if (issues === undefined) {
    const [first] = errors;
    return first === undefined
      ? [problem(0, "this is not JSON")]
      : [problem(first.offset, `this is not JSON (${printParseErrorCode(first.error)})`)];
  }
  return issues.map(({ path = [], message }) => {
    let node = root;
    // A missing key has no place of its own; what should hold it has.
    for (const { key } of path)
      node = (node && findNodeAtLocation(node, [key as string | number])) ?? node;
    return problem(node?.offset ?? 0, message);
  });
}

/** What is wrong with a value whose schema does not say it itself. */
function inWords({ expected, received, path }: v.BaseIssue<unknown>): string {
  if (expected === "never") return `${received} is not known here`;
  return received === "undefined"
    ? `${String(path?.at(-1)?.key)} is missing`
    : `expected ${expected}, not ${received}`;
}
