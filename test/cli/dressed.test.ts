import { spawnSync } from "node:child_process";
import { describe, expect, test } from "@jest/globals";
import { dressed, placeOf } from "../../src/cli/dressed";
import type { Look } from "../../src/outcome";
import { shellLine } from "../../src/errors";
import { temporaryDirectory } from "../support/directory";
import { inProcess } from "../support/in-process";
import { PROJECT, zfsGuix } from "../support/run";

describe("where there are colours, and how wide it is", () => {
  const TERMINAL = { isTTY: true, columns: 60 };
  test.each<[string, object, NodeJS.ProcessEnv, number | undefined, boolean]>([
    ["a terminal", TERMINAL, {}, 60, true],
    ["a dumb one", TERMINAL, { TERM: "dumb" }, 60, false],
    ["NO_COLOR", TERMINAL, { NO_COLOR: "1" }, 60, false],
    ["NO_COLOR, empty", TERMINAL, { NO_COLOR: "" }, 60, true],
    ["FORCE_COLOR=0", TERMINAL, { FORCE_COLOR: "0" }, 60, false],
    ["a pipe", {}, {}, undefined, false],
    ["a pipe, forced", {}, { FORCE_COLOR: "1" }, undefined, true],
    ["both", {}, { FORCE_COLOR: "1", NO_COLOR: "1" }, undefined, false],
    ["one that does not know its width", { isTTY: true, columns: 0 }, {}, undefined, true],
  ])("%s", (_, stream, environment, width, hasColors) => {
    expect(placeOf(stream, environment)).toEqual({ width, hasColors });
  });
});

describe("colours only add to the text", () => {
  test.each<[Look, string, RegExp]>([
    [
      "diff",
      "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\n same\n",
      /\u001b\[31m-old\u001b\[39m\n\u001b\[32m\+new/,
    ],
    [
      "changes",
      "zfs-for-linux-6.12  OpenZFS 2.4.4\nskipped: no\nchanged   x\nremoved  y\nunchanged z\n",
      /\u001b\[33mskipped:\u001b\[39m no\n\u001b\[32mchanged/,
    ],
    [
      "table",
      "OpenZFS  6.12  7.0\n2.4.4    yes   no*\n2.3.0    -     -\n",
      /\u001b\[32myes\u001b\[39m {3}\u001b\[33mno\*/,
    ],
    ["prose", "Nothing to colour.\n", /^/],
  ])("%s", async (look, text, expected) => {
    const found = await dressed(text, look, { width: undefined, hasColors: true });
    expect(found).toMatch(expected);
    expect(found.replace(/\u001b\[\d+m/g, "")).toBe(text);
    expect(await dressed(text, look, { width: 80, hasColors: false })).toBe(text);
  });
});

test("prose is as wide as the terminal", async () => {
  expect(await dressed("one two three\n\nfour\n", "prose", { width: 8, hasColors: false })).toBe(
    "one two\nthree\n\nfour\n",
  );
});

test("on a terminal, in a pipe, and forced", () => {
  const cwd = temporaryDirectory({ "kernels.scm": '("6.12")' });
  const onTerminal = (env: NodeJS.ProcessEnv, ...words: string[]): string =>
    spawnSync(
      "script",
      [
        "-qec",
        `stty cols 50; ${shellLine([process.execPath, `${PROJECT}/dist/zfs-guix.js`, ...words])}`,
        "/dev/null",
      ],
      {
        cwd,
        encoding: "utf8",
        env: { ...process.env, TERM: "xterm", FORCE_COLOR: undefined, NO_COLOR: undefined, ...env },
      },
    ).stdout;
  expect(onTerminal({}, "check")).toContain("\u001b[32m+");
  expect(onTerminal({ NO_COLOR: "1" }, "check")).not.toContain("\u001b");
  for (const words of [["--help"], ["generate", "--help"], ["explain", "5.10"]]) {
    expect(
      Math.max(
        ...onTerminal({}, ...words)
          .split("\r\n")
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(50);
  }
  expect(zfsGuix(["check"], { cwd }).stdout).not.toContain("\u001b");
  expect(zfsGuix(["check"], { cwd, env: { ...process.env, FORCE_COLOR: "1" } }).stdout).toContain(
    "\u001b[32m+",
  );
  expect(
    zfsGuix(["--help"])
      .stdout.split("\n")
      .every((line) => line.length <= 80),
  ).toBe(true);
});

test("--quiet leaves notes and the status; --dry-run writes nothing", async () => {
  const cwd = temporaryDirectory({ "kernels.scm": '("6.12")' });
  const clean = { status: 0, stdout: "", stderr: "" };
  expect(await inProcess(["check", "--quiet"], { cwd })).toEqual({ ...clean, status: 1 });
  expect(await inProcess(["generate", "--dry-run"], { cwd })).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(
      /^created .*zfs\.scm\ncreated .*\.guix-channel\nnothing is written: that is what --dry-run asks for\n$/m,
    ),
    stderr: "",
  });
  expect(await inProcess(["generate", "-q"], { cwd })).toEqual(clean);
  expect(await inProcess(["check", "-q"], { cwd })).toEqual(clean);
  expect(await inProcess(["generate", "--dry-run"], { cwd })).toMatchObject({
    status: 0,
    stderr: "",
  });
  expect(await inProcess(["generate", "-q", "--kernels", "6.13", "-o", "other"], { cwd })).toEqual({
    ...clean,
    stderr: expect.stringMatching(/^(note: [^\n]*\n){2}$/),
  });
});

test("releases as OpenZFS names them", async () => {
  const cwd = temporaryDirectory({ "kernels.scm": '("6.12")' });
  for (const name of ["2.4.3", "v2.4.3", "zfs-2.4.3"])
    expect((await inProcess(["generate", "-n", "--zfs", name], { cwd })).stdout).toContain(
      "OpenZFS 2.4.3",
    );
  expect(await inProcess(["generate", "-n", "--zfs", "zfs-2"], { cwd })).toMatchObject({
    status: 2,
    stderr: 'zfs-guix: --zfs "zfs-2": expected a release such as 2.4.3, or a branch such as 2.4\n',
  });
});
