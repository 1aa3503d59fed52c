import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { writeChanges } from "../../src/write/changes";
import { generation } from "../../src/commands/generation";
import {
  type CheckoutTexts,
  fileSystemsScm,
  IMPORTS,
  linuxScm,
  OLD_ZFS,
  ZFS,
} from "../support/guix-texts";
import { filesBelow, temporaryCheckout, temporaryDirectory } from "../support/directory";
import { releaseDataFile } from "../support/releases";
import { inProcess } from "../support/in-process";
import { type Run, zfsGuix } from "../support/run";

/** With releases that stay as they are: the daily job adds to those of the project. */
const dated = (args: readonly string[]): readonly string[] =>
  args.includes("--releases") ? args : [...args, "--releases", releaseDataFile()];
const command = (args: readonly string[], options?: { readonly cwd: string }): Promise<Run> =>
  inProcess(dated(args), options);

const NAME = "gnu/packages/file-systems.scm";

const line = (directory: string, deed: string, ...more: string[]): readonly string[] =>
  dated([deed, "--guix", directory, "--in-place", ...more]);
const inPlace = (directory: string, deed = "generate", ...more: string[]): Promise<Run> =>
  inProcess(line(directory, deed, ...more));

const CHANNEL_FILES = [
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
  "zfs-guix/packages/zfs.scm",
];

/** What packages find with `search-auxiliary-file`. */
const AUX = ["gnu/packages/aux-files/zfs-guix-command.c"];

const LEFT_OUT = `note: there is no Makefile.am here, so these files are not listed in it: ${AUX.join(", ")}\n`;

test("generate writes the region, then nothing, and --remove takes it out", () => {
  const { directory, path } = temporaryCheckout();
  expect(zfsGuix(line(directory, "generate"))).toEqual({
    status: 0,
    stdout: `zfs-for-linux-5.10  OpenZFS 2.4.3  for linux-libre-5.10
zfs-for-linux-6.12  OpenZFS 2.4.3  for linux-libre-6.12
zfs-for-linux-6.18  OpenZFS 2.4.3  for linux-libre-6.18
zfs-for-linux-7.0   OpenZFS 2.4.3  for linux-libre-7.0
skipped: linux-libre-7.1 needs OpenZFS 2.4.4 or later; this checkout has 2.4.3
${AUX.map((name) => `created   ${directory}/${name}\n`).join("")}changed   ${path}
`,
    stderr: LEFT_OUT,
  });
  const text = readFileSync(path, "utf8");
  expect(text).toContain(`(define-public zfs-for-linux-6.12
  (zfs-variant zfs "6.12" linux-libre-6.12))
`);
  expect(text.split("\n").filter((line) => line.length > 79 || /[\t ]$/.test(line))).toEqual([]);
  utimesSync(path, 1000, 1000);
  expect(zfsGuix(line(directory, "generate")).stdout).toContain("unchanged");
  expect(zfsGuix(line(directory, "check"))).toMatchObject({ status: 0 });
  expect(statSync(path).mtimeMs).toBe(1_000_000);
  expect(zfsGuix(line(directory, "generate", "--remove"))).toEqual({
    status: 0,
    stdout: `${AUX.map((name) => `deleted   ${directory}/${name}\n`).join("")}changed   ${path}\n`,
    stderr: "",
  });
  expect(readFileSync(path, "utf8")).toBe(fileSystemsScm());
  expect(zfsGuix(line(directory, "generate", "--remove")).stdout).toBe(
    `unchanged ${path}\nnothing to remove: there is no managed region\n`,
  );
  expect(filesBelow(directory)).toEqual([NAME, "gnu/packages/linux.scm"]);
});

test("an import that is missing is told, and nothing is written", async () => {
  const { directory, path } = temporaryCheckout({
    fileSystems: fileSystemsScm({ imports: IMPORTS.filter((spec) => spec !== "(guix utils)") }),
  });
  expect(await inPlace(directory)).toEqual({
    status: 2,
    stdout: "",
    stderr: `zfs-guix: ${path}:3:1: the managed region needs substitute-keyword-arguments, cc-for-target, which this module does not import; add #:use-module (guix utils) to it\n`,
  });
  expect(filesBelow(directory)).toEqual([NAME, "gnu/packages/linux.scm"]);
});

