import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  commitAll,
  copyOf,
  filesBelow,
  git,
  IDENTITY,
  temporaryCheckout,
} from "../support/directory";
import { fileSystemsScm, linuxOf, ZFS } from "../support/guix-texts";
import { inProcess } from "../support/in-process";
import { releaseDataFile, releaseDataText } from "../support/releases";

Object.assign(process.env, IDENTITY);

const FILES = {
  "kernels.scm": '("6.12"\n "6.18")\n',
  ".guix-channel": '(channel\n (version 0)\n (directory "generated")\n (news-file "news.scm"))\n',
  "news.scm": "(channel-news\n (version 0))\n",
  "data/openzfs-releases.json": releaseDataText(),
};
const pristine = mkdtempSync(join(tmpdir(), "zfs-guix-channel-"));
beforeAll(async () => {
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(pristine, path)), { recursive: true });
    writeFileSync(join(pristine, path), text);
  }
  expect((await inProcess(["generate"], { cwd: pristine })).status).toBe(0);
  commitAll(pristine);
});
afterAll(() => rmSync(pristine, { recursive: true }));

const guix = (): string => temporaryCheckout({ linux: linuxOf(["6.18", "7.0"]) }).directory;

/** TEXT as git leaves it where its second line has changed on both sides. */
function conflict(text: string, eol: string, label: string): string {
  const [first, second, ...rest] = text.split("\n");
  const sides = [`<<<<<<<${label}`, second, "=======", second, `>>>>>>>${label}`];
  return [first, ...sides, ...rest].join(eol);
}

describe("a conflict is called one, with its line, and nothing is written", () => {
  test.each<[string, readonly (readonly string[])[]]>([
    ["kernels.scm", [["generate"], ["check"], ["matrix"], ["explain", "6.12"]]],
    [".guix-channel", [["generate"], ["check"]]],
    ["news.scm", []],
    ["data/openzfs-releases.json", [["generate"], ["check"], ["matrix"], ["explain", "6.12"]]],
  ])("%s", async (path, commands) => {
    const cwd = copyOf(pristine);
    const text = FILES[path as keyof typeof FILES];
    for (const [eol, label] of [
      ["\n", " HEAD"],
      ["\r\n", ""],
    ] as const) {
      const unmerged = conflict(text, eol, label);
      writeFileSync(join(cwd, path), unmerged);
      for (const command of [...commands, ["bump", "--guix", guix(), "--commit"]]) {
        if (command[0] === "bump") git(cwd, "commit", "--quiet", "--all", "--message=Merge");
        const { status, stdout, stderr } = await inProcess(command, { cwd });
        expect([command[0], status, stdout, stderr.split("\n")[0]]).toEqual([
          command[0],
          2,
          "",
          `zfs-guix: ${path}:2:1: this is a conflict marker of git's: "<<<<<<<${label}"; resolve the conflict first`,
        ]);
      }
      expect(readFileSync(join(cwd, path), "utf8")).toBe(unmerged);
    }
    writeFileSync(join(cwd, path), text);
  });

  test.each([
    "packages/zfs.scm",
    "packages/zfs-guix-command.c",
    "services/zfs.scm",
    "../gnu/bootloader/zfs-guix.scm",
  ])("%s, which is generated and is written anew where that is asked for", async (name) => {
    const cwd = copyOf(pristine);
    const path = join("generated/zfs-guix", name);
    const text = readFileSync(join(cwd, path), "utf8");
    writeFileSync(join(cwd, path), conflict(text, "\n", " HEAD"));
    for (const [status, ...command] of [
      [2, "generate"],
      [1, "check"],
      [2, "bump", "--guix", guix()],
    ] as const) {
      const ran = await inProcess(command, { cwd });
      expect([command[0], ran.status]).toEqual([command[0], status]);
      expect(ran.stderr).toContain(
        `zfs-guix: ${path}:2:1: this is a conflict marker of git's: "<<<<<<< HEAD"; take one side of it, or give --force`,
      );
    }
    expect((await inProcess(["generate", "--force"], { cwd })).status).toBe(0);
    expect(readFileSync(join(cwd, path), "utf8")).toBe(text);
  });

  test("changelog, too, makes no message of one", async () => {
    const cwd = copyOf(pristine);
    const module = "generated/zfs-guix/packages/zfs.scm";
    const text = readFileSync(join(cwd, module), "utf8");
    writeFileSync(join(cwd, module), conflict(text, "\n", " HEAD"));
    expect(await inProcess(["changelog"], { cwd })).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringContaining(`${module}:2:1: this is a conflict marker of git's`),
    });
  });
});

test("a checkout with CRLF in which Guile would not read a string is told so", async () => {
  const description = '    (description "Storage \\\nplatform.")';
  const fileSystems = fileSystemsScm({
    zfs: ZFS.replace('(version "2.4.3")', `(version "2.4.3")\n${description}`),
  });
  expect(fileSystems).toContain(description);
  const options = ["--in-place", "--releases", releaseDataFile()];
  const { directory } = temporaryCheckout({ fileSystems });
  expect((await inProcess(["generate", "--guix", directory, ...options])).status).toBe(0);
  const { directory: crlf, path } = temporaryCheckout({
    fileSystems: fileSystems.replaceAll("\n", "\r\n"),
  });
  const line = fileSystems.split("\n").findIndex((one) => one.endsWith("\\")) + 1;
  for (const command of ["generate", "check", "bump"])
    expect(await inProcess([command, "--guix", crlf, ...options])).toEqual({
      status: 2,
      stdout: "",
      stderr: `zfs-guix: ${path}:${line}:27: this line ends in CRLF, which Guile does not take behind a backslash; have git leave the line ends as they are, git config core.autocrlf false, and check the files out again\n`,
    });
});

test.each([
  ["a channel", ["--out", "."]],
  ["a checkout", ["--in-place", "--guix", ".", "--releases", releaseDataFile()]],
])("%s that git has checked out with CRLF is as it was written, and stays so", async (_, where) => {
  const cwd = temporaryCheckout().directory;
  const [one, two] = [
    ["--kernels", "6.12", ...where],
    ["--kernels", "6.12,6.18", ...where],
  ];
  expect((await inProcess(["generate", ...one], { cwd })).status).toBe(0);
  const texts = (): string[][] =>
    filesBelow(cwd).map((path) => [path, readFileSync(join(cwd, path), "utf8")]);
  const crlf = texts().map(([path, text]) => [path, text!.replaceAll("\n", "\r\n")]);
  for (const [path, text] of crlf) writeFileSync(join(cwd, path!), text!);
  expect((await inProcess(["check", ...one], { cwd })).status).toBe(0);
  expect((await inProcess(["generate", ...one], { cwd })).status).toBe(0);
  expect(texts()).toEqual(crlf);
  expect((await inProcess(["generate", ...two], { cwd })).status).toBe(0);
  expect(texts().filter(([, text]) => /[^\r]\n/.test(text!))).toEqual([]);
  expect(texts()).not.toEqual(crlf);
  // One line of it alone is somebody's slip.
  const path = join(
    cwd,
    filesBelow(cwd).find((one) => one.endsWith(".c"))!,
  );
  const lf = readFileSync(path, "utf8").replaceAll("\r", "");
  writeFileSync(path, lf.replace("\n", "\r\n"));
  expect((await inProcess(["generate", ...two], { cwd })).status).toBe(0);
  expect(readFileSync(path, "utf8")).toBe(lf);
});
