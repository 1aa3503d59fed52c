import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { hasList, listing } from "../../src/write/region/aux-files-list";
import { fileSystemsScm, linuxScm, MAKEFILE, MERGERFS } from "../support/checkout";
import { filesBelow, temporaryDirectory } from "../support/directory";
import { oldRegion } from "../support/old-region";
import { releaseDataFile } from "../support/releases";
import { PROJECT, zfsGuix, type Run } from "../support/run";

const FILE = "gnu/packages/file-systems.scm";
const COMMAND = "gnu/packages/aux-files/zfs-guix-command.c";
const STATUS = "gnu/packages/aux-files/zfs-guix-status.in";

const ORIGINAL: Readonly<Record<string, string>> = {
  "gnu/packages/linux.scm": linuxScm(),
  [FILE]: fileSystemsScm(),
  "Makefile.am": MAKEFILE,
};

const checkout = (more: Readonly<Record<string, string>> = {}): string =>
  temporaryDirectory({ ...ORIGINAL, ...more });
const inPlace = (directory: string, command: string, ...more: string[]): Run =>
  zfsGuix([command, "--guix", directory, "--in-place", "--releases", releaseDataFile(), ...more]);
const read = (directory: string, path: string): string =>
  readFileSync(join(directory, path), "utf8");
const write = (directory: string, path: string, text: string): void =>
  writeFileSync(join(directory, path), text);
const all = (directory: string): Record<string, string> =>
  Object.fromEntries(filesBelow(directory).map((path) => [path, read(directory, path)]));

