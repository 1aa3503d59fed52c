import { expect } from "@jest/globals";
import fc from "fast-check";
import { bumpJson, bumpLines, bumpOf } from "../../src/commands/bump/steps";
import { planJson, planLines } from "../../src/commands/report";
import { jsonOutcome, lines } from "../../src/outcome";
import { channelPlan } from "../../src/plan/plan";
import { matrixOf } from "../../src/plan/compatibility";
import { guixKernel } from "../../src/read/kernel";
import { parseReleaseData } from "../../src/read/openzfs/data-file";
import type { Release } from "../../src/read/openzfs/release";
import { MATRIX_FORMATS } from "../../src/options";
import { formatMatrix } from "../../src/render/matrix-text";
import { channelModule } from "../../src/layout/channel";
import { editReleaseData, type ReleaseEntry } from "../../src/write/data-edit";
import { seriesOf } from "../support/releases";
import { hostile, mostly, mutated, place } from "./input";
import { expectShown, expectVariants, fuzz, orSentence, RELEASE_DATA } from "./property";

const shipped = JSON.parse(RELEASE_DATA) as { releases: ReleaseEntry[] };
// So many tools that little else would be changed.
const all = shipped.releases.map((release) => ({ ...release, tools: { bin: [], sbin: ["zfs"] } }));
const advised = all.filter((release) => "advisories" in release);

/** A few releases with and without advisories, and one that alone is for 5.18 and is advised against. */
const base = fc
  .tuple(
    fc.constantFrom([...all.slice(0, 2), ...advised], advised.slice(-1)),
    fc.constantFrom(0, 1, "\t"),
  )
  .map(([releases, indent]) => JSON.stringify({ ...shipped, releases }, null, indent));

const KERNELS = ["4.4", "5.10", "5.18", "6.12", "7.9"].map(seriesOf).map(guixKernel);

const PIECES = [
  ...'{} [] null 1e999 "constructor":1 , : "a" [[[[ "6.12" "<6.12"'.split(" "),
  ...'\\u001b[31m \\ud800 {"a": //c\n /* \\n'.split(" "),
  '"__proto__": {"version": "2.9.9"}',
];

/** What becomes of a key or a string. */
type Change = (written: string) => string;

const change = fc.oneof(
  fc
    .oneof(hostile, fc.constantFrom<unknown>(null, 0, -1, 1e21, [], {}, true))
    .map<Change>((by) => () => JSON.stringify(by)),
  hostile.map<Change>((by) => (written) => written.replace(" ", JSON.stringify(by).slice(1, -1))),
);

const changed = fc
  .tuple(base, fc.array(fc.tuple(place, change), { maxLength: 4 }))
  .map(([text, changes]) => {
    // Keys and strings are at the odd places.
    const parts = text.split(/("(?:[^"\\]|\\.)*")/);
    for (const [to, by] of changes) {
      const at = 2 * (to % Math.floor(parts.length / 2)) + 1;
      parts[at] = by(parts[at]!);
    }
    return parts.join("");
  });

const deep = fc
  .tuple(
    fc.constantFrom("", '{"asOf": "2026-01-01", "releases": [], "x": '),
    fc.constantFrom("[", '{"a":', '{"releases":[', "[[],"),
    fc.constantFrom(10, 100_000),
    fc.constantFrom("", "]".repeat(100_000), `${"]".repeat(100_000)}}`, "}"),
  )
  .map(([before, open, depth, close]) => before + open.repeat(depth) + close);

const input = mostly(
  fc.oneof(base, changed, mutated(base, PIECES), mutated(base, PIECES)),
  9,
  deep,
);

fuzz("data", input, { floor: 0.2 }, async (given) => {
  const found = await orSentence(() => parseReleaseData(given, "data.json"));
  if (found === undefined) return false;
  const { releases } = found;
  const plan = channelPlan({ kernels: KERNELS, releases });
  expectShown(lines(...planLines(plan)));
  expectShown(jsonOutcome(0, planJson(plan)).output);
  expectMatrices(releases);

  const module = await orSentence(() => channelModule(plan, releases));
  if (module === undefined) return false;
  expectVariants(module, plan);
  const bump = await bumpOf({
    plan,
    files: [{ role: "packages", path: "a.scm", before: undefined, after: module }],
    kernels: { add: [], remove: [] },
    notes: [],
  });
  expectShown(lines(...bumpLines(bump)));
  expectShown(jsonOutcome(0, bumpJson(bump)).output);

  const edited = await orSentence(() => {
    const add = [{ ...all[0]!, version: "9.9.9", date: "2026-12-31" }];
    return editReleaseData(given, { add, hashes: [] });
  });
  if (edited === undefined) return false;
  const again = await parseReleaseData(edited, "data.json");
  expect(again.releases).toHaveLength(releases.length + 1);
  return true;
});

function expectMatrices(releases: readonly Release[]): void {
  for (const format of MATRIX_FORMATS) {
    const output = formatMatrix(matrixOf(KERNELS, releases), format);
    expectShown(output);
    if (format === "json") JSON.parse(output);
    // What is escaped is no markup of a stranger's.
    if (format === "svg" || format === "markdown")
      expect(output.replaceAll("\\<", "")).not.toMatch(/<script|<\/text><s/);
    // A note has one line.
    if (format === "table")
      expect(output.trimEnd().split("\n").length).toBeLessThanOrEqual(
        2 +
          releases.length +
          releases.flatMap(({ advisories, losesData }) => [...advisories, ...losesData]).length,
      );
  }
}
