import { parentPort, workerData } from "node:worker_threads";
import { TARGET_NAMES, type Message, type Order } from "./order";
import { caseSeed, Random } from "./random";
import type { Target } from "./target";
import { checkout } from "./targets/checkout";
import { data } from "./targets/data";
import { kernels } from "./targets/kernels";
import { hasCompiler, manifest } from "./targets/manifest";
import { reader } from "./targets/reader";
import { templates } from "./targets/templates";
import { words } from "./targets/words";

const TARGETS: readonly Target[] = [
  reader,
  kernels,
  data,
  checkout,
  templates,
  words,
  ...(hasCompiler ? [manifest] : []),
];

/** Cases of one target before the next one has its turn. */
const TURN = 25;

async function work({ seed, seconds, cases, from, only, progress }: Order): Promise<void> {
  const chosen = TARGETS.filter(({ name }) => only === undefined || name === only);
  const counts = new Map(chosen.map(({ name }) => [name, 0]));
  const end = seconds === undefined ? Infinity : performance.now() + seconds * 1000;
  const tell = (message: Message): void => parentPort!.postMessage(message);
  let faults = 0;
  const fault = (target: Target, index: number, input: string, error: unknown): void => {
    faults += 1;
    tell({
      fault: error instanceof Error ? (error.stack ?? error.message) : String(error),
      target: target.name,
      index,
      input,
    });
  };
  for (
    let start = from;
    performance.now() < end && start - from < (cases ?? Infinity) && faults < 20;
    start += TURN
  ) {
    for (const target of chosen) {
      // Starting a Guile takes as long as a hundred cases of the others.
      const turn = target === manifest ? 2 : TURN;
      for (
        let index = start;
        index < start + turn && index - from < (cases ?? Infinity) && performance.now() < end;
        index += 1
      ) {
        progress[0] = TARGET_NAMES.indexOf(target.name);
        Atomics.store(progress, 1, index);
        let input = "";
        try {
          await target.run(
            new Random(caseSeed(seed, target.name, index)),
            (given) => (input = given),
          );
        } catch (error) {
          fault(target, index, input, error);
        }
        counts.set(target.name, counts.get(target.name)! + 1);
      }
    }
  }
  for (const target of chosen) {
    progress[0] = TARGET_NAMES.indexOf(target.name);
    progress[1] = -1;
    try {
      target.settle?.();
    } catch (error) {
      fault(target, -1, "", error);
    }
    target.close?.();
  }
  tell({ done: Object.fromEntries(counts) });
}

void work(workerData as Order);
