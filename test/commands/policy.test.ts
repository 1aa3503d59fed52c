import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { git, IDENTITY, temporaryCheckout, temporaryDirectory, write } from "../support/directory";
import { emittedAll } from "../support/emitted";
import { linuxOf } from "../support/guix-texts";
import { inProcess } from "../support/in-process";
import { releaseDataText } from "../support/releases";
import { PROJECT, type Run } from "../support/run";

const MODULE = "generated/zfs-guix/packages/zfs.scm";

Object.assign(process.env, IDENTITY);

const guix = (...series: string[]): string =>
  temporaryCheckout({ linux: linuxOf(series) }).directory;
const here = (kernels: string): string =>
  temporaryDirectory({
    "kernels.scm": kernels,
    // No older than what comes along.
    "data/openzfs-releases.json": releaseDataText({ withAdvisories: true }).replace(
      /"asOf": "[^"]*"/,
      '"asOf": "2999-01-01"',
    ),
  });
const run = (cwd: string, line: string, ...more: string[]): Promise<Run> =>
  inProcess([...line.split(" "), ...more], { cwd });
const read = (cwd: string, path: string): string => readFileSync(join(cwd, path), "utf8");

/** What the channel in CWD has: `6.6 2.3.9`. */
const variants = (cwd: string): string[] =>
  Array.from(
    read(cwd, MODULE).matchAll(
      /^\(define-public zfs-for-(\S+)\n\s*\(zfs-of-kernel \S+\s+\(version "(.*?)"\)/gm,
    ),
    ([, name, version]) => `${name!.replace("linux-", "")} ${version}`,
  );

/** What the channel in CWD says of Linux RELEASES, where Guix has KERNELS. */
const forKernels = (
  cwd: string,
  kernels: readonly string[],
  ...releases: readonly string[]
): string[] =>
  emittedAll(
    releases.map((release) => ["for-kernel", "linux", release]),
    { file: join(cwd, MODULE), kernels },
  ).map(({ stdout }) => stdout);

const LIST = '(("6.6" (zfs "2.3"))\n "6.12"\n (unwanted "5.10"))\n';

describe("what the list says, every command obeys", () => {
  test("generate, check and bump", async () => {
    const cwd = here(LIST);
    for (const line of [
      "generate",
      "bump --guix",
      "generate --guix",
      "check --guix",
      "generate --kernels 6.6,6.12",
    ]) {
      const more = line.endsWith("--guix") ? [guix("5.10", "6.6", "6.12")] : [];
      expect([line, (await run(cwd, line, ...more)).status]).toEqual([line, 0]);
      expect(variants(cwd)).toEqual(["6.6 2.3.9", "6.12 2.4.4"]);
    }
    expect(read(cwd, "kernels.scm")).toBe(LIST);
  });

  test("--zfs leaves a pin what it is, and says so where both cannot be", async () => {
    const cwd = here(LIST);
    expect(await run(cwd, "generate --zfs 2.4")).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(
        "skipped: linux-libre-6.6 is pinned to OpenZFS 2.3 in kernels.scm:1, and --zfs asks for 2.4\n",
      ),
    });
    expect((await run(cwd, "generate --zfs 2.3")).status).toBe(0);
    expect(variants(cwd)).toEqual(["6.6 2.3.9", "6.12 2.3.9"]);
  });

  test("in place, the checkout has its release, and a pin to another is told", async () => {
    const directory = guix("5.10", "6.6", "6.12");
    const cwd = here(LIST);
    expect(await run(cwd, "generate --in-place --guix", directory)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(
        /^zfs-for-linux-6\.12 .*\nskipped: linux-libre-6\.6 is pinned to OpenZFS 2\.3 in kernels\.scm:1, and this checkout has 2\.4\.3\n/,
      ),
    });
    expect(await run(cwd, "bump --in-place --guix", directory)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("nothing to do"),
    });
  });

  test("explain and matrix", async () => {
    const cwd = here(LIST);
    expect((await run(cwd, "explain 6.6")).stdout).toContain(
      "is generated from OpenZFS 2.3.9, the newest allowed release of 2.3, to which kernels.scm:1 pins it,",
    );
    for (const more of [[], ["--guix", guix("5.10", "6.6")]])
      expect((await run(cwd, "explain 5.10", ...more)).stdout).toContain(
        "Linux 5.10 is not wanted, as kernels.scm says, so nothing is generated for it.\n",
      );
    expect(JSON.parse((await run(cwd, "explain 5.10 --json")).stdout)).toMatchObject({
      unwanted: true,
      listed: false,
    });
    const matrix = await run(cwd, "matrix --guix", guix("5.10", "6.6"));
    expect(matrix.stdout).toMatch(/^OpenZFS {2}6\.6\n/);
    expect(matrix.stdout).toContain("linux-libre-6.6 is pinned to OpenZFS 2.3 (kernels.scm:1)\n");
    expect(JSON.parse((await run(cwd, "matrix --json")).stdout)).toMatchObject({
      pins: { "zfs-for-linux-6.6": "2.3" },
    });
  });

  test("an unwanted series that is asked for by name is skipped with a reason", async () => {
    const cwd = here(LIST);
    expect((await run(cwd, "generate --kernels 5.10,6.12")).stdout).toContain(
      "skipped: linux-libre-5.10 is not wanted, as the list of kernels says\n",
    );
  });

  test("zfs-for-kernel gives a kernel the release of its variant, one that loses data, too, and no other kernel", async () => {
    const cwd = here(LIST);
    expect((await run(cwd, "generate --kernels 6.12 --zfs 2.4.3")).status).toBe(0);
    const [own, other] = forKernels(cwd, ["linux-libre-6.12"], "6.12.5", "6.6.5");
    expect(own).toContain("zfs-for-linux-6.12 2.4.3 for linux");
    expect(other).toContain("OpenZFS 2.4.3 is known to lose data");
  });

  test("zfs-for-kernel of the channel", async () => {
    const cwd = here(LIST.replace('"5.10"', '"5.10" "5.10"'));
    expect((await run(cwd, "generate")).status).toBe(0);
    expect(read(cwd, MODULE).match(/"5\.10" \. #f/g)).toHaveLength(1);
    const kernels = ["linux-libre-6.6", "linux-libre-6.12"];
    const [pinned, listed, other, unwanted] = forKernels(
      cwd,
      kernels,
      "6.6.5",
      "6.12.5",
      "6.18.5",
      "5.10.5",
    );
    expect(pinned).toContain("zfs-for-linux-6.6 2.3.9 for linux");
    expect(listed).toContain("zfs-for-linux-6.12 2.4.4 for linux");
    expect(other).toContain("zfs-for-linux-6.18 2.4.4 for linux");
    expect(unwanted).toMatch(
      /^error: no ZFS for linux 5\.10\.5: this channel leaves Linux 5\.10 out\nhint: Choose a kernel of one of the series 6\.6, 6\.12, /,
    );
  });

  test.each([
    ["pinned otherwise", '("6.12" OURS)', "2.2.7", "2.4.4"],
    ["not pinned", '(("6.12" (zfs "2.3")) OWN)', "2.4.4", "2.3.9"],
    ["of a series of Guix that is not wanted", '("6.6" OWN (unwanted "6.12"))', "2.4.4", undefined],
    ["pinned, and so", '("6.6" OURS (unwanted "6.12"))', "2.2.7", undefined],
    ["alone pinned", '("6.6" OURS)', "2.2.7", "2.2.7"],
    ["pinned to what cannot be", '("6.12" NONE)', undefined, "2.4.4"],
  ])("zfs-for-kernel knows a kernel that is not Guix's, %s", async (_, list, own, others) => {
    const entry = (more: string): string =>
      `("6.12" linux-own-6.12 (gnu packages linux) zfs-for-own${more})`;
    const cwd = here(
      list
        .replace("OURS", entry(' (zfs "2.2")'))
        .replace("NONE", entry(' (zfs "2.1")'))
        .replace("OWN", entry("")),
    );
    expect((await run(cwd, "generate")).status).toBe(0);
    const said = emittedAll(
      [
        ["for-kernel", "linux-own-6.12"],
        ["for-kernel", "linux-libre-6.12"],
        ["for-kernel", "linux", "6.12.5"],
      ],
      { file: join(cwd, MODULE), kernels: ["linux-own-6.12", "linux-libre-6.12"] },
    ).map(({ stdout }) => stdout);
    const expected = (release: string | undefined): unknown =>
      release === undefined
        ? expect.stringContaining("this channel leaves Linux 6.12 out")
        : expect.stringContaining(`zfs-for-linux-6.12 ${release} for linux`);
    expect(said).toEqual([own, others, others].map(expected));
  });

  test("a pin that cannot be met is the sentence about that pin, and kept by --quiet", async () => {
    const cwd = here('(("6.12" (zfs "2.1")) "6.6")');
    const reason =
      "skipped: linux-libre-6.12 is pinned to OpenZFS 2.1 in kernels.scm:1, which supports Linux 3.10 to 6.7; 2.2.7 would do";
    const found = await run(cwd, "generate");
    expect(found.stdout).toContain(`${reason}\n`);
    for (const line of ["generate -q", "check -q", "bump -q --guix"])
      expect(
        (await run(cwd, line, ...(line.endsWith("guix") ? [guix("6.6", "6.12")] : []))).stderr,
      ).toContain(`note: ${reason}\n`);
    expect(forKernels(cwd, [], "6.12.5")[0]).toMatch(
      /^error: no ZFS for linux 6\.12\.5: this channel leaves Linux 6\.12 out\n/,
    );
  });

  test.each([
    [
      '("6.6"\n ("6.12" (zfs "2.9")))',
      /^zfs-guix: kernels\.scm:2:10: \(zfs "2\.9"\): no such branch/,
    ],
    [
      '(("6.12" (zfs "2.3.99")))',
      /:1:10: .*no such release of OpenZFS is known; known are 2\.3\.9/,
    ],
    ['(("6.12" (zfs "2.3.8")))', /:1:10: .*no hash is known for that release, so it cannot be/],
    ['(("6.12" (zfs "new")))', /:1:15: this says nothing that is known about a kernel; expected/],
    ['(("6.12" (zsf "2.3")))', /:1:10: this says nothing that is known about a kernel; expected/],
    // What stands behind a dot would be lost.
    ['(("6.12" (zfs "2.3" . "x")))', /:1:23: there is a dot before this; take the dot out/],
    ['("6.12" (unwanted "5.10" . "5.4"))', /:1:28: there is a dot before this; take the dot out/],
    ['("6.12" (new-series #f . x))', /:1:26: there is a dot before this; take the dot out/],
    ['(("6.12" . "6.13"))', /:1:12: there is a dot before this; take the dot out/],
    ['(("6.12" linux (a . b) zfs-for-x))', /:1:21: there is a dot before this; take the dot out/],
    ['(("6.12" (zfs "2.3") (zfs "2.2")))', /:1:27: this kernel has a release of OpenZFS already/],
    [
      '("6.12" (zfs "2.3"))',
      /:1:9: \(zfs "2\.3"\) stands beside the kernels, not in one; put a kernel and it in/,
    ],
    ['("6.12" (unwanted "6.12"))', /:1:19: 6\.12 is not wanted here, and line 1 lists it; take/],
    ['("6.12" (unwanted 5.10))', /:1:19: this is not a series; expected MAJOR\.MINOR/],
    ['("6.12" (new-series no))', /:1:9: this does not say whether .*\(new-series #f\), once/],
    ['("6.12" (new-series #f) (new-series #t))', /:1:25: .* is said twice; write/],
    ['((unwanted "6.12"))', /:1:1: there is no kernel in this list; /],
    [
      '("6.12" (wanted "5.10"))',
      /:1:9: \(wanted "5\.10"\) is no kernel; .* or \(unwanted "5\.10" …\)/,
    ],
    ['("6.20")', /:1:2: "6\.20" is not a series: after Linux 6\.19 came 7\.0; /],
    ['("5.99" "3.20")', /:1:2: "5\.99" .*\n.*:1:9: "3\.20" .*after Linux 3\.19 came 4\.0/],
    ['("99.1")', /:1:2: "99\.1" is not a series: no Linux is as new as that/],
  ])("%s", async (list, message) => {
    const cwd = here(list);
    for (const line of ["generate", "matrix"]) {
      const { status, stderr } = await run(cwd, line);
      expect([line, status]).toEqual([line, 2]);
      expect(stderr).toMatch(message);
    }
  });

  test("a bump names the line that a pin stands in, not where it would come to stand", async () => {
    const cwd = here('(("6.12" (zfs "2.9")))');
    expect(await run(cwd, "bump --guix", guix("6.6", "6.12"))).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^zfs-guix: kernels\.scm:1:10: \(zfs "2\.9"\): no such/),
    });
  });
});

