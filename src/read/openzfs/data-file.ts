import * as v from "valibot";
import { UserError, type Problem } from "../../errors";
import { position } from "../../position";
import { compareSeries, isSeries, parseSeries, SERIES_FORM, type Series } from "../series";
import type { Advisory, AdvisoryRange, Release } from "./release";

/** A file of releases, checked. */
export interface ReleaseData {
  /** The day on which the data was gathered, `YYYY-MM-DD`. */
  readonly asOf: string;
  readonly releases: readonly Release[];
}

/** Guix's base32 leaves out e, o, t and u; 256 bits leave only 0 and 1 for the first character. */
const GUIX_BASE32_SHA256 = /^[01][0-9abcdfghijklmnpqrsvwxyz]{51}$/;

const VERSION = /^[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}$/;
const DATE = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;
// A program's name ends up in file names and Scheme strings.
const TOOL = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

const seriesSchema = v.pipe(
  v.string(`expected a series, ${SERIES_FORM}`),
  v.rawTransform<string, Series>(({ dataset, addIssue, NEVER }) => {
    const series = parseSeries(dataset.value);
    if (isSeries(series)) return series;
    addIssue({
      message: `"${dataset.value}" is not a series: ${series.reason}; expected ${SERIES_FORM}`,
    });
    return NEVER;
  }),
);

const rangeSchema = v.pipe(
  v.string("expected a series with an operator, such as <5.6"),
  v.rawTransform<string, AdvisoryRange>(({ dataset, addIssue, NEVER }) => {
    const [, operator, text] = /^(<=?|>=?|=)?(.*)$/s.exec(dataset.value)!;
    const series = parseSeries(text!);
    if (isSeries(series))
      return { operator: (operator ?? "=") as AdvisoryRange["operator"], series };
    addIssue({
      message: `"${dataset.value}" is not a series with an operator: expected something like <5.6 or 5.18`,
    });
    return NEVER;
  }),
);

// Objects are strict: of a misspelt name, that of an advisory's range for one, nothing else would tell.
const advisorySchema = v.pipe(
  v.strictObject({ series: v.optional(rangeSchema), says: v.string(), source: v.string() }),
  v.transform(({ series, says, source }): Advisory => ({
    ...(series && { range: series }),
    says,
    source,
  })),
);

const toolsSchema = v.array(
  v.pipe(
    v.string(),
    v.regex(TOOL, ({ input }) => `${input} is not a program's name`),
  ),
);

