import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { UserError } from "../../src/errors";
import { knownKernels } from "../../src/read/inputs";
import { formatSeries } from "../../src/read/series";
import { defaultCache, progress, runIn } from "../command";
import { mutate } from "../mutate";
import { isGood, printResult, table, type Result } from "../report";
import { otherKernelFacts, tooNewFacts, toolsFacts, variantFacts, pullFacts } from "./facts";
import { Foundry, KERNELS, SMALL_SOURCE, STAND_INS, TOO_NEW } from "./foundry";
import { MUTANTS, PACKAGES, type Mutant } from "./mutants";
import { choose, chooseInPlace, type Subject } from "./subject";
import { buildTime, parseInspection, type Built } from "./said";

const USAGE =
  "usage: npm run test:built -- [--only SERIES|in-place]… [--mutants] [--json] [--cache DIRECTORY]";

/** What `--only` calls the variant in Guix's own file. */
const IN_PLACE = "in-place";

interface Options {
  readonly only: readonly string[];
  readonly mutants: boolean;
  readonly json: boolean;
  readonly cache: string;
}

/** Has the daemon build what ARGUMENTS name; the exit status: 0 where all is as it has to be, 1 where it is not, 2 where nothing could be built. */
export async function main(argumentsGiven: readonly string[]): Promise<number> {
  return runIn(
    argumentsGiven,
    parseOptions,
    {
      programs: ["debootstrap", "unshare", "setpriv"],
      packages: "debootstrap util-linux",
    },
    build,
  );
}

/** The options in ARGUMENTS; throws a UserError with the usage. */
export function parseOptions(argumentsGiven: readonly string[]): Options {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...argumentsGiven],
      options: {
        only: { type: "string", multiple: true, default: [] },
        mutants: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        cache: { type: "string", default: defaultCache() },
      },
    }));
  } catch (error) {
    throw new UserError({ message: (error as Error).message, hint: USAGE });
  }
  const known = [...KERNELS.map(({ series }) => series), IN_PLACE];
  const unknown = values.only.find((series) => !known.includes(series));
  if (unknown !== undefined)
    throw new UserError({
      message: `--only: Debian has no kernel ${JSON.stringify(unknown)} to build for; expected one of ${known.join(", ")}`,
    });
  if (values.mutants && values.only.includes(IN_PLACE))
    throw new UserError({
      message: `--mutants changes the packages of a channel, and --only ${IN_PLACE} builds none`,
      hint: USAGE,
    });
  return { ...values, cache: resolve(values.cache) };
}

async function build({ only, mutants, json, cache }: Options): Promise<number> {
  const foundry = new Foundry(cache, progress);
  await foundry.make();
  const wanted = (series: string): boolean => only.length === 0 || only.includes(series);
  const debian = new Set(KERNELS.map(({ series }) => series));
  const { subjects, notBuilt } = await choose(
    foundry,
    KERNELS.filter(({ series }) => wanted(series)),
    (await knownKernels())
      .map(({ series }) => formatSeries(series))
      .filter((series) => wanted(series) && !debian.has(series)),
  );
  const newest = subjects.at(-1);
  const inPlace = !mutants && wanted(IN_PLACE) ? await chooseInPlace(foundry, KERNELS) : undefined;
  if (newest === undefined && inPlace === undefined)
    throw new UserError({ message: notBuilt.join("; ") });
  const results: Result[] = [];
  const take = (result: Result): void => {
    results.push(result);
    printResult(result);
  };
  const built: string[] = [];
  const standIns = new Set<string>();
  if (mutants) {
    for (const mutant of [undefined, ...MUTANTS]) take(await tryMutant(foundry, newest!, mutant));
  } else {
    for (const subject of [...subjects, ...(inPlace === undefined ? [] : [inPlace])]) {
      const { facts, otherKernel, variant, seconds, size } =
        subject === inPlace
          ? await buildVariant(foundry, await foundry.inPlace(subject.release), subject, IN_PLACE)
          : await buildVariant(foundry, await channelFor(foundry, subject), subject);
      take(facts);
      take(otherKernel);
      built.push(
        `${facts.name}: OpenZFS ${subject.release.version}, ${Math.round(size / 1e6)} MB, built in ${Math.round(seconds)} s; ${variant.derivation}`,
      );
      for (const name of variant.standIns) standIns.add(name);
    }
    if (newest !== undefined) {
      take(await buildTools(foundry, newest));
      take(await tryTooNew(foundry, newest));
    }
    take(await pull(foundry));
  }
  // Where something was built anew, what it takes the place of goes.
  if (results.some(({ seconds }) => seconds > 60)) await foundry.clean();
  const report = {
    "Not built": [
      ...notBuilt,
      ...(wanted(IN_PLACE) && inPlace === undefined && !mutants
        ? [
            "a variant in the file of this Guix: the source of no release that it needs can be had here",
          ]
        : []),
    ],
    Built: built,
    "Stand-ins": [
      ...(mutants ? [SMALL_SOURCE] : []),
      ...(inPlace === undefined || inPlace.release.version === foundry.releaseOfGuix
        ? []
        : [
            `the file of this Guix, for the variant in place: it has OpenZFS ${foundry.releaseOfGuix}, whose source cannot be had here, and was updated to ${inPlace.release.version} first`,
          ]),
      ...STAND_INS,
      ...(standIns.size > 0 ? [`Guix's packages: ${[...standIns].sort().join(", ")}`] : []),
    ],
  };
  console.log(json ? JSON.stringify({ results, ...report }, undefined, 2) : table(results, report));
  return results.every(isGood) ? 0 : 1;
}

