import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { UserError } from "../../src/errors";
import { editReleaseData } from "../../src/write/data-edit";
import { parseReleaseData } from "../../src/read/openzfs/data-file";
import { PROJECT } from "../support/run";

const RELEASE = {
  version: "2.4.3",
  date: "2026-06-10",
  linuxMinimum: "4.18",
  linuxMaximum: "7.0",
  sha256: "19srp9gimm6kkk279d25c4338gbvcqr8m1422dgrn67mak8z420z",
  tools: { sbin: ["zfs"], bin: [] },
};

const fileOf = (...releases: object[]): string =>
  JSON.stringify({ asOf: "2026-08-21", releases }, null, 1);

async function problemsOf(text: string): Promise<string> {
  const error: unknown = await parseReleaseData(text, "data.json").then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof UserError)) throw new Error(`no UserError but ${String(error)}`);
  return error.message;
}

test("the data that comes along is sound", async () => {
  const { releases } = await parseReleaseData(
    readFileSync(`${PROJECT}/data/openzfs-releases.json`, "utf8"),
    "data",
  );
  expect(releases.length).toBeGreaterThan(50);
  expect(releases.find(({ version }) => version === "2.4.2")?.advisories[0]?.range).toEqual({
    operator: "<",
    series: { major: 5, minor: 6 },
  });
  expect(releases.find(({ version }) => version === "2.3.8")?.sha256).toBeUndefined();
});

test("releases that lose data are known as such, up to where that is mended", async () => {
  const { releases } = await parseReleaseData(
    readFileSync(`${PROJECT}/data/openzfs-releases.json`, "utf8"),
    "data",
  );
  const sources = (version: string): string =>
    releases
      .find((release) => release.version === version)!
      .losesData.map(({ source }) => source)
      .join();
  const lose = (issue: string): string[] =>
    releases.map(({ version }) => version).filter((version) => sources(version).includes(issue));
  // OpenZFS's own release notes: mended in 2.2.2 and 2.1.14.
  const dirty = lose("#15526");
  for (const version of ["2.2.1", "2.2.0", "2.1.13", "2.1.0", "2.0.7"])
    expect(dirty).toContain(version);
  for (const version of ["2.4.4", "2.3.0", "2.2.2", "2.1.14"]) expect(dirty).not.toContain(version);
  expect(lose("#14753")).toEqual(["2.1.10"]);
  // The commit is in 2.1.14, and was in 2.2.0 from the start.
  const trimmed = lose("#15395");
  for (const version of ["2.1.13", "2.1.0", "2.0.0"]) expect(trimmed).toContain(version);
  for (const version of ["2.2.0", "2.1.14"]) expect(trimmed).not.toContain(version);
  expect(lose("#16019")).toEqual(["2.2.3", "2.2.2", "2.2.1", "2.2.0"]);
  expect(lose("#18366")).toEqual(["2.4.3", "2.4.2", "2.4.1", "2.4.0"]);
  expect(lose("#12014")).toEqual(expect.arrayContaining(["2.3.2", "2.2.7", "2.1.16"]));
  expect(lose("#12014")).not.toEqual(expect.arrayContaining(["2.3.3"]));
  // What is taken for the newest kernels is none of them.
  expect([sources("2.4.4"), sources("2.3.9")]).toEqual(["", ""]);
});

