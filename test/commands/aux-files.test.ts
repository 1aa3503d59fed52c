import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { hasList, listing } from "../../src/layout/in-place";
import { fileSystemsScm, linuxScm, MAKEFILE, MERGERFS } from "../support/guix-texts";
import { filesBelow, temporaryDirectory } from "../support/directory";
import { sealedRegion } from "../support/region";
import { releaseDataFile } from "../support/releases";
import { inProcess } from "../support/in-process";
import { PROJECT, type Run } from "../support/run";

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
const inPlace = (directory: string, command: string, ...more: string[]): Promise<Run> =>
  inProcess([command, "--guix", directory, "--in-place", "--releases", releaseDataFile(), ...more]);
const read = (directory: string, path: string): string =>
  readFileSync(join(directory, path), "utf8");
const write = (directory: string, path: string, text: string): void =>
  writeFileSync(join(directory, path), text);
const all = (directory: string): Record<string, string> =>
  Object.fromEntries(filesBelow(directory).map((path) => [path, read(directory, path)]));

describe("the files that packages find", () => {
  test("come with them, are listed, and go to the byte", async () => {
    const directory = checkout();
    expect(await inPlace(directory, "generate")).toMatchObject({ status: 0, stderr: "" });
    expect(read(directory, COMMAND)).toBe(
      readFileSync(`${PROJECT}/templates/aux-files/zfs-guix-command.c`, "utf8"),
    );
    expect(read(directory, "Makefile.am")).toContain(
      "  gnu/packages/aux-files/xml/docbook-xml/catalog-4.1.2.xml\t\\\n  gnu/packages/aux-files/zfs-guix-command.c\n\n# Templates",
    );
    expect((await inPlace(directory, "check")).status).toBe(0);
    for (const path of [COMMAND, "Makefile.am"]) {
      const whole = all(directory);
      write(directory, path, path === "Makefile.am" ? MAKEFILE : "");
      expect(await inPlace(directory, "check")).toMatchObject({
        status: 1,
        stdout: expect.stringContaining(`+++ b/${path}\n`),
      });
      expect((await inPlace(directory, "generate", "--force")).status).toBe(0);
      expect(all(directory)).toEqual(whole);
    }
    expect((await inPlace(directory, "generate", "--remove")).status).toBe(0);
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
  ])("are left out of %s, and that is said", async (_, makefile, note) => {
    const { "Makefile.am": __, ...partial } = ORIGINAL;
    const before = { ...partial, ...(makefile !== undefined && { "Makefile.am": makefile }) };
    const directory = temporaryDirectory(before);
    expect(await inPlace(directory, "generate")).toMatchObject({
      status: 0,
      stderr: `${note}${filesBelow(directory)
        .filter((path) => !(path in before))
        .join(", ")}\n`,
    });
    expect(await inPlace(directory, "check")).toMatchObject({ status: 0, stderr: "" });
    expect(await inPlace(directory, "generate", "--remove")).toMatchObject({
      status: 0,
      stderr: "",
    });
    expect(all(directory)).toEqual(before);
  });

  test("are not written over where somebody else has one of that name", async () => {
    const directory = checkout({ [COMMAND]: "int main;\n" });
    const before = all(directory);
    const sentence = `zfs-guix: ${directory}/${COMMAND}: zfs-guix has not written this file, and it would be written over; move it elsewhere, or give --force to have it written over\n`;
    expect(await inPlace(directory, "generate")).toEqual({
      status: 2,
      stdout: "",
      stderr: sentence,
    });
    expect(await inPlace(directory, "check")).toMatchObject({ status: 1, stderr: sentence });
    // And it is nobody's of ours to take away.
    expect((await inPlace(directory, "generate", "--remove")).status).toBe(0);
    expect(all(directory)).toEqual(before);
    expect((await inPlace(directory, "generate", "--force")).status).toBe(0);
    expect((await inPlace(directory, "check")).status).toBe(0);
  });

  test("are not lost where somebody has edited them", async () => {
    const directory = checkout();
    await inPlace(directory, "generate");
    write(directory, COMMAND, "mine\n");
    const before = all(directory);
    for (const [how, fate] of [
      [[], "written over"],
      [["--remove"], "taken away"],
    ] as const) {
      expect(await inPlace(directory, "generate", ...how)).toEqual({
        status: 2,
        stdout: "",
        stderr: `zfs-guix: ${directory}/${COMMAND}: this file is not as zfs-guix wrote it, and would be ${fate}; move what was edited elsewhere, or give --force to have it ${fate}\n`,
      });
      expect(all(directory)).toEqual(before);
    }
    expect((await inPlace(directory, "generate", "--remove", "--force")).status).toBe(0);
    expect(all(directory)).toEqual(ORIGINAL);
  });

  test("of 0.2.0 are brought up to date, and go where they are no more, unless they were edited", async () => {
    const aux = { "zfs-guix-command.c": "int main;\n", "zfs-guix-status.in": "#!\n" };
    const files = {
      [FILE]: ORIGINAL[FILE]!.replace(
        `\n\n${MERGERFS}`,
        `\n\n${sealedRegion("(define-public zfs-for-linux-6.12 1)", aux)}\n\n${MERGERFS}`,
      ),
      [COMMAND]: aux["zfs-guix-command.c"],
      [STATUS]: aux["zfs-guix-status.in"],
      "Makefile.am": listing(MAKEFILE, Object.keys(aux), Object.keys(aux)),
    };
    const fresh = checkout();
    await inPlace(fresh, "generate");
    const directory = checkout(files);
    expect(await inPlace(directory, "generate")).toMatchObject({ status: 0, stderr: "" });
    expect(all(directory)).toEqual(all(fresh));
    const removed = checkout(files);
    expect(await inPlace(removed, "generate", "--remove")).toMatchObject({ status: 0, stderr: "" });
    expect(all(removed)).toEqual(ORIGINAL);
    const edited = checkout({ ...files, [STATUS]: "mine\n" });
    for (const how of [[], ["--remove"]])
      expect(await inPlace(edited, "generate", ...how)).toMatchObject({
        status: 2,
        stderr: expect.stringContaining("this file is not as zfs-guix wrote it"),
      });
  });
});