describe("check", () => {
  test("shows a diff that git apply understands, and writes nothing", async () => {
    const { directory, path } = temporaryCheckout();
    expect(await inPlace(directory, "check")).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(
        /^--- \/dev\/null\n\+\+\+ b\/gnu\/packages\/aux-files\/zfs-guix-command\.c\n@@ [^]*\n--- a\/gnu\/packages\/file-systems\.scm\n\+\+\+ b\/gnu\/packages\/file-systems\.scm\n@@ /,
      ),
      stderr: `${[...AUX.map((name) => `${directory}/${name}`), path].join(", ")}: not as it would be generated; run zfs-guix generate with the same options\n`,
    });
    expect(readFileSync(path, "utf8")).toBe(fileSystemsScm());
  });

  test.each<[string, (text: CheckoutTexts) => Partial<CheckoutTexts>, string]>([
    [
      "a kernel that was added",
      () => ({
        linux: linuxScm({
          "5.10": "5.10.1",
          "6.6": "6.6.1",
          "6.12": "6.12.95",
          "6.18": "6.18.38",
          "7.0": "7.0.14",
          "7.1": "7.1.3",
        }),
      }),
      "+(define-public zfs-for-linux-6.6\n",
    ],
    [
      "a kernel that was dropped",
      () => ({ linux: linuxScm({ "6.12": "6.12.95", "6.18": "6.18.38", "7.0": "7.0.14" }) }),
      "-(define-public zfs-for-linux-5.10\n",
    ],
    [
      "a new zfs",
      ({ fileSystems }) => ({ fileSystems: fileSystems.replace("2.4.3", "2.4.4") }),
      "+(define-public zfs-for-linux-7.1\n",
    ],
  ])("notices %s", async (_, change, diff) => {
    const { directory, path } = temporaryCheckout();
    await inPlace(directory);
    const texts = { linux: linuxScm(), fileSystems: readFileSync(path, "utf8") };
    const { linux, fileSystems } = { ...texts, ...change(texts) };
    const changed = temporaryCheckout({ linux, fileSystems });
    const run = await inPlace(changed.directory, "check");
    expect(run.status).toBe(1);
    expect(run.stdout).toContain(diff);
    expect(readFileSync(changed.path, "utf8")).toBe(fileSystems);
    expect((await inPlace(changed.directory)).status).toBe(0);
    expect((await inPlace(changed.directory, "check")).status).toBe(0);
  });

  test("shows what somebody would lose, which generate does not write unless it is meant", async () => {
    const { directory, path } = temporaryCheckout();
    await inPlace(directory);
    const whole = readFileSync(path, "utf8");
    const text = whole.replace(
      ";;; zfs-guix: end",
      "(define-public zfs-exporter\n  1)\n\n;;; zfs-guix: end",
    );
    writeFileSync(path, text);
    const sentence =
      /^zfs-guix: [^\n]*file-systems\.scm:\d+:1: the managed region that begins here is not what zfs-guix [0-9.]+ writes for the kernels in it: it was edited by hand[^\n]*\n$/;
    expect(await inPlace(directory, "check")).toMatchObject({
      status: 1,
      stdout: expect.stringContaining("\n-(define-public zfs-exporter\n"),
      stderr: expect.stringMatching(sentence),
    });
    expect(JSON.parse((await inPlace(directory, "check", "--json")).stdout)).toMatchObject({
      clean: false,
      files: expect.arrayContaining([
        expect.objectContaining({ losses: [expect.stringContaining("edited by hand")] }),
      ]),
    });
    for (const command of [["generate"], ["generate", "--remove"], ["bump"]]) {
      expect(await inPlace(directory, ...(command as [string]))).toMatchObject({
        status: 2,
        stdout: "",
        stderr: expect.stringMatching(sentence),
      });
    }
    expect(readFileSync(path, "utf8")).toBe(text);
    expect((await inPlace(directory, "generate", "--force")).status).toBe(0);
    expect(readFileSync(path, "utf8")).toBe(whole);
    writeFileSync(path, text);
    expect((await inPlace(directory, "bump", "--force")).status).toBe(0);
    expect(readFileSync(path, "utf8")).toBe(whole);
    writeFileSync(path, text);
    expect((await inPlace(directory, "generate", "--remove", "--force")).status).toBe(0);
    expect(readFileSync(path, "utf8")).toBe(fileSystemsScm());
  });

  test("gives data with --json", async () => {
    const { directory, path } = temporaryCheckout();
    expect(JSON.parse((await inPlace(directory, "check", "--json")).stdout)).toMatchObject({
      clean: false,
      files: expect.arrayContaining([
        expect.objectContaining({
          path,
          status: "changed",
          diff: expect.stringContaining("+;;; zfs-guix: begin ("),
        }),
      ]),
      skipped: [
        {
          name: "zfs-for-linux-7.1",
          needs: "2.4.4",
          reason: "linux-libre-7.1 needs OpenZFS 2.4.4 or later; this checkout has 2.4.3",
        },
      ],
    });
  });
});

