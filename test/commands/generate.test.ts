import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { filesBelow, temporaryDirectory } from "../support/directory";
import { releaseDataFile } from "../support/releases";
import { inProcess } from "../support/in-process";
import { PROJECT, zfsGuix, type Run } from "../support/run";

/** With releases that stay as they are: the daily job adds to those of the project. */
const dated = (args: readonly string[]): readonly string[] =>
  args.includes("--releases") ? args : [...args, "--releases", releaseDataFile()];
const command = (args: readonly string[], options?: { readonly cwd: string }): Promise<Run> =>
  inProcess(dated(args), options);

const FILE = "generated/zfs-guix/packages/zfs.scm";

/** All that is written, in that order: the module, which tells what came with it, last. */
const FILES = [
  ...[
    "zfs-guix/packages/zfs-guix-command.c",
    "zfs-guix/packages/zfs-guix-status.in",
    "zfs-guix/packages/compatibility.scm",
    "zfs-guix/packages/status.scm",
    "zfs-guix/services/parameters.scm",
    "zfs-guix/services/zfs.scm",
    "zfs-guix/system/root.scm",
    "zfs-guix/build/boot-words.scm",
    "zfs-guix/build/boot.scm",
    "zfs-guix/build/catch-up.scm",
    "zfs-guix/build/commands.scm",
    "zfs-guix/build/datasets.scm",
    "zfs-guix/build/events.scm",
    "zfs-guix/build/export.scm",
    "zfs-guix/build/had-pools.scm",
    "zfs-guix/build/import.scm",
    "zfs-guix/build/keys.scm",
    "zfs-guix/build/mount.scm",
    "zfs-guix/build/mounts.scm",
    "zfs-guix/build/pools.scm",
    "zfs-guix/build/report.scm",
    "zfs-guix/build/root.scm",
    "zfs-guix/build/snapshots.scm",
    "zfs-guix/build/upkeep.scm",
    "zfs-guix/build/volumes.scm",
    "gnu/bootloader/zfs-guix.scm",
  ].map((name) => `generated/${name}`),
  FILE,
];

test("generate writes the channel, and a second time nothing", () => {
  const cwd = temporaryDirectory({ "kernels.scm": '("6.12" "7.9")' });
  const first = zfsGuix(dated(["generate"]), { cwd });
  expect(first).toEqual({
    status: 0,
    stdout: `zfs-for-linux-6.12  OpenZFS 2.4.4  for linux-libre-6.12
skipped: linux-libre-7.9 has no release yet that supports it: OpenZFS 2.4.4 supports Linux 4.18 to 7.2
${[...FILES, ".guix-channel"].map((file) => `created   ${file}\n`).join("")}`,
    stderr: "",
  });
  utimesSync(join(cwd, FILE), 1000, 1000);
  const second = zfsGuix(dated(["generate"]), { cwd });
  expect(second.stdout).toContain(
    `unchanged ${FILE}\nnothing to write: all is as it would be generated\n`,
  );
  expect(statSync(join(cwd, FILE)).mtimeMs).toBe(1_000_000);
  expect(filesBelow(cwd)).toEqual([".guix-channel", ...FILES.toSorted(), "kernels.scm"]);
});

test("check shows a unified diff that patch understands, and writes nothing", () => {
  const cwd = temporaryDirectory({ "kernels.scm": '("6.12")' });
  expect(zfsGuix(dated(["check"]), { cwd })).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(
      /^--- \/dev\/null\n\+\+\+ b\/generated\/zfs-guix\/packages\/zfs-guix-command\.c\n@@ -0,0 [^]*\n\+\+\+ b\/generated\/zfs-guix\/packages\/zfs\.scm\n@@ -0,0 /,
    ),
  });
  expect(filesBelow(cwd)).toEqual(["kernels.scm"]);
  zfsGuix(dated(["generate"]), { cwd });
  expect(zfsGuix(dated(["check"]), { cwd }).status).toBe(0);
  writeFileSync(join(cwd, "kernels.scm"), '("6.18")');
  const stale = zfsGuix(dated(["check"]), { cwd });
  expect(stale.status).toBe(1);
  expect(stale.stdout).toContain(
    "-(define-public zfs-for-linux-6.12\n-  (zfs-of-kernel 'zfs-for-linux-6.12\n",
  );
  expect(stale.stderr).toBe(
    `${FILE}: not as it would be generated; run zfs-guix generate with the same options\n`,
  );
});