describe("the files that packages find", () => {
  test("come with them, are listed, and go to the byte", () => {
    const directory = checkout();
    expect(inPlace(directory, "generate")).toMatchObject({ status: 0, stderr: "" });
    expect(read(directory, COMMAND)).toBe(
      readFileSync(`${PROJECT}/templates/aux-files/zfs-guix-command.c`, "utf8"),
    );
    expect(read(directory, "Makefile.am")).toContain(
      "  gnu/packages/aux-files/xml/docbook-xml/catalog-4.1.2.xml\t\\\n  gnu/packages/aux-files/zfs-guix-command.c\t\t\\\n  gnu/packages/aux-files/zfs-guix-status.in\n\n# Templates",
    );
    expect(inPlace(directory, "check").status).toBe(0);
    for (const path of [COMMAND, STATUS, "Makefile.am"]) {
      const whole = all(directory);
      write(directory, path, path === "Makefile.am" ? MAKEFILE : "");
      expect(inPlace(directory, "check")).toMatchObject({
        status: 1,
        stdout: expect.stringContaining(`+++ b/${path}\n`),
      });
      expect(inPlace(directory, "generate", "--force").status).toBe(0);
      expect(all(directory)).toEqual(whole);
    }
    expect(inPlace(directory, "generate", "--remove").status).toBe(0);
    expect(all(directory)).toEqual(ORIGINAL);
  });

  test.each([
    [
      "a Makefile.am that is not there",
      undefined,
      "note: there is no Makefile.am here, so these files are not listed in it: ",
    ],
    [
      "one without the list",
      "bin_SCRIPTS = guix\n",
      "note: Makefile.am has no AUX_FILES here, so these files are not listed in it: ",
    ],
  ])("are left out of %s, and that is said", (_, makefile, note) => {
    const { "Makefile.am": __, ...partial } = ORIGINAL;
    const before = { ...partial, ...(makefile !== undefined && { "Makefile.am": makefile }) };
    const directory = temporaryDirectory(before);
    expect(inPlace(directory, "generate")).toMatchObject({
      status: 0,
      stderr: `${note}${COMMAND}, ${STATUS}\n`,
    });
    expect(inPlace(directory, "check")).toMatchObject({ status: 0, stderr: "" });
    expect(inPlace(directory, "generate", "--remove")).toMatchObject({ status: 0, stderr: "" });
    expect(all(directory)).toEqual(before);
  });

  test("are not written over where somebody else has one of that name", () => {
    const directory = checkout({ [COMMAND]: "int main;\n" });
    const before = all(directory);
    const sentence = `zfs-guix: ${directory}/${COMMAND}: zfs-guix has not written this file, and it would be written over; move it elsewhere, or give --force to have it written over\n`;
    expect(inPlace(directory, "generate")).toEqual({ status: 2, stdout: "", stderr: sentence });
    expect(inPlace(directory, "check")).toMatchObject({ status: 1, stderr: sentence });
    // And it is nobody's of ours to take away.
    expect(inPlace(directory, "generate", "--remove").status).toBe(0);
    expect(all(directory)).toEqual(before);
    expect(inPlace(directory, "generate", "--force").status).toBe(0);
    expect(inPlace(directory, "check").status).toBe(0);
  });

  test("are not lost where somebody has edited them", () => {
    const directory = checkout();
    inPlace(directory, "generate");
    write(directory, STATUS, "mine\n");
    const before = all(directory);
    for (const [how, fate] of [
      [[], "written over"],
      [["--remove"], "taken away"],
    ] as const) {
      expect(inPlace(directory, "generate", ...how)).toEqual({
        status: 2,
        stdout: "",
        stderr: `zfs-guix: ${directory}/${STATUS}: this file was edited by hand since zfs-guix wrote it, and would be ${fate}; move it elsewhere, or give --force to have it ${fate}\n`,
      });
      expect(all(directory)).toEqual(before);
    }
    expect(inPlace(directory, "generate", "--remove", "--force").status).toBe(0);
    expect(all(directory)).toEqual(ORIGINAL);
  });

  test("of another version are brought up to date", () => {
    const templates = temporaryDirectory({
      "region.scm.hbs":
        '{{> zfs-for-series}}\n\n{{> tools}}\n\n(define a (local-file (search-auxiliary-file "mine.c")))\n',
      "aux-files/mine.c": "mine\n",
      "aux-files/zfs-guix-status.in": "older\n",
    });
    const directory = checkout();
    expect(inPlace(directory, "generate", "--templates", templates).status).toBe(0);
    expect([read(directory, STATUS), read(directory, "gnu/packages/aux-files/mine.c")]).toEqual([
      "older\n",
      "mine\n",
    ]);
    expect(inPlace(directory, "generate")).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(`deleted   ${directory}/gnu/packages/aux-files/mine.c\n`),
    });
    expect(read(directory, STATUS)).toBe(
      readFileSync(`${PROJECT}/templates/aux-files/zfs-guix-status.in`, "utf8"),
    );
    expect(read(directory, "Makefile.am")).not.toContain("mine.c");
    expect(inPlace(directory, "generate", "--remove").status).toBe(0);
    expect(all(directory)).toEqual(ORIGINAL);
  });
});

test("a conflict that is not resolved is refused, with its line", () => {
  for (const path of [FILE, "gnu/packages/linux.scm", "Makefile.am"]) {
    const directory = checkout();
    inPlace(directory, "generate");
    const lines = read(directory, path).split("\n");
    write(
      directory,
      path,
      [
        ...lines.slice(0, 6),
        "<<<<<<< HEAD",
        ...lines.slice(6, 7),
        "=======",
        ">>>>>>> theirs",
        ...lines.slice(7),
      ].join("\n"),
    );
    const before = all(directory);
    for (const command of [["check"], ["generate"], ["bump", "--force"]] as const) {
      const { status, stderr } = inPlace(directory, ...(command as unknown as [string]));
      expect([status, stderr]).toEqual([
        2,
        `zfs-guix: ${directory}/${path}:7:1: this is a conflict marker of git's: "<<<<<<< HEAD"; resolve the conflict first\nzfs-guix: ${directory}/${path}:10:1: this is a conflict marker of git's: ">>>>>>> theirs"; resolve the conflict first\n`,
      ]);
    }
    expect(all(directory)).toEqual(before);
  }
});