test("a conflict that is not resolved is refused, with its line", async () => {
  for (const path of [FILE, "gnu/packages/linux.scm", "Makefile.am"]) {
    const directory = checkout();
    await inPlace(directory, "generate");
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
      const { status, stderr } = await inPlace(directory, ...(command as unknown as [string]));
      expect([status, stderr]).toEqual([
        2,
        `zfs-guix: ${directory}/${path}:7:1: this is a conflict marker of git's: "<<<<<<< HEAD"; resolve the conflict first\nzfs-guix: ${directory}/${path}:10:1: this is a conflict marker of git's: ">>>>>>> theirs"; resolve the conflict first\n`,
      ]);
    }
    expect(all(directory)).toEqual(before);
  }
});

describe("the list of auxiliary files", () => {
  const names = ["a.c", "b.in"];

  test.each([
    ["as Guix has it", MAKEFILE],
    ["with CRLF", MAKEFILE.replaceAll("\n", "\r\n")],
    ["of one", "AUX_FILES = \\\n  gnu/packages/aux-files/x\n"],
    ["that adds to another", MAKEFILE.replace("AUX_FILES =", "AUX_FILES +=")],
    ["in one line", "AUX_FILES = gnu/packages/aux-files/x\n"],
    ["that ends in an empty line", "AUX_FILES =\\\n  gnu/packages/aux-files/x\t\\\n\nA = b\n"],
    ["at the end, without a line end", "AUX_FILES =\\\n  gnu/packages/aux-files/x"],
  ])("%s takes and gives back", (_, text) => {
    const once = listing(text, names, names);
    expect(once).toContain("gnu/packages/aux-files/a.c\t");
    expect(listing(once, names, names)).toBe(once);
    expect(listing(once, names, [])).toBe(text);
    expect(listing(text, names, [])).toBe(text);
    expect(listing(listing(once, names, ["a.c"]), names, [])).toBe(text);
  });

  test("with CRLF is what it is with LF, but for the line ends", () => {
    const crlf = (text: string): string => text.replaceAll("\n", "\r\n");
    const once = listing(MAKEFILE, names, names);
    expect(listing(crlf(MAKEFILE), names, names)).toBe(crlf(once));
    expect(listing(crlf(once), names, [])).toBe(crlf(MAKEFILE));
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
    const last = "catalog-4.1.2.xml\n";
    for (const text of [
      // To go on behind these would list nothing, or lose what they end in.
      ...["  # last\n", " \n", "\t\r\n"].map((end) => MAKEFILE.replace(last, last.trim() + end)),
      MAKEFILE.replace("run-in-namespace.c\t\t\\\n", "run-in-namespace.c\t\t\\ \n"),
    ]) {
      expect(MAKEFILE).not.toBe(text);
      expect(listing(text, names, names)).toBe(text);
      expect(hasList(text)).toBe(false);
    }
    for (const text of ["", "EXTRA_DIST = $(AUX_FILES)\\\n  a\n", "# AUX_FILES = \\\n"]) {
      expect(hasList(text)).toBe(false);
      expect(listing(text, names, names)).toBe(text);
    }
  });
});
