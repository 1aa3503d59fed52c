import { join } from "node:path";
import { isUserError, UserError } from "../../errors";
import { readTextIfAny } from "../../files";
import { differs, type ChangeSet } from "../../layout/changeset";
import { digest } from "../../layout/seal";
import { DESCRIPTION_FILE, parseDescription } from "../../read/description";
import { writeChanges } from "../../write/changes";
import {
  apart,
  commitPaths,
  commitsOf,
  committable,
  openRepository,
  pathInRepository,
  refuseUntracked,
  takeIn,
  type Committable,
  type Repository,
} from "../../write/git/repository";
import { removedVariants, type Bump, type BumpStep } from "./steps";
import { formatMessage } from "./message";
import { addNews, removalNews, type NewsEntry } from "./news";

export interface MadeCommit {
  readonly id: string;
  readonly summary: string;
}

/** The repository of DIRECTORY, if a commit can be made in it, on BRANCH, a new one, or on the one that is checked out. */
export async function repositoryToCommit(
  directory: string,
  branch: string | undefined,
): Promise<Committable> {
  return committable(
    await openRepository(directory, "run git init, or leave --commit away"),
    branch,
  );
}

export function pathsInRepository(repository: Repository, files: ChangeSet): Promise<string[]> {
  return Promise.all(files.map(({ path }) => pathInRepository(repository, path)));
}

/**
 * Commits BUMP, step by step, and, in a commit after that, the news of what is
 * gone.  It is made apart, and then all of it is there at once, or none.
 */
export async function commitBump(
  repository: Committable,
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
  const left = bump.plan.variants.map(({ kernel }) => kernel);
  const summaries: string[] = [];
  const ids = await apart(repository, async (place) => {
    const commit = async ({ files, message }: BumpStep): Promise<void> => {
      const paths = await pathsInRepository(repository, files);
      await writeApart(files, (index) => join(place.top, paths[index]!));
      const added = paths.filter((_, index) => files[index]!.before === undefined);
      await commitPaths(repository, place, { paths, added }, message);
      summaries.push(message.split("\n")[0]!);
    };
    for (const step of bump.steps) await commit(step);
    // Else the users of what is gone would never be told: the next bump has nothing to remove.
    if (news !== undefined) {
      const [first] = await commitsOf(repository, place);
      await commit(
        newsStep(repository, news, removalNews(removed, left, first!, bump.guix !== undefined)),
      );
    }
    return commitsOf(repository, place);
  });
  await takeIn(repository, ids.at(-1)!, branch);
  return ids.map((id, index) => ({ id, summary: summaries[index]! }));
}

/** Writes FILES to the places TO; what is in the way there is told of the files themselves. */
async function writeApart(files: ChangeSet, to: (index: number) => string): Promise<void> {
  try {
    const changes = files.map(async ({ before, ...file }, index) => {
      const path = to(index);
      const there = await readTextIfAny(path, "file");
      // git has changed the line ends where it is told to since the file was written.
      const isSame = digest(there ?? "") === digest(before ?? "");
      return { ...file, path, before: isSame ? there : before };
    });
    await writeChanges(await Promise.all(changes));
  } catch (error) {
    if (!isUserError(error)) throw error;
    const own = (file = ""): string => files.find((_, index) => to(index) === file)?.path ?? file;
    throw new UserError(error.problems.map(({ file, ...rest }) => ({ ...rest, file: own(file) })));
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
