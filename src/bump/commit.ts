import { join } from "node:path";
import { differs } from "../changeset";
import { readTextIfAny } from "../files";
import {
  abandonBranch,
  commitPaths,
  openRepository,
  pathInRepository,
  refuseBranch,
  refuseDirty,
  refuseNobody,
  refuseUntracked,
  startBranch,
  takeBackCommit,
  type Repository,
} from "../git/repository";
import { removedVariants, type Bump } from "./bump";
import { formatMessage } from "./message";
import { addNews, newsFileOf, removalNews } from "./news";
import { takeBack, writeAll } from "./write";

/** A commit that was made. */
export interface MadeCommit {
  readonly id: string;
  readonly summary: string;
}

/** The repository of DIRECTORY, if a commit can be made in it, on BRANCH, a new one, or on the one that is checked out. */
export async function repositoryToCommit(directory: string, branch: string | undefined): Promise<Repository> {
  const repository = await openRepository(directory);
  await refuseDirty(repository);
  await refuseBranch(repository, branch);
  await refuseNobody(repository);
  return repository;
}

/** FILES with the paths that REPOSITORY has for them. */
export function withRepositoryPaths<T extends { readonly path: string }>(repository: Repository, files: readonly T[]): Promise<T[]> {
  return Promise.all(files.map(async (file) => ({ ...file, path: await pathInRepository(repository, file.path) })));
}

/**
 * Writes BUMP and commits it and, in a commit after that, which it names, its
 * news.  MESSAGE is the message of the first one.  Where it fails, all is as
 * it was before.
 */
export async function commitBump(repository: Repository, bump: Bump, message: string, branch: string | undefined): Promise<MadeCommit[]> {
  const changes = bump.files.filter(differs);
  const paths = (await withRepositoryPaths(repository, changes)).map(({ path }) => path);
  await refuseUntracked(repository, paths.filter((_, index) => changes[index]!.before !== undefined));
  const news = await newsFile(repository);
  await writeAll(changes);
  let first: MadeCommit;
  try {
    if (branch !== undefined) await startBranch(repository, branch);
    first = await writeCommit(repository, paths, message, branch);
  } catch (error) {
    await takeBack(changes);
    throw error;
  }
  const removed = removedVariants(bump);
  if (removed.length === 0 || news === undefined) return [first];
  const entry = removalNews(removed, bump.plan.variants.map(({ kernel }) => kernel), first.id);
  const change = { path: join(repository.top, news.path), before: news.text, after: addNews(news.text, news.path, entry) };
  await writeAll([change]);
  const newsMessage = formatMessage({ summary: "news: Add entry for removed variants of zfs.", entries: [{ file: news.path, items: [{ names: [], text: news.text === undefined ? "New file." : "Add entry." }] }] });
  try {
    return [first, await writeCommit(repository, [news.path], newsMessage, undefined)];
  } catch (error) {
    // Else the users of what is gone would never be told: the next bump has nothing to remove.
    await takeBack([change]);
    await takeBackCommit(repository, first.id, paths);
    if (branch !== undefined) await abandonBranch(repository, branch);
    await takeBack(changes);
    throw error;
  }
}

async function writeCommit(repository: Repository, paths: readonly string[], message: string, branch: string | undefined): Promise<MadeCommit> {
  try {
    return { id: await commitPaths(repository, paths, message), summary: message.split("\n")[0]! };
  } catch (error) {
    if (branch !== undefined) await abandonBranch(repository, branch);
    throw error;
  }
}

/** The news file of the channel at the top of REPOSITORY; undefined where it is no channel, or one without news. */
async function newsFile({ top }: Repository): Promise<{ readonly path: string; readonly text: string | undefined } | undefined> {
  const file = join(top, ".guix-channel");
  const text = await readTextIfAny(file, "channel's description");
  const path = text === undefined ? undefined : newsFileOf(text, file);
  if (path === undefined) return undefined;
  const news = await readTextIfAny(join(top, path), "channel's news");
  // Whether it can be added to is to be known before anything is written.
  addNews(news, path, { commit: "", title: "", body: [] });
  return { path, text: news };
}
