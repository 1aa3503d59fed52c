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

/** What `withLock` hands to its action. */
export interface Lock {
  /** Throws a UserError where the lock was lost, as after the machine slept, and somebody else may hold it. */
  check(): void;
}

/** Runs ACTION as the only one of its kind in DIRECTORY; throws a UserError where another one is at work. */
export async function withLock<T>(
  directory: string,
  action: (lock: Lock) => Promise<T>,
): Promise<T> {
  let lost = false as boolean;
  let release: () => Promise<void>;
  try {
    release = await lock(directory, {
      lockfilePath: join(directory, LOCK),
      stale: STALE,
      onCompromised: () => (lost = true),
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
    return await action({
      check: () => {
        if (lost)
          throw new UserError({
            file: directory,
            message: "the lock on this directory was lost",
            hint: "nothing was written; run the command again",
          });
      },
    });
  } finally {
    if (!lost) await release();
  }
}