describe("what is not as it was written is not written over unless that is meant", () => {
  const NOTICE = ";;; This file is written by zfs-guix; an edit here is lost the next time.\n";
  test.each<[string, (text: string) => string, string]>([
    [
      "an edit",
      (text) => text.replace('(version "2.4.4")', '(version "2.4.3")'),
      "this file is not as zfs-guix wrote it, and would be written over; move what was edited elsewhere, or give --force to have it written over",
    ],
    [
      "something behind the end",
      (text) => `${text}(define mine 1)\n`,
      "this file is not as zfs-guix wrote it, and would be written over",
    ],
    [
      "a conflict",
      (text) =>
        text.replace(
          /\n(;;; zfs-guix: end .*)\n$/,
          "\n<<<<<<< HEAD\n$1\n=======\n;;; zfs-guix: end\n>>>>>>> theirs\n",
        ),
      'this is a conflict marker of git\'s: "<<<<<<< HEAD"; take one side of it, or give --force to write all of it anew',
    ],
    [
      "a stranger's file",
      () => "(define-module (zfs-guix packages zfs))\n",
      "zfs-guix has not written this file, and it would be written over; move it elsewhere, or give --force to have it written over",
    ],
  ])("%s", async (_, change, sentence) => {
    const cwd = temporaryDirectory({ "kernels.scm": '("6.12")' });
    await command(["generate"], { cwd });
    const whole = readFileSync(join(cwd, FILE), "utf8");
    const text = change(whole);
    writeFileSync(join(cwd, FILE), text);
    expect(await command(["generate"], { cwd })).toEqual({
      status: 2,
      stdout: "",
      stderr: expect.stringContaining(sentence),
    });
    expect(await command(["check"], { cwd })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(sentence),
    });
    expect(await command(["bump", "--kernels-file", "kernels.scm"], { cwd })).toMatchObject({
      status: 2,
      stdout: "",
    });
    expect(readFileSync(join(cwd, FILE), "utf8")).toBe(text);
    expect((await command(["generate", "--force"], { cwd })).status).toBe(0);
    expect(readFileSync(join(cwd, FILE), "utf8")).toBe(whole);
  });

  test("what 0.1.0 wrote is ours", async () => {
    const cwd = temporaryDirectory({
      "kernels.scm": '("6.12")',
      [FILE]: `${NOTICE}\n(define-module (zfs-guix packages zfs))\n`,
    });
    expect(await command(["generate"], { cwd })).toMatchObject({ status: 0, stderr: "" });
  });

  test("a service that somebody has edited", async () => {
    const cwd = temporaryDirectory({ "kernels.scm": '("6.12")' });
    await command(["generate"], { cwd });
    const service = join(cwd, "generated/zfs-guix/services/zfs.scm");
    writeFileSync(service, `${readFileSync(service, "utf8")};; mine\n`);
    expect(await command(["generate"], { cwd })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(
        "services/zfs.scm: this file is not as zfs-guix wrote it, and would be written over; move what was edited elsewhere",
      ),
    });
  });
});

test("a release that Guix's phases do not fit is said to be one", async () => {
  const cwd = temporaryDirectory();
  const run = await command(["generate", "--zfs", "2.1.14", "--kernels", "6.1"], { cwd });
  expect(run.status).toBe(0);
  expect(run.stderr).toMatch(
    /OpenZFS 2\.1\.14 will not build with a Guix whose own zfs is 2\.2\.0 or later/,
  );
  expect((await command(["generate", "--zfs", "2.2", "--kernels", "6.1"], { cwd })).stderr).toBe(
    "",
  );
});

