import { cpSync, existsSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { temporaryDirectory } from "../support/directory";
import { PROJECT, zfsGuix, type Run } from "../support/run";

// A checkout whose own Guix can be run; see findGuix.
const checkout = process.env["ZFS_GUIX_CHECKOUT"];
/** For a checkout that was not compiled, and a machine that has other things to do. */
const SLOW = 30 * 60_000;
const runs = checkout !== undefined && existsSync(join(checkout, "pre-inst-env"));

const FILE = "zfs-guix/packages/zfs.scm";

/** The variant that is broken, and one beside it that stays as it is. */
const [BROKEN, GOOD] = ["zfs-for-linux-6.12", "zfs-for-linux-6.6"];

/** TEXT with the definition of BROKEN changed. */
function broken(text: string, change: (definition: string) => string): string {
  const start = text.indexOf(`(define-public ${BROKEN}\n`);
  const end = text.indexOf("\n\n", start);
  const definition = text.slice(start, end);
  const changed = change(definition);
  expect(changed).not.toBe(definition);
  return text.slice(0, start) + changed + text.slice(end);
}

interface Breakage {
  readonly name: string;
  readonly change: (definition: string) => string;
  readonly says: readonly (string | RegExp)[];
}

const BREAKAGES: readonly Breakage[] = [
  {
    name: "an output that was dropped",
    change: (text) => text.replace("(inherit zfs)", `(inherit zfs)\n    (outputs '("out" "src"))`),
    says: [`${BROKEN}: derivation FAILS\n  the derivation has the outputs module, out, src, but the package declares out, src\n`],
  },
  {
    name: "a module that would be distributed",
    change: (text) => text.replace("((#:linux _ #f)", "((#:substitutable? _ #f)\n        #t)\n       ((#:linux _ #f)"),
    says: [/: derivation FAILS\n {2}it may be substituted, .*: it needs #:substitutable\? #f\n/],
  },
  {
    name: "a wrong kernel",
    change: (text) => text.replace(/linux-libre-6\.12\b/, "linux-libre-6.6"),
    says: [/: derivation FAILS\n {2}it is built for linux-libre-6\.6\.\d+, not for linux-libre-6\.12 \(linux-libre-6\.12\.\d+\)\n/],
  },
  {
    name: "an unbound variable",
    change: (text) => text.replace(/linux-libre-6\.12\b/, "linux-libre-6.13"),
    says: [`${BROKEN}: evaluates FAILS\n  error: linux-libre-6.13: unbound variable\n`],
  },
  {
    name: "a syntax error",
    change: (text) => text.replace("(arguments", "((arguments"),
    says: [/: loads FAILS\n {2}.*\.scm:\d+:\d+: missing closing parenthesis\n/],
  },
  {
    name: "a field that does not exist",
    change: (text) => text.replace(/\(name /, "(nome "),
    says: [/: loads FAILS\n {2}.*\.scm:\d+:\d+: error: .*\n? *\(?.*nome/],
  },
  {
    name: "an overlong line",
    change: (text) => text.replace("(inherit zfs)", `(inherit zfs) ;${"very ".repeat(20)}long`),
    says: [/: lint FAILS\n {2}.*: line \d+ is way too long \(\d+ characters\) \[formatting\]\n/],
  },
  {
    name: "a line that guix style would break",
    change: (text) => text.replace(/\n *\(arguments/, " (arguments"),
    says: [`${BROKEN}: style FAILS\n  `, /:\d+:\d+: would be edited\n/],
  },
];

const HASH: Breakage = {
  name: "a wrong hash",
  change: (text) => text.replace(/"[01]([0-9a-z]{51})"/, (_, rest: string) => `"0${rest.slice(0, -1)}0"`),
  says: [/: derivation FAILS\n {2}its source has the hash sha256:0[0-9a-z]{51}, not sha256:[0-9a-z]{52}, that of OpenZFS 2\.[0-9.]+\n/],
};

function expectFound(run: Run, says: Breakage["says"]): void {
  for (const said of says) expect(run.stdout).toEqual(said instanceof RegExp ? expect.stringMatching(said) : expect.stringContaining(said));
  expect(run.status).toBe(1);
}

(runs ? describe : describe.skip)("on the Guix of a checkout (ZFS_GUIX_CHECKOUT)", () => {
  const good = (): string => {
    const directory = temporaryDirectory();
    expect(zfsGuix(["generate", "--kernels", "6.6,6.12,9.9", "--out", directory]).status).toBe(0);
    return directory;
  };
  const verify = (directory: string, ...args: readonly string[]): Run => zfsGuix(["verify", "--guix", checkout!, "--out", directory, ...args], { timeout: SLOW });

  test("the channel of this repository holds", () => {
    const run = verify(join(PROJECT, "generated"), "--system", "--json");
    expect(run).toMatchObject({ status: 0 });
    expect(JSON.parse(run.stdout)).toMatchObject({ holds: true });
  }, SLOW);

  test.each([...BREAKAGES, HASH])("$name is found, and the package beside it is not blamed", ({ change, says }) => {
    const directory = good();
    writeFileSync(join(directory, FILE), broken(readFileSync(join(directory, FILE), "utf8"), change));
    const run = verify(directory);
    expectFound(run, says);
    expect(run.stdout).not.toMatch(new RegExp(`^${GOOD}: `, "m"));
  }, SLOW);

  test("a variant whose kernel this Guix lacks is told apart", () => {
    const directory = good();
    const path = join(directory, FILE);
    writeFileSync(path, readFileSync(path, "utf8").replaceAll("6.12", "6.11"));
    const run = verify(directory);
    expect(run.stdout).toContain("zfs-for-linux-6.11 is not in this Guix: there is no linux-libre-6.11 in (gnu packages linux)\n");
    expect(run.status).toBe(0);
  }, SLOW);

  test("a variant that is a package without its kernel breaks guix pull, and is found", () => {
    const directory = good();
    const path = join(directory, FILE);
    writeFileSync(path, readFileSync(path, "utf8").replaceAll("6.12", "6.11").replace(/\(for-each withdraw\n *\(remove [^\n]*\)\)/, ""));
    const run = verify(directory);
    expect(run.stdout).toContain("zfs-for-linux-6.11: evaluates FAILS\n");
    expect(run.stdout).toMatch(/: cache FAILS\n {2}error: linux-libre-6\.11: unbound variable\n/);
    expect(run.status).toBe(1);
  }, SLOW);

  test("a directory whose name a shell would take apart is quoted", () => {
    const directory = join(good(), "it's a channel");
    zfsGuix(["generate", "--kernels", "6.12", "--out", directory]);
    const path = join(directory, FILE);
    writeFileSync(path, broken(readFileSync(path, "utf8"), BREAKAGES[0]!.change));
    expect(verify(directory).stdout).toContain(`-L '${realpathSync(directory).replaceAll("'", "'\\''")}' --no-grafts`);
  }, SLOW);

  describe("in place", () => {
    /** A copy to write to; the compiled files stay where they are, and valid. */
    const copy = (): string => {
      const directory = join(temporaryDirectory(), "guix");
      const left = new Set(["po", "doc", ".git"].map((name) => join(checkout!, name)));
      cpSync(checkout!, directory, { recursive: true, preserveTimestamps: true, filter: (source) => !left.has(source) });
      expect(zfsGuix(["generate", "--guix", directory, "--in-place"])).toMatchObject({ status: 0 });
      return directory;
    };
    const SOURCE = "gnu/packages/file-systems.scm";

    test("what was written holds, and what is broken is found", () => {
      const directory = copy();
      const path = join(directory, SOURCE);
      const text = readFileSync(path, "utf8");
      const inPlace = (...args: readonly string[]): Run => zfsGuix(["verify", "--guix", directory, "--in-place", ...args], { timeout: SLOW });
      expect(inPlace("--system")).toMatchObject({ status: 0 });
      for (const { change, says } of BREAKAGES) {
        writeFileSync(path, broken(text, change));
        expectFound(inPlace("--only", `${GOOD},${BROKEN}`), says);
      }
      // A kernel that is named where the module loads: fine as long as this
      // module is the first to load, and fatal where (gnu packages linux) is.
      writeFileSync(path, text.replace(`(define-public ${BROKEN}\n`, `(define %early linux-libre-6.12)\n\n(define-public ${BROKEN}\n`));
      expectFound(inPlace("--only", `${GOOD},${BROKEN}`), [/: loads FAILS\n {2}.*error: linux-libre-6\.12: unbound variable\n/]);
      rmSync(path);
      expect(inPlace()).toMatchObject({ status: 2 });
    }, SLOW);
  });
});
