import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { temporaryDirectory } from "./support/directory";
import { PROJECT, type Run } from "./support/run";

function node(cwd: string, ...args: readonly string[]): Run {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: "utf8" });
  return { status, stdout, stderr };
}

const PARTS = "build.mjs data dist node_modules package.json src templates tools".split(" ");

/** A clone in which OWN can be changed. */
function clone(...own: readonly string[]): string {
  const directory = temporaryDirectory({ "kernels.scm": '("6.12")' });
  for (const path of PARTS)
    if (own.includes(path)) cpSync(join(PROJECT, path), join(directory, path), { recursive: true });
    else symlinkSync(join(PROJECT, path), join(directory, path));
  return directory;
}

/** One that can be built: what imports a template is where that is. */
const buildable = (): string => clone("dist", "src", "templates");

const PROGRAM = "dist/zfs-guix.js";

describe("in a clone whose templates are edited", () => {
  const edited = (file: string, from: string, to: string): string => {
    const directory = buildable();
    const path = join(directory, "templates", file);
    const text = readFileSync(path, "utf8");
    expect(text).toContain(from);
    writeFileSync(path, text.replace(from, to));
    return directory;
  };

  test("what they give is written", () => {
    const directory = edited("auto-snapshot.scm.hbs", "(package", "(package ;mine");
    expect(node(directory, "build.mjs")).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(node(directory, PROGRAM, "generate").status).toBe(0);
    expect(readFileSync(join(directory, "generated/zfs-guix/packages/zfs.scm"), "utf8")).toContain(
      "(package ;mine",
    );
  });

  test("the recipes of the manual do what they say", () => {
    const directory = buildable();
    writeFileSync(join(directory, "my.patch"), "");
    const text = readFileSync(join(PROJECT, "doc/templates.md"), "utf8");
    for (const [, lines] of text.matchAll(/^```sh\n(.*?)^```$/gms)) {
      const script = lines!.replace(
        "npm start",
        "node build.mjs && node dist/zfs-guix.js generate",
      );
      const { status, stderr } = spawnSync("sh", ["-e", "-c", script], {
        cwd: directory,
        encoding: "utf8",
        env: { ...process.env, HOME: directory },
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    }
    const module = readFileSync(join(directory, "generated/zfs-guix/packages/zfs.scm"), "utf8");
    expect(module).toContain('(patches (list (local-file "zfs-my.patch")))');
    expect(module).toContain('#~(cons "--disable-pyzfs" #$flags))');
    expect(readdirSync(join(directory, "generated/zfs-guix/packages"))).toContain("zfs-my.patch");
  });

  test.each([
    [
      "channel.scm.hbs",
      "({{symbol}} {{series}}",
      "(({{symbol}} {{series}}",
      /does not parse: this list is not closed/,
    ],
    [
      "channel.scm.hbs",
      "{{symbol}} {{series}}",
      "{{symbol}} {{serie}}",
      /this template names serie, which is not/,
    ],
    ["tools.scm.hbs", "{{#if inPlace}}", "{{#if inPlac}}", /this template names inPlac, which/],
    ["channel.scm.hbs", "{{> tools}}", "{{> tool}}", /this template cannot be filled in: The part/],
  ])("%s: %j", (file, from, to, message) => {
    const directory = edited(file, from, to);
    expect(node(directory, "build.mjs").status).toBe(0);
    const { status, stdout, stderr } = node(directory, PROGRAM, "generate");
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^zfs-guix: templates\/channel\.scm\.hbs: [^\n]*\n$/);
    expect(stderr).toMatch(message);
    expect(readdirSync(directory)).not.toContain("generated");
  });

  test("text that is not quoted is not built, and what was built stays", () => {
    const directory = edited(
      "channel.scm.hbs",
      "({{symbol}} {{series}}",
      "({{symbol}} {{{series}}}",
    );
    const before = readdirSync(join(directory, "dist"));
    const { status, stderr } = node(directory, "build.mjs");
    expect(status).toBe(1);
    const line = readFileSync(join(directory, "templates/channel.scm.hbs"), "utf8")
      .split("\n")
      .findIndex((text) => text.includes("{{{series}}}"));
    expect(stderr).toContain(
      `channel.scm.hbs:${line + 1}: text that is not quoted; expected {{name}}`,
    );
    expect(readdirSync(join(directory, "dist"))).toEqual(before);
    expect(node(directory, PROGRAM, "matrix").status).toBe(0);
    expect(readdirSync(directory).filter((name) => name.startsWith("dist"))).toEqual(["dist"]);
  });
});

describe("a program that is not whole is one sentence", () => {
  test.each([
    ["lacks a part", "undici.js", undefined, ["bump", "--online"]],
    ["has half a part", "undici.js", "const a = {", ["bump", "--online"]],
    ["has an empty part", "yargs.js", "", ["--help"]],
    ["has nothing of what shows differences", "diff.js", "", ["check"]],
    [
      "has nothing of what reads data",
      "jsonc-parser.js",
      "",
      ["matrix", "--releases", "kernels.scm"],
    ],
    ["has nothing of what locks", "proper-lockfile.js", "", ["bump", "--guix", "."]],
    ["has nothing of what downloads", "undici.js", "", ["bump", "--online"]],
    ["has nothing of what unpacks", "tar-stream.js", "", ["bump", "--online"]],
    ["has nothing of what shows progress", "listr2.js", "", ["verify"]],
    ["lacks what all need", "program.js", undefined, ["matrix"]],
    ["has half of what all need", "program.js", "const {", ["matrix"]],
    ["has nothing of what all need", "program.js", "", ["matrix"]],
    ["lacks what says that its parts are scripts", "package.json", undefined, ["matrix"]],
  ] as const)("which %s", (_, part, text, words) => {
    const directory = clone("dist");
    const path = join(directory, "dist", part);
    expect(existsSync(path)).toBe(true);
    if (text === undefined) rmSync(path);
    else writeFileSync(path, text);
    const { status, stdout, stderr } = node(directory, PROGRAM, ...words);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(
      /^zfs-guix: a part of zfs-guix cannot be loaded: [^\n]*; wait for a build that is going on, or install it again \(npm run build in a clone\)\n$/,
    );
  });

  test("which lacks its templates", () => {
    const directory = clone("dist", "templates");
    rmSync(join(directory, "templates"), { recursive: true });
    const { status, stdout, stderr } = node(directory, PROGRAM, "generate");
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(
      /^zfs-guix: .*\/templates\/[a-z-]+: cannot read what comes with zfs-guix: no such file or directory; install it again\n$/,
    );
  });

  test("nor is a Node that is too old", () => {
    const old =
      'data:text/javascript,Object.defineProperty(process.versions,"node",{value:"18.20.8"})';
    expect(node(PROJECT, "--import", old, PROGRAM, "check")).toEqual({
      status: 2,
      stdout: "",
      stderr:
        "zfs-guix: this is Node 18.20.8, and zfs-guix needs Node 20 or later; install that, or put it first on PATH\n",
    });
  });
});