/** A series whose variant must not be built for SERIES: 6.1 is not 6.12, although it begins so. */
function another(series: string): string {
  return series === "6.12" ? "6.1" : "6.12";
}

/** The channel in which SUBJECT is, and another series. */
async function channelFor(
  foundry: Foundry,
  { kernel: { series }, release }: Subject,
  options: readonly string[] = [],
): Promise<string> {
  return foundry.channel(release, [series, another(series)], options);
}

/** The variant of SUBJECT, of the definitions in DIRECTORY, the profile with it, and another variant for its kernel; KEEP as for Foundry.build. */
async function buildVariant(
  foundry: Foundry,
  directory: string,
  { kernel, release, source }: Subject,
  keep?: string,
): Promise<{
  readonly facts: Result;
  readonly otherKernel: Result;
  readonly variant: Built;
  /** How long the build took, whenever it was. */
  readonly seconds: number;
  /** Of "out", in bytes. */
  readonly size: number;
}> {
  const { series } = kernel;
  const inPlace = keep === IN_PLACE;
  const place = inPlace ? " in place" : "";
  const name = `zfs-for-linux-${series}${place}`;
  const kernelRelease = await foundry.kernel(kernel);
  const other = another(series);
  const [variant, profile, mismatch] = (await foundry.build(
    name,
    directory,
    source,
    [`variant=${series}`, `profile=${series}`, `other=${other},${series}`],
    keep,
  )) as [Built, Built, Built];
  const log = logOf(foundry, variant);
  const inspection = parseInspection(
    variant.failed === undefined && profile.failed === undefined
      ? await foundry.inRoot(name, [
          "sh",
          "/srv/built/tools/inspect",
          ...["out", "module"].map((output) => variant.outputs.get(output)!),
          `/srv/built/kernels/${series}/kernel`,
          profile.outputs.get("out")!,
        ])
      : "",
  );
  return {
    facts: {
      name,
      expected: `OpenZFS ${release.version} is built for Linux ${kernelRelease}`,
      facts: variantFacts({ release, inPlace, variant, log, inspection, profile }),
      seconds: variant.seconds + profile.seconds,
    },
    otherKernel: {
      name: `zfs-for-linux-${other} on ${series}${place}`,
      expected: `it stops where the kernel is Linux ${kernelRelease}`,
      facts: otherKernelFacts(other, series, mismatch, logOf(foundry, mismatch)),
      seconds: mismatch.seconds,
    },
    variant,
    seconds: buildTime(log),
    size: inspection.size,
  };
}