describe("--kernels narrows", () => {
  test("the plan", async () => {
    const { directory, path } = temporaryCheckout();
    expect((await inPlace(directory, "generate", "--kernels", "6.18,6.12")).stdout).toBe(
      `zfs-for-linux-6.12  OpenZFS 2.4.3  for linux-libre-6.12\nzfs-for-linux-6.18  OpenZFS 2.4.3  for linux-libre-6.18\n${AUX.map((name) => `created   ${directory}/${name}\n`).join("")}changed   ${path}\n`,
    );
  });

  test("to nothing, and says so", async () => {
    const { directory } = temporaryCheckout();
    expect(await inPlace(directory, "generate", "--kernels", "7.1")).toMatchObject({
      status: 0,
      stderr: `note: no kernel has a variant, so there is none in the managed region\n${LEFT_OUT}`,
    });
  });

  test("to what the checkout has", async () => {
    const { directory } = temporaryCheckout();
    expect(await inPlace(directory, "generate", "--kernels", "6.12,6.13")).toEqual({
      status: 2,
      stdout: "",
      stderr:
        "zfs-guix: this checkout has no linux-libre-6.13 in (gnu packages linux); expected series among those that it has: 5.10, 6.12, 6.18, 7.0, 7.1\n",
    });
  });
});

describe("a checkout that is only read", () => {
  test("gives the channel its kernels", async () => {
    const { directory, path } = temporaryCheckout();
    const out = temporaryDirectory();
    expect((await command(["generate", "--guix", directory, "--out", out])).stdout).toBe(
      `${["5.10", "6.12", "6.18", "7.0", "7.1"].map((series) => `${`zfs-for-linux-${series}`.padEnd(18)}  OpenZFS 2.4.4  for linux-libre-${series}\n`).join("")}${CHANNEL_FILES.map((name) => `created   ${out}/${name}\n`).join("")}`,
    );
    expect(readFileSync(path, "utf8")).toBe(fileSystemsScm());
  });

  test("may be older than G-expressions", async () => {
    const { directory } = temporaryCheckout({ fileSystems: fileSystemsScm({ zfs: OLD_ZFS }) });
    expect(
      (await command(["generate", "--guix", directory, "--out", temporaryDirectory()])).status,
    ).toBe(0);
    expect((await command(["explain", "--guix", directory, "6.12"])).stdout).toContain(
      "In place nothing is generated: the zfs 2.1.4 of this checkout is written without G-expressions",
    );
  });

  test("is what matrix speaks about", async () => {
    const { directory } = temporaryCheckout();
    const table = (await command(["matrix", "--guix", directory])).stdout;
    expect(table).toMatch(/^OpenZFS {2}5\.10 {2}6\.12 {2}6\.18 {2}7\.0 {2}7\.1\n/);
    expect(table).toContain(
      `\n${directory} has OpenZFS 2.4.3, linux-libre 7.0, linux-libre-lts 6.18\n`,
    );
    expect(
      JSON.parse((await command(["matrix", "--guix", directory, "--format", "json"])).stdout),
    ).toMatchObject({
      checkout: {
        directory,
        zfs: "2.4.3",
        linuxLibre: "7.0",
        linuxLibreLts: "6.18",
        kernels: { "6.12": "6.12.95" },
      },
    });
  });

  test.each([
    [
      "6.12",
      [
        "has linux-libre-6.12, version 6.12.95, and OpenZFS 2.4.3.",
        "In place, zfs-for-linux-6.12 is generated and inherits OpenZFS 2.4.3, which supports Linux 4.18 to 7.0.",
        "In a channel, zfs-for-linux-6.12 is generated from OpenZFS 2.4.4",
      ],
    ],
    [
      "7.1",
      [
        "In place, zfs-for-linux-7.1 is not generated: linux-libre-7.1 needs OpenZFS 2.4.4 or later; this checkout has 2.4.3.",
      ],
    ],
    [
      "6.13",
      [
        "has no kernel of the series 6.13; it has 5.10, 6.12, 6.18, 7.0, 7.1.",
        "If it had one, a channel would take OpenZFS 2.4.4 for it.",
      ],
    ],
  ])("is what explain speaks about: %s", async (series, sentences) => {
    const { directory } = temporaryCheckout();
    const { status, stdout } = await command(["explain", "--guix", directory, series]);
    expect(status).toBe(0);
    for (const sentence of sentences) expect(stdout).toContain(sentence);
  });

  test("explain does not contradict itself about a kernel that is not asked for", async () => {
    const { directory } = temporaryCheckout();
    const { stdout } = await command(["explain", "--guix", directory, "6.12", "--kernels", "6.18"]);
    expect(stdout.split("\n").slice(0, 3)).toEqual([
      `${directory} has linux-libre-6.12, version 6.12.95, and OpenZFS 2.4.3.`,
      "linux-libre-6.12 is not among the kernels that are asked for, so nothing is generated for it.",
      "If it were, a channel would take OpenZFS 2.4.4 for it.",
    ]);
    expect(stdout).not.toMatch(/If it had|In place/);
    expect(
      JSON.parse(
        (await command(["explain", "--guix", directory, "6.12", "--kernels", "6.18", "--json"]))
          .stdout,
      ),
    ).toMatchObject({ listed: false, checkout: { inPlace: null } });
  });

  test("what an advisory says follows a colon", async () => {
    const { directory } = temporaryCheckout({
      linux: linuxScm({ "5.4": "5.4.300", "5.18": "5.18.6" }, { latest: "5.18", lts: "5.4" }),
    });
    expect((await command(["matrix", "--guix", directory])).stdout).toMatch(
      /^\* 2\.1\.5: its META admits Linux 5\.18, yet .*\n/m,
    );
    expect((await command(["explain", "--guix", directory, "5.18"])).stdout).toMatch(
      /^Not 2\.1\.5: its META admits Linux 5\.18, yet /m,
    );
    expect((await command(["matrix", "--guix", directory])).stdout).toMatch(
      /^\* 2\.4\.2: does not build on kernels older than 5\.6/m,
    );
  });

  test("explain gives data with --json", async () => {
    const { directory } = temporaryCheckout();
    expect(
      JSON.parse((await command(["explain", "--guix", directory, "7.1", "--json"])).stdout),
    ).toMatchObject({
      variants: [{ release: "2.4.4" }],
      checkout: {
        zfs: "2.4.3",
        kernel: { name: "linux-libre-7.1", version: "7.1.3" },
        inPlace: { variants: [], skipped: [{ needs: "2.4.4" }] },
        refusal: null,
      },
    });
  });
});

