import { readTextIfAny, removeText, replaceText } from "../files";
import { differs, refuseLosses, type ChangeSet, type FileChange } from "../layout/changeset";

/**
 * Writes what differs in CHANGES and nothing else, so that unchanged files keep
 * their times: all of it or, where one file cannot be written, nothing.
 */
export async function writeChanges(changes: ChangeSet): Promise<void> {
  refuseLosses(changes);
  const written: FileChange[] = [];
  try {
    for (const change of changes.filter(differs)) {
      try {
        await writeChange(change);
        written.push(change);
      } catch (error) {
        // Somebody who was quicker has written the same: it is not ours to take back.
        if ((await readTextIfAny(change.path, "file")) !== change.after) throw error;
      }
    }
  } catch (error) {
    await takeBack(written);
    throw error;
  }
}

async function writeChange({ path, before, after }: FileChange): Promise<void> {
  if (after === undefined) await removeText(path, before);
  else await replaceText(path, before, after);
}

/** Undoes what CHANGES, which were written, did; a file that somebody changed since is left alone. */
async function takeBack(changes: ChangeSet): Promise<void> {
  for (const { before, after, ...change } of changes.filter(differs)) {
    // The error that led here is the one to tell.
    await writeChange({ ...change, before: after, after: before }).catch(() => {});
  }
}

export async function unifiedDiff(changes: ChangeSet): Promise<string> {
  const different = changes.filter(differs);
  if (different.length === 0) return "";
  const { createTwoFilesPatch, FILE_HEADERS_ONLY } = await import("diff");
  return different
    .map(({ path, shownAs = path, before, after }) =>
      createTwoFilesPatch(
        before === undefined ? "/dev/null" : `a/${shownAs}`,
        after === undefined ? "/dev/null" : `b/${shownAs}`,
        before ?? "",
        after ?? "",
        undefined,
        undefined,
        { headerOptions: FILE_HEADERS_ONLY },
      ),
    )
    .join("");
}