describe("new series", () => {
  test.each([
    ['("6.12")', ["6.6", "6.12", "6.18"]],
    ['("6.12" (new-series #f))', ["6.12"]],
    ['(("6.12" linux-6.12 (nongnu packages linux) zfs-for-nongnu-6.12))', ["nongnu-6.12"]],
    [
      '(("6.12" linux-6.12 (nongnu packages linux) zfs-for-nongnu-6.12) (new-series #t))',
      ["6.6", "nongnu-6.12", "6.12", "6.18"],
    ],
  ])("%s", async (list, expected) => {
    const cwd = here(list);
    for (const line of ["generate --guix", "bump --guix"]) {
      expect((await run(cwd, line, guix("6.6", "6.12", "6.18"))).status).toBe(0);
      expect(
        variants(cwd)
          .map((text) => text.split(" ")[0]!)
          .sort(),
      ).toEqual(expected.sort());
    }
  });

  test.each([
    ['("6.12" (new-series #f))', ["6.12"]],
    ['("6.12")', ["6.6", "6.12", "6.18"]],
    // Who lists other people's kernels alone has said nothing of a checkout's own.
    ['(("6.12" linux-6.12 (nongnu packages linux) zfs-for-nongnu-6.12))', ["6.6", "6.12", "6.18"]],
  ])("in place, %s", async (list, expected) => {
    const cwd = here(list);
    const directory = guix("6.6", "6.12", "6.18");
    for (const line of ["generate -n --in-place --guix", "bump --in-place --guix"]) {
      const { stdout } = await run(cwd, line, directory);
      const found = Array.from(
        stdout.matchAll(/zfs-for-linux-(\S+) +OpenZFS/g),
        ([, name]) => name,
      );
      expect([line, found]).toEqual([line, expected]);
    }
  });

  test("one that is older than the list is told how to be kept out", async () => {
    const cwd = here('("6.12")');
    expect((await run(cwd, "bump --guix", guix("5.10", "6.12"))).stderr).toContain(
      'note: Guix has "5.10", which comes in; to keep such out, write (unwanted "5.10")\n',
    );
  });
});

