import { writeSync } from "node:fs";
import { parseArgs } from "node:util";
import { caseSeed, Random } from "./random";
import type { Target } from "./target";
import { checkout } from "./targets/checkout";
import { data } from "./targets/data";
import { kernels } from "./targets/kernels";
import { reader } from "./targets/reader";
import { templates } from "./targets/templates";
import { words } from "./targets/words";

const TARGETS: Readonly<Record<string, Target>> = {
  reader,
  kernels,
  data,
  checkout,
  templates,
  words,
};

/** Cases of one target before the next one has its turn. */
const TURN = 25;

const MOST_FAULTS = 20;
const LONGEST_SHOWN = 4000;

/** Runs cases until their number or the time is reached; what is being done goes to file descriptor 3. */
async function main(): Promise<number> {
  const option = { type: "string" } as const;
  const { values } = parseArgs({
    options: { seconds: option, seed: option, cases: option, from: option, only: option },
  });
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
  const from = Number(values.from ?? 0);
  const to = from + Number(values.cases ?? Infinity);
  const seconds = Number(values.seconds ?? (values.cases === undefined ? 60 : Infinity));
  const end = performance.now() + seconds * 1000;
  const chosen = Object.entries(TARGETS).filter(([name]) => name === (values.only ?? name));
  if (chosen.length === 0)
    throw new Error(`--only: expected one of ${Object.keys(TARGETS).join()}`);
  const counts = new Map(chosen.map(([name]) => [name, 0]));
  let faults = 0;
  console.log(`seed ${seed}`);

  async function attempt(
    again: string,
    action: (note: (input: string) => void) => void | Promise<void>,
  ): Promise<void> {
    let input = "";
    writeSync(3, `${again}\n`);
    try {
      await action((given) => (input = given));
    } catch (error) {
      faults += 1;
      console.log(
        `\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\ninput: ${JSON.stringify(input).slice(0, LONGEST_SHOWN)}\nagain: ${again}`,
      );
    }
  }

  for (
    let start = from;
    start < to && performance.now() < end && faults < MOST_FAULTS;
    start += TURN
  )
    for (const [name, target] of chosen)
      for (let index = start; index < Math.min(start + TURN, to); index += 1) {
        if (performance.now() >= end) break;
        await attempt(
          `npm run fuzz -- --seed ${seed} --only ${name} --from ${index} --cases 1`,
          (note) => target.run(new Random(caseSeed(seed, name, index)), note),
        );
        counts.set(name, counts.get(name)! + 1);
      }
  for (const [name, { settle }] of chosen)
    if (settle !== undefined)
      await attempt(`npm run fuzz -- --seed ${seed} --only ${name}`, settle);

  console.log([...counts].map(([name, count]) => `${name} ${count}`).join(", "));
  console.log(
    `${[...counts.values()].reduce((sum, count) => sum + count)} cases, ${faults} faults`,
  );
  return faults === 0 ? 0 : 1;
}

process.exitCode = await main();
