import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  commitAll,
  copyOf,
  filesBelow,
  git,
  IDENTITY,
  temporaryDirectory,
  write,
} from "../support/directory";
import { fileSystemsScm, linuxScm, MAKEFILE } from "../support/guix-texts";
import { inProcess } from "../support/in-process";
import { releaseDataFile } from "../support/releases";
import { PROJECT, startZfsGuix, type Run, zfsGuix } from "../support/run";

Object.assign(process.env, IDENTITY);

const FILE = "gnu/packages/file-systems.scm";
const FILES = {
  "gnu/packages/linux.scm": linuxScm(),
  [FILE]: fileSystemsScm(),
  "Makefile.am": MAKEFILE,
};

const pristine = mkdtempSync(join(tmpdir(), "zfs-guix-checkout-"));
beforeAll(() => {
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(pristine, path)), { recursive: true });
    write(pristine, path, text);
  }
  commitAll(pristine);
});
afterAll(() => rmSync(pristine, { recursive: true }));

const guixCheckout = (): string => copyOf(pristine);
const words = (checkout: string, ...more: string[]): string[] => [
  ...["bump", "--in-place", "--commit", "--guix", checkout, "--releases", releaseDataFile()],
  ...more,
];
const bump = (checkout: string, ...more: string[]): Promise<Run> =>
  inProcess(words(checkout, ...more), { cwd: temporaryDirectory() });

/** All that anybody sees of a repository. */
const state = (checkout: string): unknown => ({
  references: git(checkout, "show-ref", "--head"),
  // The branch, too.
  status: git(checkout, "status", "--porcelain", "--branch", "--ignored"),
  index: git(checkout, "ls-files", "--stage"),
  files: filesBelow(checkout)
    .filter((path) => !path.startsWith(".git/"))
    .map((path) => [path, readFileSync(join(checkout, path), "utf8")]),
});

/** A hook that runs SCRIPT, a shell's, before the third of the commits. */
function hook(directory: string, script: string): void {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, "pre-commit");
  const third = 'git diff --cached | grep -q "^+(define-public zfs-for-linux-6.12" || exit 0';
  writeFileSync(file, `#!/bin/sh\n${third}\n${script}\n`);
  chmodSync(file, 0o755);
}
const hookOf = (checkout: string, script: string): void =>
  hook(join(checkout, ".git/hooks"), script);

/** For what a hook does to the work tree that its user sees. */
const THERE = "unset GIT_DIR GIT_INDEX_FILE GIT_WORK_TREE GIT_PREFIX; cd";

const COMMITS = 6;
const made = (checkout: string): number =>
  Number(git(checkout, "rev-list", "--count", "HEAD").trim()) - 1;

describe("commits are there together or not at all", () => {
  test("whatever the hooks see meanwhile", async () => {
    const checkout = guixCheckout();
    hookOf(
      checkout,
      `${THERE} ${checkout}; git rev-list --count HEAD >seen; git status --short >>seen`,
    );
    expect((await bump(checkout)).status).toBe(0);
    expect(readFileSync(join(checkout, "seen"), "utf8")).toBe("1\n?? seen\n");
    expect(made(checkout)).toBe(COMMITS);
    expect(git(checkout, "status", "--porcelain")).toBe("?? seen\n");
    expect(git(checkout, "worktree", "list").trim().split("\n")).toHaveLength(1);
  });

  test("killed half-way", async () => {
    const checkout = guixCheckout();
    const before = state(checkout);
    // The hook's parent is git, and that one's is zfs-guix.
    hookOf(checkout, "read -r _ _ _ parent _ </proc/$PPID/stat; kill -9 $parent; sleep 1; exit 1");
    await startZfsGuix(words(checkout), { cwd: checkout }).ended;
    expect(state(checkout)).toEqual(before);
    hookOf(checkout, "");
    // What it has left behind goes in time, and is in nobody's way until then.
    const stray = readdirSync(join(checkout, ".git")).find((name) => name.startsWith("zfs-guix"))!;
    utimesSync(join(checkout, ".git", stray), 1000, 1000);
    git(checkout, "clean", "--quiet", "-ffdx");
    expect((await bump(checkout)).status).toBe(0);
    expect(made(checkout)).toBe(COMMITS);
    expect(existsSync(join(checkout, ".git", stray))).toBe(false);
  });

  test("interrupted at the terminal, where git and its hooks hear it, too", async () => {
    const checkout = guixCheckout();
    const before = state(checkout);
    hookOf(checkout, `echo >${checkout}/.git/here; sleep 5`);
    const child = spawn(process.execPath, [`${PROJECT}/dist/zfs-guix.js`, ...words(checkout)], {
      env: process.env,
      detached: true,
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    const ended = new Promise((resolve) => child.on("close", (_, signal) => resolve(signal)));
    while (!existsSync(join(checkout, ".git/here")))
      await new Promise((resolve) => setTimeout(resolve, 20));
    process.kill(-child.pid!, "SIGINT");
    expect([await ended, said]).toEqual([
      "SIGINT",
      "zfs-guix: interrupted; all is as it was before\n",
    ]);
    expect(state(checkout)).toEqual(before);
    expect(readdirSync(join(checkout, ".git")).join()).not.toContain("zfs-guix");
  });

  test.each([
    [
      "a commit of somebody else's",
      (checkout: string) => `${THERE} ${checkout}; git commit --quiet --allow-empty -m theirs`,
      /: the commits were made, and cannot be taken in: somebody else has committed in the meantime; nothing is committed; see git status, and run the command again\n$/,
    ],
    [
      "an edit of somebody else's",
      (checkout: string) => `echo ";; mine" >>${checkout}/${FILE}`,
      /: the commits were made, and cannot be taken in: Your local changes to the following files would be overwritten by merge: gnu\/packages\/file-systems\.scm .*; nothing is committed; see git status, and run the command again\n$/,
    ],
    [
      "a file that is in the way",
      (checkout: string) =>
        `mkdir -p ${checkout}/gnu/packages/aux-files; echo mine >${checkout}/gnu/packages/aux-files/zfs-guix-command.c`,
      /cannot be taken in: The following untracked working tree files would be overwritten/,
    ],
  ])("%s in the meantime stays", async (_, script, sentence) => {
    const [checkout, other] = [guixCheckout(), guixCheckout()];
    hookOf(checkout, script(checkout));
    expect(await bump(checkout)).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringMatching(sentence),
    });
    spawnSync("sh", ["-c", script(other)], { env: process.env });
    const told = (directory: string): unknown => [
      git(directory, "log", "--format=%s"),
      git(directory, "status", "--porcelain", "-uall"),
      git(directory, "diff"),
    ];
    expect(told(checkout)).toEqual(told(other));
  });

  const mounted = (script: string, place: string): Run => {
    const command = [process.execPath, `${PROJECT}/dist/zfs-guix.js`, ...words(".")];
    const { status, stdout, stderr } = spawnSync(
      "unshare",
      ["--mount", "--map-root-user", "sh", "-c", script, "sh", place, ...command],
      { env: process.env, encoding: "utf8", timeout: 60_000 },
    );
    return { status, stdout, stderr };
  };
  const canMount = mounted('mount -t tmpfs tmpfs "$1"', tmpdir()).status === 0;
  (canMount ? test : test.skip)("a disk that fills up, anywhere", () => {
    const checkout = guixCheckout();
    const outcomes = new Set<string>();
    for (const room of [20, 60, 100, 140, 300]) {
      const { stdout } = mounted(
        `mount -t tmpfs -o size=4m tmpfs "$1" && cd "$1" && cp -r ${checkout}/. . && shift
         head -c $(( ($(df --output=avail . | tail -1) - ${room}) * 1024 )) /dev/zero >.git/filling
         "$@" >/dev/null 2>.git/said; status=$?; rm .git/filling
         cat .git/said >&2; echo "$status $(git rev-list --count HEAD) $(git status --porcelain)"`,
        temporaryDirectory(),
      );
      expect([room, stdout]).toEqual([room, expect.stringMatching(/^(2 1|0 7) \n$/)]);
      outcomes.add(stdout);
    }
    expect([...outcomes].sort()).toEqual(["0 7 \n", "2 1 \n"]);
  });
});

