import { spawnSync, execFileSync } from "node:child_process";
import { expect, test } from "@jest/globals";
import { fileSystemsScm, linuxOf, OLD_ZFS, ZFS } from "./support/guix-texts";
import { IDENTITY, temporaryDirectory, write } from "./support/directory";
import { PROJECT } from "./support/run";
import { textBoxes, touching } from "./support/svg";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A Guix repository with one commit for each of STEPS: its day and its texts. */
function history(
  steps: readonly { day: string; series: readonly string[]; zfs?: string; linux?: string }[],
): string {
  const directory = temporaryDirectory();
  const git = (day: string, ...args: string[]): unknown =>
    execFileSync("git", args, {
      cwd: directory,
      env: {
        ...process.env,
        ...IDENTITY,
        GIT_AUTHOR_DATE: `${day}T12:00:00Z`,
        GIT_COMMITTER_DATE: `${day}T12:00:00Z`,
      },
    });
  git("2022-01-01", "init", "--quiet");
  mkdirSync(join(directory, "gnu/packages"), { recursive: true });
  for (const { day, series, zfs = ZFS, linux } of steps) {
    write(directory, "gnu/packages/linux.scm", linux ?? linuxOf(series));
    write(directory, "gnu/packages/file-systems.scm", fileSystemsScm({ zfs }));
    git(day, "add", "--all");
    git(day, "commit", "--quiet", `--message=gnu: ${day}.`);
  }
  return directory;
}

const replay = (
  directory: string,
  ...more: string[]
): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(
    process.execPath,
    ["tools/replay.mjs", "--guix-git", directory, "--since", "2024-01-01", "--verbose", ...more],
    { cwd: PROJECT, encoding: "utf8", env: { ...process.env, ...IDENTITY } },
  );

test("a history is followed step by step, and the days without ZFS are counted", () => {
  const zfs = (version: string): string => ZFS.replace("2.4.3", version);
  const directory = history([
    { day: "2023-12-01", series: ["5.10", "6.6"], zfs: zfs("2.2.2") },
    // OpenZFS 2.2.3 of 21 February 2024 is the first for 6.7.
    { day: "2024-02-11", series: ["5.10", "6.6", "6.7"], zfs: zfs("2.2.2") },
    { day: "2024-03-12", series: ["5.10", "6.6", "6.7"], zfs: zfs("2.2.3") },
    { day: "2024-03-13", series: [], linux: "(define-public" },
    { day: "2024-03-14", series: ["6.6", "6.7"], zfs: OLD_ZFS },
    { day: "2024-03-15", series: ["6.6", "6.7"], zfs: zfs("2.2.3") },
  ]);
  const picture = join(directory, "days.svg");
  const { status, stdout, stderr } = replay(directory, "--picture", picture);
  expect(stderr).toBe("6 of 6 commits, 2024-03-15\n");
  expect(stdout).toContain("channel:  kernels: Add 6.7.");
  expect(stdout).toMatch(
    /2024-02-21 OpenZFS {4}channel: {2}gnu: Add zfs-for-linux-6\.7 and update variants of zfs to 2\.2\.3\./,
  );
  expect(stdout).toMatch(/2024-03-12 \w+ in place: gnu: Add zfs-for-linux-6\.7\./);
  expect(stdout).toMatch(/cannot be read: \w+ 2024-03-13 gnu: 2024-03-13\.: /);
  expect(stdout).toContain("in place, refused 1 times");
  expect(stdout).toContain("0 problems");
  // From 11 February to 11 March, and on the one day with OpenZFS 2.1.4; with the channel to 20 February.
  expect(stdout).toContain(
    "Without ZFS for the newest kernel of Guix:   Guix as it was 31 of 75 days (41.3 %); with this channel 10 of 75 days (13.3 %)",
  );
  const drawn = readFileSync(picture, "utf8");
  const { width, height, boxes } = textBoxes(drawn);
  expect(boxes.map(({ words }) => words)).toEqual(
    expect.arrayContaining([
      "Guix as it was: 31 of 75 days without",
      "with this channel: 10 of 75 days without",
      "2024",
    ]),
  );
  expect(
    boxes.filter(
      ({ left, right, top, bottom }) => left < 0 || right > width || top < 0 || bottom > height,
    ),
  ).toEqual([]);
  expect(touching(boxes)).toEqual([]);
  // Two stretches without in Guix, one with the channel, and the legend.
  expect(drawn.match(/class="without"/g)).toHaveLength(2 + 1 + 1);
  expect(status).toBe(0);
});

test("a history without such commits is refused", () => {
  const directory = temporaryDirectory();
  execFileSync("git", ["init", "--quiet", directory]);
  expect(replay(directory).status).toBe(2);
});

test.each(["2024-13-01", "2024-02-30", "yesterday"])("--since %s is no day", (since) => {
  const run = spawnSync(
    process.execPath,
    ["tools/replay.mjs", "--guix-git", ".", "--since", since],
    { cwd: PROJECT, encoding: "utf8" },
  );
  expect([run.status, run.stdout, run.stderr]).toEqual([
    2,
    "",
    expect.stringMatching(/^usage: npm run replay [^\n]*\n$/),
  ]);
});