describe("news of a variant that goes", () => {
  test.each([
    [
      "a person has dropped the kernel",
      '("6.12" (new-series #f))',
      "the channel's list of kernels no longer has",
    ],
    [
      "it is not wanted",
      '("6.12" (unwanted "6.6"))',
      "the channel's list of kernels no longer has",
    ],
    ["its pin cannot be met", '(("6.6" (zfs "2.1.9")) "6.12")', "linux-libre-6.6 is pinned to"],
  ])("%s", async (_, list, why) => {
    const cwd = here('("6.6" "6.12")');
    expect((await run(cwd, "generate")).status).toBe(0);
    write(cwd, "kernels.scm", list);
    git(cwd, "init", "--quiet", "--template=");
    git(cwd, "add", "--all");
    git(cwd, "commit", "--quiet", "--message=Start");
    expect((await run(cwd, "bump --commit --guix", guix("6.6", "6.12"))).status).toBe(0);
    const news = read(cwd, "news.scm").replace(/\s+/g, " ");
    expect(news).toContain(`@code{zfs-for-linux-6.6} is gone: ${why}`);
    expect(news).toContain("@code{linux-libre-6.12} (Linux 6.12) with @code{zfs-for-linux-6.12}");
  });

  test("a kernel of another channel is known from the module", async () => {
    const cwd = here(
      '(("6.6" linux-6.6 (nongnu packages linux) zfs-for-nongnu-6.6) ("6.12" linux-6.12 (nongnu packages linux) zfs-for-nongnu-6.12) "6.12")',
    );
    expect((await run(cwd, "generate")).status).toBe(0);
    write(
      cwd,
      "kernels.scm",
      '(("6.12" linux-6.12 (nongnu packages linux) zfs-for-nongnu-6.12) "6.12")',
    );
    git(cwd, "init", "--quiet", "--template=");
    git(cwd, "add", "--all");
    git(cwd, "commit", "--quiet", "--message=Start");
    expect((await run(cwd, "bump --commit --guix", guix("6.12"))).status).toBe(0);
    expect(read(cwd, "news.scm").replace(/\s+/g, " ")).toContain(
      "@code{zfs-for-nongnu-6.6} is gone: the channel's list of kernels no longer has its kernel. The nearest that remain: @code{linux-6.12} (Linux 6.12) with @code{zfs-for-nongnu-6.12}",
    );
  });
});

