import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import {
  absolute,
  makeFixture,
  manifest as write,
  removeFixture,
  type Fixture,
} from "../../test/support/wrapper";
import { mutate } from "../mutate";
import { expectThat, type Target } from "../target";

const PIECES = [
  "(repeated ",
  "(propagated-inputs (",
  "(version 5)",
  "(version 4)",
  "()",
  "(",
  ")",
  ".",
  "#f",
  '#.(system "touch hacked")',
  "#nil",
  '"zfs"',
  '"zfs-for-linux-6.12"',
  '"module"',
  '"out"',
  '"/gnu/store/../../bin/sh"',
  "#0=",
  "#",
  "'",
  '"',
  "(a . b)",
  "\\x1b",
  "\u001b[2J",
  "é",
  "#vu8(1)",
  "manifest",
  "(",
];

let fixture: Fixture | undefined;

/** The commands that are emitted, on a manifest that nobody would write; each case starts a Guile. */
export const manifest: Target = {
  name: "manifest",
  run(random, note) {
    fixture ??= makeFixture();
    const zfs = {
      name: "zfs-for-linux-6.12",
      version: "2.4.3",
      item: fixture.item("zfs-for-linux-6.12-2.4.3"),
    };
    fixture.addProgram(zfs.item, "sbin/zpool", "#!/bin/sh\necho ran\n");
    const kernel = {
      name: "linux-libre",
      version: "6.12.30",
      item: fixture.item("linux-libre-6.12.30"),
      propagated: [zfs],
    };
    const base = write(
      random.pick([3, 4]),
      random.pick([
        [kernel],
        [{ ...kernel, propagated: [] }, zfs],
        [zfs, { ...zfs, repeated: true }],
      ]),
    );
    const text = random.oneIn(15)
      ? random.pick(["(", "'", "#(", '(manifest (version 4) (packages (("a" ']).repeat(100_000)
      : random.oneIn(10)
        ? base
        : mutate(random, base, PIECES);
    note(text);
    writeFileSync(fixture.booted, Buffer.from(text, random.pick(["utf8", "latin1"])));
    const { status, signal, stdout, stderr } = spawnSync(fixture.command("zpool"), [], {
      cwd: fixture.folder,
      env: {},
      encoding: "latin1",
      timeout: 30_000,
    });
    expectThat(signal === null, `killed by ${signal}`);
    if (status === 0)
      expectThat(
        stdout === "ran\n" && stderr === "",
        `it ran and said ${JSON.stringify(stdout + stderr)}`,
      );
    else
      expectThat(
        status === 127 &&
          stdout === "" &&
          /^zpool: [\x20-\x7e]*\.\n$/.test(stderr) &&
          !stderr.includes("unexpected error"),
        `it ended with ${status} and said ${JSON.stringify(stdout + stderr)}`,
      );
  },
  close() {
    if (fixture !== undefined) removeFixture(fixture);
  },
};

export const hasCompiler = absolute("gcc") !== undefined;
