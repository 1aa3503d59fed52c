import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { buildSync } from "esbuild";
import { temporaryDirectory } from "./support/directory";
import { inProcess } from "./support/in-process";
import { PROJECT, type Run } from "./support/run";

const MEGABYTE = 1024 * 1024;

/** A megabyte of the worst of each kind, and what is made of them; four of what takes most to begin with. */
const LARGE: Readonly<Record<string, readonly [() => string, RegExp]>> = {
  parentheses: [() => "()".repeat(MEGABYTE / 2), /^524288 forms$/],
  "parentheses in parentheses": [
    () => "(".repeat(MEGABYTE),
    /^1:1001: this is nested more than 1000 deep/,
  ],
  quotes: [() => `${"'".repeat(MEGABYTE - 1)}a`, /^1:1001: this is nested more than 1000 deep/],
  "one string": [() => `"${"a\\\\\\n".repeat(MEGABYTE * 0.8)}"`, /^1 forms$/],
  "one symbol": [() => "a".repeat(MEGABYTE), /^1 forms$/],
  "one number": [() => "1".repeat(MEGABYTE), /^1 forms$/],
  "nearly a number": [() => `1${"/".repeat(MEGABYTE)}`, /^1 forms$/],
  "discarded forms": [
    () => `${"#;".repeat(MEGABYTE / 2 - 1)}${"a ".repeat(2)}`,
    /^1:2001: this is nested more than 1000 deep/,
  ],
  "comments in comments": [
    () => `${"#|".repeat(MEGABYTE / 4)}${"|#".repeat(MEGABYTE / 4)}`,
    /^0 forms$/,
  ],
  "line comments": [() => ";\n".repeat(MEGABYTE / 2), /^0 forms$/],
  "small forms": [() => "a ".repeat(MEGABYTE / 2), /^524288 forms$/],
  "vectors of numbers": [() => "#vu8(1 2) ".repeat(100_000), /^100000 forms$/],
};

describe("a large text takes memory in proportion, whatever is in it", () => {
  let place: string;
  beforeAll(() => {
    place = mkdtempSync(join(tmpdir(), "zfs-guix-large-"));
    buildSync({
      entryPoints: [`${PROJECT}/test/support/peak.ts`],
      bundle: true,
      platform: "node",
      format: "cjs",
      outfile: join(place, "peak.cjs"),
    });
  });
  afterAll(() => rmSync(place, { recursive: true }));

  test.each(Object.entries(LARGE))("%s", (_, [make, expected]) => {
    const text = make();
    writeFileSync(join(place, "text"), text);
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [join(place, "peak.cjs"), join(place, "text")],
      { encoding: "utf8" },
    );
    expect(stderr).toBe("");
    const { outcome, bytes } = JSON.parse(stdout) as { outcome: string; bytes: number };
    expect(outcome).toMatch(expected);
    // An object for each form at top level is the most, every second character being one.
    expect(bytes / text.length).toBeLessThan(100);
  });
});

describe("large inputs end in a sentence", () => {
  const refused = ({ status, stdout, stderr }: Run, reason: RegExp): void => {
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(reason);
    expect(stderr).not.toMatch(/this is a bug|\n {4}at /);
  };
  const generate = (files: Record<string, string>, ...args: string[]): Promise<Run> =>
    inProcess(["generate", ...args], {
      cwd: temporaryDirectory({ "kernels.scm": '("6.12")', ...files }),
    });

  test("a kernel list with one kernel many times, or with very many", async () => {
    const many = await generate({ "kernels.scm": `(${'"6.12"\n'.repeat(10_000)})` });
    refused(
      many,
      /^zfs-guix: kernels\.scm:2:1: linux-libre-6\.12 of \(gnu packages linux\) is listed twice, first in line 1;/,
    );
    expect(many.stderr.trimEnd().split("\n")).toHaveLength(9_999);
    refused(
      await generate({ "kernels.scm": `(${'"6.12"\n'.repeat(10_001)})` }),
      /^zfs-guix: kernels\.scm:1:1: this list has more than 10000 kernels; [^\n]*\n$/,
    );
  });

  test("JSON with 100,000 brackets, closed or not", async () => {
    const deep = "[".repeat(100_000);
    refused(
      await generate({ "d.json": deep }, "--releases", "d.json"),
      /^zfs-guix: d\.json:1:1: this is not JSON; [^\n]*\n$/,
    );
    refused(
      await generate({ "d.json": `{"a": ${deep}${"]".repeat(100_000)}}` }, "--releases", "d.json"),
      /^zfs-guix: d\.json:1:1: "a" is not known here; /m,
    );
  });

  test("a checkout with definitions in 900 (begin …), and in 100,000", async () => {
    const matrix = async (depth: number): Promise<Run> => {
      const linux = `${"(begin ".repeat(depth)}(define-public linux-libre-6.12 (make-linux-libre* "6.12.1"))${")".repeat(depth)}`;
      const cwd = temporaryDirectory({
        "gnu/packages/linux.scm": linux,
        "gnu/packages/file-systems.scm": '(define-public zfs (package (version "2.4.3")))',
      });
      return await inProcess(["matrix", "--guix", ".", "--format", "markdown"], { cwd });
    };
    expect(await matrix(900)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("| OpenZFS | 6.12 |\n"),
    });
    refused(
      await matrix(100_000),
      /linux\.scm:1:7001: this is nested more than 1000 deep, which no file of Guix is\n$/,
    );
  });
});
