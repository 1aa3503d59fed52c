import { readFileSync, writeFileSync } from "node:fs";

/** A deliberate mistake in a file that is emitted. */
export interface Mutation {
  readonly name: string;
  /** What stands there, and what stands there then, wherever it does. */
  readonly edits: readonly (readonly [from: string | RegExp, to: string])[];
}

/** Makes the mistake in FILE; throws where the file is no longer as the mutation expects. */
export function mutate({ name, edits }: Mutation, file: string): void {
  let text = readFileSync(file, "utf8");
  for (const [from, to] of edits) {
    const changed = text.replaceAll(typeof from === "string" ? from : new RegExp(from, "g"), to);
    if (changed === text) throw new Error(`mutant ${name}: ${file} has no ${String(from)}`);
    text = changed;
  }
  writeFileSync(file, text);
}