test("ranges of releases are inclusive, compared as numbers, and need not be known", async () => {
  const file = (...ranges: string[]): string =>
    JSON.stringify({
      ...(JSON.parse(
        fileOf(...["2.10.0", "2.9.1", "2.9.0"].map((version) => ({ ...RELEASE, version }))),
      ) as object),
      advisories: [{ releases: ranges, says: "x", source: "y" }],
    });
  const affected = async (...ranges: string[]): Promise<string[]> =>
    (await parseReleaseData(file(...ranges), "data.json")).releases
      .filter(({ losesData }) => losesData.length > 0)
      .map(({ version }) => version);
  expect(await affected("2.9.0-2.9.1")).toEqual(["2.9.1", "2.9.0"]);
  expect(await affected("2.9.1-2.11.0", "1.0.0")).toEqual(["2.10.0", "2.9.1"]);
  expect(await affected("2.9.2-2.9.9")).toEqual([]);
  for (const wrong of ["2.9", "2.9.1-2.9.0", "2.9.0-", "-2.9.0", "2.9.0-2.9.1-2.9.2", "all", ""])
    expect(await problemsOf(file(wrong))).toMatch(
      `"${wrong}" is neither a release nor a range: expected something like 2.1.10 or 2.2.0-2.2.1`,
    );
  expect(await problemsOf(file())).toContain("there is no release in it");
});

test("what it says about itself is anything", async () => {
  const text = JSON.stringify({ about: { by: [1, null] }, ...JSON.parse(fileOf(RELEASE)) });
  expect((await parseReleaseData(text, "data.json")).releases).toHaveLength(1);
});

