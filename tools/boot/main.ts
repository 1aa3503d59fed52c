import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { UserError } from "../../src/errors";
import { Foundry, KERNELS } from "../built/foundry";
import { choose } from "../built/subject";
import { defaultCache, progress, runIn } from "../command";
import { mutate } from "../mutate";
import { isGood, printResult, seen, table, type Fact, type Result } from "../report";
import { Cache, STAND_INS } from "./cache";
import { Machine, MAIN_SERIES, type Disk, type Parts } from "./machine";
import { MUTANTS, SERVICE } from "./mutants";
import type { Scenario } from "./scenario";
import { ROOT_SCENARIOS } from "./root-scenarios";
import { OTHER_SERIES, SCENARIOS } from "./scenarios";
import { makeDisks } from "./workshop";
import { runZts } from "./zts/run";

const ALL: readonly Scenario[] = [...SCENARIOS, ...OTHER_SERIES, ...ROOT_SCENARIOS];

const USAGE =
  "usage: npm run boot -- [--only NAME]… [--mutants | --zts] [--json] [--cache DIRECTORY]";

interface Options {
  readonly only: readonly string[];
  readonly mutants: boolean;
  readonly zts: boolean;
  readonly json: boolean;
  readonly cache: string;
}

/** Boots what ARGUMENTS name; the exit status: 0 where all is as expected, 1 where it is not, 2 where nothing could be booted. */
export async function main(argumentsGiven: readonly string[]): Promise<number> {
  return runIn(
    argumentsGiven,
    parseOptions,
    {
      programs: ["debootstrap", "qemu-system-x86_64", "qemu-img", "unshare", "setpriv"],
      packages: "debootstrap qemu-system-x86 qemu-utils ovmf util-linux",
    },
    boot,
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
        zts: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        cache: { type: "string", default: defaultCache() },
      },
    }));
  } catch (error) {
    throw new UserError({ message: (error as Error).message, hint: USAGE });
  }
  const names = new Set<string>([...ALL, ...MUTANTS].map(({ name }) => name));
  const unknown = values.only.find((name) => !names.has(name));
  if (unknown !== undefined)
    throw new UserError({
      message: `--only: there is no ${JSON.stringify(unknown)}; expected one of ${[...names].join(", ")}`,
    });
  return { ...values, cache: resolve(values.cache) };
}

async function boot({ only, mutants, zts, json, cache: directory }: Options): Promise<number> {
  const wanted = <T extends { readonly name: string }>(all: readonly T[]): readonly T[] =>
    only.length === 0 ? all : all.filter(({ name }) => only.includes(name));
  const results: Result[] = [];
  const take = (result: Result): void => {
    results.push(result);
    printResult(result);
  };
  // Sockets have short names.
  const temporary = mkdtempSync(join(tmpdir(), "boot-"));
  process.on("exit", () => rmSync(temporary, { recursive: true, force: true }));

  const foundry = new Foundry(directory, progress);
  await foundry.make();
  const cache = new Cache(foundry, progress);
  const { subjects, notBuilt } = await choose(foundry, KERNELS);
  const main = subjects.find(({ kernel }) => kernel.series === MAIN_SERIES);
  if (main === undefined) throw new UserError({ message: notBuilt.join("; ") });
  // One channel has one release.
  const bootable = subjects.filter(({ release }) => release === main.release);
  const build = async (
    scenarios: readonly Scenario[],
    change?: (channel: string) => void,
  ): Promise<Parts> => {
    const series = new Set([
      MAIN_SERIES,
      ...scenarios.flatMap((scenario) => scenario.series ?? []),
    ]);
    return cache.build(
      bootable.filter(({ kernel }) => series.has(kernel.series)),
      systemsOf(scenarios),
      change,
    );
  };
  if (mutants) {
    for (const mutant of wanted(MUTANTS)) {
      const scenario = SCENARIOS.find(({ name }) => name === mutant.scenario)!;
      const parts = await build([scenario], (channel) => mutate(mutant, join(channel, SERVICE)));
      const [result] = await runAll(
        [scenario],
        parts,
        mkdtempSync(join(temporary, "m")),
        directory,
        () => {},
      );
      // The scenario is to see it, by a fact: a machine that hangs shows nothing.
      const caught = result!.facts.some(({ holds }) => !holds);
      take({
        ...result!,
        name: mutant.name,
        expected: `${mutant.what}: ${mutant.scenario} sees it`,
        facts: [{ what: `caught by ${mutant.scenario}`, holds: caught, seen: seen(result!) }],
        failure: undefined,
      });
    }
  } else if (zts) {
    const started = Date.now();
    const { console: log, ...outcome } = await runZts(
      await cache.buildZts(await build([])),
      temporary,
      (line) => progress(`tests: ${line}`),
    );
    take(
      keepLog(
        {
          name: "zts",
          expected: "OpenZFS's own tests pass with the wrapped commands as with the real ones",
          ...outcome,
          seconds: secondsSince(started),
        },
        log,
        directory,
      ),
    );
  } else {
    const built = new Set(bootable.map(({ kernel }) => kernel.series));
    const scenarios = wanted(ALL).filter(({ series }) => series === undefined || built.has(series));
    // Those of a root on ZFS have an image of their own, which is copied for each
    // of them to its pool.
    for (const [number, some] of [
      scenarios.filter((scenario) => !ROOT_SCENARIOS.includes(scenario)),
      scenarios.filter((scenario) => ROOT_SCENARIOS.includes(scenario)),
    ].entries()) {
      if (some.length === 0) continue;
      const own = join(temporary, String(number));
      mkdirSync(own);
      await runAll(some, await build(some), own, directory, take);
    }
  }
  const report = { "Not built": notBuilt, "Stand-ins": STAND_INS };
  console.log(json ? JSON.stringify({ results, ...report }, undefined, 2) : table(results, report));
  return results.every(isGood) ? 0 : 1;
}

