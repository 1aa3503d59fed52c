import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { askGuile as ask, type GuileReading, type Request } from "../test/support/guile";

/** Guile's answers do not depend on a mutant, so each question is asked once; in the sandbox, which goes. */
const FILE = "guile-answers.json";

const answers = new Map<string, GuileReading>(existsSync(FILE) ? (JSON.parse(readFileSync(FILE, "utf8")) as [string, GuileReading][]) : []);

export function askGuile(requests: readonly Request[]): GuileReading[] {
  const keys = requests.map((request) => JSON.stringify(request));
  const unknown = new Map(keys.flatMap((key, index) => (answers.has(key) ? [] : [[key, requests[index]!] as const])));
  if (unknown.size > 0) {
    const found = ask([...unknown.values()]);
    for (const [index, key] of [...unknown.keys()].entries()) answers.set(key, found[index]!);
    // Many at a time are those of a test, few those of a mutant.
    if (unknown.size > 500) writeFileSync(FILE, JSON.stringify([...answers]));
  }
  return keys.map((key) => answers.get(key)!);
}
