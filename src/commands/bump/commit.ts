import { join } from "node:path";
import { differs, takeBack, writeChanges, type ChangeSet } from "../../write/changeset";
import { readTextIfAny } from "../../files";
import { DESCRIPTION_FILE, parseDescription } from "../../read/description";
import {
  abandonBranch,
  commitPaths,
  headOf,
  openRepository,
  pathInRepository,
  refuseBranch,
  refuseDirty,
  refuseNobody,
  refuseUntracked,
  startBranch,
  takeBackCommits,
  type Repository,
} from "../../write/git/repository";
import { removedVariants, type Bump, type BumpStep } from "./bump";
import { formatMessage } from "./message";
import { addNews, removalNews, type NewsEntry } from "./news";

/** A commit that was made. */
export interface MadeCommit {
  readonly id: string;
  readonly summary: string;
}

/** The repository of DIRECTORY, if a commit can be made in it, on BRANCH, a new one, or on the one that is checked out. */
export async function repositoryToCommit(
  directory: string,
  branch: string | undefined,
): Promise<Repository> {
  const repository = await openRepository(directory, "run git init, or leave --commit away");
  await refuseDirty(repository);
  await refuseBranch(repository, branch);
  await refuseNobody(repository);
  return repository;
}

/** The paths that REPOSITORY has for FILES. */
export function pathsInRepository(repository: Repository, files: ChangeSet): Promise<string[]> {
  return Promise.all(files.map(({ path }) => pathInRepository(repository, path)));
}

/**
 * Writes BUMP and commits it, step by step, and, in a commit after that, the
 * news of what is gone.  Where it fails, all is as it was before.
 */
export async function commitBump(
  repository: Repository,
  bump: Bump,
  branch: string | undefined,
): Promise<MadeCommit[]> {
  const changes = bump.files.filter(differs);
  const paths = await pathsInRepository(repository, changes);
  await refuseUntracked(
    repository,
    paths.filter((_, index) => changes[index]!.before !== undefined),
  );
  const removed = removedVariants(bump);
  const news = removed.length === 0 ? undefined : await newsFile(repository);
  const made: MadeCommit[] = [];
  const done: ChangeSet[] = [];
  const commit = async ({ files, message }: BumpStep): Promise<void> => {
    await writeChanges(files);
    done.push(files);
    made.push({
      id: await commitPaths(repository, await pathsInRepository(repository, files), message),
      summary: message.split("\n")[0]!,
    });
  };
  const start = await headOf(repository);
  if (branch !== undefined) await startBranch(repository, branch);
  try {
    for (const step of bump.steps) await commit(step);
    // Else the users of what is gone would never be told: the next bump has nothing to remove.
    if (news !== undefined)
      await commit(
        newsStep(
          repository,
          news,
          removalNews(
            removed,
            bump.plan.variants.map(({ kernel }) => kernel),
            made[0]!.id,
          ),
        ),
      );
    return made;
  } catch (error) {
    if (made.length > 0 && start !== undefined)
      await takeBackCommits(repository, start, made.at(-1)!.id);
    for (const files of done.reverse()) await takeBack(files);
    if (branch !== undefined) await abandonBranch(repository, branch);
    throw error;
  }
}

function newsStep({ top }: Repository, { path, text }: NewsFile, entry: NewsEntry): BumpStep {
  const message = formatMessage({
    summary: "news: Add entry for removed variants of zfs.",
    entries: [
      { file: path, items: [{ names: [], text: text === undefined ? "New file." : "Add entry." }] },
    ],
  });
  return {
    files: [
      { role: "plain", path: join(top, path), before: text, after: addNews(text, path, entry) },
    ],
    message,
  };
}

interface NewsFile {
  readonly path: string;
  readonly text: string | undefined;
}

/** The news file of the channel at the top of REPOSITORY; undefined where it is no channel, or one without news. */
async function newsFile({ top }: Repository): Promise<NewsFile | undefined> {
  const file = join(top, DESCRIPTION_FILE);
  const text = await readTextIfAny(file, "channel's description");
  const path = text === undefined ? undefined : parseDescription(text, file).newsFile;
  if (path === undefined) return undefined;
  const news = await readTextIfAny(join(top, path), "channel's news");
  // Whether it can be added to is to be known before anything is written.
  addNews(news, path, { commit: "", title: "", body: [] });
  return { path, text: news };
}
