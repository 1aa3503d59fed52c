import { unlink } from "node:fs/promises";
import { differs, type ChangeSet } from "../changeset";
import { replaceText } from "../files";

/** Writes what differs in CHANGES: all of it or, where one file cannot be written, nothing. */
export async function writeAll(changes: ChangeSet): Promise<void> {
  const written: ChangeSet[number][] = [];
  try {
    for (const change of changes.filter(differs)) {
      await replaceText(change.path, change.before, change.after);
      written.push(change);
    }
  } catch (error) {
    await takeBack(written);
    throw error;
  }
}

/** Undoes what CHANGES, which were written, did; a file that somebody changed since is left alone. */
export async function takeBack(changes: ChangeSet): Promise<void> {
  for (const { path, before, after } of changes.filter(differs)) {
    const undone = before === undefined ? unlink(path) : replaceText(path, after, before);
    // The error that led here is the one to tell.
    await undone.catch(() => {});
  }
}
