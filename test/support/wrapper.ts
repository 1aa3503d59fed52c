import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { commandFolders } from "../../src/openzfs/commands";
import type { Release } from "../../src/openzfs/release";

const TEMPLATES = "templates";

/** An absolute name, since the tests give the wrappers a PATH of their own. */
export function absolute(program: string): string | undefined {
  try {
    return execFileSync("/bin/sh", ["-c", 'command -v "$1"', "sh", program], { encoding: "utf8" }).trim();
  } catch {
    return undefined;
  }
}

export const GUILE = absolute("guile") ?? "/usr/bin/guile";
export const CC = absolute("cc") ?? absolute("gcc");

/** The value of `%NAME` in the scripts, for each name that a fixture changes. */
export type Constants = Readonly<Record<string, string>>;

const template = (name: string) => readFileSync(`${TEMPLATES}/${name}.scm`, "utf8");

const { releases } = JSON.parse(readFileSync("data/openzfs-releases.json", "utf8")) as { releases: Release[] };

/** What the package's builder writes as the program SCRIPT: what both share comes first. */
export function program(script: "command" | "status", constants: Constants = {}): string {
  const lists = commandFolders(releases).map(({ folder, commands }) => JSON.stringify([folder, ...commands]));
  const commands = `(define %zfs-commands '(${lists.map((list) => `(${list.slice(1, -1).replaceAll(",", " ")})`).join(" ")}))`;
  const text = [commands, template("booted-zfs"), template(`zfs-guix-${script}`)].join("\n");
  return text.replace(/^\(define (%\S+) "[^"]*"\)$/gmu, (definition: string, name: string) =>
    name in constants ? `(define ${name} ${JSON.stringify(constants[name])})` : definition,
  );
}

/** The C in the template, which is a Scheme string there. */
export function starter(): string {
  const text = template("zfs-guix-start");
  return text.slice(text.indexOf('"') + 1, text.lastIndexOf('"')).replace(/\\(.)/gu, "$1");
}

/** The program that the C in SOURCE makes, its macros being strings, written to FILE. */
export function compileC(source: string, file: string, macros: Constants = {}): Buffer {
  if (CC === undefined) throw new Error("a C compiler is needed");
  const options = Object.entries(macros).map(([name, value]) => `-D${name}=${JSON.stringify(value)}`);
  execFileSync(CC, ["-O2", "-Wall", "-Wextra", "-Werror", ...options, source, "-o", file]);
  return readFileSync(file);
}

/** Compiles SOURCE to FILE, as `guild compile` does. */
function compileScheme(source: string, file: string): void {
  const code = `((@ (system base compile) compile-file) (cadr (command-line))
                 #:output-file (caddr (command-line)) #:warning-level 0)`;
  execFileSync(GUILE, ["--no-auto-compile", "-c", code, source, file], { stdio: "pipe" });
}

/**
 * Builds the commands NAMES and `zfs-guix-status` below FOLDER the way the
 * emitted package does, all in `sbin`.
 */
export function buildWrappers(folder: string, names: readonly string[], constants: Constants): void {
  const libexec = join(folder, "libexec");
  for (const path of [libexec, join(folder, "sbin")]) mkdirSync(path, { recursive: true });
  for (const [script, links] of [
    ["command", names],
    ["status", ["zfs-guix-status"]],
  ] as const) {
    const file = join(libexec, script);
    writeFileSync(`${file}.scm`, program(script, constants));
    compileScheme(`${file}.scm`, `${file}.go`);
    writeFileSync(`${file}.c`, starter());
    compileC(`${file}.c`, file, { GUILE, CODE: `(load-compiled ${JSON.stringify(`${file}.go`)})` });
    for (const link of links) symlinkSync(`../libexec/${script}`, join(folder, "sbin", link));
  }
}

const HASH = "0123456789abcdfghijklmnpqrsvwxyz";

/** A store, manifests, and wrappers that know no others. */
export interface Fixture {
  readonly folder: string;
  readonly store: string;
  readonly booted: string;
  readonly current: string;
  readonly loaded: string;
  readonly running: string;
  command(name: string): string;
  /** The path of a store item; it exists once `addProgram` has put something in it. */
  item(name: string): string;
  addProgram(item: string, path: string, contents: string | Buffer, mode?: number): void;
}

export function makeFixture(names: readonly string[], changed: Constants = {}): Fixture {
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
    command: (name) => join(folder, "sbin", name),
    item: (name) => `${store}/${HASH}-${name}`,
    addProgram(item, path, contents, mode = 0o755) {
      const file = join(item, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, contents);
      chmodSync(file, mode);
    },
  };
  mkdirSync(store);
  buildWrappers(folder, names, {
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
