/** What build.scm said of one target. */
export interface Built {
  readonly derivation: string;
  /** Whether the derivation lets others build it. */
  readonly substitutable: boolean;
  /** Store file names, by the names of the outputs. */
  readonly outputs: ReadonlyMap<string, string>;
  /** What each output refers to. */
  readonly references: ReadonlyMap<string, readonly string[]>;
  /** The phases of the package, in their order. */
  readonly phases: readonly string[];
  /** The derivation that zfs-for-kernel gives. */
  readonly zfsForKernel: string | undefined;
  /** What the daemon said, where the build failed. */
  readonly failed: string | undefined;
  /** What zfs-for-kernel said, where it refused. */
  readonly refused: string | undefined;
  /** How long the build took; next to nothing where all was there. */
  readonly seconds: number;
  /** The log of the build, which may be an earlier one. */
  readonly log: string | undefined;
  /** Guix's packages that were stand-ins, with their versions. */
  readonly standIns: readonly string[];
}

/** What build.scm printed, TEXT, by target. */
export function parseSaid(text: string): ReadonlyMap<string, Built> {
  const lines = new Map<string, [fact: string, value: string][]>();
  for (const [, fact, target, value] of text.matchAll(/^([a-z-]+) (\S+=\S+) (.*)$/gm)) {
    const known = lines.get(target!) ?? [];
    known.push([fact!, value!]);
    lines.set(target!, known);
  }
  return new Map([...lines].map(([target, facts]) => [target, built(facts)]));
}

function built(facts: readonly (readonly [fact: string, value: string])[]): Built {
  const all = (wanted: string): string[] =>
    facts.filter(([fact]) => fact === wanted).map(([, value]) => value);
  const pairs = (wanted: string): (readonly [string, string])[] =>
    all(wanted).map((value) => value.split(" ") as [string, string]);
  return {
    derivation: all("derivation")[0] ?? "",
    substitutable: all("substitutes")[0] !== "0",
    outputs: new Map(pairs("output")),
    references: grouped(pairs("reference")),
    phases: (all("phases")[0] ?? "").split(" ").filter((name) => name !== ""),
    zfsForKernel: all("zfs-for-kernel")[0],
    failed: all("failed")[0],
    refused: all("refused")[0],
    seconds: Number(all("seconds")[0] ?? 0),
    log: all("log")[0],
    standIns: all("stand-in"),
  };
}

function grouped(pairs: readonly (readonly [string, string])[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [key, value] of pairs) groups.set(key, [...(groups.get(key) ?? []), value]);
  return groups;
}

/** The phases that a build's LOG tells of. */
export interface Phases {
  readonly started: readonly string[];
  readonly succeeded: readonly string[];
}

/** The phases in LOG, as Guix's build systems write it. */
export function parseLog(log: string): Phases {
  const names = (pattern: RegExp): string[] => [...log.matchAll(pattern)].map(([, name]) => name!);
  return {
    started: names(/^starting phase [`'](.+)'$/gm),
    succeeded: names(/^phase [`'](.+)' succeeded after [\d.]+ seconds$/gm),
  };
}

/** How long all phases in LOG took, in seconds. */
export function buildTime(log: string): number {
  return [...log.matchAll(/^phase .* succeeded after ([\d.]+) seconds$/gm)].reduce(
    (sum, [, seconds]) => sum + Number(seconds),
    0,
  );
}

/** What `inspect` says of a variant. */
export interface Inspection {
  /** Of "out", in bytes. */
  readonly size: number;
  /** What `zpool --version` says. */
  readonly version: string;
  /** What can be run, such as `sbin/zpool`. */
  readonly commands: readonly string[];
  /** What is in "module": a file name, and where it leads, which is nowhere where it is no link. */
  readonly module: ReadonlyMap<string, string>;
  /** The file that sbin/zpool of the profile is. */
  readonly zpool: string;
  /** What the profile's modules.dep says that a module needs. */
  readonly depends: ReadonlyMap<string, string>;
  /** By the module's name, "kernel" being one of the kernel's own, and the field. */
  readonly modinfo: ReadonlyMap<string, string>;
  /** What each program and library needs. */
  readonly programs: ReadonlyMap<string, Program>;
  /** Of each script what runs it. */
  readonly interpreters: ReadonlyMap<string, string>;
}

interface Program {
  readonly loader: string | undefined;
  readonly runpath: readonly string[];
  readonly needs: readonly string[];
}

/** What `inspect` printed, TEXT. */
export function parseInspection(text: string): Inspection {
  const lines = text.split("\n").map((line) => line.split(" "));
  const of = (kind: string): string[][] =>
    lines.filter(([first]) => first === kind).map(([, ...rest]) => rest);
  const keyed = (kind: string): Map<string, string> =>
    new Map(of(kind).map(([key, ...value]) => [key!, value.join(" ").trim()]));
  const needs = grouped(of("needs").map(([file, library]) => [file!, library!]));
  const [loaders, runpaths] = [keyed("loader"), keyed("runpath")];
  return {
    size: Number(of("size")[0]?.[0] ?? 0),
    version: of("version")[0]?.join(" ") ?? "",
    commands: of("command").map(([command]) => command!),
    module: keyed("module"),
    zpool: of("zpool")[0]?.join(" ") ?? "",
    depends: keyed("depends"),
    modinfo: new Map(
      of("modinfo").map(([name, field, ...value]) => [`${name} ${field}`, value.join(" ").trim()]),
    ),
    programs: new Map(
      [...new Set([...loaders.keys(), ...runpaths.keys(), ...needs.keys()])].map((file) => [
        file,
        {
          loader: loaders.get(file),
          runpath: (runpaths.get(file) ?? "").split(":").filter((folder) => folder !== ""),
          needs: needs.get(file) ?? [],
        },
      ]),
    ),
    interpreters: keyed("interpreter"),
  };
}
