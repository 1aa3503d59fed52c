import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { linuxOf } from "./support/guix-texts";
import {
  commitAll,
  copyOf,
  git,
  IDENTITY,
  temporaryCheckout,
  temporaryDirectory,
  write,
} from "./support/directory";
import { startServer } from "./support/releases";
import { inProcess } from "./support/in-process";
import { PROJECT } from "./support/run";

const pristine = mkdtempSync(join(tmpdir(), "zfs-guix-daily-"));
beforeAll(async () => {
  for (const path of [
    "dist",
    "package.json",
    "data",
    "generated",
    "templates",
    "package.json",
    "kernels.scm",
    "news.scm",
    ".guix-channel",
    "tools/daily-bump",
    "tools/readme.mjs",
  ])
    cpSync(join(PROJECT, path), join(pristine, path), { recursive: true });
  write(pristine, ".gitignore", "dist\n");
  // Of all that the project's shows, one command.
  write(pristine, "README.md", "<!-- output of: zfs-guix matrix -->\n<!-- end -->\n");
  mkdirSync(join(pristine, "doc"));
  write(pristine, "doc/matrix.svg", "");
  expect((await inProcess(["generate"], { cwd: pristine })).status).toBe(0);
  commitAll(pristine);
});
afterAll(() => rmSync(pristine, { recursive: true }));

/** This repository as the daily job has it: what is committed, and what is built. */
const clone = (): string => copyOf(pristine);

function daily(
  directory: string,
  guix: string,
  environment: NodeJS.ProcessEnv = {},
): { status: number | null; output: string; out: string } {
  const out = join(temporaryDirectory(), "out");
  const { status, stdout, stderr } = spawnSync("tools/daily-bump", [out], {
    cwd: directory,
    encoding: "utf8",
    env: {
      ...process.env,
      ...IDENTITY,
      GUIX_FILES: guix,
      BUMP_TEST: "true",
      BUMP_VERIFY: "echo 3 of 3 packages hold",
      BUMP_BUILD: "echo zfs-for-linux-6.12 is built",
      ...environment,
    },
  });
  return { status, output: stdout + stderr, out };
}

