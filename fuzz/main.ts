import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { TARGET_NAMES, type Message, type Order } from "./order";

/** A case that takes longer, in milliseconds, hangs: the longest inputs take a tenth of a second. */
const PATIENCE = 60_000;

/** In MB; the longest inputs have half of one. */
const MEMORY = 512;

const LONGEST_SHOWN = 4000;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seconds: { type: "string" },
      seed: { type: "string" },
      cases: { type: "string" },
      from: { type: "string" },
      only: { type: "string" },
    },
  });
  const number = (text: string | undefined): number | undefined =>
    text === undefined ? undefined : Number(text);
  const seed = number(values.seed) ?? Math.floor(Math.random() * 2 ** 32);
  const progress = new Int32Array(new SharedArrayBuffer(8));
  const order: Order = {
    seed,
    seconds: number(values.seconds) ?? (values.cases === undefined ? 60 : undefined),
    cases: number(values.cases),
    from: number(values.from) ?? 0,
    only: values.only,
    progress,
  };
  console.log(`seed ${seed}`);
  const again = (target: string, index: number): string =>
    `npm run fuzz -- --seed ${seed} --only ${target} --from ${Math.max(0, index)} --cases 1`;
  const where = (): string => again(TARGET_NAMES[progress[0]!]!, progress[1]!);

  return new Promise((resolve) => {
    let faults = 0;
    const worker = new Worker(new URL("worker.mjs", import.meta.url), {
      workerData: order,
      resourceLimits: { maxOldGenerationSizeMb: MEMORY },
    });
    let last = "";
    const watchdog = setInterval(() => {
      const now = progress.join(" ");
      if (now === last && progress[1] !== -1) {
        console.log(`hangs: ${where()}`);
        void worker.terminate().then(() => resolve(1));
      }
      last = now;
    }, PATIENCE);
    const stop = (status: number): void => {
      clearInterval(watchdog);
      resolve(status);
    };
    worker.on("message", (message: Message) => {
      if ("fault" in message) {
        faults += 1;
        console.log(
          `\n${message.fault}\ninput: ${JSON.stringify(message.input).slice(0, LONGEST_SHOWN)}\nagain: ${again(message.target, message.index)}`,
        );
        return;
      }
      const counts = Object.entries(message.done);
      console.log(counts.map(([name, count]) => `${name} ${count}`).join(", "));
      console.log(`${counts.reduce((sum, [, count]) => sum + count, 0)} cases, ${faults} faults`);
      stop(faults === 0 ? 0 : 1);
    });
    worker.on("error", (error) => {
      console.log(`\n${error.stack}\nagain: ${where()}`);
      stop(1);
    });
  });
}

process.exitCode = await main();
