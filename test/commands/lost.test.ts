import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { shellLine } from "../../src/errors";
import { linuxOf } from "../support/guix-texts";
import {
  filesBelow,
  git,
  temporaryCheckout,
  temporaryDirectory,
  temporaryRepository,
} from "../support/directory";
import { releaseDataFile, releaseDataText } from "../support/releases";
import { inProcess } from "../support/in-process";
import { PROJECT, zfsGuix, type Run } from "../support/run";

const MODULE = "generated/zfs-guix/packages/zfs.scm";

/** A directory whose channel was generated for KERNELS. */
async function channel(kernels: string): Promise<string> {
  const directory = temporaryDirectory({
    "kernels.scm": kernels,
    "data/openzfs-releases.json": releaseDataText().replace(
      /"asOf": "[^"]*"/,
      '"asOf": "2999-01-01"',
    ),
  });
  expect(await inProcess(["generate"], { cwd: directory })).toMatchObject({
    status: 0,
    stderr: "",
  });
  return directory;
}

const guix = (...series: string[]): string =>
  temporaryCheckout({ linux: linuxOf(series) }).directory;

describe("no channel is emptied by a slip of the pen", () => {
  test("kernels of which none gets a variant", async () => {
    const NONE = "note: no kernel has a variant, so there is none in the channel\n";
    const cwd = await channel('("6.12" "6.18")');
    const before = readFileSync(join(cwd, MODULE), "utf8");
    expect(await inProcess(["generate", "--kernels", "7.9"], { cwd })).toEqual({
      status: 2,
      stdout: "",
      stderr: `zfs-guix: ${MODULE}: none of the kernels that are asked for gets a variant, so this channel would lose all that it has: 2; linux-libre-7.9 has no release yet that supports it: OpenZFS 2.4.4 supports Linux 4.18 to 7.2; ask for other kernels, or give --force\n`,
    });
    expect(await inProcess(["check", "--kernels", "7.9"], { cwd })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("would lose all that it has"),
    });
    expect(readFileSync(join(cwd, MODULE), "utf8")).toBe(before);
    expect(await inProcess(["generate", "--kernels", "7.9", "--force"], { cwd })).toMatchObject({
      status: 0,
      stderr: `${NONE}note: removed from the channel: zfs-for-linux-6.12, zfs-for-linux-6.18\n`,
    });
    expect(await inProcess(["check", "--kernels", "7.9"], { cwd })).toMatchObject({
      status: 0,
      stderr: expect.stringContaining("note: skipped: linux-libre-7.9 has no release yet"),
    });
  });

  test("one of several is told", async () => {
    const cwd = await channel('("6.12" "6.18")');
    expect(await inProcess(["generate", "--kernels", "6.12"], { cwd })).toMatchObject({
      status: 0,
      stderr: "note: removed from the channel: zfs-for-linux-6.18\n",
    });
  });
});

describe("no checkout is, either", () => {
  const FILE = "gnu/packages/file-systems.scm";
  const written = async (): Promise<string> => {
    const directory = guix("6.12", "6.18", "7.1");
    expect((await inPlace(directory, "generate")).status).toBe(0);
    return directory;
  };
  const inPlace = (directory: string, command: string, ...more: string[]): Promise<Run> =>
    inProcess(
      [command, "--guix", directory, "--in-place", "--releases", releaseDataFile(), ...more],
      { cwd: temporaryDirectory() },
    );

  test("by kernels of which none gets a variant", async () => {
    const directory = await written();
    const before = readFileSync(join(directory, FILE), "utf8");
    const sentence = `zfs-guix: ${directory}/${FILE}: none of the kernels that are asked for gets a variant, so this checkout would lose all that it has: 2; linux-libre-7.1 needs OpenZFS 2.4.4 or later; this checkout has 2.4.3; ask for other kernels, or give --force\n`;
    expect(await inPlace(directory, "generate", "--kernels", "7.1")).toEqual({
      status: 2,
      stdout: "",
      stderr: sentence,
    });
    expect(await inPlace(directory, "check", "--kernels", "7.1")).toMatchObject({
      status: 1,
      stderr: sentence,
    });
    expect(readFileSync(join(directory, FILE), "utf8")).toBe(before);
    const forced = await inPlace(directory, "generate", "--kernels", "7.1", "--force");
    expect(forced).toMatchObject({
      status: 0,
      stderr:
        "note: no kernel has a variant, so there is none in the managed region\nnote: removed from the managed region: zfs-for-linux-6.12, zfs-for-linux-6.18\n",
    });
    // What was emptied on purpose, or never had any, is empty in peace.
    expect((await inPlace(directory, "generate", "--kernels", "7.1")).status).toBe(0);
  });

  test("by a Guix that has dropped what there was", async () => {
    const directory = await written();
    writeFileSync(join(directory, "gnu/packages/linux.scm"), linuxOf(["7.1"]));
    for (const deed of ["generate", "bump"]) {
      expect(await inPlace(directory, deed)).toMatchObject({
        status: 2,
        stdout: "",
        stderr: expect.stringContaining("so this checkout would lose all that it has: 2"),
      });
    }
    expect((await inPlace(directory, "bump", "--force")).stdout).toContain(
      "removed  zfs-for-linux-6.12\nremoved  zfs-for-linux-6.18\n",
    );
  });

  test("and one of several is told", async () => {
    const directory = await written();
    expect(await inPlace(directory, "generate", "--kernels", "6.12")).toMatchObject({
      status: 0,
      stderr: "note: removed from the managed region: zfs-for-linux-6.18\n",
    });
    expect((await inPlace(directory, "generate", "--remove")).status).toBe(0);
  });
});