test("both give data with --json", async () => {
  const cwd = temporaryDirectory({
    "kernels.scm": '("6.12" "7.9")',
    ".guix-channel": '(channel (version 0) (directory "generated"))',
  });
  const plan = {
    variants: [
      {
        name: "zfs-for-linux-6.12",
        series: "6.12",
        kernel: "linux-libre-6.12",
        module: ["gnu", "packages", "linux"],
        release: "2.4.4",
      },
    ],
    skipped: [{ name: "zfs-for-linux-7.9", series: "7.9", kernel: "linux-libre-7.9", needs: null }],
  };
  const json = (run: Run): unknown => JSON.parse(run.stdout);
  expect(json(await command(["check", "--json"], { cwd }))).toMatchObject({
    clean: false,
    files: FILES.map((path) => ({ path, status: "created", diff: expect.stringContaining("@@") })),
    ...plan,
  });
  expect(json(await command(["generate", "--json"], { cwd }))).toMatchObject({
    files: FILES.map((path) => ({ path, status: "created" })),
    ...plan,
  });
  expect(json(await command(["check", "--json"], { cwd }))).toMatchObject({
    clean: true,
    files: FILES.map((path) => ({ path, status: "unchanged", diff: "" })),
  });
});

test("an existing file keeps its mode, and a link is followed", async () => {
  const cwd = temporaryDirectory({
    "kernels.scm": '("6.12")',
    "elsewhere.scm": ";;; This file is written by zfs-guix; an edit here is lost the next time.\n",
  });
  mkdirSync(join(cwd, "generated/zfs-guix/packages"), { recursive: true });
  symlinkSync(join(cwd, "elsewhere.scm"), join(cwd, FILE));
  chmodSync(join(cwd, "elsewhere.scm"), 0o640);
  expect((await command(["generate"], { cwd })).status).toBe(0);
  expect(readFileSync(join(cwd, "elsewhere.scm"), "utf8")).toContain("zfs-for-linux-6.12");
  expect(statSync(join(cwd, "elsewhere.scm")).mode & 0o777).toBe(0o640);
});

