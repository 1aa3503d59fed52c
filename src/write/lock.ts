// Apart from all else: what this library loads ends the process on signals that writing has an answer to.
import { join } from "node:path";
import { lock } from "proper-lockfile";
import { UserError } from "../errors";
import { errorCode, systemMessage } from "../files";

/**
 * A directory without contents, so that git never shows it; it goes with the
 * process, and one that a killed process left behind is taken over.
 */
const LOCK = ".zfs-guix.lock";

/** A process that is killed leaves its lock behind for this long, in milliseconds. */
const STALE = 15_000;

/**
 * Runs ACTION as the only one of its kind in DIRECTORY; throws a UserError where another one is at work.
 *
 * A lock can be lost, as when the machine slept.  Nothing is lost by that:
 * whatever writes looks first whether the file still is what it has read.
 */
export async function withLock<T>(directory: string, action: () => Promise<T>): Promise<T> {
  let release: () => Promise<void>;
  try {
    release = await lock(directory, {
      lockfilePath: join(directory, LOCK),
      stale: STALE,
      onCompromised: () => {},
    });
  } catch (error) {
    throw new UserError(
      errorCode(error) === "ELOCKED"
        ? {
            file: directory,
            message: "another zfs-guix is changing this directory",
            hint: "wait until it has ended",
          }
        : {
            file: directory,
            message: `cannot lock this directory: ${systemMessage(error)}`,
            hint: "make it writable",
          },
    );
  }
  try {
    return await action();
  } finally {
    // It is somebody else's where it was lost.
    await release().catch(() => {});
  }
}