const releaseSchema = v.pipe(
  v.strictObject({
    version: v.pipe(
      v.string(),
      v.regex(
        VERSION,
        ({ input }) => `${input} is not a release; expected three numbers, such as 2.4.4`,
      ),
    ),
    date: v.pipe(
      v.string(),
      v.regex(DATE, ({ input }) => `${input} is not a day; expected YYYY-MM-DD`),
    ),
    linuxMinimum: seriesSchema,
    linuxMaximum: seriesSchema,
    sha256: v.nullable(
      v.pipe(
        v.string("sha256: expected a hash or null"),
        v.regex(
          GUIX_BASE32_SHA256,
          ({ input }) =>
            `${input} is not a SHA-256 hash in Guix base32; expected 52 characters, as guix download prints them, or null`,
        ),
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
  v.transform(({ sha256, statedBy: _, ...release }): Release => ({
    ...release,
    ...(sha256 !== null && { sha256 }),
  })),
);

/** Far more than there will be. */
const MAXIMUM_RELEASES = 10_000;

const dataSchema = v.strictObject({
  about: v.optional(v.unknown()),
  asOf: v.pipe(
    v.string(),
    v.regex(DATE, ({ input }) => `${input} is not a day; expected YYYY-MM-DD`),
  ),
  releases: v.pipe(
    v.array(v.unknown()),
    v.minLength(1, "there is no release in it"),
    v.maxLength(MAXIMUM_RELEASES, `there are more than ${MAXIMUM_RELEASES} releases in it`),
    v.array(releaseSchema),
  ),
});

/**
 * The releases that TEXT, the contents of FILE, describes.
 *
 * Throws a UserError that lists everything that is wrong with it.
 */
export async function parseReleaseData(text: string, file: string): Promise<ReleaseData> {
  const content = text.startsWith(BYTE_ORDER_MARK) ? text.slice(BYTE_ORDER_MARK.length) : text;
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    throw new UserError(await syntaxProblems(content, file));
  }
  const result = v.safeParse(dataSchema, value, { message: () => NO_WORDS });
  const issues = [
    ...(result.issues ?? []).map((issue) => ({
      path: (issue.path ?? []).map(({ key }) => key as string | number),
      message: issue.message === NO_WORDS ? inWords(issue) : issue.message,
    })),
    ...releasesListedTwice(value),
  ];
  if (issues.length > 0) throw new UserError(await locate(content, file, issues));
  return result.output as ReleaseData;
}

const BYTE_ORDER_MARK = "\ufeff";

const HINT = "mend the file, or take the one that comes with zfs-guix";

/** Instead of valibot's own words, which come before it knows where a value is. */
const NO_WORDS = "";

/** What is wrong with a value that has not the form of its schema. */
function inWords({ expected, received, path, input }: v.BaseIssue<unknown>): string {
  const key: unknown = path?.at(-1)?.key;
  if (expected === "never")
    return `${JSON.stringify(key)} is not known here; expected none but the names of the file that comes along`;
  const name = typeof key === "string" ? key : "this";
  if (received === "undefined") return `${name} is missing`;
  return `${name} is ${kindOf(input)}; expected ${{ string: "text", Array: "a list", Object: "an object" }[expected ?? ""] ?? "something else"}`;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value)
    ? "a list"
    : typeof value === "object"
      ? "an object"
      : typeof value === "string"
        ? "text"
        : `a ${typeof value}`;
}

/** What the schema asks for has five levels. */
const DEEPEST = 100;

/**
 * Makes sure that TEXT, the contents of FILE, can be given to jsonc-parser,
 * which calls itself for what is inside; JSON.parse does not.
 */
export function refuseDeep(text: string, file: string): void {
  let depth = 0;
  for (const { 0: piece, index } of text.matchAll(/"(?:[^"\\]|\\[^])*"?|[[\]{}]/g)) {
    if (piece === "[" || piece === "{") depth += 1;
    else if (piece === "]" || piece === "}") depth -= 1;
    if (depth > DEEPEST)
      throw new UserError({
        file,
        ...position(text, index),
        message: `more than ${DEEPEST} brackets are open here`,
        hint: HINT,
      });
  }
}

/** What stands twice in VALUE, whatever else is wrong with it: all problems of a file are told together. */
function releasesListedTwice(value: unknown): { path: (string | number)[]; message: string }[] {
  const releases: unknown = (value as { releases?: unknown } | null)?.releases;
  if (!Array.isArray(releases) || releases.length > MAXIMUM_RELEASES) return [];
  const seen = new Set<unknown>();
  return releases.flatMap((release: { version?: unknown } | null, index) => {
    const version = release?.version;
    const isTwice = typeof version === "string" && seen.has(version);
    seen.add(version);
    return isTwice
      ? [{ path: ["releases", index, "version"], message: `release ${version} stands here twice` }]
      : [];
  });
}

/** Positions cost a second parser, so only a file that is wrong pays for it. */
async function locate(
  text: string,
  file: string,
  issues: readonly { readonly path: (string | number)[]; readonly message: string }[],
): Promise<Problem[]> {
  refuseDeep(text, file);
  const { findNodeAtLocation, parseTree } = await import("jsonc-parser");
  const root = parseTree(text);
  return issues.map(({ path, message }) => {
    let node = root;
    // A missing key has no place of its own; what should hold it has.
    for (let length = path.length; root !== undefined && length >= 0; length--) {
      node = findNodeAtLocation(root, path.slice(0, length));
      if (node !== undefined) break;
    }
    return { file, ...position(text, node?.offset ?? 0), message, hint: HINT };
  });
}

async function syntaxProblems(text: string, file: string): Promise<Problem[]> {
  refuseDeep(text, file);
  const { parse, printParseErrorCode } = await import("jsonc-parser");
  const errors: import("jsonc-parser").ParseError[] = [];
  parse(text, errors, { disallowComments: true, allowTrailingComma: false });
  const [first] = errors;
  return [
    {
      file,
      ...(first === undefined ? {} : position(text, first.offset)),
      message: `this is not JSON${first === undefined ? "" : ` (${printParseErrorCode(first.error)})`}`,
      hint: HINT,
    },
  ];
}