describe("a channel and its .guix-channel", () => {
  test("a new directory gets it, and becomes a channel that a bump tells news in", async () => {
    const cwd = here('("6.12")');
    git(cwd, "init", "--quiet", "--template=");
    expect((await run(cwd, "generate")).stdout).toContain("created   .guix-channel\n");
    expect(read(cwd, ".guix-channel")).toBe(
      '(channel\n  (version 0)\n  (directory "generated")\n  (news-file "news.scm"))\n',
    );
    expect((await run(cwd, "check")).status).toBe(0);
  });

  test("a directory of a repository that nobody would find it in is told", async () => {
    const cwd = here('("6.12")');
    const said =
      'note: there is no .guix-channel, so whoever uses the repository finds no channel in it: write (channel (version 0) (directory "mine/guix") (news-file "news.scm")) there\n';
    expect((await run(cwd, "generate -o mine/guix")).stderr).toBe("");
    git(cwd, "init", "--quiet", "--template=");
    expect((await run(cwd, "generate -o mine/guix")).stderr).toBe(said);
    expect((await run(cwd, "generate -o .")).stderr).toBe("");
    write(cwd, ".guix-channel", /\(channel .*\)(?= there)/.exec(said)![0]);
    expect((await run(cwd, "generate -o mine/guix")).stderr).toBe("");
  });

  test("one that speaks of another directory is told, and not committed with", async () => {
    const cwd = here('("6.12")');
    write(cwd, ".guix-channel", '(channel (version 0) (directory "modules/"))\n');
    const said = ".guix-channel says that the channel is in modules, and this is for generated: ";
    expect((await run(cwd, "generate")).stderr).toContain(`note: ${said}`);
    expect((await run(cwd, "generate -o modules")).stderr).toBe("");
    expect((await run(cwd, "check -q")).stderr).toContain(`note: ${said}`);
    git(cwd, "init", "--quiet", "--template=");
    git(cwd, "add", "--all");
    git(cwd, "commit", "--quiet", "--message=Start");
    const bump = await run(cwd, "bump --commit --guix", guix("6.12", "6.18"));
    expect(bump.status).toBe(2);
    expect(bump.stderr).toContain(`zfs-guix: ${said}`);
    expect(git(cwd, "log", "--format=%s").trim()).toBe("Start");
    expect((await run(cwd, "bump --commit -o modules --guix", guix("6.12", "6.18"))).status).toBe(
      0,
    );
  });
});

test("data that are older than what comes along are told of", async () => {
  const data = readFileSync(`${PROJECT}/data/openzfs-releases.json`, "utf8");
  const cwd = temporaryDirectory({
    "kernels.scm": '("6.12")',
    "data/openzfs-releases.json": data.replace(/"asOf": "[^"]*"/, '"asOf": "2025-01-01"'),
  });
  const note = (line: string, ...more: string[]) =>
    run(cwd, line, ...more).then(({ stderr }) => [line, stderr]);
  for (const [line, ...more] of [
    ["generate"],
    ["check -q"],
    ["matrix"],
    ["explain 6.12"],
    ["bump -q --guix", guix("6.12")],
  ] as const)
    expect(await note(line, ...more)).toEqual([
      line,
      expect.stringMatching(
        /^note: data\/openzfs-releases\.json is of 2025-01-01, and what comes with zfs-guix is of \S+: let bump/,
      ),
    ]);
  write(cwd, "data/openzfs-releases.json", data);
  expect((await run(cwd, "check")).stderr).toBe("");
});
