import type { Release } from "../../src/read/openzfs/release";
import { commandPaths } from "../../src/read/openzfs/release";
import type { Fact } from "../report";
import { parseLog, type Built, type Inspection } from "./said";

const STORE = "/gnu/store/";

/** What is known of a variant, and of a kernel's profile with it, after the daemon built them. */
export interface VariantSeen {
  readonly release: Release;
  /** Whether it stands in Guix's own file, where there is no zfs-for-kernel. */
  readonly inPlace: boolean;
  readonly variant: Built;
  /** The log of its build. */
  readonly log: string;
  readonly inspection: Inspection;
  readonly profile: Built;
}

/** A fact that WHAT holds of all of ITEMS, where WRONG says what is wrong with one; it does not hold of none. */
function ofAll<T>(what: string, items: readonly T[], wrong: (item: T) => string | undefined): Fact {
  const problems = items.flatMap((item) => wrong(item) ?? []);
  return {
    what,
    holds: items.length > 0 && problems.length === 0,
    seen:
      items.length === 0
        ? "there is none"
        : problems.length > 0
          ? problems.join("; ")
          : `${items.length}`,
  };
}

/** That TARGET was built; where it was not, what the daemon said, and the end of LOG. */
export function builtFact(what: string, { failed, derivation }: Built, log = ""): Fact {
  const end = log.trimEnd().split("\n").slice(-3).join("\n");
  return {
    what,
    holds: failed === undefined && derivation !== "",
    seen: failed === undefined ? derivation : `${end}\n${failed}`,
  };
}

/** What has to hold of a variant that was built. */
export function variantFacts(seen: VariantSeen): readonly Fact[] {
  const { release, inPlace, variant, inspection, profile } = seen;
  const [out, module] = [variant.outputs.get("out")!, variant.outputs.get("module")];
  const phases = parseLog(seen.log);
  const kernel = inspection.modinfo.get("kernel vermagic");
  return [
    ofAll("each phase of the package ran and passed", variant.phases, (name) =>
      phases.succeeded.includes(name) ? undefined : `${name} did not`,
    ),
    {
      what: "no other phase began",
      holds: phases.started.every((name) => variant.phases.includes(name)),
      seen: phases.started.join(" "),
    },
    {
      what: "nobody else may build it for others",
      holds: !variant.substitutable,
      seen: variant.substitutable ? "it can be substituted" : "",
    },
    ...(inPlace
      ? []
      : [
          {
            what: "zfs-for-kernel gives the same derivation",
            holds: variant.zfsForKernel === variant.derivation,
            seen: variant.zfsForKernel ?? "",
          },
        ]),
    ...["spl", "zfs"].flatMap((name): Fact[] => [
      {
        what: `${name}.ko is of the kernel`,
        holds: kernel !== undefined && inspection.modinfo.get(`${name} vermagic`) === kernel,
        seen: inspection.modinfo.get(`${name} vermagic`) ?? "there is none",
      },
      {
        what: `${name}.ko is of the release`,
        holds: isOfRelease(inspection.modinfo.get(`${name} version`), release.version),
        seen: inspection.modinfo.get(`${name} version`) ?? "",
      },
    ]),
    {
      what: `"module" is a link into "out"`,
      holds:
        inspection.module.get("lib/modules") === `${out}/lib/modules` &&
        // Guix's build system puts the licence into each output.
        [...inspection.module.keys()].every(
          (file) => file === "lib/modules" || file.startsWith("share/doc/"),
        ),
      seen: [...inspection.module].map(([file, target]) => `${file} -> ${target}`).join(" "),
    },
    {
      what: `"out" does not refer to "module"`,
      holds: module !== undefined && !(variant.references.get("out") ?? [module]).includes(module),
      seen: (variant.references.get("out") ?? []).join(" "),
    },
    ofAll("each command of the release is in its folder", commandPaths([release]), (command) =>
      inspection.commands.includes(command) ? undefined : `${command} is not`,
    ),
    {
      what: "zpool says its release",
      holds: isOfRelease(inspection.version.replace(/^zfs-/, ""), release.version),
      seen: inspection.version,
    },
    ofAll(
      "no program looks outside of the store",
      [...inspection.programs],
      ([file, { loader, runpath, needs }]) => {
        const outside = [...(loader === undefined ? [] : [loader]), ...runpath].filter(
          (path) => !path.startsWith(STORE),
        );
        if (outside.length > 0) return `${file} has ${outside.join(" and ")}`;
        return needs.length > 0 && runpath.length === 0 ? `${file} has no RUNPATH` : undefined;
      },
    ),
    ofAll(
      "no script of it is run by what is outside of the store",
      // Guix leaves what other systems start, and OpenZFS's tests, as they are.
      [...inspection.interpreters].filter(([file]) =>
        ["bin", "sbin", "libexec", "lib/udev"].some((folder) =>
          file.startsWith(`${out}/${folder}/`),
        ),
      ),
      ([file, program]) => (program.startsWith(STORE) ? undefined : `${file}: ${program}`),
    ),
    builtFact("the kernel's profile is made", profile),
    {
      what: "its modules.dep lists zfs.ko, after spl.ko",
      holds:
        inspection.depends.has("spl") && (inspection.depends.get("zfs") ?? "").includes("/spl.ko"),
      seen: [...inspection.depends].map(([name, needs]) => `${name}: ${needs}`).join("; "),
    },
    {
      what: "its zpool is the variant's",
      holds: inspection.zpool === `${out}/sbin/zpool`,
      seen: inspection.zpool,
    },
  ];
}

