import { fstatSync } from "node:fs";
import { dressed, placeOf } from "./cli/dressed";
import { failure, run } from "./cli/run";
import { UserError } from "./errors";
import { systemMessage } from "./files";
import { isClosed, isWatched, print, shown, VERSION } from "./process";

/** Runs one command; the only place that prints and that sets the exit status. */
export async function main(): Promise<void> {
  // A terminal is a character device; for all else, its stream is not worth loading.
  const output = fstatSync(1).isCharacterDevice() ? process.stdout : {};
  const place = placeOf(output, process.env);
  let outcome = await run(process.argv.slice(2), {
    version: VERSION,
    width: place.width,
    isClosed,
    tell: (text) => process.stderr.write(text),
  });
  try {
    const text = isWatched(output) ? shown(outcome.output) : outcome.output;
    print("stdout", await dressed(text, outcome.look, place));
  } catch (error) {
    outcome = failure(
      new UserError({ message: `cannot write the result: ${systemMessage(error)}` }),
    );
  }
  process.exitCode = outcome.status;
  try {
    print("stderr", outcome.talk ?? "");
  } catch {
    // The status is all that can be told; what an error leaves by itself means that something differs.
    process.exitCode = 2;
  }
}