test("a region of 0.1.0 is replaced, and what it has imported is told", () => {
  const old = fileSystemsScm().replace(
    `\n\n${MERGERFS}`,
    `\n\n${oldRegion("(define-public zfs-for-linux-6.12 1)", ["(gnu packages guile)"])}\n\n${MERGERFS}`,
  );
  const note =
    "note: an older zfs-guix has added imports, which stay: #:use-module (gnu packages guile); take out what nothing needs\n";
  const directory = checkout({ [FILE]: old });
  expect(inPlace(directory, "generate")).toMatchObject({ status: 0, stderr: note });
  expect(inPlace(directory, "generate")).toMatchObject({ status: 0, stderr: "" });
  expect(inPlace(directory, "generate", "--remove").status).toBe(0);
  expect(all(directory)).toEqual(ORIGINAL);
  const removed = checkout({ [FILE]: old });
  expect(inPlace(removed, "generate", "--remove")).toMatchObject({ status: 0, stderr: note });
  expect(all(removed)).toEqual(ORIGINAL);
});

/** The text of PATH; undefined where there is none, or no more. */
function readIfAny(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

test("killed between its writes, the command does the rest when it is run again", async () => {
  const whole = checkout();
  inPlace(whole, "generate");
  const generated = all(whole);
  const seen = new Set<number>();
  // How far a run comes before it is killed is a matter of the machine's load.
  for (let run = 0; run < 4 || (seen.size <= 2 && run < 40); run++) {
    for (const [command, start, end] of [
      [[], ORIGINAL, generated],
      [["--remove"], generated, ORIGINAL],
    ] as const) {
      const count = run % 4;
      const directory = temporaryDirectory(start);
      const child = spawn(
        process.execPath,
        [
          `${PROJECT}/dist/zfs-guix.js`,
          "generate",
          "--guix",
          directory,
          "--in-place",
          ...command,
          ...(command.length === 0 ? ["--releases", releaseDataFile()] : []),
        ],
        { stdio: "ignore" },
      );
      const ended = once(child, "exit");
      // As soon as one more file is as it will be.
      const done = (): number =>
        [COMMAND, STATUS, "Makefile.am", FILE].filter(
          (path) => readIfAny(join(directory, path)) === (end as Record<string, string>)[path],
        ).length;
      while (child.exitCode === null && done() <= count)
        await new Promise((resolve) => setImmediate(resolve));
      child.kill("SIGKILL");
      await ended;
      seen.add(done());
      expect(inPlace(directory, "generate", ...command).status).toBe(0);
      expect(
        Object.fromEntries(
          Object.entries(all(directory)).filter(([path]) => !path.endsWith(".tmp")),
        ),
      ).toEqual(end);
    }
  }
  expect(seen.size).toBeGreaterThan(2);
}, 300_000);

describe("the list of auxiliary files", () => {
  const names = ["a.c", "b.in"];

  test.each([
    ["as Guix has it", MAKEFILE],
    ["with CRLF", MAKEFILE.replaceAll("\n", "\r\n")],
    ["of one", "AUX_FILES = \\\n  gnu/packages/aux-files/x\n"],
    ["at the end, without a line end", "AUX_FILES =\\\n  gnu/packages/aux-files/x"],
  ])("%s takes and gives back", (_, text) => {
    const once = listing(text, names, names);
    expect(once).toContain("gnu/packages/aux-files/a.c\t");
    expect(listing(once, names, names)).toBe(once);
    expect(listing(once, names, [])).toBe(text);
    expect(listing(text, names, [])).toBe(text);
    expect(listing(listing(once, names, ["a.c"]), names, [])).toBe(text);
  });

  test("keeps what somebody adds behind ours", () => {
    const more = listing(MAKEFILE, names, names).replace(
      "aux-files/b.in\n",
      "aux-files/b.in\t\\\n  gnu/packages/aux-files/zz\n",
    );
    expect(listing(more, names, names)).toBe(more);
    expect(listing(more, names, [])).toBe(
      MAKEFILE.replace(
        "catalog-4.1.2.xml\n",
        "catalog-4.1.2.xml\t\\\n  gnu/packages/aux-files/zz\n",
      ),
    );
  });

  test("is none where there is no such variable", () => {
    for (const text of ["", "EXTRA_DIST = $(AUX_FILES)\\\n  a\n", "# AUX_FILES = \\\n"]) {
      expect(hasList(text)).toBe(false);
      expect(listing(text, names, names)).toBe(text);
    }
  });
});
