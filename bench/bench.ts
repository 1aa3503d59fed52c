import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CC, GUILE, absolute, makeFixture, makeProfile, removeFixture } from "../test/support/wrapper";
import { alternate, numbersOf, peakOf, timeOf, type Command } from "./alternate";
import { makeCheckout } from "./checkout";

/** One line of the table. */
export interface Line {
  readonly name: string;
  readonly against: string;
  readonly ratio: number;
  /** The ratio is to be no more than this; null where it is only told. */
  readonly aim: number | null;
}

const NODE = process.execPath;
const BARE: Command = [NODE, "-e", "0"];
const ZFS_GUIX: Command = [NODE, "dist/zfs-guix.js"];

/** Measures everything; SAY is told each line as soon as it is known, and what cannot be measured here. */
export function bench(readCommand: string, say: (line: Line | string) => void): void {
  const directory = mkdtempSync(join(tmpdir(), "zfs-guix-bench-"));
  try {
    commands(directory, say);
    const hasGuile = absolute(GUILE) !== undefined;
    if (hasGuile) reader(directory, readCommand, say);
    else say("Guile is not installed: nothing to compare the reader with");
    linearity(directory, readCommand, say);
    if (hasGuile && CC !== undefined) wrappers(say);
    else say("the wrapped commands need Guile and a C compiler");
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function commands(directory: string, say: (line: Line) => void): void {
  const channel = join(directory, "channel");
  const checkout = join(directory, "checkout");
  makeCheckout(checkout, process.env["ZFS_GUIX_CHECKOUT"]);
  const generate = [...ZFS_GUIX, "generate", "--out", channel];
  const check = [...ZFS_GUIX, "check", "--guix", checkout, "--in-place"];
  // So that there is a region to check.
  const [node, ...words] = [...ZFS_GUIX, "generate", "--guix", checkout, "--in-place"];
  execFileSync(node!, words, { stdio: "ignore" });

  const against = "node -e 0";
  const line = (name: string, command: Command, aim: number): void => {
    const { ours, theirs } = alternate(timeOf(command), timeOf(BARE));
    say({ name, against, ratio: ours[0]! / theirs[0]!, aim });
  };
  line("zfs-guix --help", [...ZFS_GUIX, "--help"], 1.35);
  line("generate, the shipped list", generate, 1.4);
  line("check --guix DIR --in-place", check, 1.8);

  const many = ["10", "1000"].map((count) => {
    const file = join(directory, `${count}.scm`);
    writeFileSync(file, `(${Array.from({ length: Number(count) }, (_, index) => `"6.${index}"`).join("\n ")})\n`);
    return [...ZFS_GUIX, "generate", "--kernels-file", file, "--out", join(directory, `channel-${count}`)];
  });
  const { ours, theirs } = alternate(timeOf(many[1]!), timeOf(many[0]!));
  say({ name: "generate, 1,000 series", against: "10 series", ratio: ours[0]! / theirs[0]!, aim: 1.5 });

  const peaks = alternate(peakOf(check, "./bench/peak.cjs"), peakOf(BARE, "./bench/peak.cjs"));
  say({ name: "check --guix DIR --in-place, peak memory", against, ratio: peaks.ours[0]! / peaks.theirs[0]!, aim: 1.8 });
}

function reader(directory: string, readCommand: string, say: (line: Line) => void): void {
  const file = join(directory, "checkout/gnu/packages/linux.scm");
  const guile = numbersOf([GUILE, "--no-auto-compile", "bench/read.scm", file]);
  const against = "Guile's read";
  const { ours, theirs } = alternate(numbersOf([NODE, readCommand, file]), guile);
  say({ name: "reader on linux.scm, once", against, ratio: ours[0]! / theirs[0]!, aim: 1 });
  say({ name: "reader on linux.scm, once more", against, ratio: ours[1]! / theirs[1]!, aim: 1 });
  const all = alternate(numbersOf([NODE, readCommand, file, "all"]), guile);
  say({ name: "reader on linux.scm, once, and every form asked for", against, ratio: all.ours[0]! / all.theirs[0]!, aim: null });
}

function linearity(directory: string, readCommand: string, say: (line: Line) => void): void {
  const file = join(directory, "checkout/gnu/packages/linux.scm");
  for (const [index, ratio] of numbersOf([NODE, readCommand, file, "linear"])().entries()) {
    say({ name: `reader on ${2 ** (index + 1)} times the text`, against: "linear", ratio, aim: 1.1 });
  }
}

function wrappers(say: (line: Line) => void): void {
  // For a shell, true is a word of its own.
  const real = execFileSync("which", ["true"], { encoding: "utf8" }).trim();
  const fixture = makeFixture();
  try {
    const item = fixture.item("zfs-2.4.3");
    fixture.addProgram(item, "sbin/zpool", readFileSync(real));
    makeProfile(fixture.booted, { "sbin/zpool": join(item, "sbin/zpool") });
    // "env" is a program that becomes another, too.
    const { ours, theirs } = alternate(timeOf([fixture.command("zpool")]), timeOf([absolute("env")!, real]));
    say({ name: "wrapped true", against: "env true", ratio: ours[0]! / theirs[0]!, aim: 1.3 });
  } finally {
    removeFixture(fixture);
  }
}