/** The tools, with the variant of SUBJECT in the profile of the booted kernel. */
async function buildTools(foundry: Foundry, subject: Subject): Promise<Result> {
  const { series } = subject.kernel;
  const [tools, variant, profile] = (await foundry.build(
    "zfs-guix-tools",
    await channelFor(foundry, subject),
    subject.source,
    ["package=zfs-guix-tools", `variant=${series}`, `profile=${series}`],
  )) as [Built, Built, Built];
  const out = ({ outputs }: Built): string => outputs.get("out")!;
  const became = [tools, variant, profile].every(({ failed }) => failed === undefined)
    ? await foundry.inRoot("zfs-guix-tools", [
        "sh",
        "/srv/built/tools/become",
        out(tools),
        out(profile),
      ])
    : "";
  return {
    name: "zfs-guix-tools",
    expected: "its commands become those in the profile of the booted kernel",
    facts: toolsFacts(subject.release, tools, logOf(foundry, tools), out(variant), became),
    seconds: tools.seconds,
  };
}

/** A kernel that no release supports, in the place of that of SUBJECT. */
async function tryTooNew(foundry: Foundry, subject: Subject): Promise<Result> {
  const { release, source, kernel } = subject;
  const kernelRelease = await foundry.kernel(TOO_NEW);
  const [refused, forced] = (await foundry.build(
    `Linux ${TOO_NEW.series}`,
    await channelFor(foundry, subject),
    source,
    [`refused=${TOO_NEW.series}`, `forced=${kernel.series},${TOO_NEW.series}`],
  )) as [Built, Built];
  return {
    name: `Linux ${TOO_NEW.series}`,
    expected: `OpenZFS ${release.version} is refused to Linux ${kernelRelease}, and rightly so`,
    facts: tooNewFacts(TOO_NEW.series, refused, forced, logOf(foundry, forced)),
    seconds: forced.seconds,
  };
}

/** This project as a channel. */
async function pull(foundry: Foundry): Promise<Result> {
  const { modules, profile, packages } = await foundry.pull();
  const names = (await knownKernels())
    .map(({ series }) => formatSeries(series))
    .filter((series) => foundry.hasKernel(series))
    .map((series) => `zfs-for-linux-${series}`);
  return {
    name: "guix pull",
    expected: "Guix builds the channel, and its package cache, without a warning",
    facts: pullFacts(
      modules,
      profile,
      [logOf(foundry, modules), logOf(foundry, profile)],
      packages,
      [...names, "zfs-guix-tools", "zfs-guix-auto-snapshot"],
    ),
    seconds: modules.seconds + profile.seconds,
  };
}

/** Whether MUTANT is seen, or the packages as they are pass, with a small source of SUBJECT's release. */
async function tryMutant(
  foundry: Foundry,
  subject: Subject,
  mutant: Mutant | undefined,
): Promise<Result> {
  const { source, releases } = await foundry.smallSource(subject.release);
  const small = { ...subject, source };
  const channel = await channelFor(foundry, small, ["--releases", releases]);
  if (mutant !== undefined) mutate(mutant, join(foundry.root, channel, PACKAGES));
  const { facts, otherKernel, variant } = await buildVariant(foundry, channel, small, "mutants");
  const all = [...facts.facts, ...otherKernel.facts];
  const seconds = facts.seconds + otherKernel.seconds;
  if (mutant === undefined)
    return { name: "no-mutant", expected: "the packages as they are pass", facts: all, seconds };
  const wrong = all.filter(({ holds }) => !holds);
  const said = [
    ...wrong.flatMap(({ what, seen }) => (what === mutant.seenBy ? [seen] : [])),
    variant.failed ?? "",
    logOf(foundry, variant),
  ].join("\n");
  return {
    name: mutant.name,
    expected: `${mutant.what}: it is seen`,
    facts: [
      {
        what: `not: ${mutant.seenBy}`,
        holds: wrong.some(({ what }) => what === mutant.seenBy),
        seen: wrong.map(({ what }) => what).join("; "),
      },
      { what: "for this reason", holds: mutant.says.test(said), seen: said },
    ],
    seconds,
  };
}

function logOf(foundry: Foundry, { log }: Built): string {
  return log === undefined ? "" : gunzipSync(readFileSync(join(foundry.root, log))).toString();
}