const SERIES = [
  ...readFileSync(`${PROJECT}/kernels.scm`, "utf8").matchAll(/^\(? ?"(\d+\.\d+)"/gm),
].map(([, series]) => series!);

const guix = (series: readonly string[]): string =>
  temporaryCheckout({ linux: linuxOf(series) }).directory;

describe("the daily job", () => {
  test("leaves nothing where there is nothing to do", () => {
    const { status, out } = daily(clone(), guix(SERIES));
    expect(status).toBe(0);
    expect(existsSync(join(out, "bundle"))).toBe(false);
  });

  test("leaves the commits and the text of a pull request, the same each day", () => {
    const directory = clone();
    const fewer = guix(SERIES.slice(1));
    const base = git(directory, "rev-parse", "HEAD").trim();
    const { status, output, out } = daily(directory, fewer, {
      BUMP_TEST: "env",
      ZFS_GUIX_GITHUB_TOKEN: "s3cr3t",
    });
    expect(status).toBe(0);
    expect(output).toMatch(/^GIT_AUTHOR_DATE=/m);
    // The tests are shown no token.
    expect(output).not.toContain("s3cr3t");
    expect(git(directory, "log", "--format=%s", `${base}..`).trim().split("\n")).toEqual([
      "doc: Show what the commands print now.",
      "news: Add entry for removed variants of zfs.",
      `gnu: Remove zfs-for-linux-${SERIES[0]!}.`,
    ]);
    expect(git(directory, "status", "--porcelain")).toBe("");
    expect(readFileSync(join(out, "title"), "utf8")).toBe(
      `gnu: Remove zfs-for-linux-${SERIES[0]!}.\n`,
    );
    const text = readFileSync(join(out, "text"), "utf8");
    expect(text).toContain(`(zfs-for-linux-${SERIES[0]!}): Delete variable.\n`);
    expect(text).toContain("\n## What Guix says\n\n```\n3 of 3 packages hold\n```\n");
    expect(text).toContain("\n## What guix-daemon built\n\nzfs-for-linux-6.12 is built\n");
    expect(text).toContain("\n## Matrix before\n\n| OpenZFS |");
    expect(text).toContain(`\n## Matrix after\n\n| OpenZFS | ${SERIES[1]!} |`);

    const head = git(directory, "rev-parse", "HEAD").trim();
    const other = temporaryDirectory();
    git(directory, "clone", "--quiet", directory, join(other, "clone"));
    git(directory, "reset", "--quiet", "--hard", base);
    git(join(other, "clone"), "fetch", "--quiet", join(out, "bundle"), "HEAD");
    expect(git(join(other, "clone"), "rev-parse", "FETCH_HEAD").trim()).toBe(head);
    expect(daily(directory, fewer).status).toBe(0);
    expect(git(directory, "rev-parse", "HEAD").trim()).toBe(head);
  });

  test("leaves nothing where Guix refuses a package, and shows which", () => {
    const { status, output, out } = daily(clone(), guix(SERIES.slice(1)), {
      BUMP_VERIFY: "node -e console.log('zfs-for-linux-7.0:FAILS');process.exitCode=1",
    });
    expect([status, existsSync(join(out, "bundle"))]).toEqual([1, false]);
    expect(output).toContain("zfs-for-linux-7.0:FAILS\n");
  });

  test("leaves nothing where a package is not built, and shows which", () => {
    const { status, output, out } = daily(clone(), guix(SERIES.slice(1)), {
      BUMP_BUILD: "node -e console.log('zfs-for-linux-6.12:✗');process.exitCode=1",
    });
    expect([status, existsSync(join(out, "bundle"))]).toEqual([1, false]);
    expect(output).toContain("zfs-for-linux-6.12:✗\n");
  });

  test("leaves nothing where a test fails", () => {
    const { status, out } = daily(clone(), guix(SERIES.slice(1)), { BUMP_TEST: "false" });
    expect([status, existsSync(join(out, "bundle"))]).toEqual([1, false]);
  });
});

describe("the pull request", () => {
  async function open(
    existing: readonly object[],
    environment: NodeJS.ProcessEnv = {},
    refusal?: { readonly status: number; readonly body: string },
  ): Promise<{ requests: unknown[]; status: number | null; output: string }> {
    const requests: unknown[] = [];
    const base = await startServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => (body += String(chunk)));
      request.on("end", () => {
        requests.push([
          request.method,
          request.url,
          request.headers.authorization,
          ...(body === "" ? [] : [JSON.parse(body) as unknown]),
        ]);
        response.setHeader("content-type", "application/json");
        if (refusal !== undefined && request.method === "POST")
          response.writeHead(refusal.status).end(refusal.body);
        else response.end(JSON.stringify(request.method === "GET" ? existing : { number: 7 }));
      });
    });
    const child = spawn(
      process.execPath,
      [`${PROJECT}/tools/pull-request.mjs`, "zfs-guix-bump", "main"],
      {
        env: {
          PATH: process.env.PATH,
          GITHUB_API_URL: base.href.replace(/\/$/, ""),
          GITHUB_REPOSITORY: "me/zfs",
          GITHUB_TOKEN: "s3cr3t",
          PULL_REQUEST_TITLE: "gnu: Add x.\n::set-env name=a::b",
          PULL_REQUEST_TEXT: "text",
          ...environment,
        },
      },
    );
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk) => (output += String(chunk)));
    const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
    return { requests, status, output };
  }

  test("is opened", async () => {
    const { requests, output } = await open([
      { number: 3, head: { ref: "other" }, base: { ref: "main" } },
    ]);
    expect(output).toBe("pull request 7 opened\n");
    expect(requests).toEqual([
      ["GET", "/repos/me/zfs/pulls?state=open&per_page=100&limit=50", "token s3cr3t"],
      [
        "POST",
        "/repos/me/zfs/pulls",
        "token s3cr3t",
        { head: "zfs-guix-bump", base: "main", title: "gnu: Add x.", body: "text" },
      ],
    ]);
  });

  test("is brought up to date", async () => {
    const { requests, output } = await open([
      {
        number: 3,
        head: { ref: "zfs-guix-bump", repo: { full_name: "me/zfs" } },
        base: { ref: "main" },
      },
    ]);
    expect(output).toBe("pull request 7 brought up to date\n");
    expect(requests[1]).toEqual([
      "PATCH",
      "/repos/me/zfs/pulls/3",
      "token s3cr3t",
      { title: "gnu: Add x.", body: "text" },
    ]);
  });

  test.each([{ full_name: "stranger/zfs" }, null])(
    "is not that of a fork with such a branch, %j",
    async (repo) => {
      const { requests } = await open([
        { number: 3, head: { ref: "zfs-guix-bump", repo }, base: { ref: "main" } },
      ]);
      expect(requests[1]).toEqual([
        "POST",
        "/repos/me/zfs/pulls",
        "token s3cr3t",
        expect.anything(),
      ]);
    },
  );

  test.each([
    [
      '{"message":"GitHub Actions is not permitted to create or approve pull requests."}',
      "GitHub Actions is not permitted to create or approve pull requests.",
    ],
    ['{"message":"no\\n::set-env name=a::b\\u001b[31m"}', "no ::set-env name=a::b [31m"],
    ["<html>", ""],
    ["null", ""],
  ])("is refused, and it is said why: %s", async (body, why) => {
    const { status, output } = await open([], {}, { status: 403, body });
    expect([status, output]).toEqual([
      1,
      `pull-request: the server answers POST pulls with status 403: ${why}\n`,
    ]);
  });

  test("cannot be opened", async () => {
    const { status, output } = await open([], { GITHUB_TOKEN: "" });
    expect([status, output]).toEqual([
      1,
      expect.stringMatching(/^pull-request: expected HEAD BASE[^\n]*\n$/),
    ]);
  });
});