describe("the repository's own ways", () => {
  test.each([[true], [false]])(
    "hooks that are said from the work tree, relative: %j",
    async (relative) => {
      const checkout = guixCheckout();
      mkdirSync(join(checkout, ".git/info"));
      write(checkout, ".git/info/exclude", "hooks\n");
      hook(join(checkout, "hooks"), "echo no >&2; exit 1");
      git(checkout, "config", "core.hooksPath", relative ? "hooks" : join(checkout, "hooks"));
      const before = state(checkout);
      expect(await bump(checkout)).toMatchObject({
        status: 2,
        stderr: expect.stringContaining(
          'git did not make the commit "gnu: Add zfs-for-linux-6.12."',
        ),
      });
      expect(state(checkout)).toEqual(before);
    },
  );

  test("a work tree that is one of several", async () => {
    const checkout = guixCheckout();
    const linked = join(temporaryDirectory(), "linked");
    git(checkout, "worktree", "add", "--quiet", "-b", "next", linked);
    expect((await bump(linked)).status).toBe(0);
    expect([made(linked), made(checkout)]).toEqual([COMMITS, 0]);
    expect(git(linked, "status", "--porcelain")).toBe("");
    expect(git(checkout, "worktree", "list").trim().split("\n")).toHaveLength(2);
  });

  test("what the configuration says of merges, messages and line ends is not about this", async () => {
    const checkout = guixCheckout();
    for (const [name, value] of [
      ["merge.ff", "false"],
      ["merge.verifySignatures", "true"],
      ["branch.main.mergeOptions", "--squash"],
      ["commit.cleanup", "strip"],
      ["core.commentChar", "*"],
      ["core.autocrlf", "true"],
    ] as const)
      git(checkout, "config", name, value);
    expect((await bump(checkout)).status).toBe(0);
    expect([made(checkout), git(checkout, "status", "--porcelain")]).toEqual([COMMITS, ""]);
    const message = git(checkout, "log", "-1", "--format=%B");
    expect(message).toMatch(/\n\n\* gnu\/packages\/file-systems\.scm \(/);
  });

  test("one without a commit", () => {
    const cwd = temporaryDirectory({ ...FILES, "kernels.scm": '("6.12")' });
    git(cwd, "init", "--quiet", "--template=");
    expect(zfsGuix(words("."), { cwd })).toEqual({
      status: 2,
      stdout: "",
      stderr: expect.stringMatching(
        /^zfs-guix: [^\n]*: there is no commit yet that another one could follow; make the first with git commit\n$/,
      ),
    });
    expect(readdirSync(dirname(join(cwd, FILE))).sort()).toEqual(["file-systems.scm", "linux.scm"]);
  });
});
