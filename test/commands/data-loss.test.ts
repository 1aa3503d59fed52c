import { join } from "node:path";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { fileSystemsScm } from "../support/guix-texts";
import { temporaryCheckout, temporaryDirectory } from "../support/directory";
import { inProcess } from "../support/in-process";
import { releaseDataText } from "../support/releases";
import type { Run } from "../support/run";

const DIRTY = "openzfs/zfs#15526";

describe("that a release can lose data is said", () => {
  const here = (): string =>
    temporaryDirectory({
      "kernels.scm": '("6.5")',
      "data/openzfs-releases.json": releaseDataText({ withAdvisories: true }),
    });
  const run = (...args: string[]): Promise<Run> => inProcess(args, { cwd: here() });

  test("by generate and check, for a person and for a program", async () => {
    const cwd = here();
    for (const command of [["generate"], ["generate", "--dry-run"], ["check"]]) {
      const args = [...command, "--zfs", "2.2.0"];
      const { stderr } = await inProcess(args, { cwd });
      expect(stderr).toMatch(
        /^note: OpenZFS 2\.2\.0 is known to lose data, and no other that may be taken supports linux-libre-6\.5: .*a copy of a file [^\n]*\n/m,
      );
      expect(stderr).toContain(DIRTY);
      const json = JSON.parse((await inProcess([...args, "--json"], { cwd })).stdout) as {
        dataLosses: unknown[];
      };
      expect(json.dataLosses).toContainEqual({
        releases: ["2.2.0"],
        says: expect.stringContaining("zeros"),
        source: expect.stringContaining(DIRTY),
      });
    }
    for (const command of ["generate", "check"])
      expect((await inProcess([command], { cwd })).stderr).not.toContain("lose data");
  });

  test("by generate for a branch, of which the newest is taken", async () => {
    const { stdout, stderr } = await run("generate", "--zfs", "2.2");
    expect(stdout).toContain("zfs-for-linux-6.5  OpenZFS 2.2.7  for");
    expect(stderr).toContain("OpenZFS 2.2.7 is known to lose data, and no other");
    expect(stderr).not.toContain(DIRTY);
  });

  test("by explain", async () => {
    const { stdout } = await run("explain", "6.5");
    expect(stdout).toContain("is generated from OpenZFS 2.4.4,");
    expect(stdout).toMatch(
      /\nTaken only where there is no other, since they can lose data: 2\.2\.1 to 2\.2\.0, 2\.1\.13\.\n {2}a copy of a file [^\n]*15526/,
    );
    const { dataLosses } = JSON.parse((await run("explain", "6.5", "--json")).stdout) as {
      dataLosses: { releases: string[]; source: string }[];
    };
    expect(dataLosses.find(({ source }) => source.includes(DIRTY))?.releases).toEqual([
      "2.2.1",
      "2.2.0",
      "2.1.13",
    ]);
    expect((await run("explain", "6.5", "--zfs", "2.2.0")).stdout).toContain(
      "(3.10 to 6.5); it can lose data, see below.",
    );
  });

  test("by every form of matrix", async () => {
    const of = async (format: string): Promise<string> =>
      (await run("matrix", "--format", format)).stdout;
    const line =
      /^! 2\.2\.1 to 2\.2\.0, 2\.1\.13 to 2\.1\.0, 2\.0\.7 to 2\.0\.0: a copy of a file .*15526/m;
    expect(await of("table")).toMatch(line);
    expect(await of("table")).toMatch(/^2\.2\.0! +yes$/m);
    expect(await of("table")).toMatch(/^2\.4\.4 +yes$/m);
    expect((await of("markdown")).replaceAll("\\", "")).toMatch(line);
    expect(await of("markdown")).toContain("| 2.2.0! | yes |");
    const json = JSON.parse(await of("json")) as {
      releases: { version: string; losesData: { source: string }[] }[];
    };
    const losing = (version: string) =>
      json.releases.find((release) => release.version === version)!.losesData;
    expect(losing("2.2.0").some(({ source }) => source.includes(DIRTY))).toBe(true);
    expect(losing("2.4.4")).toEqual([]);
    const svg = await of("svg");
    expect(svg).toContain(">2.2.11!</text>");
    expect(svg).toContain("15526");
  });

  test("of the zfs of a checkout, by all that look at it", async () => {
    const { directory, path } = temporaryCheckout({
      fileSystems: fileSystemsScm().replaceAll("2.4.3", "2.2.0"),
    });
    const place = ["--guix", directory, "--in-place"];
    const note = /^note: OpenZFS 2\.2\.0, the zfs of this checkout, is known to lose data: /m;
    for (const command of [["check"], ["generate"], ["check"], ["bump", "--dry-run"]])
      expect((await run(...command, ...place)).stderr).toMatch(note);
    expect((await run("explain", "6.5", "--guix", directory)).stdout).toContain(
      "OpenZFS 2.2.0, the zfs of this checkout, is known to lose data: ",
    );
    expect((await run("matrix", "--guix", directory)).stdout).toMatch(
      / has OpenZFS 2\.2\.0!, linux-libre /,
    );
    expect(readFileSync(path, "utf8")).toContain("zfs-guix: begin");
  });

  test("by bump of a channel that has no other", async () => {
    const cwd = temporaryDirectory({ "kernels.scm": '("4.14")' });
    const { directory } = temporaryCheckout();
    await inProcess(["generate"], { cwd });
    const { stderr } = await inProcess(
      ["bump", "--guix", directory, "--zfs", "2.2", "--older-guix", "--dry-run"],
      { cwd },
    );
    expect(stderr).toContain("OpenZFS 2.2.7 is known to lose data");
  });
});

test("data without such advisories is read as before, and a channel keeps what it has", async () => {
  const data = {
    asOf: "2026-08-21",
    releases: [
      {
        version: "2.2.0",
        date: "2023-10-12",
        linuxMinimum: "3.10",
        linuxMaximum: "6.5",
        sha256: "0".repeat(52),
        tools: { sbin: ["zfs"], bin: [] },
      },
    ],
  };
  const cwd = temporaryDirectory({ "kernels.scm": '("6.5")', "r.json": JSON.stringify(data) });
  const { status, stderr } = await inProcess(["generate", "--releases", "r.json"], { cwd });
  expect([status, stderr]).toEqual([0, ""]);
  expect(readFileSync(join(cwd, "r.json"), "utf8")).toBe(JSON.stringify(data));
});
