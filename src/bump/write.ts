import { differs, writeChange, type ChangeSet } from "../changeset";

/** Writes what differs in CHANGES: all of it or, where one file cannot be written, nothing. */
export async function writeAll(changes: ChangeSet): Promise<void> {
  const written: ChangeSet[number][] = [];
  try {
    for (const change of changes.filter(differs)) {
      await writeChange(change);
      written.push(change);
    }
  } catch (error) {
    await takeBack(written);
    throw error;
  }
}

/** Undoes what CHANGES, which were written, did; a file that somebody changed since is left alone. */
export async function takeBack(changes: ChangeSet): Promise<void> {
  for (const { before, after, ...change } of changes.filter(differs)) {
    // The error that led here is the one to tell.
    await writeChange({ ...change, before: after, after: before }).catch(() => {});
  }
}
