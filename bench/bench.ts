import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileSystemsScm, linuxScm, MERGERFS } from "../test/support/guix-texts";
import { absolute, makeFixture, makeProfile, removeFixture } from "../test/support/emitted";

/** One line of the table. */
export interface Line {
  readonly name: string;
  readonly against: string;
  readonly ratio: number;
  /** The ratio is to be no more than this. */
  readonly aim: number;
}

type Say = (line: Line | string) => void;

/** A program and its arguments. */
type Command = readonly string[];

const NODE = process.execPath;
const ZFS_GUIX: Command = [NODE, "dist/zfs-guix.js"];

/** Of other programs that write into files which people own; with one exact version, so that ratios can be compared. */
const OTHERS = { automd: "0.4.3", taze: "21.3.0", "release-please": "17.9.0" };
const CACHE = "node_modules/.cache/zfs-guix-bench";

/** Measures everything in DIRECTORY; SAY is told each line as soon as it is known, and what cannot be measured here. */
export function bench(directory: string, readCommand: string, say: Say): void {
  const checkout = makeCheckout(join(directory, "checkout"), process.env.ZFS_GUIX_CHECKOUT);
  const generate = [...ZFS_GUIX, "generate", "--out", join(directory, "channel")];
  const check = [...ZFS_GUIX, "check", "--guix", checkout, "--in-place"];
  // So that there is a region to check.
  run([...ZFS_GUIX, "generate", "--guix", checkout, "--in-place"]);

  const line = (
    name: string,
    command: Command,
    against: string,
    other: Command,
    aim: number,
  ): void => say({ name, against, ratio: ratio(timeOf(command), timeOf(other)), aim });
  const bare = [NODE, "-e", "0"];
  line("zfs-guix --help", [...ZFS_GUIX, "--help"], "node -e 0", bare, 1.5);
  line("generate, the shipped list", generate, "node -e 0", bare, 1.9);
  line("check --guix DIR --in-place", check, "node -e 0", bare, 2.8);
  const [ten, thousand] = [10, 1000].map((count) => {
    const file = join(directory, `${count}.scm`);
    writeFileSync(
      file,
      // So many series there are not; other people's kernels, there may be.
      `(${Array.from({ length: count }, (_, index) => `("6.12" linux-${index} (my linux) zfs-for-my-linux-${index})`).join("\n ")})\n`,
    );
    return [
      ...ZFS_GUIX,
      "generate",
      "--kernels-file",
      file,
      "--out",
      join(directory, `channel-${count}`),
    ];
  });
  line("generate, 1,000 kernels", thousand!, "10 kernels", ten!, 2);

  const guile = absolute("guile");
  const linux = join(checkout, "gnu/packages/linux.scm");
  if (guile === undefined) say("Guile is not installed: nothing to compare the reader with");
  else {
    const theirs = numberOf([guile, "--no-auto-compile", "bench/read.scm", linux]);
    say({
      name: "reader on linux.scm",
      against: "Guile's read",
      ratio: ratio(numberOf([NODE, readCommand, linux]), theirs),
      aim: 1.5,
    });
  }

  for (const [name, version] of Object.entries(OTHERS)) {
    const other = program(name, version);
    if (other === undefined) say(`${name} cannot be fetched: nothing to compare with it`);
    else
      line(
        "generate, the shipped list",
        generate,
        `${name} --version`,
        [NODE, other, "--version"],
        1,
      );
  }
  wrapper(line, say);
}

/** What the wrapper costs: "env" is a program that becomes another, too. */
function wrapper(
  line: (name: string, command: Command, against: string, other: Command, aim: number) => void,
  say: Say,
): void {
  if (absolute("gcc") === undefined) {
    say("gcc is not installed: the wrapped commands cannot be made");
    return;
  }
  // For a shell, true is a word of its own.
  const real = execFileSync("which", ["true"], { encoding: "utf8" }).trim();
  const fixture = makeFixture();
  try {
    const item = fixture.item("zfs-2.4.3");
    fixture.addProgram(item, "sbin/zpool", readFileSync(real));
    makeProfile(fixture.booted, { "sbin/zpool": join(item, "sbin/zpool") });
    line("wrapped true", [fixture.command("zpool")], "env true", [absolute("env")!, real], 1.3);
  } finally {
    removeFixture(fixture);
  }
}

/** How many times as long OURS is as THEIRS, median by median, both measured in turns, so that both see the same of what else the machine does. */
function ratio(ours: () => number, theirs: () => number): number {
  const rounds = 21;
  const found: [number, number][] = [];
  ours();
  theirs();
  for (let round = 0; round < rounds; round += 1) {
    // Not always the same one first.
    if (round % 2 === 0) found.push([ours(), theirs()]);
    else found.push([theirs(), ours()].reverse() as [number, number]);
  }
  const median = (side: 0 | 1): number =>
    found.map((pair) => pair[side]).sort((a, b) => a - b)[rounds >> 1]!;
  return median(0) / median(1);
}

/** How many milliseconds COMMAND takes. */
function timeOf(command: Command): () => number {
  return () => {
    const start = performance.now();
    run(command);
    return performance.now() - start;
  };
}

/** The number that COMMAND prints. */
function numberOf(command: Command): () => number {
  return () => Number(run(command));
}

function run([file, ...words]: Command): string {
  return execFileSync(file!, words, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}

/** The file of a PACKAGE's program, fetched where that is not done yet; undefined where it cannot be. */
function program(name: string, version: string): string | undefined {
  const home = join(CACHE, `${name}-${version}`);
  const file = join(home, "node_modules/.bin", name);
  if (!existsSync(file)) {
    mkdirSync(home, { recursive: true });
    const { status } = spawnSync(
      "npm",
      [
        "install",
        "--prefix",
        home,
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--silent",
        `${name}@${version}`,
      ],
      { stdio: "ignore" },
    );
    if (status !== 0) return undefined;
  }
  return file;
}

/** How long Guix's files are, in characters, in July 2026. */
const SIZES = { "gnu/packages/linux.scm": 585_000, "gnu/packages/file-systems.scm": 106_000 };

/** Puts a checkout into DIRECTORY: two files of the one at SOURCE, or some of their size. */
function makeCheckout(directory: string, source: string | undefined): string {
  for (const [file, size] of Object.entries(SIZES)) {
    const path = join(directory, file);
    mkdirSync(dirname(path), { recursive: true });
    if (source !== undefined) copyFileSync(join(source, file), path);
    else writeFileSync(path, grown(file.includes("linux") ? linuxScm() : fileSystemsScm(), size));
  }
  return directory;
}

/** TEXT and as many packages after it as make SIZE. */
function grown(text: string, size: number): string {
  const packages = Array.from(
    { length: Math.ceil((size - text.length) / MERGERFS.length) },
    (_, index) => MERGERFS.replaceAll("mergerfs", `filler-${index}`),
  );
  return [text, ...packages].join("\n\n");
}
