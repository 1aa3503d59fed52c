import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { replaceAtomically } from "../../src/atomic";
import { isUserError } from "../../src/errors";
import { replaceText } from "../../src/files";
import { fileSystemsScm } from "../support/guix-texts";
import { filesBelow, temporaryCheckout, temporaryDirectory } from "../support/directory";
import { PROJECT, startZfsGuix, type Run, zfsGuix } from "../support/run";

const FILE = "generated/zfs-guix/packages/zfs.scm";
const COMMAND = [process.execPath, `${PROJECT}/dist/zfs-guix.js`];
const KERNELS = '("6.12")';

/** Runs a shell that may mount things nobody else sees; PLACE is its first argument. */
function mounted(script: string, place: string): Run {
  const { status, stdout, stderr } = spawnSync(
    "unshare",
    ["--mount", "--map-root-user", "sh", "-c", script, ...["sh", place, ...COMMAND]],
    { encoding: "utf8", timeout: 60_000 },
  );
  return { status, stdout, stderr };
}

const canMount = mounted('mount -t tmpfs tmpfs "$1"', tmpdir()).status === 0;
const withMounts = canMount ? test : test.skip;
const withLimits = spawnSync("prlimit", ["--version"]).status === 0 ? test : test.skip;

/** One sentence, status 2, nothing else. */
function expectSentence({ status, stdout, stderr }: Run, reason: RegExp): void {
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(/^zfs-guix: [^\n]*[^\s.]\n$/);
  expect(stderr).toMatch(reason);
}

describe("a full disk", () => {
  withMounts("the old file stays, whole, and no other one", () => {
    // Room for what is there and some of what would be.
    const run = mounted(
      `mount -t tmpfs -o size=64k tmpfs "$1" && cd "$1" && mkdir -p ${dirname(FILE)} && echo old >${FILE} && echo '${KERNELS}' >kernels.scm &&
       head -c 30000 /dev/zero >filling; shift; "$@" generate --force; status=$?; cat ${FILE} >&2; find . -type f >&2; exit $status`,
      temporaryDirectory(),
    );
    const [sentence, ...left] = run.stderr.trimEnd().split("\n");
    expectSentence(
      { ...run, stderr: `${sentence}\n` },
      /: cannot write: no space left on device; nothing was changed in it; make room/,
    );
    expect(left.sort()).toEqual(["./filling", `./${FILE}`, "./kernels.scm", "old"]);
  });

  withMounts("no file where there was none", () => {
    const run = mounted(
      `mount -t tmpfs -o size=8k tmpfs "$1" && cd "$1" && echo '${KERNELS}' >kernels.scm; shift; "$@" generate; status=$?; find . -type f >&2; exit $status`,
      temporaryDirectory(),
    );
    expectSentence(
      { ...run, stderr: run.stderr.replace("./kernels.scm\n", "") },
      /no space left on device/,
    );
    expect(run.stderr).toMatch(/\n\.\/kernels\.scm\n$/);
  });

  withLimits("a write that stops in the middle is not put in place", () => {
    const cwd = temporaryDirectory({ "kernels.scm": KERNELS, [FILE]: "old\n" });
    const limited = (): Run => {
      const { status, stdout, stderr } = spawnSync(
        "prlimit",
        ["--fsize=5000", ...COMMAND, "generate", "--force"],
        { cwd, encoding: "utf8" },
      );
      return { status, stdout, stderr };
    };
    expectSentence(limited(), /: cannot write: file too large; nothing was changed/);
    expect(filesBelow(cwd)).toEqual([FILE, "kernels.scm"]);
    expect(readFileSync(join(cwd, FILE), "utf8")).toBe("old\n");
    rmSync(join(cwd, "generated"), { recursive: true });
    expectSentence(limited(), /file too large/);
    expect(filesBelow(cwd)).toEqual(["kernels.scm"]);
  });

  test("standard output may be full, too", () => {
    const { status, stderr } = spawnSync(
      "sh",
      ["-c", '"$@" >/dev/full', "sh", ...COMMAND, "matrix"],
      { encoding: "utf8" },
    );
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: "zfs-guix: cannot write the result: no space left on device\n",
    });
  });

  test("so may standard error, and then the status tells that something is lost", () => {
    for (const words of [["nonsense"], ["explain", "6.99"], ["matrix", "--kernels", "6.x"]]) {
      const { status } = spawnSync("sh", ["-c", '"$@" 2>/dev/full', "sh", ...COMMAND, ...words]);
      expect(status).toBe(2);
    }
  });
});