/** What a build appends to a release is no part of it. */
function isOfRelease(version: string | undefined, release: string): boolean {
  return version?.split("-")[0] === release;
}

/** What has to hold of the variant for SERIES, where the kernel is of the series OTHER. */
export function otherKernelFacts(
  series: string,
  other: string,
  built: Built,
  log: string,
): readonly Fact[] {
  const { started, succeeded } = parseLog(log);
  const sentence = /^error: .*$/m.exec(log)?.[0] ?? "";
  return [
    { what: "it is not built", holds: built.failed !== undefined, seen: built.failed ?? "it is" },
    {
      what: "it says which kernel it is for, and which one it got",
      holds: new RegExp(
        `is for Linux ${escaped(series)}, not for Linux ${escaped(other)}\\.\\d`,
      ).test(sentence),
      seen: sentence,
    },
    {
      what: "it stops before OpenZFS's configure",
      holds: started.at(-1) === "check-kernel-series" && !succeeded.includes("really-configure"),
      seen: started.join(" "),
    },
  ];
}

/** What has to hold of TOOLS, where the booted kernel's profile has VARIANT, an output, of RELEASE; BECAME is what `become` said. */
export function toolsFacts(
  { version }: Release,
  tools: Built,
  log: string,
  variant: string,
  became: string,
): readonly Fact[] {
  const { succeeded } = parseLog(log);
  const [program, said] = ["program", "version"].map(
    (name) => new RegExp(`^${name} (.*)$`, "m").exec(became)?.[1] ?? "",
  );
  return [
    builtFact("they are built", tools, log),
    ofAll("each phase of the package ran and passed", tools.phases, (name) =>
      succeeded.includes(name) ? undefined : `${name} did not`,
    ),
    {
      what: "zpool is that of the variant's release",
      holds: isOfRelease(said!.replace(/^zfs-/, ""), version),
      seen: said!,
    },
    {
      what: "a command becomes the variant's, in the store",
      holds: program === `${variant}/sbin/zstream`,
      seen: program!,
    },
  ];
}

/** What has to hold of a channel that `guix pull` builds: its MODULES, its PROFILE, with the logs of them, and the PACKAGES that this lists, which have to be those called NAMES. */
export function pullFacts(
  modules: Built,
  profile: Built,
  logs: readonly string[],
  packages: string,
  names: readonly string[],
): readonly Fact[] {
  const warnings = logs.flatMap((log) => log.match(/^.*(?:warning|error):.*$/gim) ?? []);
  const listed = new Set(packages.split("\n").map((line) => line.split("\t")[0]!.trim()));
  return [
    builtFact("its modules are compiled", modules, logs[0]),
    builtFact("the profile is made", profile, logs[1]),
    { what: "no warning is seen", holds: warnings.length === 0, seen: warnings.join("; ") },
    ofAll("the package cache lists its packages", names, (name) =>
      listed.has(name) ? undefined : `not ${name}`,
    ),
  ];
}

/** What has to hold of a kernel of SERIES, which is too new: what zfs-for-kernel said, and a build with its check left out. */
export function tooNewFacts(
  series: string,
  said: Built,
  forced: Built,
  log: string,
): readonly Fact[] {
  const { started, succeeded } = parseLog(log);
  const sentence = /^.*maximum supported kernel version.*$/m.exec(log)?.[0] ?? "";
  return [
    {
      what: "zfs-for-kernel refuses it",
      holds: said.refused?.includes(`no ZFS for linux-libre ${series}`) === true,
      seen: said.refused ?? "it does not",
    },
    {
      what: "it would not have been built",
      holds: forced.failed !== undefined,
      seen: forced.failed ?? "it was",
    },
    {
      what: "OpenZFS's configure says that the kernel is too new",
      holds:
        started.at(-1) === "really-configure" &&
        !succeeded.includes("really-configure") &&
        sentence !== "",
      seen: sentence === "" ? log.trimEnd().split("\n").slice(-3).join("\n") : sentence,
    },
  ];
}

function escaped(text: string): string {
  return text.replaceAll(".", "\\.");
}