test("a bump does not empty a channel, either, unless that is meant", async () => {
  const cwd = await channel('("6.12")');
  const bump = (...more: string[]): Promise<Run> =>
    inProcess(["bump", "--guix", guix("7.9"), ...more], { cwd });
  expect(await bump()).toMatchObject({
    status: 2,
    stdout: "",
    stderr: expect.stringContaining("so this channel would lose all that it has: 1"),
  });
  expect(readFileSync(join(cwd, "kernels.scm"), "utf8")).toBe('("6.12")');
  expect((await bump("--force")).stdout).toContain("removed  zfs-for-linux-6.12\n");
});

describe("the list of kernels that is meant", () => {
  test("is the one of a directory above, which has to be said", async () => {
    const directory = temporaryDirectory({ "kernels.scm": '("6.12")', "src/deep/x": "" });
    const cwd = join(directory, "src/deep");
    for (const command of [["generate"], ["check"], ["matrix"], ["explain", "6.12"]]) {
      expect(await inProcess(command, { cwd })).toEqual({
        status: 2,
        stdout: "",
        stderr:
          "zfs-guix: ../../kernels.scm: this list of kernels is in a directory above; run the command in ../.., or give --kernels-file ../../kernels.scm\n",
      });
    }
    expect(filesBelow(cwd)).toEqual(["x"]);
    expect(
      (await inProcess(["generate", "--kernels-file", "../../kernels.scm"], { cwd })).status,
    ).toBe(0);
  });

  test("is the one that comes along where there is none, which is told", async () => {
    const { status, stderr } = await inProcess(["generate"], { cwd: temporaryDirectory() });
    expect([status, stderr]).toEqual([
      0,
      "note: there is no kernels.scm here, so the kernels are those that come with zfs-guix; write one, or give --kernels, --kernels-file or --guix\n",
    ]);
  });

  test("a kernel that no known Guix has is told", async () => {
    const { status, stderr } = await inProcess(["generate", "--kernels", "6.12,6.13"], {
      cwd: temporaryDirectory(),
    });
    expect([status, stderr]).toEqual([
      0,
      "note: no Guix that zfs-guix knows has linux-libre-6.13, and without the kernel there is no package; see what a checkout has with --guix DIR\n",
    ]);
  });
});

describe("bump", () => {
  test("with nothing to follow", async () => {
    expect(await inProcess(["bump"], { cwd: await channel('("6.12")') })).toEqual({
      status: 2,
      stdout: "",
      stderr:
        "zfs-guix: bump has nothing to follow; give --guix DIR for the kernels of a Guix, and --online or --openzfs DIR for the releases; generate alone writes what kernels.scm says\n",
    });
  });

  test("does not follow a Guix that is older than the list", async () => {
    const cwd = await channel('("6.12" "6.18" "7.0")');
    const old = guix("6.12", "6.18");
    const before = readFileSync(join(cwd, "kernels.scm"), "utf8");
    for (const more of [[], ["--dry-run"]]) {
      expect(await inProcess(["bump", "--guix", old, ...more], { cwd })).toEqual({
        status: 2,
        stdout: "",
        stderr: `zfs-guix: ${old}: this Guix is older than kernels.scm: its newest kernel is linux-libre-6.18, and linux-libre-7.0 is listed; name a newer Guix, or give --older-guix to remove what it has not\n`,
      });
    }
    expect(readFileSync(join(cwd, "kernels.scm"), "utf8")).toBe(before);
    expect((await inProcess(["bump", "--guix", old, "--older-guix"], { cwd })).status).toBe(0);
    expect(readFileSync(join(cwd, "kernels.scm"), "utf8")).toBe('("6.12" "6.18")');
  });

  test("--older-guix is about a Guix", async () => {
    expect(
      await inProcess(["bump", "--online", "--older-guix"], { cwd: temporaryDirectory() }),
    ).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(
        "--older-guix is about the kernels that a channel takes from a Guix; ",
      ),
    });
  });
});