describe("no permission", () => {
  withMounts("a file system that is read-only", () => {
    const cwd = temporaryDirectory({ "kernels.scm": KERNELS, [FILE]: "old\n" });
    const run = mounted(
      'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && cd "$1"; shift; exec "$@" generate --force',
      cwd,
    );
    expectSentence(run, /: cannot write: read-only file system/);
    expect(readFileSync(join(cwd, FILE), "utf8")).toBe("old\n");
    expect(filesBelow(cwd)).toEqual([FILE, "kernels.scm"]);
  });

  test("somebody else's directory", () => {
    const cwd = temporaryDirectory({ "kernels.scm": KERNELS });
    chmodSync(cwd, 0o555);
    try {
      expectSentence(
        zfsGuix(["generate"], { cwd, ordinary: true }),
        /cannot write: permission denied/,
      );
    } finally {
      chmodSync(cwd, 0o755);
    }
    expect(filesBelow(cwd)).toEqual(["kernels.scm"]);
  });
});

describe("a directory that vanishes", () => {
  test("while the file is written", async () => {
    const cwd = temporaryDirectory({ "sub/file": "old" });
    const file = join(cwd, "sub/file");
    const failed = replaceAtomically(file, "new", () => rm(dirname(file), { recursive: true }));
    await expect(failed).rejects.toMatchObject({ code: "ENOENT" });
    expect(existsSync(join(cwd, "sub"))).toBe(false);
  });

  test("before, and what came in its place", async () => {
    const cwd = temporaryDirectory({ "sub/file": "old" });
    const file = join(cwd, "sub/file");
    const refusal = (): Promise<unknown> =>
      replaceText(file, "old", "new").then(
        () => undefined,
        (error: unknown) => error,
      );
    rmSync(join(cwd, "sub"), { recursive: true });
    expect(isUserError(await refusal())).toBe(true);
    writeFileSync(join(cwd, "sub"), "a file");
    expect(isUserError(await refusal())).toBe(true);
    rmSync(join(cwd, "sub"));
    mkdirSync(join(cwd, "sub/file"), { recursive: true });
    expect(isUserError(await refusal())).toBe(true);
    expect(filesBelow(cwd)).toEqual([]);
  });

  test("under the command's feet", () => {
    const cwd = temporaryDirectory({ "here/kernels.scm": KERNELS });
    const { status, stderr } = spawnSync(
      "sh",
      ["-c", 'cd here && rm -r ../here && exec "$@" generate', "sh", ...COMMAND],
      { cwd, encoding: "utf8" },
    );
    expect(status).toBe(2);
    expect(stderr).toMatch(/^zfs-guix: [^\n]*\n$/);
  });
});

describe("several at once", () => {
  async function atOnce(args: readonly string[], cwd: string, count: number): Promise<void> {
    const runs = await Promise.all(
      Array.from({ length: count }, () => startZfsGuix(args, { cwd }).ended),
    );
    // Who comes second finds the same text there, or sees that somebody was quicker.
    for (const { status, stderr } of runs)
      if (status !== 0)
        expect({ status, stderr }).toEqual({
          status: 2,
          stderr: expect.stringMatching(/^zfs-guix: [^\n]*in the meantime[^\n]*\n$/),
        });
  }

  test("in a channel", async () => {
    const [alone, together] = [
      temporaryDirectory({ "kernels.scm": KERNELS }),
      temporaryDirectory({ "kernels.scm": KERNELS }),
    ];
    zfsGuix(["generate"], { cwd: alone });
    await atOnce(["generate"], together, 6);
    expect(readFileSync(join(together, FILE), "utf8")).toBe(
      readFileSync(join(alone, FILE), "utf8"),
    );
    expect(filesBelow(together)).toEqual(filesBelow(alone));
  });

  test("in a directory that none of them finds", async () => {
    const cwd = temporaryDirectory();
    const deep = join(cwd, "a/b/c/d/e/f");
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => replaceText(join(deep, `${index}`), undefined, "x")),
    );
    expect(filesBelow(cwd)).toHaveLength(20);
  });

  test("in a checkout, in and out again", async () => {
    const { directory, path } = temporaryCheckout();
    const args = ["generate", "--guix", directory, "--in-place"];
    await Promise.all([atOnce(args, directory, 3), atOnce([...args, "--remove"], directory, 3)]);
    zfsGuix([...args, "--remove"]);
    expect(readFileSync(path, "utf8")).toBe(fileSystemsScm());
  });
});
