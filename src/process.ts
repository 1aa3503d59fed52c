import { fstatSync, readFileSync, statSync, writeSync } from "node:fs";
import { printable } from "./errors";
import { errorCode, shippedFile } from "./files";

/**
 * Writes TEXT to STREAM, standard output or error.
 *
 * Not with its `write`: to a file, that takes what one write(2) wrote for the
 * whole, as on a disk that fills up.  Throws what the system says, such as "no
 * space"; but a reader that has seen enough, such as head, may close the pipe.
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

/**
 * Whether standard output is a terminal, or the log of a workflow, both of
 * which obey some of what is written there.
 */
export function isWatched({ isTTY }: { readonly isTTY?: boolean }): boolean {
  return process.env.GITHUB_ACTIONS === "true" || isTTY === true;
}

/**
 * Whether standard output was closed, as by `>&-`.  Node then opens /dev/null
 * in its place, for reading and writing, before any of our code runs; a shell
 * opens it for writing alone.
 */
export function isClosed(): boolean {
  try {
    if (fstatSync(1).rdev !== statSync("/dev/null").rdev) return false;
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync("/proc/self/fdinfo/1", "utf8"))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & 3) === 2;
  } catch {
    return false;
  }
}

/**
 * TEXT, of several lines, in a form that is shown and not obeyed.  A diff has
 * the bytes of a stranger's file, which have to be exact for who applies it.
 */
export function shown(text: string): string {
  return text.replace(/[^\n\t]+/g, printable);
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Has HEARD be told of a signal to stop, which has no other effect until what this returns is called. */
export function onInterrupt(heard: (signal: NodeJS.Signals) => void): () => void {
  for (const signal of SIGNALS) process.on(signal, heard);
  return () => {
    for (const signal of SIGNALS) process.off(signal, heard);
  };
}

/** The version of this zfs-guix, `0.2.0`. */
export const VERSION = (
  JSON.parse(readFileSync(shippedFile("package.json"), "utf8")) as { version: string }
).version;
