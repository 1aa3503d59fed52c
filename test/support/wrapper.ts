import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CHANNEL, emitted } from "./emitted";

/** An absolute name, since the tests give the wrappers a PATH of their own. */
export function absolute(program: string): string | undefined {
  try {
    return execFileSync("/bin/sh", ["-c", 'command -v "$1"', "sh", program], { encoding: "utf8" }).trim();
  } catch {
    return undefined;
  }
}

export const GUILE = absolute("guile") ?? "/usr/bin/guile";

/** What the package's builder calls. */
export const CC = absolute("gcc");

/** The value of `%NAME` in the scripts, for each name that a fixture changes. */
export type Constants = Readonly<Record<string, string>>;

/** The program that the C in SOURCE makes, its macros being strings, written to FILE. */
export function compileC(source: string, file: string, macros: Constants = {}): Buffer {
  if (CC === undefined) throw new Error("gcc is needed to test the commands");
  const options = Object.entries(macros).map(([name, value]) => `-D${name}=${JSON.stringify(value)}`);
  execFileSync(CC, ["-O2", "-Wall", "-Wextra", "-Werror", ...options, source, "-o", file]);
  return readFileSync(file);
}

/** The emitted module, with CONSTANTS in place of what it says; each must be there. */
function changedChannel(constants: Constants): string {
  const left = new Set(Object.keys(constants));
  const text = readFileSync(CHANNEL, "utf8").replace(/^( *\(define (%\S+)\s+)"[^"]*"\)$/gmu, (definition: string, start: string, name: string) => {
    left.delete(name);
    return name in constants ? `${start}${JSON.stringify(constants[name])})` : definition;
  });
  if (left.size > 0) throw new Error(`the channel defines no ${[...left].join(", ")}`);
  return text;
}

/** Runs the emitted builder of zfs-guix-tools: its sources are in the directory `build` of FOLDER, its output is FOLDER. */
function buildTools(folder: string, constants: Constants): void {
  const file = join(folder, "zfs.scm");
  const build = join(folder, "build");
  writeFileSync(file, changedChannel(constants));
  mkdirSync(build);
  const { status, stderr } = emitted(["run", "zfs-guix-tools", dirname(dirname(GUILE)), "build", "install", "check-commands"], { file, cwd: build, env: { out: folder } });
  if (status !== 0 || stderr !== "") throw new Error(`the builder of zfs-guix-tools failed (Guile 3.0, gcc and libc6-dev are needed): ${stderr}`);
}

const HASH = "0123456789abcdfghijklmnpqrsvwxyz";

/** A store, manifests, and the tools that the emitted builder made, which know no others. */
export interface Fixture {
  readonly folder: string;
  readonly store: string;
  readonly booted: string;
  readonly current: string;
  readonly loaded: string;
  readonly running: string;
  command(name: string): string;
  /** What the builder wrote before it compiled: `command.scm`, `status.scm` or `start.c`. */
  source(name: string): string;
  /** The path of a store item; it exists once `addProgram` has put something in it. */
  item(name: string): string;
  addProgram(item: string, path: string, contents: string | Buffer, mode?: number): void;
}

export function makeFixture(changed: Constants = {}): Fixture {
  const folder = mkdtempSync(join(tmpdir(), "zfs-guix-tools-"));
  const at = (name: string) => join(folder, name);
  const store = at("store");
  const fixture: Fixture = {
    folder,
    store,
    booted: at("booted-manifest"),
    current: at("current-manifest"),
    loaded: at("loaded"),
    running: at("osrelease"),
    command: (name) => at(`${existsSync(at(`bin/${name}`)) ? "bin" : "sbin"}/${name}`),
    source: (name) => at(`build/${name}`),
    item: (name) => `${store}/${HASH}-${name}`,
    addProgram(item, path, contents, mode = 0o755) {
      const file = join(item, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, contents);
      chmodSync(file, mode);
    },
  };
  mkdirSync(store);
  buildTools(folder, {
    "%store": store,
    "%booted-manifest": fixture.booted,
    "%current-manifest": fixture.current,
    "%loaded-version": fixture.loaded,
    "%running-kernel": fixture.running,
    ...changed,
  });
  return fixture;
}

export function removeFixture(fixture: Fixture): void {
  rmSync(fixture.folder, { recursive: true, force: true });
}

/** One entry of a manifest. */
export interface Entry {
  readonly name: string;
  readonly version: string;
  readonly item: string;
  /** Left out: `out`. */
  readonly output?: string;
  readonly repeated?: boolean;
  readonly propagated?: readonly Entry[];
}

/** A manifest as Guix writes it: version 4 leaves empty fields out, 3 does not. */
export function manifest(version: 3 | 4, entries: readonly Entry[]): string {
  const one = (entry: Entry): string => {
    const { name, output = "out", item, propagated = [] } = entry;
    if (entry.repeated === true) return `(repeated "${name}" "${entry.version}" "${item}")`;
    const inner = propagated.map(one).join("\n");
    const empty = version === 3 ? " (search-paths ()) (properties)" : "";
    const fields = version === 3 || inner !== "" ? ` (propagated-inputs (${inner}))${empty}` : "";
    return `("${name}" "${entry.version}" "${output}" "${item}"${fields})`;
  };
  return `(manifest (version ${version})\n          (packages (${entries.map(one).join("\n                     ")})))\n`;
}