describe("git", () => {
  test("changelog outside of a repository advises what it has", async () => {
    expect(await inProcess(["changelog"], { cwd: await channel('("6.12")') })).toEqual({
      status: 2,
      stdout: "",
      stderr:
        "zfs-guix: .: this directory is in no git repository; run it in the repository of a channel, or give --guix DIR --in-place for that of a checkout\n",
    });
  });

  (process.getuid?.() === 0 ? test : test.skip)("the repository of another user", () => {
    const directory = temporaryRepository({ "kernels.scm": '("6.12")' });
    git(directory, "status");
    for (const path of ["", ".git"]) chownSync(join(directory, path), 65534, 65534);
    chmodSync(directory, 0o755);
    const { status, stderr } = zfsGuix(["changelog"], {
      cwd: directory,
      env: { ...process.env, HOME: "/nonexistent" },
    });
    expect([status, stderr]).toEqual([
      2,
      `zfs-guix: .: detected dubious ownership in repository at '${directory}' To add an exception for this directory, call: git config --global --add safe.directory ${directory}; see git -C . status\n`,
    ]);
  });
});

describe("standard output that is closed", () => {
  const closed = (...words: string[]): { status: number | null; stderr: string } => {
    const { status, stderr } = spawnSync(
      "sh",
      ["-c", `${shellLine([process.execPath, `${PROJECT}/dist/zfs-guix.js`, ...words])} >&-`],
      { encoding: "utf8" },
    );
    return { status, stderr };
  };

  test.each([["matrix"], ["explain", "6.12"]])("%s", (...words) => {
    expect(closed(...words)).toEqual({
      status: 2,
      stderr: `zfs-guix: standard output is closed, and all that ${words[0]} does is to write to it\n`,
    });
  });

  test("nobody is stopped who throws the output away, or wants the status", () => {
    const { status } = spawnSync("sh", [
      "-c",
      `${shellLine([process.execPath, `${PROJECT}/dist/zfs-guix.js`, "matrix"])} >/dev/null`,
    ]);
    expect(status).toBe(0);
    expect(closed("check")).toEqual({ status: 0, stderr: "" });
  });
});

describe("explain", () => {
  const cwd = (): string => {
    const directory = temporaryDirectory({ "kernels.scm": '("6.12")' });
    mkdirSync(join(directory, "data"));
    return directory;
  };

  test("asks no Guix that it was not told of", async () => {
    expect((await inProcess(["explain", "7.2"], { cwd: cwd() })).stdout).toContain(
      'Whether Guix has linux-libre-7.2 is not looked up: see a checkout with --guix DIR, and if it has, add "7.2" to kernels.scm.\n',
    );
    expect(
      (await inProcess(["explain", "7.2", "--guix", guix("6.12")], { cwd: cwd() })).stdout,
    ).toMatch(/ has no kernel of the series 7\.2; it has 6\.12\.\n/);
  });

  test("says as data what it says as text", async () => {
    for (const series of ["5.10", "6.2", "7.2"]) {
      const text = (await inProcess(["explain", series], { cwd: cwd() })).stdout;
      const data = JSON.parse(
        (await inProcess(["explain", series, "--json"], { cwd: cwd() })).stdout,
      ) as {
        advisories: { release: string; says: string; source: string }[];
        unhashed: string[];
      };
      for (const { release, says, source } of data.advisories)
        expect(text).toContain(`Not ${release}: ${says} (${source}).\n`);
      expect((text.match(/^Not /gm) ?? []).length).toBe(data.advisories.length);
      expect(/^Of these, the hash is not known/m.test(text)).toBe(data.unhashed.length > 0);
    }
  });

  test("names a hundred releases in a line that can be read", async () => {
    const { stdout } = await inProcess(["explain", "5.10"], { cwd: cwd() });
    expect(stdout).toMatch(
      /^Releases that support Linux 5\.10: 2\.4\.4 to 2\.4\.0, 2\.3\.9 to 2\.3\.0, /m,
    );
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThan(200);
  });
});