describe("the file keeps", () => {
  test("its line ends, its mode, and that it has no newline at its end", async () => {
    const fileSystems = fileSystemsScm({ after: "" }).trimEnd().replace(/\n/g, "\r\n");
    const { directory, path } = temporaryCheckout({ fileSystems });
    chmodSync(path, 0o640);
    await inPlace(directory);
    expect(readFileSync(path, "utf8").replace(/\r\n/g, "")).not.toContain("\n");
    expect(readFileSync(path, "utf8")).toMatch(/\n;;; zfs-guix: end$/);
    expect(statSync(path).mode & 0o777).toBe(0o640);
    await inPlace(directory, "generate", "--remove");
    expect(readFileSync(path, "utf8")).toBe(fileSystems);
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });

  test("the symbolic links that lead to it", async () => {
    const { directory, path } = temporaryCheckout();
    const real = join(temporaryDirectory(), "real.scm");
    renameSync(path, real);
    symlinkSync(real, path);
    const link = join(temporaryDirectory(), "guix");
    symlinkSync(directory, link);
    expect((await inPlace(link)).status).toBe(0);
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(readFileSync(real, "utf8")).toContain("zfs-for-linux-6.12");
    expect(filesBelow(dirname(real))).toEqual(["real.scm"]);
  });
});

test("a file that changes while we run is left alone", async () => {
  const { directory, path } = temporaryCheckout();
  const { changes } = await generation({ guix: directory, inPlace: true });
  writeFileSync(path, `${fileSystemsScm()};; somebody's\n`);
  await expect(writeChanges(changes)).rejects.toThrow(
    `${path}: somebody else changed this file in the meantime; nothing was written to it; run the command again`,
  );
  expect(readFileSync(path, "utf8")).toBe(`${fileSystemsScm()};; somebody's\n`);
  rmSync(path);
  await expect(writeChanges(changes)).rejects.toThrow(
    "somebody else changed this file in the meantime",
  );
  expect(filesBelow(directory)).toEqual(["gnu/packages/linux.scm"]);
});