test("a byte order mark is none of the data", async () => {
  expect((await parseReleaseData(`\ufeff${fileOf(RELEASE)}`, "data.json")).releases).toHaveLength(
    1,
  );
  expect(await problemsOf('\ufeff{"asOf": 7, "releases": []}')).toMatch(
    /^data\.json:1:10: 7 is not a day; expected YYYY-MM-DD;/,
  );
  expect(
    editReleaseData(`\ufeff${fileOf({ ...RELEASE, sha256: null })}`, {
      add: [],
      hashes: [{ version: "2.4.3", sha256: RELEASE.sha256, statedBy: "me" }],
    }),
  ).toMatch(/^\ufeff\{[^]*"sha256": "19srp9/);
});

describe("what is wrong with a data file is said with its line", () => {
  test.each<[string, string, RegExp]>([
    ["no JSON", '{"asOf": ', /^data\.json:1:\d+: this is not JSON/],
    [
      "a reversed range",
      fileOf({ ...RELEASE, linuxMinimum: "7.1" }),
      /^data\.json:8:20: the range is reversed/,
    ],
    [
      "a short hash",
      fileOf({ ...RELEASE, sha256: "abc" }),
      /^data\.json:9:14: abc is not a SHA-256 hash in Guix base32; expected 52 characters/,
    ],
    [
      "a hash with a letter that base32 lacks",
      fileOf({ ...RELEASE, sha256: `0${"e".repeat(51)}` }),
      /is not a SHA-256 hash/,
    ],
    [
      "a hash of 53 characters",
      fileOf({ ...RELEASE, sha256: "0".repeat(53) }),
      /is not a SHA-256 hash/,
    ],
    [
      "a hash that is too large a number",
      fileOf({ ...RELEASE, sha256: `z${"0".repeat(51)}` }),
      /is not a SHA-256 hash/,
    ],
    [
      "a hash that is no text",
      fileOf({ ...RELEASE, sha256: 7 }),
      /^data\.json:9:14: 7 is not a SHA-256 hash in Guix base32; expected 52 characters, [^;]*, or null; mend/,
    ],
    ["a version that is none", fileOf({ ...RELEASE, version: "2.4" }), /2\.4 is not a release/],
    [
      "a version that would be code",
      fileOf({ ...RELEASE, version: '2.4.3") (evil' }),
      /is not a release/,
    ],
    [
      "a series that is none",
      fileOf({ ...RELEASE, linuxMaximum: "7" }),
      /^data\.json:8:20: "7" is not a series/,
    ],
    [
      "a series that is no text",
      fileOf({ ...RELEASE, linuxMinimum: 4 }),
      /^data\.json:7:20: expected a series, MAJOR\.MINOR, such as 6\.12; mend/,
    ],
    [
      "an operator that is no text",
      fileOf({ ...RELEASE, advisories: [{ series: 5, says: "x", source: "y" }] }),
      /: expected a series with an operator, such as <5\.6; mend/,
    ],
    [
      "a missing field",
      fileOf({ ...RELEASE, tools: undefined }),
      /^data\.json:4:3: tools is missing; mend the file/,
    ],
    [
      "a missing hash",
      fileOf({ ...RELEASE, sha256: undefined }),
      /^data\.json:4:3: sha256 is missing;/,
    ],
    [
      "a field of another kind",
      fileOf({ ...RELEASE, tools: [] }),
      /^data\.json:10:13: sbin is missing;/,
    ],
    [
      "text for an object",
      fileOf({ ...RELEASE, tools: "zfs" }),
      /^data\.json:10:13: expected Object, not "zfs"; mend/,
    ],
    [
      "a number for text",
      fileOf({ ...RELEASE, version: 2.4 }),
      /^data\.json:5:15: 2\.4 is not a release; expected three numbers, such as 2\.4\.4; mend/,
    ],
    [
      "text for a list",
      fileOf({ ...RELEASE, tools: { sbin: "zfs", bin: [] } }),
      /^data\.json:11:13: expected Array, not "zfs"; mend/,
    ],
    [
      "a number in a list",
      fileOf({ ...RELEASE, tools: { sbin: [1], bin: [] } }),
      /^data\.json:12:6: 1 is not a program's name; mend/,
    ],
    [
      "a number for a release",
      '{"asOf": "2026-08-21", "releases": [7]}',
      /^data\.json:1:37: expected Object, not 7; mend/,
    ],
    [
      "a misspelt name in an advisory",
      fileOf({ ...RELEASE, advisories: [{ seris: "<5.6", says: "x", source: "y" }] }),
      /^data\.json:18:15: "seris" is not known here; mend/,
    ],
    [
      "a misspelt name in a release",
      fileOf({ ...RELEASE, advisores: [] }),
      /"advisores" is not known here/,
    ],
    [
      "a command with a slash",
      fileOf({ ...RELEASE, tools: { sbin: ["../zfs"], bin: [] } }),
      /is not a program's name/,
    ],
    [
      "an advisory about nothing",
      fileOf({ ...RELEASE, advisories: [{ series: "~5", says: "x", source: "y" }] }),
      /"~5" is not a series with an operator/,
    ],
    ["no release", fileOf(), /there is no release in it/],
    [
      "a release twice",
      fileOf(RELEASE, RELEASE),
      /^data\.json:18:15: release 2\.4\.3 stands here twice; mend[^\n]*$/,
    ],
    [
      "very deep words about it",
      `{"about": ${"[".repeat(100_000)}${"]".repeat(100_000)}, "asOf": "2026-08-21", "releases": [7]}`,
      /^data\.json:1:1: more than 100 brackets are open in it; mend/,
    ],
    ["a list", "[]", /data\.json:1:1: /],
  ])("%s", async (_, text, expected) => {
    expect(await problemsOf(text)).toMatch(expected);
  });

  test("a column is a character, as everywhere", async () => {
    expect(await problemsOf('{"about": "\u{1f600}", "asOf": 7, "releases": []}')).toMatch(
      /^data\.json:1:24: 7 is not a day/,
    );
  });

  test("all of it together", async () => {
    const problems = await problemsOf(
      fileOf({ ...RELEASE, sha256: "abc", linuxMinimum: "x" }, { ...RELEASE, version: "2" }),
    );
    expect(problems.split("\n")).toHaveLength(3);
  });

  test("a release twice, whatever else is wrong with it", async () => {
    expect(
      await problemsOf(fileOf({ ...RELEASE, tools: 7 }, RELEASE, { ...RELEASE, sha: "abc" })),
    ).toMatch(
      /^[^\n]*:10:13: expected Object, not 7;[^\n]*\n[^\n]*:13:15: release 2\.4\.3 stands here twice;[^\n]*\n[^\n]*:26:15: release 2\.4\.3 stands here twice;[^\n]*\n[^\n]*"sha" is not known here;[^\n]*$/,
    );
  });
});
