import { spawnSync } from "node:child_process";

/** A program and its arguments. */
export type Command = readonly string[];

/** Fewer would not do for a median. */
export const ROUNDS = 21;

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** The medians of what MEASURE and OTHER return, called in turns, so that both see the same of what else the machine does. */
export function alternate<T extends readonly number[]>(measure: () => T, other: () => T): { readonly ours: number[]; readonly theirs: number[] } {
  const ours: T[] = [];
  const theirs: T[] = [];
  measure();
  other();
  for (let round = 0; round < ROUNDS; round += 1) {
    // Not always the same one first.
    const turns = [() => ours.push(measure()), () => theirs.push(other())];
    for (const turn of round % 2 === 0 ? turns : turns.reverse()) turn();
  }
  const medians = (runs: readonly T[]): number[] => runs[0]!.map((_, index) => median(runs.map((run) => run[index]!)));
  return { ours: medians(ours), theirs: medians(theirs) };
}

/** How many milliseconds COMMAND takes. */
export function timeOf(command: Command): () => readonly [number] {
  return () => {
    const start = performance.now();
    run(command);
    return [performance.now() - start];
  };
}

/** The numbers that COMMAND prints. */
export function numbersOf(command: Command): () => readonly number[] {
  return () => run(command, ["ignore", "pipe", "inherit"]).stdout.trim().split(/\s+/).map(Number);
}

/** How much memory COMMAND, a run of Node, had in use at the most, in KiB. */
export function peakOf([node, ...rest]: Command, reporter: string): () => readonly [number] {
  return () => [Number(run([node!, "--require", reporter, ...rest], ["ignore", "ignore", "inherit", "pipe"]).output[3])];
}

function run([program, ...options]: Command, stdio: ("ignore" | "pipe" | "inherit")[] = ["ignore", "ignore", "inherit"]) {
  const result = spawnSync(program!, options, { stdio, encoding: "utf8" });
  if (result.status !== 0) throw new Error(`${[program, ...options].join(" ")} failed: ${result.error?.message ?? `exit status ${result.status}`}`);
  return result;
}
