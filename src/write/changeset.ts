import { UserError, type Problem } from "../errors";
import { readTextIfAny, removeText, replaceText } from "../files";
import type { Plan } from "../plan/plan";

/** What a file is to a commit's message. */
export type FileRole = "packages" | "plain" | "list" | "kernels" | "releases";

/** A file before and after; either is undefined where there is none. */
export interface FileChange {
  readonly role: FileRole;
  /** As it is shown to the user, and as it is opened. */
  readonly path: string;
  /** In a diff, where that is not the path: relative to what the diff is applied to. */
  readonly shownAs?: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** What somebody would lose by it; where there is something, it is shown and not written. */
  readonly losses?: readonly Problem[];
}

/** What a command would write, in the order of writing; `generate` writes it, `check` shows it. */
export type ChangeSet = readonly FileChange[];

/** What a command makes of its options before it does anything. */
export interface Generation {
  readonly plan: Plan;
  readonly changes: ChangeSet;
  /** In a checkout, the same in change sets of a package each. */
  readonly steps?: () => readonly ChangeSet[];
  /** What a person should know of what was read, a sentence each, without the period. */
  readonly notes: readonly string[];
  /** What one should know of what is written. */
  readonly effects: readonly string[];
}

export type ChangeStatus = "created" | "changed" | "deleted" | "unchanged";

export function changeStatus({ before, after }: FileChange): ChangeStatus {
  return before === after
    ? "unchanged"
    : before === undefined
      ? "created"
      : after === undefined
        ? "deleted"
        : "changed";
}

export function differs(change: FileChange): boolean {
  return change.before !== change.after;
}

/** Makes sure that nobody loses anything by CHANGES. */
export function refuseLosses(changes: ChangeSet): void {
  const problems = changes.flatMap(({ losses }) => losses ?? []);
  if (problems.length > 0) throw new UserError(problems);
}

/** CHANGES, written by somebody who means it. */
export function forced(changes: ChangeSet): ChangeSet {
  return changes.map(({ losses: _, ...change }) => change);
}

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
export async function takeBack(changes: ChangeSet): Promise<void> {
  for (const { before, after, ...change } of changes.filter(differs)) {
    // The error that led here is the one to tell.
    await writeChange({ ...change, before: after, after: before }).catch(() => {});
  }
}

/** CHANGES as a unified diff, empty where nothing differs. */
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
        {
          headerOptions: FILE_HEADERS_ONLY,
        },
      ),
    )
    .join("");
}
