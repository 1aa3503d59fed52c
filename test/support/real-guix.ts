import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, test } from "@jest/globals";
import { temporaryDirectory } from "./directory";
import { PROJECT, type Run } from "./run";

/** A Guix that can be asked. */
export interface RealGuix {
  readonly name: string;
  /** The checkout that it is, which ran ./configure; undefined for the command on PATH. */
  readonly checkout: string | undefined;
  /** What names it to zfs-guix verify. */
  readonly options: readonly string[];
}

const CHECKOUTS = (process.env.ZFS_GUIX_CHECKOUT ?? "")
  .split(":")
  .filter((directory) => directory !== "");

/** Those of the run: the checkouts in ZFS_GUIX_CHECKOUT, else what with-guix has found or made. */
const GUIXES: readonly RealGuix[] =
  process.env.WITH_GUIX === undefined
    ? []
    : CHECKOUTS.length === 0
      ? [{ name: "guix", checkout: undefined, options: [] }]
      : CHECKOUTS.map((checkout) => ({ name: checkout, checkout, options: ["--guix", checkout] }));

/** For a checkout that is not compiled, and a machine that has other things to do. */
export const SLOW = 30 * 60_000;

/** Defines TESTS for each Guix; test/support/setup.mjs says so where there is none. */
export function onRealGuix(tests: (guix: RealGuix) => void): void {
  if (GUIXES.length === 0) test.skip("needs Guix: npm run test:guix", () => {});
  for (const guix of GUIXES) describe(`with ${guix.name}`, () => tests(guix));
}

/** Runs `guix SUBCOMMAND REST…` with the modules below DIRECTORIES, the first of them first. */
export function runGuix(
  { checkout }: RealGuix,
  directories: readonly string[],
  subcommand: string,
  ...rest: readonly string[]
): Run {
  const loadPath = [...directories].reverse().flatMap((directory) => ["-L", directory]);
  const [program, ...words] = [
    ...(checkout === undefined ? [] : [join(checkout, "pre-inst-env")]),
    "guix",
    subcommand,
    ...loadPath,
    ...rest,
  ];
  const { status, stdout, stderr } = spawnSync(program!, words, {
    encoding: "utf8",
    timeout: SLOW,
  });
  return { status, stdout, stderr };
}

/** Runs PROGRAM, Scheme, in GUIX. */
export function evaluate(guix: RealGuix, directories: readonly string[], program: string): Run {
  return runGuix(
    guix,
    directories,
    "repl",
    "-q",
    "--",
    join(temporaryDirectory({ "program.scm": program }), "program.scm"),
  );
}

/** The directory that has the gnu/ and guix/ of GUIX. */
export function sources(guix: RealGuix): string {
  return (
    guix.checkout ??
    evaluate(guix, [], '(display (dirname (dirname (search-path %load-path "guix/packages.scm"))))')
      .stdout
  );
}

/** What test/real-guix/derivations.scm prints of MODULE, by package or call: its facts by their names. */
export function derivations(text: string): Map<string, Record<string, string>> {
  const found = new Map<string, Record<string, string>>();
  for (const entry of text.split(/^(?=\S)/m)) {
    const [head, ...lines] = entry.trimEnd().split("\n");
    if (head!.startsWith("==")) continue;
    found.set(
      head!,
      Object.fromEntries(
        lines.map((line) => /^ {2}(\S+) +(.*)$/.exec(line)!.slice(1) as [string, string]),
      ),
    );
  }
  return found;
}

/** The program that prints derivations. */
export const DERIVATIONS = join(PROJECT, "test/real-guix/derivations.scm");
