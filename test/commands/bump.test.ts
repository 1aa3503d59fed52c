import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { definitions } from "../../src/read/guix/definition";
import { read as readScheme } from "../../src/read/scheme/read";
import { parseChangeLog } from "../../tools/replay/expectation";
import { fileSystemsScm, linuxOf, linuxScm, MAKEFILE, MERGERFS } from "../support/guix-texts";
import {
  commitAll,
  copyOf,
  git,
  IDENTITY,
  temporaryCheckout,
  temporaryDirectory,
  temporaryRepository,
  write,
} from "../support/directory";
import { sealedRegion } from "../support/region";
import { github, listed, releaseDataText, releaseTarball, startServer } from "../support/releases";
import { inProcess } from "../support/in-process";
import { startZfsGuix, type Run } from "../support/run";

const MODULE = "generated/zfs-guix/packages/zfs.scm";
const DATA = releaseDataText();

// Those who commit in this process, too.
Object.assign(process.env, IDENTITY);

const run = (
  directory: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<Run> => inProcess(args, { cwd: directory, env: { ...process.env, ...environment } });

/** Runs what is built in DIRECTORY: for what git says itself, for signals, and for several at once. */
const started = (
  directory: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<Run> =>
  startZfsGuix(args, { cwd: directory, env: { ...process.env, ...environment } }).ended;

const guix = (...series: string[]): string =>
  temporaryCheckout({ linux: linuxOf(series) }).directory;

const KERNELS = ';; Mine.\n("6.12" ; long\n "6.18")\n';

const pristine = mkdtempSync(join(tmpdir(), "zfs-guix-channel-"));
beforeAll(async () => {
  writeFileSync(join(pristine, "kernels.scm"), KERNELS);
  write(
    pristine,
    ".guix-channel",
    '(channel\n  (version 0)\n  (directory "generated")\n  (news-file "news.scm"))\n',
  );
  mkdirSync(join(pristine, "data"));
  write(pristine, "data/openzfs-releases.json", DATA);
  expect(await run(pristine, ["generate"])).toMatchObject({ status: 0 });
  commitAll(pristine);
});
afterAll(() => rmSync(pristine, { recursive: true }));

/** A channel of KERNELS, generated and committed. */
const channel = (): string => copyOf(pristine);

const read = (directory: string, path: string): string =>
  readFileSync(join(directory, path), "utf8");
const variants = (directory: string): string[] =>
  [...read(directory, MODULE).matchAll(/^\(define-public (zfs-for-linux-\S+)$/gm)].map(
    ([, name]) => name!,
  );

/** Everything that there is, for comparison. */
function snapshot(directory: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter(
        (entry) =>
          entry.isFile() &&
          !relative(directory, join(entry.parentPath, entry.name)).startsWith(".git/"),
      )
      .map((entry) => [
        join(entry.parentPath, entry.name),
        readFileSync(join(entry.parentPath, entry.name), "utf8"),
      ]),
  );
}

/** The files of DIRECTORY, a repository, and where its branches are: what a refused commit must leave. */
function state(directory: string): unknown {
  const refs = snapshot(join(directory, ".git/refs"));
  expect(Object.keys(refs)).not.toEqual([]);
  return [snapshot(directory), read(directory, ".git/HEAD"), refs];
}

describe("a channel follows Guix", () => {
  test("kernels come and go; the rest of the list stays", async () => {
    const directory = channel();
    const { status, stdout } = await run(directory, ["bump", "--guix", guix("6.18", "7.0", "7.9")]);
    expect(status).toBe(0);
    expect(read(directory, "kernels.scm")).toBe(';; Mine.\n("6.18"\n "7.0"\n "7.9")\n');
    expect(variants(directory)).toEqual(["zfs-for-linux-6.18", "zfs-for-linux-7.0"]);
    expect(stdout).toContain("added    zfs-for-linux-7.0");
    expect(stdout).toContain("removed  zfs-for-linux-6.12");
    expect(stdout).toContain("waiting  zfs-for-linux-7.9  linux-libre-7.9 has no release yet");
    expect((await run(directory, ["check"])).status).toBe(0);
    const again = await run(directory, ["bump", "--guix", guix("6.18", "7.0", "7.9"), "--dry-run"]);
    expect(again.status).toBe(0);
    expect(again.stdout).toContain("nothing to do");
  });

  test("--dry-run shows it, with status 1, and does nothing", async () => {
    const directory = channel();
    const before = snapshot(directory);
    const { status, stdout } = await run(directory, [
      "bump",
      "--guix",
      guix("6.12", "6.18", "7.0"),
      "--dry-run",
    ]);
    expect(status).toBe(1);
    expect(stdout).toContain(
      "gnu: Add zfs-for-linux-7.0.\n\n* generated/zfs-guix/packages/zfs.scm (zfs-for-linux-7.0): New variable.\n",
    );
    expect(snapshot(directory)).toEqual(before);
  });

  test("--json tells it as data", async () => {
    const directory = channel();
    const { status, stdout } = await run(directory, [
      "bump",
      "--guix",
      guix("6.18", "7.0", "7.9"),
      "--json",
    ]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      added: [{ name: "zfs-for-linux-7.0" }],
      removed: [{ name: "zfs-for-linux-6.12" }],
      updated: [],
      waiting: [
        { name: "zfs-for-linux-7.9", series: "7.9", kernel: "linux-libre-7.9", needs: null },
      ],
      unchanged: [{ name: "zfs-for-linux-6.18" }],
      kernels: { added: ["7.0", "7.9"], removed: ["6.12"] },
      files: [
        { path: MODULE, status: "changed" },
        { path: "kernels.scm", status: "changed" },
      ],
      commits: [],
    });
  });

  test("changelog prints the message for what is not committed yet", async () => {
    const directory = channel();
    expect(await run(directory, ["changelog"])).toMatchObject({ status: 0, stdout: "" });
    await run(directory, ["bump", "--guix", guix("6.12", "6.18", "7.0")]);
    const { stdout } = await run(directory, ["changelog"]);
    expect(parseChangeLog(stdout).entries).toEqual([
      { file: MODULE, name: "zfs-for-linux-7.0", text: "New variable." },
      { file: MODULE, name: "%kernels", text: "Adjust accordingly." },
      { file: "kernels.scm", name: "", text: "Add 7.0." },
    ]);
  });

  test("changelog of no checkout is not that of the channel", async () => {
    expect(await run(channel(), ["changelog", "--in-place"])).toEqual({
      status: 2,
      stdout: "",
      stderr: "zfs-guix: --in-place does not say which checkout; name it with --guix DIR\n",
    });
  });
});

describe("--commit", () => {
  test("commits what was written, and nothing else, in Guix's form", async () => {
    const directory = channel();
    write(directory, "untracked", "mine");
    const { status, stdout } = await run(directory, [
      "bump",
      "--guix",
      guix("6.12", "6.18", "7.0"),
      "--commit",
    ]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^commit {3}[0-9a-f]{10} gnu: Add zfs-for-linux-7\.0\.$/m);
    expect(git(directory, "show", "--format=", "--name-only").trim().split("\n")).toEqual([
      MODULE,
      "kernels.scm",
    ]);
    expect(git(directory, "show", "--check", "--format=")).toBe("");
    expect(git(directory, "status", "--porcelain")).toBe("?? untracked\n");
    const message = git(directory, "log", "-1", "--format=%B").replace(/\n+$/, "\n");
    expect(parseChangeLog(message)).toMatchObject({ summary: "gnu: Add zfs-for-linux-7.0." });
    expect(git(directory, "log", "-1", "--format=%an <%ae>").trim()).toBe(
      "A U Thor <author@example.org>",
    );
  });

  test("tells the users of what is gone, in a commit that follows and names the first", async () => {
    const directory = channel();
    await run(directory, ["bump", "--guix", guix("6.18"), "--commit"]);
    const [news, removal] = git(directory, "log", "-2", "--format=%H").trim().split("\n") as [
      string,
      string,
    ];
    expect(git(directory, "show", "--format=%s", "--name-only", news).trim()).toBe(
      "news: Add entry for removed variants of zfs.\n\nnews.scm",
    );
    expect(git(directory, "show", "--format=%s", "--no-patch", removal).trim()).toBe(
      "gnu: Remove zfs-for-linux-6.12.",
    );
    expect(read(directory, "news.scm")).toContain(`(entry (commit "${removal}")`);
    parseChangeLog(git(directory, "log", "-1", "--format=%B").replace(/\n+$/, "\n"));
    expect(git(directory, "show", "--check", "--format=")).toBe("");
  });

  /** A directory with a git that runs SCRIPT first, the subcommand and all else being "$*". */
  function gitAfter(script: string): string {
    const bin = temporaryDirectory();
    writeFileSync(join(bin, "git"), `#!/bin/sh\n${script}\nPATH=\${PATH#*:} exec git "$@"\n`, {
      mode: 0o755,
    });
    return `${bin}:${process.env.PATH}`;
  }

  test.each([[[]], [["--branch", "next"]]])(
    "leaves nothing behind where the news cannot be committed, %j",
    async (options) => {
      const directory = channel();
      const before = state(directory);
      const PATH = gitAfter(
        'case "$*" in "commit "*news.scm) echo "fatal: full" >&2; exit 1;; esac',
      );
      const { status, stderr } = await started(
        directory,
        ["bump", "--guix", guix("6.18"), "--commit", ...options],
        { PATH },
      );
      expect([status, stderr]).toEqual([
        2,
        expect.stringMatching(
          /^fatal: full\nzfs-guix: [^\n]*git did not make the commit "news: Add entry[^\n]*" \(see what it says above\); all is as it was before; [^\n]*\n$/,
        ),
      ]);
      expect(state(directory)).toEqual(before);
      expect(git(directory, "status", "--porcelain")).toBe("");
    },
  );

  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "is not left half done by %s",
    async (signal) => {
      const directory = channel();
      const PATH = gitAfter(
        `case "$*" in "commit "*) kill -${signal.slice(3)} $PPID; sleep 0.2;; esac`,
      );
      await started(directory, ["bump", "--guix", guix("6.18"), "--commit", "--branch", "next"], {
        PATH,
      });
      expect(git(directory, "status", "--porcelain")).toBe("");
      expect(git(directory, "log", "-2", "--format=%s").trim().split("\n")).toEqual([
        "news: Add entry for removed variants of zfs.",
        "gnu: Remove zfs-for-linux-6.12.",
      ]);
      expect(existsSync(join(directory, ".zfs-guix.lock"))).toBe(false);
    },
  );

  test("--branch makes a new one", async () => {
    const directory = channel();
    expect(
      (
        await run(directory, [
          "bump",
          "--guix",
          guix("6.12", "6.18", "7.0"),
          "--commit",
          "--branch",
          "next",
        ])
      ).status,
    ).toBe(0);
    expect(git(directory, "branch", "--show-current").trim()).toBe("next");
    expect(git(directory, "rev-list", "--count", "main..next").trim()).toBe("1");
  });

  test("nothing to do makes no commit and no branch", async () => {
    const directory = channel();
    const { status, stdout } = await run(directory, [
      "bump",
      "--guix",
      guix("6.12", "6.18"),
      "--commit",
      "--branch",
      "next",
    ]);
    expect([status, stdout.includes("nothing to do")]).toEqual([0, true]);
    expect(git(directory, "branch", "--list", "next")).toBe("");
  });

  test("in a directory below the top, which has a line break in its name", async () => {
    const top = join(temporaryDirectory({ "a\nb/zfs/kernels.scm": KERNELS }), "a\nb");
    commitAll(top);
    const directory = join(top, "zfs");
    await run(directory, ["bump", "--guix", guix("6.18"), "--commit"]);
    expect(git(top, "show", "--format=", "--name-only").trim().split("\n")).toEqual(
      expect.arrayContaining(["zfs/generated/zfs-guix/packages/zfs.scm", "zfs/kernels.scm"]),
    );
    expect(git(top, "log", "-1", "--format=%B")).toContain("* zfs/kernels.scm: Remove 6.12.");
  });

  /** A hook of the repository DIRECTORY. */
  function hook(directory: string, name: string, script: string): void {
    mkdirSync(join(directory, ".git/hooks"), { recursive: true });
    writeFileSync(join(directory, ".git/hooks", name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  test("the environment does not lead to another repository", async () => {
    const directory = channel();
    const marker = join(directory, "..", `ran-${process.pid}`);
    const elsewhere = temporaryRepository({ a: "b" });
    const { status } = await run(
      directory,
      ["bump", "--guix", guix("6.12", "6.18", "7.0"), "--commit", "--branch", "next"],
      {
        GIT_DIR: join(elsewhere, ".git"),
        GIT_WORK_TREE: elsewhere,
        GIT_EDITOR: `touch '${marker}'`,
      },
    );
    expect(status).toBe(0);
    expect(existsSync(marker)).toBe(false);
    expect(git(directory, "log", "-1", "--format=%s").trim()).toBe("gnu: Add zfs-for-linux-7.0.");
    expect(git(elsewhere, "rev-list", "--count", "HEAD").trim()).toBe("1");
  });

  test("hooks run: one adds its trailer to each message", async () => {
    const directory = channel();
    hook(
      directory,
      "commit-msg",
      'git interpret-trailers --in-place --trailer "Change-Id: I0123" "$1"',
    );
    expect((await run(directory, ["bump", "--guix", guix("6.18"), "--commit"])).status).toBe(0);
    for (const commit of ["HEAD", "HEAD~1"])
      expect(git(directory, "log", "-1", "--format=%B", commit)).toMatch(
        /\n\nChange-Id: I0123\n+$/,
      );
  });

  test.each([[[]], [["--branch", "next"]]])(
    "a hook that refuses is heard, and leaves all as it was: %j",
    async (options) => {
      const directory = channel();
      hook(directory, "pre-commit", 'echo "lines are too long"; echo "really" >&2; exit 1');
      const before = state(directory);
      const { status, stdout, stderr } = await started(directory, [
        "bump",
        "--guix",
        guix("6.18", "7.0"),
        "--commit",
        "--json",
        ...options,
      ]);
      expect([status, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(
        /^lines are too long\nreally\nzfs-guix: [^\n]*: git did not make the commit "gnu: Add zfs-for-linux-7\.0 and remove zfs-for-linux-6\.12\." \(see what it says above\); all is as it was before; mend what it asks for and run the command again\n$/,
      );
      expect(state(directory)).toEqual(before);
      expect(git(directory, "status", "--porcelain")).toBe("");
    },
  );

  test("a commit is signed where git is told to", async () => {
    const directory = channel();
    const gpg = join(temporaryDirectory(), "gpg");
    writeFileSync(
      gpg,
      '#!/bin/sh\ncat >/dev/null\necho "[GNUPG:] SIG_CREATED " >&2\necho "-----BEGIN PGP SIGNATURE-----"\n',
      { mode: 0o755 },
    );
    git(directory, "config", "commit.gpgSign", "true");
    git(directory, "config", "gpg.program", gpg);
    expect(
      (await run(directory, ["bump", "--guix", guix("6.12", "6.18", "7.0"), "--commit"])).status,
    ).toBe(0);
    expect(git(directory, "cat-file", "commit", "HEAD")).toContain(
      "\ngpgsig -----BEGIN PGP SIGNATURE-----\n",
    );
  });
});

describe("what cannot be is one sentence, status 2, and nothing is written", () => {
  const cases: [string, (directory: string) => readonly string[], RegExp, NodeJS.ProcessEnv?][] = [
    [
      "a dirty tree",
      (d) => (write(d, "kernels.scm", `${KERNELS};; more\n`), ["--commit"]),
      /there are changes that are not committed: kernels\.scm; commit or stash them first/,
    ],
    [
      "a staged file",
      (d) => (write(d, "new", "x"), git(d, "add", "new"), ["--commit"]),
      /not committed: new;/,
    ],
    [
      "a staged file that was moved, and one that is not ours",
      (d) => (
        write(d, "a b", "x"),
        git(d, "mv", "kernels.scm", "my list"),
        git(d, "add", "a b"),
        ["--commit"]
      ),
      /not committed: a b, kernels\.scm, my list; commit/,
    ],
    [
      "what was not merged",
      (d) => {
        for (const [branch, text] of [
          ["other", "one"],
          ["main", "two"],
        ] as const) {
          git(d, "switch", "--quiet", branch === "main" ? branch : "--create=other");
          write(d, "README", text);
          git(d, "add", "README");
          git(d, "commit", "--quiet", "--message=x");
        }
        expect(() => git(d, "merge", "--quiet", "other")).toThrow("git merge");
        return ["--commit"];
      },
      /not committed: README; commit/,
    ],
    [
      "nobody",
      (d) => (git(d, "config", "user.useConfigOnly", "true"), ["--commit"]),
      /git does not know who makes the commit; run git config user\.name and git config user\.email/,
      {
        GIT_AUTHOR_NAME: "",
        GIT_AUTHOR_EMAIL: "",
        GIT_COMMITTER_NAME: "",
        GIT_COMMITTER_EMAIL: "",
        EMAIL: "",
      },
    ],
    [
      "a branch that is there",
      () => ["--commit", "--branch", "main"],
      /--branch main: there is such a branch already/,
    ],
    [
      "a branch that is an option",
      () => ["--commit", "--branch=--orphan"],
      /cannot be the name of a branch/,
    ],
    [
      "a branch with a control character",
      () => ["--commit", "--branch", "a\u001bb"],
      /"a\\u001bb": this cannot be the name of a branch/,
    ],
    [
      "no branch",
      (d) => (git(d, "checkout", "--quiet", "--detach"), ["--commit"]),
      /no branch is checked out/,
    ],
    [
      "--branch without --commit",
      () => ["--branch", "next"],
      /--branch names a branch for a commit that is not asked for; give --commit, too/,
    ],
    [
      "--openzfs-url without --online",
      () => ["--openzfs-url", "https://example.org"],
      /give --online, too/,
    ],
    [
      "a news file outside",
      (d) => (
        write(d, ".guix-channel", '(channel (news-file "../n"))'),
        git(d, "commit", "-qam", "x"),
        ["--commit"]
      ),
      /the news file is no path below the channel/,
    ],
    [
      "a news file that is none",
      (d) => (
        write(d, "news.scm", "(hello)"),
        git(d, "add", "news.scm"),
        git(d, "commit", "-qm", "x"),
        ["--commit"]
      ),
      /this is no channel news/,
    ],
    ["no clone of OpenZFS", (d) => ["--openzfs", d], /there is no tag of an OpenZFS release here/],
  ];
  // Objects: with rows, Jest would hand a callback to the fourth parameter.
  test.each(
    cases.map(([name, prepare, sentence, environment]) => ({
      name,
      prepare,
      sentence,
      environment,
    })),
  )("$name", async ({ prepare, sentence, environment }) => {
    const directory = channel();
    const args = prepare(directory);
    const before = state(directory);
    const line = ["bump", "--guix", guix("6.18", "7.0"), ...args];
    const { status, stdout, stderr } = await run(directory, line, environment);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(sentence);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(state(directory)).toEqual(before);
  });

  test("no repository", async () => {
    const directory = temporaryDirectory({ "kernels.scm": KERNELS });
    const { status, stderr } = await run(directory, ["bump", "--guix", guix("6.12"), "--commit"], {
      GIT_CEILING_DIRECTORIES: join(directory, ".."),
    });
    expect([status, stderr]).toEqual([
      2,
      expect.stringContaining(
        "this directory is in no git repository; run git init, or leave --commit away",
      ),
    ]);
  });

  test("no list of kernels", async () => {
    const { status, stderr } = await run(temporaryDirectory(), ["bump", "--guix", guix("6.12")]);
    expect([status, stderr]).toEqual([
      2,
      expect.stringContaining(
        "kernels.scm: there is no kernel list here; run bump in a channel's directory",
      ),
    ]);
  });

  test("a file that git ignores is not committed, and all is as before", async () => {
    const directory = channel();
    write(directory, ".gitignore", "data\n");
    git(directory, "add", ".gitignore");
    git(directory, "rm", "--quiet", "--cached", "-r", "--ignore-unmatch", "data");
    write(directory, "kernels.scm", KERNELS);
    const data = JSON.parse(DATA) as { releases: { version: string }[] };
    data.releases = data.releases.filter(({ version }) => version !== "2.4.4");
    write(directory, "data/openzfs-releases.json", JSON.stringify(data, null, 1));
    await run(directory, ["generate"]);
    git(directory, "commit", "--quiet", "--all", "--allow-empty", "--message=x");
    const before = snapshot(directory);
    const tarball = await releaseTarball("2.4.4");
    const base = await startServer(
      github([listed("2.4.4", { tarball })], new Map([["2.4.4", tarball]])),
    );
    const { status, stderr } = await run(directory, [
      "bump",
      "--online",
      "--openzfs-url",
      base.href,
      "--commit",
    ]);
    expect([status, stderr]).toEqual([
      2,
      expect.stringContaining(
        "this file is not in the repository, and would be overwritten and committed",
      ),
    ]);
    expect(snapshot(directory)).toEqual(before);
  });
});

describe("releases", () => {
  test("come from a server, with the hash of what was downloaded", async () => {
    const directory = channel();
    const tarball = await releaseTarball("2.4.5", { maximum: "7.9" });
    const base = await startServer(
      github([listed("2.4.5", { tarball })], new Map([["2.4.5", tarball]])),
    );
    const { status, stdout, stderr } = await run(directory, [
      "bump",
      "--online",
      "--openzfs-url",
      base.href,
      "--guix",
      guix("6.12", "6.18", "7.9"),
      "--commit",
    ]);
    expect(stderr).toBe("downloading the tarball of OpenZFS 2.4.5\n");
    expect(status).toBe(0);
    expect(stdout).toContain("added    zfs-for-linux-7.9   OpenZFS 2.4.5");
    expect(stdout).toContain("updated  zfs-for-linux-6.12  OpenZFS 2.4.4 to 2.4.5");
    expect(git(directory, "log", "-1", "--format=%B")).toContain(
      "* data/openzfs-releases.json: Add OpenZFS 2.4.5.",
    );
    expect((await run(directory, ["check"])).status).toBe(0);
  });

  test("with another hash than the known one are refused, and nothing is written", async () => {
    const directory = channel();
    const before = snapshot(directory);
    const base = await startServer(
      github([listed("2.4.4", { tarball: await releaseTarball("2.4.4") })], new Map()),
    );
    const { status, stderr } = await run(directory, [
      "bump",
      "--online",
      "--openzfs-url",
      base.href,
      "--guix",
      guix("6.12", "7.0"),
    ]);
    expect([status, stderr]).toEqual([
      2,
      expect.stringContaining("the tarball of OpenZFS 2.4.4 is not the one that is known"),
    ]);
    expect(snapshot(directory)).toEqual(before);
  });

  test("come from a clone, and wait for their hash", async () => {
    const directory = channel();
    const clone = temporaryRepository({
      META: "Version: 2.4.5\nLinux-Minimum: 4.18\nLinux-Maximum: 7.9\n",
      "cmd/Makefile.am": "sbin_PROGRAMS = zfs\nbin_SCRIPTS = zarcstat\n",
    });
    for (const tag of ["zfs-2.4.5", "zfs-2.4.99", "zfs-2.5.0-rc1", "zfs-1.0.0", "zfs-2.4.6"])
      git(clone, "tag", "--annotate", "--message=x", tag);
    const { status, stdout, stderr } = await run(directory, [
      "bump",
      "--openzfs",
      clone,
      "--guix",
      guix("6.12", "6.18", "7.9"),
    ]);
    expect(status).toBe(0);
    expect(stderr).toBe(
      "note: zfs-2.4.6: its META is that of another version\nnote: no package uses OpenZFS 2.4.5 before the hash of its tarball is known, which a clone does not have; --online computes it\n",
    );
    expect(stdout).toContain(
      "waiting  zfs-for-linux-7.9  linux-libre-7.9 needs OpenZFS 2.4.5, the hash of which is not known",
    );
    expect(
      (JSON.parse(read(directory, "data/openzfs-releases.json")) as { releases: unknown[] })
        .releases[0],
    ).toMatchObject({
      version: "2.4.5",
      linuxMaximum: "7.9",
      sha256: null,
      tools: { sbin: ["zfs"], bin: ["zarcstat"] },
    });
  });
});

describe("two at once", () => {
  test("one waits or refuses, and nothing is half written", async () => {
    const directory = channel();
    const checkout = guix("6.18", "7.0");
    const runs = await Promise.all(
      Array.from({ length: 6 }, () => started(directory, ["bump", "--guix", checkout, "--commit"])),
    );
    for (const { status, stderr } of runs) {
      if (status !== 0)
        expect([status, stderr]).toEqual([
          2,
          expect.stringContaining(
            "another zfs-guix is changing this directory; wait until it has ended",
          ),
        ]);
    }
    expect(runs.some(({ status }) => status === 0)).toBe(true);
    expect(git(directory, "rev-list", "--count", "HEAD").trim()).toBe("3");
    expect(git(directory, "status", "--porcelain")).toBe("");
    expect((await run(directory, ["check"])).status).toBe(0);
    expect(readdirSync(directory).filter((name) => name.includes("lock"))).toEqual([]);
  });

  test("one that holds on is told of", async () => {
    const directory = channel();
    mkdirSync(join(directory, ".zfs-guix.lock"));
    const { status, stderr } = await run(directory, ["bump", "--guix", guix("6.18")]);
    expect([status, stderr]).toEqual([
      2,
      expect.stringContaining("another zfs-guix is changing this directory"),
    ]);
    expect(git(directory, "status", "--porcelain")).toBe("");
  });
});

describe("in place", () => {
  const FILE = "gnu/packages/file-systems.scm";
  const TOOLS = "zfs-guix-tools";
  const SNAPSHOTS = "zfs-guix-auto-snapshot";
  const auxiliary = (checkout: string): string[] =>
    readdirSync(join(checkout, "gnu/packages/aux-files"))
      .sort()
      .map((name) => `gnu/packages/aux-files/${name}`);
  const places = mkdtempSync(join(tmpdir(), "zfs-guix-checkouts-"));
  const [unbumped, bumped, elsewhere] = ["unbumped", "bumped", "elsewhere"].map((name) =>
    join(places, name),
  ) as [string, string, string];
  beforeAll(async () => {
    for (const directory of [join(unbumped, "gnu/packages"), elsewhere])
      mkdirSync(directory, { recursive: true });
    write(elsewhere, "data.json", DATA);
    write(unbumped, "gnu/packages/linux.scm", linuxScm());
    write(unbumped, FILE, fileSystemsScm());
    write(unbumped, "Makefile.am", MAKEFILE);
    commitAll(unbumped);
    cpSync(unbumped, bumped, { recursive: true });
    expect((await inPlace(bumped)).status).toBe(0);
  });
  afterAll(() => rmSync(places, { recursive: true }));
  const guixCheckout = (): string => copyOf(unbumped);
  /** One that has all commits of a bump. */
  const bumpedCheckout = (): string => copyOf(bumped);
  const inPlace = (checkout: string, ...more: string[]): Promise<Run> =>
    run(elsewhere, [
      ...(more.length === 0 ? ["bump", "--commit"] : more),
      "--guix",
      checkout,
      "--in-place",
      "--releases",
      "data.json",
    ]);
  const subjects = (checkout: string): string[] =>
    git(checkout, "log", "--reverse", "--format=%s").trim().split("\n").slice(1);

  test("a commit for each package, which can be sent as it is", async () => {
    expect(await inPlace(unbumped, "bump", "--dry-run")).toMatchObject({
      status: 1,
      stdout: expect.stringContaining(
        "\ngnu: Add zfs-guix-tools.\n\n* gnu/packages/file-systems.scm",
      ),
    });
    const checkout = bumpedCheckout();
    const variants = ["5.10", "6.12", "6.18", "7.0"].map((series) => `zfs-for-linux-${series}`);
    const steps = [TOOLS, SNAPSHOTS, ...variants];
    expect(subjects(checkout)).toEqual(steps.map((name) => `gnu: Add ${name}.`));
    const log = (...options: string[]): string[] =>
      git(checkout, "log", "--reverse", `HEAD~${steps.length}..`, ...options)
        .split("\0")
        .slice(1);
    expect(log("--check", "--format=%x00").join("").trim()).toBe("");
    const messages = log("--format=%x00%B");
    const changed = log("--numstat", "--format=%x00");
    for (const [index, name] of steps.entries()) {
      const files = changed[index]!.trim().split("\n");
      expect(files.map((line) => line.split("\t")[2])).toEqual(
        index === 0 ? ["Makefile.am", ...auxiliary(checkout), FILE] : [FILE],
      );
      if (index > 0) expect(files[0]).toMatch(/^\d\t0\t/);
      const { entries } = parseChangeLog(messages[index]!.replace(/\n+$/, "\n"));
      expect(entries).toContainEqual({
        file: FILE,
        name,
        text: expect.stringMatching(/^New variables?\.$/),
      });
      // What they need comes first, so that each of them loads.
      const text = git(checkout, "show", `HEAD~${steps.length - 1 - index}:${FILE}`);
      const names = definitions(readScheme(text).forms).map((definition) => definition.name);
      expect(names).toEqual(expect.arrayContaining(["zfs-variant", ...steps.slice(0, index + 1)]));
      for (const later of steps.slice(index + 1)) expect(names).not.toContain(later);
    }
    expect((await inPlace(checkout, "check")).status).toBe(0);

    write(
      checkout,
      "gnu/packages/linux.scm",
      linuxScm({ "6.12": "6.12.95", "6.18": "6.18.38" }, { latest: "6.18", lts: "6.12" }),
    );
    git(checkout, "commit", "--quiet", "--all", "--message=Guix drops some");
    await inPlace(checkout);
    expect(subjects(checkout).slice(-2)).toEqual([
      "gnu: Remove zfs-for-linux-5.10.",
      "gnu: Remove zfs-for-linux-7.0.",
    ]);
    expect((await inPlace(checkout, "check")).status).toBe(0);
    await inPlace(checkout, "generate", "--remove");
    expect([
      read(checkout, FILE),
      read(checkout, "Makefile.am"),
      existsSync(join(checkout, "gnu/packages/aux-files/zfs-guix-command.c")),
    ]).toEqual([fileSystemsScm(), MAKEFILE, false]);
    expect((await run(elsewhere, ["changelog", "--guix", checkout, "--in-place"])).stdout).toMatch(
      /^gnu: Remove [^\n]*\n[^]*\n\* gnu\/packages\/aux-files\/zfs-guix-command\.c: Delete file\.\n\* Makefile\.am \(AUX_FILES\): Adjust accordingly\.\n$/,
    );
  });

  test("changelog tells of all files that are not committed", async () => {
    const checkout = guixCheckout();
    await inPlace(checkout, "generate");
    const { entries } = parseChangeLog(
      (await run(elsewhere, ["changelog", "--guix", checkout, "--in-place"])).stdout,
    );
    expect(entries).toEqual(
      expect.arrayContaining([
        ...auxiliary(checkout).map((file) => ({ file, name: "", text: "New file." })),
        {
          file: "Makefile.am",
          name: "AUX_FILES",
          text: expect.stringMatching(/^Register (it|them)\.$/),
        },
      ]),
    );
  });

  test("a hook that refuses the third commit leaves none of them", async () => {
    const checkout = guixCheckout();
    mkdirSync(join(checkout, ".git/hooks"), { recursive: true });
    writeFileSync(
      join(checkout, ".git/hooks/pre-commit"),
      '#!/bin/sh\ngit diff --cached | grep "^+(define-public zfs-for-linux-6.18" && exit 1\nexit 0\n',
      { mode: 0o755 },
    );
    write(checkout, "untracked", "mine");
    const before = state(checkout);
    const { status, stderr } = await inPlace(checkout);
    expect([status, stderr]).toEqual([
      2,
      expect.stringContaining('git did not make the commit "gnu: Add zfs-for-linux-6.18."'),
    ]);
    expect(state(checkout)).toEqual(before);
    expect(git(checkout, "status", "--porcelain")).toBe("?? untracked\n");
  });

  test("what was edited by hand is committed over where that is asked for", async () => {
    const checkout = bumpedCheckout();
    const generated = read(checkout, FILE);
    write(checkout, FILE, generated.replace("(define-public zfs-for-linux-6.12", ";; Mine.\n$&"));
    git(checkout, "commit", "--quiet", "--all", "--message=By hand");
    expect(await inPlace(checkout)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("edited by hand"),
    });
    expect((await inPlace(checkout, "bump", "--commit", "--force")).status).toBe(0);
    expect(read(checkout, FILE)).toBe(generated);
    expect(subjects(checkout).at(-1)).toBe("gnu: Regenerate the variants of zfs.");
  });

  test("a region of 0.2.0 becomes the new one in a commit of its own", async () => {
    const checkout = temporaryRepository({
      "gnu/packages/linux.scm": linuxScm(),
      [FILE]: fileSystemsScm().replace(
        `\n\n${MERGERFS}`,
        `\n\n${sealedRegion(
          "(define-public zfs-for-linux-5.10 (package (inherit zfs)))\n\n(define-public zfs-guix-tools (package (inherit zfs)))",
          { "gone.in": "#!\n" },
        )}\n\n${MERGERFS}`,
      ),
      "gnu/packages/aux-files/gone.in": "#!\n",
      "Makefile.am": MAKEFILE,
    });
    expect((await inPlace(checkout)).status).toBe(0);
    const [first, ...others] = subjects(checkout);
    // It has zfs-guix-tools and zfs-for-linux-5.10.
    expect(first).toBe("gnu: Regenerate the variants of zfs.");
    expect(others).toEqual([
      `gnu: Add ${SNAPSHOTS}.`,
      ...["6.12", "6.18", "7.0"].map((one) => `gnu: Add zfs-for-linux-${one}.`),
    ]);
    expect(existsSync(join(checkout, "gnu/packages/aux-files/gone.in"))).toBe(false);
    expect(read(checkout, FILE)).toBe(read(bumped, FILE));
    await inPlace(checkout, "generate", "--remove");
    expect(read(checkout, FILE)).toBe(fileSystemsScm());
  });

  test("the first commit names who commits, and news that nobody needs are not read", async () => {
    const header = `;;; Copyright © 2019, 2021 A U Thor <author@example.org>\n;;; Copyright © 2024 B <b@example.org>\n;;;\n${fileSystemsScm()}`;
    const checkout = temporaryRepository({
      "gnu/packages/linux.scm": linuxOf(["5.10", "6.12"]),
      [FILE]: header,
      "Makefile.am": MAKEFILE,
      ".guix-channel": '(channel\n (version 0)\n (news-file "etc/news.scm"))\n',
      "etc/news.scm": '(channel-news (version 0) (entry (commit "x")\n',
    });
    const commit = async (...more: string[]): Promise<Run> =>
      inPlace(checkout, "bump", "--commit", ...more);
    expect((await commit()).status).toBe(0);
    const year = new Date().getUTCFullYear();
    const line = `;;; Copyright © ${year} C O Mitter <committer@example.org>\n`;
    expect(read(checkout, FILE)).toContain(`<b@example.org>\n${line};;;\n`);
    const [, ...others] = git(checkout, "log", "--reverse", "--format=%h", "-G", "^;;; Copyright")
      .trim()
      .split("\n");
    expect(others).toHaveLength(1);
    expect(git(checkout, "log", "-1", "--format=%s", others[0]!)).toBe(
      "gnu: Add zfs-guix-tools.\n",
    );
    expect((await inPlace(checkout, "check")).status).toBe(0);
    // A variant more is nothing to claim.
    write(checkout, FILE, read(checkout, FILE).replace(line, ""));
    write(checkout, "gnu/packages/linux.scm", linuxOf(["5.10", "6.6", "6.12"]));
    git(checkout, "commit", "--quiet", "--all", "--message=By hand");
    expect((await commit()).status).toBe(0);
    expect(subjects(checkout).at(-1)).toBe("gnu: Add zfs-for-linux-6.6.");
    expect(read(checkout, FILE)).not.toContain(line);
    expect(await inPlace(checkout, "generate", "--remove")).toMatchObject({
      status: 0,
      stderr: "",
    });
    expect(read(checkout, FILE)).toBe(header);
  });

  test("--remove gives back all that bump --commit has written but a person's copyright line, and says so", async () => {
    const year = new Date().getUTCFullYear();
    const author = "C O Mitter <committer@example.org>";
    const cases: readonly (readonly [before: readonly string[], after: readonly string[]])[] = [
      [["2019 A <a@example.org>"], ["2019 A <a@example.org>", `${year} ${author}`]],
      [[`2019 ${author}`], [`2019, ${year} ${author}`]],
    ];
    const file = (lines: readonly string[]): string =>
      `${lines.map((line) => `;;; Copyright © ${line}\n`).join("")};;;\n${fileSystemsScm()}`;
    for (const [before, after] of cases) {
      const checkout = temporaryRepository({
        "gnu/packages/linux.scm": linuxOf(["6.12"]),
        [FILE]: file(before),
        "Makefile.am": MAKEFILE,
      });
      expect((await inPlace(checkout)).status).toBe(0);
      expect(await inPlace(checkout, "generate", "--remove")).toMatchObject({
        status: 0,
        stderr: `note: the copyright line of C O Mitter in ${FILE} stays: you know what else of it is yours; git revert takes back the commit that added it\n`,
      });
      expect(read(checkout, FILE)).toBe(file(after));
      git(checkout, "add", "--all");
      expect(git(checkout, "diff", "--name-only", "HEAD~3")).toBe(`${FILE}\n`);
      expect(await inPlace(checkout, "generate", "--remove")).toMatchObject({
        status: 0,
        stderr: "",
      });
    }
  });

  test.each<[string, Record<string, string>, string]>([
    [
      "Guix has dropped",
      { "gnu/packages/linux.scm": linuxOf(["5.10", "6.12", "7.0"]) },
      "Guix no longer has @code{linux-libre-6.18}, so @code{zfs-for-linux-6.18} is gone, too. The nearest that remain: @code{linux-libre-7.0} (Linux 7.0) with @code{zfs-for-linux-7.0}; @code{linux-libre-6.12} (Linux 6.12) with @code{zfs-for-linux-6.12}.",
    ],
    [
      "the zfs of Guix does not support",
      { [FILE]: "2.3.3" },
      "@code{zfs-for-linux-7.0} is gone: OpenZFS 2.3.3, which Guix has, does not support Linux 7.0. The nearest that remain: @code{linux-libre-6.12} (Linux 6.12) with @code{zfs-for-linux-6.12}.",
    ],
    [
      "is not wanted",
      { "kernels.scm": '("5.10" "6.12" "7.0" (unwanted "6.18"))' },
      "@code{zfs-for-linux-6.18} is gone: Guix no longer has a package of it. ",
    ],
  ])(
    "news of a variant whose kernel %s are those of Guix, which has no list and no zfs-for-kernel",
    async (_, changed, sentence) => {
      const checkout = bumpedCheckout();
      mkdirSync(join(checkout, "etc"));
      write(checkout, "etc/news.scm", "(channel-news\n (version 0))\n");
      write(checkout, ".guix-channel", '(channel\n (version 0)\n (news-file "etc/news.scm"))\n');
      const { "kernels.scm": list, [FILE]: version, ...rest } = changed;
      for (const [path, text] of Object.entries(rest)) write(checkout, path, text);
      if (version !== undefined)
        write(
          checkout,
          FILE,
          read(checkout, FILE).replace('(version "2.4.3")', `(version "${version}")`),
        );
      git(checkout, "add", "--all");
      git(checkout, "commit", "--quiet", "--message=Guix");
      const guix = git(checkout, "rev-parse", "HEAD").trim();
      const directory = temporaryDirectory({
        "data.json": DATA,
        ...(list && { "kernels.scm": list }),
      });
      const args = [
        "bump",
        "--commit",
        "--guix",
        checkout,
        "--in-place",
        "--releases",
        "data.json",
      ];
      const { status, stderr } = await run(directory, args);
      const removal = git(checkout, "rev-list", "--reverse", `${guix}..`).split("\n")[0]!;
      expect([status, stderr]).toEqual([
        0,
        expect.stringContaining(
          `note: the news name the commit ${removal.slice(0, 10)}: where a rebase gives it another id, write that there\n`,
        ),
      ]);
      const news = read(checkout, "etc/news.scm").replace(/\s+/g, " ");
      expect(news).toContain(`(entry (commit "${removal}")`);
      expect(news).toContain(sentence);
      expect(news).not.toMatch(/zfs-for-kernel|list|checkout/);
      expect(news).toContain("of your @code{operating-system} together.");
    },
  );

  describe("git revert", () => {
    /** The ids and summaries of those of a bump, the first one first. */
    const commits = (checkout: string): [string, string][] =>
      git(checkout, "log", "--reverse", "--format=%h %s")
        .trim()
        .split("\n")
        .slice(1)
        .map((line) => [line.split(" ")[0]!, line.replace(/^\S+ /, "")]);
    const revert = (checkout: string, commit: string): void =>
      void git(checkout, "revert", "--no-edit", commit);
    const packages = (checkout: string): string[] =>
      definitions(readScheme(read(checkout, FILE)).forms).flatMap(({ name }) =>
        /^zfs-(for|guix)-/.test(name) ? [name] : [],
      );

    test("takes any of the commits back while the others stand, and a bump makes it good", async () => {
      const checkout = bumpedCheckout();
      const whole = read(checkout, FILE);
      const [head, all] = [git(checkout, "rev-parse", "HEAD").trim(), packages(checkout)];
      const [[first], ...others] = commits(checkout) as [[string], ...[string, string][]];
      expect(others).toHaveLength(all.length - 1);
      for (const [commit, summary] of others) {
        const gone = /Add (.*)\.$/.exec(summary)![1]!;
        revert(checkout, commit);
        expect(packages(checkout)).toEqual(all.filter((name) => name !== gone));
        // What is left is what stands for the kernels that are left.
        expect(await inPlace(checkout, "check")).toMatchObject({
          status: 1,
          stdout: expect.stringContaining(`\n+(define-public ${gone}\n`),
        });
        expect((await inPlace(checkout)).status).toBe(0);
        expect(subjects(checkout).at(-1)).toBe(`gnu: Add ${gone}.`);
        expect(read(checkout, FILE)).toBe(whole);
        git(checkout, "reset", "--quiet", "--hard", head);
      }
      // What all of them need goes last: git sees to it, or the module would not load.
      expect(() => {
        revert(checkout, first);
      }).toThrow("could not revert");
      git(checkout, "revert", "--abort");
      expect(read(checkout, FILE)).toBe(whole);
    });

    test("takes all of them back, one after the other, in any order, the first one last", async () => {
      const checkout = bumpedCheckout();
      const head = git(checkout, "rev-parse", "HEAD").trim();
      const [first, ...others] = commits(checkout).map(([id]) => id);
      const middle = [...others.slice(2), ...others.slice(0, 2)];
      for (const order of [others, others.toReversed(), middle]) {
        for (const commit of order) revert(checkout, commit);
        expect(packages(checkout)).toEqual([TOOLS]);
        // And nobody has edited what is left.
        expect(await inPlace(checkout, "check")).toMatchObject({
          status: 1,
          stderr: expect.not.stringContaining("edited by hand"),
        });
        revert(checkout, first!);
        expect([read(checkout, FILE), read(checkout, "Makefile.am")]).toEqual([
          fileSystemsScm(),
          MAKEFILE,
        ]);
        git(checkout, "reset", "--quiet", "--hard", head);
      }
    });

    test("takes a removal back where a neighbour is gone, too", async () => {
      const checkout = bumpedCheckout();
      write(checkout, "gnu/packages/linux.scm", linuxOf(["5.10", "6.12", "7.0", "7.1"]));
      git(checkout, "commit", "--quiet", "--all", "--message=Guix drops one");
      await inPlace(checkout);
      expect(subjects(checkout).at(-1)).toBe("gnu: Remove zfs-for-linux-6.18.");
      revert(checkout, "HEAD");
      expect(packages(checkout)).toContain("zfs-for-linux-6.18");
    });
  });

  test.each([
    [["--in-place"], "--in-place does not say which checkout"],
    [["--in-place", "--guix", "x", "--online"], "new releases go to the data of a channel"],
  ])("%j is refused", async (args, sentence) => {
    const { status, stderr } = await run(temporaryDirectory(), ["bump", ...args]);
    expect([status, stderr]).toEqual([2, expect.stringContaining(sentence)]);
  });
});

test("a symbolic link is followed, and what git has is a link still", async () => {
  const directory = channel();
  const real = temporaryDirectory({ "kernels.scm": KERNELS });
  git(directory, "rm", "--quiet", "kernels.scm");
  symlinkSync(join(real, "kernels.scm"), join(directory, "kernels.scm"));
  git(directory, "add", "--all");
  git(directory, "commit", "--quiet", "--message=link");
  const { status, stderr } = await run(directory, [
    "bump",
    "--guix",
    guix("6.12", "6.18", "7.0"),
    "--commit",
  ]);
  expect([status, stderr]).toEqual([
    2,
    expect.stringContaining("kernels.scm: this file is outside of the repository"),
  ]);
  expect(readFileSync(join(real, "kernels.scm"), "utf8")).toBe(KERNELS);
});
