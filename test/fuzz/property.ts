import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { isUserError } from "../../src/errors";
import { shippedFile } from "../../src/files";
import type { Plan } from "../../src/plan/plan";
import { definitions } from "../../src/read/guix/definition";
import { parseReleaseData } from "../../src/read/openzfs/data-file";
import { read } from "../../src/read/scheme/read";
import { headSymbol, isList, walk } from "../../src/read/scheme/datum";
import { readPlainFiles } from "../../src/read/plain-files";
import { obeyed } from "../support/run";

export const plain = await readPlainFiles();

export const RELEASE_DATA = readFileSync(shippedFile("data/openzfs-releases.json"), "utf8");
export const { releases } = await parseReleaseData(RELEASE_DATA, "data");

/**
 * `npm run fuzz` gives each target SECONDS and other cases each time; `npm test`
 * a few cases, others each day.  A failure prints the SEED and the PATH that
 * give its case again.
 */
const { FUZZ_SECONDS: seconds, FUZZ_SEED: seed, FUZZ_PATH: path } = process.env;

/** 20261128, the same for all who run the tests on a day. */
const TODAY = Number(new Date().toISOString().slice(0, 10).replaceAll("-", ""));

/** In milliseconds, with what it takes to make a failing case smaller. */
const TIME = Number(seconds ?? 120) * 1000;

const OF_OBJECTS = Reflect.ownKeys(Object.prototype);

/** How many cases `npm test` tries, and the least part of them that has to come to the end. */
interface Extent {
  readonly cases?: number;
  readonly floor: number;
}

/**
 * A test that CHECK, which throws where something is wrong, holds for made-up
 * INPUT.  What it returns tells whether it came to the end: input that is refused
 * at once says little, and a target whose input all is would find nothing.
 */
export function fuzz<Input>(
  target: string,
  input: fc.Arbitrary<Input>,
  { cases = 60, floor }: Extent,
  check: (input: Input) => Promise<boolean>,
): void {
  const short = seconds === undefined;
  let [tried, ended] = [0, 0];
  const property = fc.asyncProperty(input, async (given) => {
    tried += 1;
    if (await check(given)) ended += 1;
    expect(Reflect.ownKeys(Object.prototype)).toEqual(OF_OBJECTS);
  });
  const run = async (): Promise<void> => {
    await fc.assert(property, {
      numRuns: short ? cases : Infinity,
      ...((short || seed !== undefined) && { seed: Number(seed ?? TODAY) }),
      ...(path !== undefined && { path }),
      plugins: [fc.unbiased(), fc.interruptAfterTimeLimit(TIME, { failOnInterrupt: short })],
    });
    if (!short) process.stderr.write(`${target}: ${ended} of ${tried} cases came to the end\n`);
    // One case that was asked for says nothing of the others.
    if (path === undefined) expect(ended / tried).toBeGreaterThanOrEqual(floor);
  };
  test(target, run, TIME + 60_000);
}

/** What ACTION gives, or undefined where it refuses in sentences; any other error is a fault. */
export async function orSentence<T>(action: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    if (!isUserError(error)) throw error;
    expectShown(error.message);
    // A sentence without its period, which says something.
    const lines = error.message.split("\n");
    expect(lines.filter((line) => !/\S$/.test(line) || /\w\.$/.test(line))).toEqual([]);
    const said = lines.map((line) => line.replace(/[`"].*[`"]/s, ""));
    expect(said.filter((line) => /undefined|NaN|\[object/.test(line))).toEqual([]);
    return undefined;
  }
}

/** Fails where TEXT has something that is obeyed. */
export function expectShown(text: string): void {
  expect(obeyed(text)).toBeUndefined();
}

/**
 * Makes sure that TEXT, which was emitted, defines the variants of PLAN with forms
 * that are the same for all of them, so that no name or string of one became code.
 */
export function expectVariants(text: string, { variants }: Plan): void {
  const all = definitions(read(text).forms).filter(
    ({ name }) => name.startsWith("zfs-for-") && name !== "zfs-for-kernel",
  );
  expect(all.map(({ name }) => name).sort()).toEqual(
    variants.map(({ kernel }) => kernel.variant).sort(),
  );
  const shapes = all.map(({ form }) =>
    Array.from(walk(form), (datum) =>
      isList(datum) ? `(${headSymbol(datum)}/${datum.items.length}` : datum.kind,
    )
      .join(" ")
      // The name of a module has any number of parts.
      .replace(/(?<=\(kernel\/3 atom )\(\S+( atom)+(?= atom$)/, "module"),
  );
  expect(shapes).toEqual(shapes.map(() => shapes[0]));
}