/** The systems that SCENARIOS boot, and the one in which their disks are made. */
function systemsOf(scenarios: readonly Scenario[]): readonly string[] {
  return [...new Set(["workshop", ...scenarios.flatMap(({ systems }) => systems)])];
}

async function runAll(
  scenarios: readonly Scenario[],
  parts: Parts,
  temporary: string,
  cache: string,
  take: (result: Result) => void,
): Promise<readonly Result[]> {
  progress("disks");
  const disks = await makeDisks(scenarios, parts, temporary);
  const results: Result[] = [];
  for (const [index, scenario] of scenarios.entries()) {
    progress(`${scenario.name}, ${index + 1} of ${scenarios.length}`);
    const own = join(temporary, String(index));
    mkdirSync(own);
    const result = await runOne(scenario, disks.get(scenario.name)!, parts, own, cache);
    rmSync(own, { recursive: true });
    results.push(result);
    take(result);
  }
  return results;
}

async function runOne(
  scenario: Scenario,
  disks: readonly Disk[],
  parts: Parts,
  directory: string,
  cache: string,
): Promise<Result> {
  const started = Date.now();
  const facts: Fact[] = [];
  const late = new Set(scenario.late);
  const machine = new Machine(
    parts,
    directory,
    disks.filter(({ serial }) => !late.has(serial)),
    scenario.unnamed,
  );
  let failure: string | undefined;
  try {
    await machine.make();
    await scenario.run(
      machine,
      (what, answer, expected) => {
        const { status, output } =
          typeof answer === "string" ? { status: 0, output: answer } : answer;
        const holds =
          typeof expected === "string"
            ? status === 0 && output.trim() === expected
            : expected instanceof RegExp
              ? expected.test(output)
              : expected({ status, output });
        facts.push({
          what,
          holds,
          seen: status === 0 ? output : `${output.trimEnd()} (status ${status})`,
        });
      },
      (serial) => machine.plug(disks.find((disk) => disk.serial === serial)!),
    );
  } catch (error) {
    // A scenario that breaks is one that failed, whatever broke it.
    failure = error instanceof Error ? error.message : String(error);
  } finally {
    if (failure === undefined && facts.some(({ holds }) => !holds))
      await machine.tell(
        "herd status; for service in $(herd status | sed -n 's/^ [-!] //p'); do herd status $service; done; cat /var/log/messages",
      );
    await machine.cut();
  }
  return keepLog(
    {
      name: scenario.name,
      expected: scenario.expected,
      facts,
      failure,
      seconds: secondsSince(started),
    },
    machine.console,
    cache,
  );
}

function secondsSince(started: number): number {
  return (Date.now() - started) / 1_000;
}

/** RESULT, with a copy of CONSOLE where it is not good. */
function keepLog(result: Result, console: string, cache: string): Result {
  if (isGood(result) || !existsSync(console)) return result;
  const log = join(cache, "logs", `${result.name}.log`);
  mkdirSync(join(cache, "logs"), { recursive: true });
  copyFileSync(console, log);
  return { ...result, log };
}