describe("bad input is one sentence each, status 2, and nothing is written", () => {
  const SOUND = {
    "kernels.scm": '("6.12")',
    "data.json": readFileSync(`${PROJECT}/data/openzfs-releases.json`, "utf8"),
  };

  function refuses(run: Run, cwd: string, before: readonly string[], ...expected: RegExp[]): void {
    expect({ status: run.status, stdout: run.stdout }).toEqual({ status: 2, stdout: "" });
    const lines = run.stderr.trimEnd().split("\n");
    expect(lines).toHaveLength(expected.length);
    for (const [index, line] of lines.entries()) expect(line).toMatch(expected[index]!);
    expect(filesBelow(cwd)).toEqual(before);
  }

  test.each<[string, string | Buffer, RegExp[]]>([
    ["an unclosed list", '("6.12"', [/^zfs-guix: kernels\.scm:1:1: /]],
    [
      "several at once",
      '("6"\n "6.x"\n word)',
      [/kernels\.scm:1:2: /, /kernels\.scm:2:2: /, /kernels\.scm:3:2: /],
    ],
    [
      "no UTF-8",
      Buffer.from([0x28, 0x0a, 0x22, 0xff, 0x22, 0x29]),
      [/^zfs-guix: kernels\.scm:2:2: the kernel list is not UTF-8 text; save it as UTF-8$/],
    ],
    [
      "a character cut off",
      Buffer.concat([Buffer.from("(\u{1f600}é"), Buffer.from([0xef, 0xbf])]),
      [/^zfs-guix: kernels\.scm:1:4: the kernel list is not UTF-8/],
    ],
    ["a NUL byte", '("6.12"\0)', [/kernels\.scm:1:8: \\x00 is no kernel/]],
  ])("kernels.scm: %s", async (_, contents, expected) => {
    const cwd = temporaryDirectory({ ...SOUND, "kernels.scm": contents });
    refuses(await command(["generate"], { cwd }), cwd, ["data.json", "kernels.scm"], ...expected);
  });

  test.each<[string[], RegExp[]]>([
    [["--kernels", "6,6.12"], [/--kernels: "6" is not a series/]],
    [
      ["--kernels", "6.12", "--kernels-file", "kernels.scm"],
      [/both name the kernels; give one of them/],
    ],
    [
      ["--kernels-file", "missing.scm"],
      [
        /^zfs-guix: missing\.scm: cannot read the kernel list: no such file or directory; name one with --kernels-file FILE/,
      ],
    ],
    [
      ["--kernels-file", "."],
      [/^zfs-guix: \.: cannot read the kernel list: illegal operation on a directory/],
    ],
    [["--zfs", "9.9"], [/no such branch of OpenZFS is known; known are the branches 2\.4, 2\.3/]],
    [
      ["--zfs", "9.9.9"],
      [/no such release of OpenZFS is known; known are the branches 2\.4, 2\.3/],
    ],
    [["--zfs", "2.4.9"], [/no such release of OpenZFS is known; known are 2\.4\.4, 2\.4\.3/]],
    [["--zfs", "2.3.8"], [/no hash is known for that release/]],
    [["--zfs", "new"], [/expected a release such as 2\.4\.3, or a branch such as 2\.4/]],
    [["--releases", "missing.json"], [/missing\.json: cannot read the release data/]],
    [["--releases", "kernels.scm"], [/kernels\.scm:1:1: this is not JSON/]],
    [
      ["--kernels-file", "pipe"],
      [
        /^zfs-guix: pipe: cannot read the kernel list: it is a pipe, a socket or a device, not a file; name a file, or \/dev\/stdin$/,
      ],
    ],
    [
      ["--releases", "/dev/zero"],
      [/^zfs-guix: \/dev\/zero: cannot read the release data: it is a pipe, a socket or a device/],
    ],
    [["--out", "kernels.scm"], [/kernels\.scm.*: cannot (read|write)/]],
    [["--out", "/proc/nowhere"], [/\/proc\/nowhere.*: cannot write/]],
  ])("%j", async (args, expected) => {
    const cwd = temporaryDirectory(SOUND);
    if (args[1] === "pipe") spawnSync("mkfifo", [join(cwd, "pipe")]);
    const before = filesBelow(cwd);
    refuses(await command(["generate", ...args], { cwd }), cwd, before, ...expected);
    expect(existsSync(join(cwd, "generated"))).toBe(false);
  });

  test("what the shell has open may be a pipe", () => {
    const cwd = temporaryDirectory();
    const command = 'printf \'("6.12")\' | "$0" "$1" generate --kernels-file /dev/stdin';
    const { status, stdout } = spawnSync(
      "sh",
      ["-c", command, process.execPath, `${PROJECT}/dist/zfs-guix.js`],
      { cwd, encoding: "utf8" },
    );
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^zfs-for-linux-6\.12 /),
    });
  });

  test("a data file with a reversed range and a short hash", async () => {
    const data = SOUND["data.json"]
      .replace('"linuxMinimum": "4.18"', '"linuxMinimum": "9.9"')
      .replace(/"sha256": ".{52}"/, '"sha256": "abc"');
    const cwd = temporaryDirectory({ ...SOUND, "data.json": data });
    refuses(
      await command(["generate", "--releases", "data.json"], { cwd }),
      cwd,
      ["data.json", "kernels.scm"],
      /data\.json:\d+:\d+: /,
      /data\.json:\d+:\d+: /,
    );
  });
});
