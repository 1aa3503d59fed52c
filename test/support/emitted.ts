import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { PROJECT, type Run } from "./run";

/** The channel's module, as it is committed; another test compares it with what would be generated. */
const CHANNEL = `${PROJECT}/generated/zfs-guix/packages/zfs.scm`;

/** Those of its modules that define packages, and what these need. */
const MODULES = ["zfs.scm", "compatibility.scm", "status.scm"];

const SCRIPT = fileURLToPath(new URL("emitted/run.scm", import.meta.url));

interface Surroundings {
  /** The emitted module. */
  readonly file?: string;
  /** What (gnu packages linux) has. */
  readonly kernels?: readonly string[];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** What each of COMMANDS does with an emitted module that is loaded once; see `emitted`. */
export function emittedAll(
  commands: readonly (readonly string[])[],
  surroundings: Surroundings = {},
): Run[] {
  const { status, stdout, stderr } = emitted(
    commands.flatMap((command) => ["--", ...command]),
    surroundings,
  );
  const said = stdout.split("\0");
  if (status !== 0 || said.length !== commands.length * 3 + 1)
    throw new Error(`Guile has not done all of what was asked for: ${stderr}`);
  return commands.map((_, index) => {
    const [code, output, errors] = said.slice(index * 3) as [string, string, string];
    return { status: Number(code), stdout: output, stderr: errors };
  });
}

/** Loads an emitted module in plain Guile and does COMMAND with it; see emitted/run.scm. */
export function emitted(
  command: readonly string[],
  { file = CHANNEL, kernels = [], cwd = PROJECT, env = {} }: Surroundings = {},
): Run {
  const { status, stdout, stderr, error } = spawnSync(
    "guile",
    ["--no-auto-compile", SCRIPT, file, kernels.join(","), ...command],
    {
      cwd,
      env: { ...process.env, ...env },
      encoding: "utf8",
    },
  );
  if (error !== undefined)
    throw new Error(`Guile 3.0 is needed to run what is emitted: ${error.message}`);
  return { status, stdout, stderr };
}

/** An absolute name, since the tests give the wrappers a PATH of their own. */
export function absolute(program: string): string | undefined {
  try {
    return execFileSync("/bin/sh", ["-c", 'command -v "$1"', "sh", program], {
      encoding: "utf8",
    }).trim();
  } catch {
    return undefined;
  }
}

const GUILE = absolute("guile") ?? "/usr/bin/guile";

/** What the package's builder calls. */
const CC = absolute("gcc");

/** The program that the C in SOURCE makes, written to FILE. */
export function compileC(source: string, file: string): Buffer {
  if (CC === undefined) throw new Error("gcc is needed to test the commands");
  execFileSync(CC, ["-O2", "-Wall", "-Wextra", "-Werror", source, "-o", file]);
  return readFileSync(file);
}

/** What stands in the emitted files, quoted, and where the fixture has it. */
type Places = Readonly<Record<string, string>>;

/** Copies the emitted file NAME into FOLDER, with PLACES changed; each must be there. */
function copyChanged(name: string, folder: string, places: Places = {}): void {
  let text = readFileSync(join(dirname(CHANNEL), name), "utf8");
  for (const [from, to] of Object.entries(places)) {
    if (!text.includes(`"${from}"`)) throw new Error(`${name} does not say "${from}"`);
    text = text.replace(`"${from}"`, JSON.stringify(to));
  }
  writeFileSync(join(folder, name), text);
}

/** Sanitizers find what is read or written out of bounds, and end the program there. */
const SANITIZING =
  '#!/bin/sh\nexec gcc -g -fsanitize=address,undefined -fno-sanitize-recover=all "$@"\n';

const HASH = "0123456789abcdfghijklmnpqrsvwxyz";

/** A store, two profiles of kernels, and the tools that the emitted builder made, which know no others. */
export interface Fixture {
  readonly folder: string;
  readonly store: string;
  /** The profiles of the booted kernel and that of the next boot; there is none at first. */
  readonly booted: string;
  readonly next: string;
  readonly loaded: string;
  readonly running: string;
  /** The Shepherd's socket, and where it logs; there is neither. */
  readonly shepherd: string;
  /** A directory that is not there, for what the services tell. */
  readonly reports: string;
  readonly log: string;
  /** The store item of the commands. */
  readonly tools: string;
  command(name: string): string;
  /** Takes all but the commands out of the store. */
  emptyStore(): void;
  /** The path of a store item; it exists once `addProgram` has put something in it. */
  item(name: string): string;
  addProgram(item: string, path: string, contents: string | Buffer, mode?: number): void;
}

export function makeFixture({ sanitized = false }: { readonly sanitized?: boolean } = {}): Fixture {
  const folder = mkdtempSync(join(tmpdir(), "zfs-guix-tools-"));
  // Other users run the commands, too.
  chmodSync(folder, 0o755);
  const at = (name: string) => join(folder, name);
  const store = at("store");
  const [tools, status] = ["tools", "status"].map(
    (name) => `${store}/${HASH}-zfs-guix-${name}`,
  ) as [string, string];
  const fixture: Fixture = {
    folder,
    store,
    booted: at("booted"),
    next: at("next"),
    loaded: at("loaded"),
    running: at("osrelease"),
    shepherd: at("shepherd"),
    reports: at("reports"),
    log: at("messages"),
    tools,
    command: (name) =>
      [`${tools}/bin/${name}`, `${status}/sbin/${name}`].find((file) => existsSync(file)) ??
      `${tools}/sbin/${name}`,
    emptyStore() {
      for (const item of readdirSync(store).map((name) => join(store, name)))
        if (item !== tools && item !== status) rmSync(item, { recursive: true });
    },
    item: (name) => `${store}/${HASH}-${name}`,
    addProgram(item, path, contents, mode = 0o755) {
      const file = join(item, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, contents);
      chmodSync(file, mode);
    },
  };
  const build = at("build");
  for (const made of [store, build]) mkdirSync(made);
  for (const module of MODULES) copyChanged(module, build);
  copyChanged("zfs-guix-command.c", build, { "/run/booted-system/kernel": fixture.booted });
  copyChanged("zfs-guix-status.in", build, {
    "/run/booted-system/kernel": fixture.booted,
    "/var/guix/profiles/system/kernel": fixture.next,
    "/sys/module/zfs/version": fixture.loaded,
    "/proc/sys/kernel/osrelease": fixture.running,
    "/var/run/shepherd/socket": fixture.shepherd,
    "/run/zfs-guix/reports": fixture.reports,
    "/var/log/messages": fixture.log,
  });
  if (sanitized) writeFileSync(at("cc"), SANITIZING, { mode: 0o755 });
  const env = {
    NIX_STORE: store,
    INPUT: dirname(dirname(GUILE)),
    ...(sanitized && { CC: at("cc") }),
  };
  const commands = [
    ["out", tools, "run", "zfs-guix-tools", "", "install"],
    ["out", status, "build", "zfs-guix-status"],
  ];
  const surroundings = { file: join(build, "zfs.scm"), cwd: build, env };
  for (const made of emittedAll(commands, surroundings))
    if (made.status !== 0 || made.stderr !== "")
      throw new Error(`a builder failed (Guile 3.0, gcc and libc6-dev are needed): ${made.stderr}`);
  return fixture;
}

export function removeFixture(fixture: Fixture): void {
  rmSync(fixture.folder, { recursive: true, force: true });
}

/** Makes PROFILE unite LINKS, of files in store items by their path below the profile, with MANIFEST. */
export function makeProfile(
  profile: string,
  links: Readonly<Record<string, string>>,
  text?: string | Buffer,
): void {
  rmSync(profile, { recursive: true, force: true });
  mkdirSync(profile);
  for (const [path, target] of Object.entries(links)) {
    mkdirSync(dirname(join(profile, path)), { recursive: true });
    symlinkSync(target, join(profile, path));
  }
  if (text !== undefined) writeFileSync(join(profile, "manifest"), text);
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
