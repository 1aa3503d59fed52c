import { writeSync } from "node:fs";
import { errorCode } from "./files";

/**
 * Writes TEXT to STREAM, standard output or error.
 *
 * Not with its `write`: that loads Node's streams, which takes longer than
 * most of our commands do.  Throws what the system says, such as "no space";
 * but a reader that has seen enough, such as head, may close the pipe.
 */
export function print(stream: "stdout" | "stderr", text: string): void {
  let bytes = Buffer.from(text);
  try {
    while (bytes.length > 0) bytes = bytes.subarray(writeSync(stream === "stdout" ? 1 : 2, bytes));
  } catch (error) {
    const code = errorCode(error);
    if (code === "EPIPE") return;
    if (code !== "EAGAIN") throw error;
    // A pipe that is full, and that somebody has set up not to be waited for.
    process[stream].on("error", (failed) => {
      if (errorCode(failed) !== "EPIPE") throw failed;
    });
    process[stream].write(bytes);
  }
}
