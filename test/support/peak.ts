import { readFileSync } from "node:fs";
import { isUserError } from "../../src/errors";
import { read } from "../../src/read/scheme/read";

/** Reads the file that is named and prints by how many bytes that raised the peak of the memory. */
function main(file: string): void {
  read("(a)");
  const text = readFileSync(file, "utf8");
  const before = process.resourceUsage().maxRSS;
  let outcome: string;
  try {
    outcome = `${read(text).forms.length} forms`;
  } catch (error) {
    if (!isUserError(error)) throw error;
    outcome = error.message;
  }
  console.log(JSON.stringify({ outcome, bytes: (process.resourceUsage().maxRSS - before) * 1024 }));
}

main(process.argv[2]!);