describe("bad input is one sentence, status 2, and nothing is written", () => {
  const M = fileSystemsScm({
    after: ";;; zfs-guix: begin\n(define-public zfs-for-linux-6.12 1)\n;;; zfs-guix: end",
  });
  test.each<[string, Partial<CheckoutTexts>, string]>([
    [
      "no zfs",
      { fileSystems: fileSystemsScm({ zfs: "" }) },
      `${NAME}: there is no package zfs in this file; expected the gnu/packages/file-systems.scm of Guix, which has (define-public zfs …)`,
    ],
    [
      "two of them",
      { fileSystems: fileSystemsScm({ after: ZFS }) },
      `${NAME}:57:1: zfs is defined twice, in line 21 and in line 57; take one of them out`,
    ],
    [
      "a marker alone",
      { fileSystems: M.replace(";;; zfs-guix: end", "") },
      `${NAME}:57:1: the markers of the managed region are no pair: begin in line 57; expected one ";;; zfs-guix: begin" and after it one ";;; zfs-guix: end"`,
    ],
    [
      "an unclosed list",
      { fileSystems: fileSystemsScm().trimEnd().slice(0, -1) },
      `${NAME}:57:1: this list is not closed: expected \`)\``,
    ],
    [
      "an unclosed list in linux.scm",
      { linux: linuxScm().replace('4.9.1"))', '4.9.1")') },
      "gnu/packages/linux.scm:",
    ],
    [
      "a region that does not parse",
      { fileSystems: M.replace("6.12 1)", "6.12 1") },
      `${NAME}:58:1: the managed region, lines 57 to 59, does not parse: this list is not closed`,
    ],
    [
      "an old zfs",
      { fileSystems: fileSystemsScm({ zfs: OLD_ZFS }) },
      `${NAME}:21:1: the zfs 2.1.4 of this checkout is written without G-expressions, as in Guix before May 2022, and cannot be inherited from; leave out --in-place to generate a channel, which pins its own releases`,
    ],
    [
      "an unknown zfs",
      { fileSystems: fileSystemsScm({ zfs: ZFS.replace("2.4.3", "2.9.0") }) },
      `${NAME}:24:14: nothing is known of OpenZFS 2.9.0, the zfs of this checkout, so neither is which kernels it supports; name a file of releases that has it with --releases FILE, or use a newer zfs-guix`,
    ],
    [
      "a name of ours",
      { fileSystems: fileSystemsScm({ after: "(define-public zfs-for-linux-6.12 1)" }) },
      `${NAME}:57:1: zfs-for-linux-6.12 is defined here already, outside of the managed region; take this definition out, or name it otherwise`,
    ],
    [
      "no kernels",
      { linux: "(define-module (gnu packages linux))" },
      "gnu/packages/linux.scm: there is no public kernel such as linux-libre-6.12 in this file",
    ],
    [
      "a kernel of another series",
      { linux: linuxScm({ "6.12": "6.13.1" }, { latest: "6.12", lts: "6.12" }) },
      "linux-libre-6.12 is version 6.13.1, which is of the series 6.13",
    ],
    ["no text", { fileSystems: "\u0000".repeat(10) }, NAME],
    ["an empty file", { fileSystems: "" }, `${NAME}: there is no package zfs in this file`],
  ])("%s", async (_, texts, message) => {
    const { directory, path } = temporaryCheckout(texts);
    const before = readFileSync(path, "utf8");
    const refusal = await generation({ guix: directory, inPlace: true }).then(
      () => "",
      (error: unknown) => (error as Error).message,
    );
    expect(refusal).toContain(message);
    expect(refusal).not.toContain("\n");
    expect(readFileSync(path, "utf8")).toBe(before);
  });

  test("nothing is printed but that, and nothing is left behind", async () => {
    const { directory } = temporaryCheckout({ fileSystems: fileSystemsScm({ zfs: "" }) });
    for (const command of ["check", "generate"]) {
      expect(await inPlace(directory, command)).toMatchObject({
        status: 2,
        stdout: "",
        stderr: expect.stringMatching(/^zfs-guix: [^\n]*\n$/),
      });
    }
    expect(filesBelow(directory)).toEqual([NAME, "gnu/packages/linux.scm"]);
  });

  test("what is no checkout", async () => {
    const directory = temporaryDirectory({ file: "" });
    const message = (path: string): Promise<string> =>
      generation({ guix: path, inPlace: true }).then(
        () => "",
        (error: unknown) => (error as Error).message,
      );
    for (const path of [directory, `${directory}/none`, `${directory}/file`])
      expect(await message(path)).toBe(
        `${path}: there is no Guix checkout here; expected a directory that holds gnu/packages/linux.scm and ${NAME}`,
      );
    const without = (name: string): Promise<string> => {
      const checkout = temporaryCheckout();
      rmSync(join(checkout.directory, name));
      return message(checkout.directory);
    };
    expect(await without(NAME)).toContain(
      `${NAME}: cannot read the module (gnu packages file-systems): no such file or directory; a partial checkout needs it, too`,
    );
    expect(await without("gnu/packages/linux.scm")).toContain(
      "gnu/packages/linux.scm: cannot read the module (gnu packages linux): no such file or directory",
    );
  });

  test("options that do not go together", async () => {
    const refusal = async (...args: string[]): Promise<string> => (await command(args)).stderr;
    expect(await refusal("generate", "--in-place")).toBe(
      "zfs-guix: --in-place does not say which checkout; name it with --guix DIR\n",
    );
    expect(await refusal("generate", "--guix", ".", "--remove")).toContain(
      "--remove takes the managed region out of a checkout; give --guix DIR --in-place, too",
    );
    expect(
      await refusal("generate", "--guix", ".", "--in-place", "--remove", "--kernels", "6.12"),
    ).toBe(
      "zfs-guix: --kernels says what to generate, and --remove generates nothing; leave out one of them\n",
    );
    expect(
      (await refusal("check", "--guix", ".", "--in-place", "--out", "x", "--zfs", "2.4"))
        .trimEnd()
        .split("\n"),
    ).toHaveLength(2);
  });

  test("a region that was edited so that it does not parse is not removed, either", async () => {
    const { directory, path } = temporaryCheckout({ fileSystems: M.replace("6.12 1)", "6.12 1") });
    expect(await inPlace(directory, "generate", "--remove")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("the managed region, lines 57 to 59, does not parse"),
    });
    expect(readFileSync(path, "utf8")).toBe(M.replace("6.12 1)", "6.12 1"));
  });
});

