import { readFileSync } from "node:fs";
import { bumpJson, bumpLines, bumpOf } from "../../src/commands/bump/bump";
import { channelModule } from "../../src/write/channel";
import { channelPlan } from "../../src/plan/choice";
import { guixKernel } from "../../src/read/kernel";
import { formatMatrix, MATRIX_FORMATS } from "../../src/render/matrix";
import { matrixOf } from "../../src/plan/matrix";
import { editReleaseData } from "../../src/write/data-edit";
import { parseReleaseData, refuseDeep } from "../../src/read/openzfs/data-file";
import { jsonOutcome, lines } from "../../src/outcome";
import { shippedFile } from "../../src/files";
import { planJson, planLines } from "../../src/commands/plan-report";
import { loadTemplates } from "../../src/render/templates";
import { expectVariants } from "../emitted";
import { HOSTILE, mutate } from "../mutate";
import type { Random } from "../random";
import { expectShown, expectThat, orSentence, type Target } from "../target";

const templates = await loadTemplates();

const shipped = JSON.parse(readFileSync(shippedFile("data/openzfs-releases.json"), "utf8")) as {
  releases: object[];
};
/** A few of them, with and without advisories. */
const FEW = {
  ...shipped,
  releases: shipped.releases
    .filter((release, index) => index < 2 || "advisories" in release)
    .slice(0, 5),
};

const PIECES = [
  "{}",
  "[]",
  "null",
  "1e999",
  '"__proto__": {"version": "2.9.9"}',
  '"constructor": 1',
  ",",
  ":",
  '"a"',
  "[[[[",
  '"6.12"',
  '"<6.12"',
  "\\u001b[31m",
  "\\ud800",
  '{"a":',
  "//c\n",
  "/*",
  "\\n",
];

const KERNELS = ["4.4", "5.10", "5.18", "6.12", "7.9"].map((text) =>
  guixKernel({ major: Number(text.split(".")[0]), minor: Number(text.split(".")[1]) }),
);

function text(random: Random): string {
  if (random.oneIn(20))
    return (
      random.pick(["[", '{"a":', '{"releases":[', "[[],"]).repeat(random.pick([10, 100_000])) +
      random.pick(["", "]".repeat(100_000), "}"])
    );
  if (random.oneIn(20))
    return `{"asOf": "2026-01-01", "releases": [], "x": ${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
  if (random.oneIn(3)) return JSON.stringify(change(random, structuredClone(FEW)), null, 1);
  return mutate(random, JSON.stringify(FEW, null, random.pick([0, 1, "\t"])), PIECES);
}

/** VALUE with some of its texts, keys and numbers replaced by hostile ones. */
function change(random: Random, value: unknown): unknown {
  if (random.oneIn(60)) return random.pick<unknown>([...HOSTILE, null, 0, -1, 1e21, [], {}, true]);
  if (typeof value === "string")
    return value.includes(" ") && random.oneIn(4)
      ? value.replace(" ", random.pick(HOSTILE))
      : value;
  if (Array.isArray(value)) return value.map((item) => change(random, item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      random.oneIn(80) ? random.pick(HOSTILE) : key,
      change(random, item),
    ]),
  );
}

export const data: Target = {
  async run(random, note) {
    const given = text(random);
    note(given);
    const found = await orSentence(() => parseReleaseData(given, "data.json"));
    expectThat(
      !("version" in {}) && Object.keys(Object.prototype).length === 0,
      "the prototype of all objects was changed",
    );
    if (found === undefined) return;
    const { releases } = found;
    const plan = channelPlan(KERNELS, releases, undefined);
    expectShown(lines(...planLines(plan)));
    expectShown(jsonOutcome(0, planJson(plan)).output);
    for (const format of MATRIX_FORMATS) {
      const output = formatMatrix(matrixOf(KERNELS, releases), format);
      expectShown(output);
      if (format === "json") JSON.parse(output);
      if (format === "svg" || format === "markdown")
        expectThat(
          !/<script|<\/text><s/.test(output.replaceAll("\\<", "")),
          `${format} has markup of a stranger's`,
        );
      if (format === "table")
        expectThat(
          output.trimEnd().split("\n").length <=
            2 +
              releases.length +
              releases.reduce((sum, { advisories }) => sum + advisories.length, 0),
          "a note has more than one line",
        );
    }
    const module = await orSentence(() => channelModule(plan, releases, templates.compiled));
    if (module === undefined) return;
    expectVariants(
      module,
      plan.variants.map(({ kernel }) => kernel.variant),
    );
    const bump = await bumpOf({
      plan,
      files: [{ role: "packages", path: "a.scm", before: undefined, after: module }],
      kernels: { add: [], remove: [] },
      notes: [],
    });
    expectShown(lines(...bumpLines(bump)));
    expectShown(jsonOutcome(0, bumpJson(bump)).output);

    const entry = {
      version: "9.9.9",
      date: "2026-12-31",
      linuxMinimum: "4.18",
      linuxMaximum: "9.9",
      sha256: null,
      statedBy: [],
      tools: { bin: [], sbin: [] },
    };
    const edited = await orSentence(
      () => (refuseDeep(given, "data.json"), editReleaseData(given, { add: [entry], hashes: [] })),
    );
    if (edited !== undefined)
      expectThat(
        (await parseReleaseData(edited, "data.json")).releases.length === releases.length + 1,
        "the new release is not in the data",
      );
  },
};