test("a file that nobody may write is not written by root, either", async () => {
  const { directory, path } = temporaryCheckout();
  chmodSync(path, 0o444);
  expect(await inPlace(directory)).toMatchObject({
    status: 2,
    stdout: "",
    stderr: expect.stringMatching(
      /: cannot write: (its mode lets nobody write it; make it writable|permission denied[^\n]*)\n$/,
    ),
  });
  expect(readFileSync(path, "utf8")).toBe(fileSystemsScm());
  expect(filesBelow(directory)).toEqual([NAME, "gnu/packages/linux.scm"]);
});

test("a file of a checkout that is no text is called by its name", async () => {
  const { directory, path } = temporaryCheckout();
  writeFileSync(path, Buffer.from([0x3b, 0xff, 0x0a]));
  expect((await inPlace(directory)).stderr).toBe(
    `zfs-guix: ${path}:1:2: the module (gnu packages file-systems) is not UTF-8 text; save it as UTF-8\n`,
  );
});

describe("no permission", () => {
  test.each([
    ["to write the file", (path: string) => chmodSync(path, 0o444)],
    ["to write its directory", (path: string) => chmodSync(dirname(path), 0o555)],
    ["to read it", (path: string) => chmodSync(path, 0o000)],
  ])("%s", (_, forbid) => {
    const parent = mkdtempSync("/tmp/zfs-guix-");
    try {
      chmodSync(parent, 0o755);
      const path = join(parent, NAME);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(join(dirname(path), "linux.scm"), linuxScm());
      writeFileSync(path, fileSystemsScm());
      forbid(path);
      const run = zfsGuix(dated(["generate", "--guix", parent, "--in-place"]), { ordinary: true });
      expect(run).toMatchObject({ status: 2, stdout: "" });
      expect(run.stderr).toMatch(
        /^zfs-guix: [^\n]*: cannot (write|read the module \(gnu packages file-systems\)): permission denied; make it (and its directory writable(, or name another place)?|a file that can be read)\n$/,
      );
      chmodSync(dirname(path), 0o755);
      chmodSync(path, 0o644);
      expect(readFileSync(path, "utf8")).toBe(fileSystemsScm());
      expect(filesBelow(parent)).toEqual([NAME, "gnu/packages/linux.scm"]);
    } finally {
      rmSync(parent, { recursive: true, force: true });
    }
  });
});
