import { readdir, realpath, stat } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { UserError } from "../../errors";
import type { Holder } from "../../layout/copyright";
import { git, gitFailure, gitReason, ordinaryGit, runGit } from "./git";

export interface Repository {
  /** Of its work tree. */
  readonly top: string;
  /** The directory of git that all its work trees have in common. */
  readonly home: string;
}

/** The repository that DIRECTORY is in; a UserError with HINT where there is none. */
export async function openRepository(directory: string, hint: string): Promise<Repository> {
  const result = await runGit(directory, ["rev-parse", "--show-toplevel", "--git-common-dir"]);
  if (result.status !== 0)
    throw result.errors.includes("not a git repository")
      ? new UserError({ file: directory, message: "this directory is in no git repository", hint })
      : gitFailure(directory, result);
  // The first may have a line break in it.
  const [, top = "", home = ""] = /^(.*)\n(.*)\n$/s.exec(result.output) ?? [];
  return { top, home: resolve(directory, home) };
}

/** FILE as git names it in messages and arguments: below the top of REPOSITORY, with slashes. */
export async function pathInRepository({ top }: Repository, file: string): Promise<string> {
  const path = relative(top, await realPathOfNew(resolve(file)));
  if (path === "" || isAbsolute(path) || path.split(sep)[0] === "..") {
    throw new UserError({
      file,
      message: `this file is outside of the repository ${top}`,
      hint: "run the command in the repository that holds it",
    });
  }
  return path.split(sep).join("/");
}

async function realPathOfNew(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch {
    const parent = resolve(file, "..");
    return parent === file ? file : join(await realPathOfNew(parent), relative(parent, file));
  }
}

/** A repository in which commits can be made. */
export interface Committable extends Repository {
  /** The last commit, which they follow. */
  readonly head: string;
  readonly committer: Holder;
}

/**
 * REPOSITORY, where commits can go to BRANCH, a new one, or to the one that is
 * checked out.
 *
 * @throws UserError where they cannot, or where something is not committed: it
 * could end up in, or get lost by, ours.
 */
export async function committable(
  repository: Repository,
  branch: string | undefined,
): Promise<Committable> {
  const file = repository.top;
  const { head, onBranch, changed } = await statusOf(repository);
  if (changed.length > 0)
    throw new UserError({
      file,
      message: `there are changes that are not committed: ${changed.slice(0, 3).join(", ")}${changed.length > 3 ? ", …" : ""}`,
      hint: "commit or stash them first",
    });
  if (head === undefined)
    throw new UserError({
      file,
      message: "there is no commit yet that another one could follow",
      hint: "make the first with git commit",
    });
  if (branch !== undefined) await refuseBranch(repository, branch);
  else if (!onBranch)
    throw new UserError({
      file,
      message: "no branch is checked out, so a commit would belong to none",
      hint: "name a new one with --branch",
    });
  await identity(repository, "AUTHOR");
  return { ...repository, head, committer: await identity(repository, "COMMITTER") };
}

interface Status {
  /** The last commit; undefined where there is none yet. */
  readonly head: string | undefined;
  readonly onBranch: boolean;
  /** What is not committed of what is in the repository. */
  readonly changed: readonly string[];
}

async function statusOf({ top }: Repository): Promise<Status> {
  const status = await git(top, "cannot see whether the repository is clean", [
    ...["status", "--porcelain=v2", "--branch", "--no-ahead-behind", "--no-renames", "-z"],
    "--untracked-files=no",
  ]);
  const lines = status.split("\0").slice(0, -1);
  const head = lines.find((line) => line.startsWith("# branch.oid "))!.slice(13);
  return {
    head: head === "(initial)" ? undefined : head,
    onBranch: !lines.includes("# branch.head (detached)"),
    // Behind what is told of an ordinary file, or of one that was not merged.
    changed: lines.flatMap(
      (line) => /^(?:1 (?:\S+ ){7}|u (?:\S+ ){9})(.*)$/s.exec(line)?.[1] ?? [],
    ),
  };
}

/** Throws a UserError where one of PATHS is there without being part of REPOSITORY: it is somebody's own. */
export async function refuseUntracked(
  { top }: Repository,
  paths: readonly string[],
): Promise<void> {
  if (paths.length === 0) return;
  const tracked = new Set(
    (
      await git(top, "cannot list the files of the repository", ["ls-files", "-z", "--", ...paths])
    ).split("\0"),
  );
  const [stranger] = paths.filter((path) => !tracked.has(path));
  if (stranger === undefined) return;
  throw new UserError({
    file: stranger,
    message: "this file is not in the repository, and would be overwritten and committed",
    hint: "commit it first, or take it away",
  });
}

/** Who writes or commits what is committed in the directory TOP, and the year; a UserError where git does not know. */
export async function identity(
  { top }: Pick<Repository, "top">,
  role: "AUTHOR" | "COMMITTER",
): Promise<Holder> {
  const { status, output } = await runGit(top, ["var", `GIT_${role}_IDENT`]);
  if (status !== 0)
    throw new UserError({
      file: top,
      message: "git does not know who makes the commit",
      hint: "run git config user.name and git config user.email, each with yours",
    });
  const [, name, email, seconds] = /^(.*) <(.*)> (\d+) [+-]\d{4}$/m.exec(output)!;
  return {
    name: name!,
    email: email!,
    year: new Date(Number(seconds) * 1000).getUTCFullYear(),
  };
}

/** Throws a UserError where BRANCH cannot be a new one of the repository. */
async function refuseBranch({ top }: Repository, branch: string): Promise<void> {
  const valid =
    !branch.startsWith("-") &&
    (await runGit(top, ["check-ref-format", `refs/heads/${branch}`])).status === 0;
  if (!valid)
    throw new UserError({
      message: `--branch ${JSON.stringify(branch)}: this cannot be the name of a branch`,
      hint: "expected one such as bump",
    });
  if (
    (await runGit(top, ["show-ref", "--verify", "--quiet", `refs/heads/${branch}`])).status === 0
  ) {
    throw new UserError({
      message: `--branch ${branch}: there is such a branch already`,
      hint: "name another one, or check this one out and leave --branch away",
    });
  }
}

/** A work tree of its own, where commits are made that nobody sees until they are taken in. */
export interface Place {
  readonly top: string;
  /** The words for git that make the hooks those of the repository. */
  readonly hooks: readonly string[];
}

/**
 * Does ACTION in a place that has what the last commit of REPOSITORY has.
 *
 * It is in the directory of git: on the same disk, so that there is room for
 * what is taken in, and out of the way of who lists files.
 */
export async function apart<T>(
  repository: Committable,
  action: (place: Place) => Promise<T>,
): Promise<T> {
  const { top, home, head } = repository;
  await removeStale(repository);
  const place = {
    top: join(home, `${APART}${process.pid}`),
    hooks: await hooksOf(repository),
  };
  try {
    await git(top, "cannot make the commits apart", [
      ...["worktree", "add", "--quiet", "--detach", place.top, head],
    ]);
    return await action(place);
  } finally {
    await runGit(top, ["worktree", "remove", "--force", place.top]);
  }
}

const APART = "zfs-guix-bump-";

/** Takes away what killed processes left, which is of an hour ago. */
async function removeStale({ top, home }: Repository): Promise<void> {
  for (const name of await readdir(home)) {
    const place = join(home, name);
    if (!name.startsWith(APART) || Date.now() - (await stat(place)).mtimeMs < 3_600_000) continue;
    await runGit(top, ["worktree", "remove", "--force", place]);
  }
}

/** Where they are may be said from the work tree. */
async function hooksOf({ top }: Repository): Promise<string[]> {
  const { output } = await runGit(top, ["config", "--type=path", "--get-all", "core.hooksPath"]);
  // The last is our own.
  const path = output.split("\n").at(-3);
  return path === undefined ? [] : ["-c", `core.hooksPath=${resolve(top, path)}`];
}

/**
 * Commits PATHS as they are in PLACE, which is apart from REPOSITORY, and nothing
 * else, with MESSAGE; ADDED are those of them that are new.  It is git's ordinary
 * commit, with its hooks and signature, and what they say is shown.
 */
export async function commitPaths(
  { top }: Repository,
  place: Place,
  { paths, added }: { readonly paths: readonly string[]; readonly added: readonly string[] },
  message: string,
): Promise<void> {
  if (added.length > 0)
    await git(top, "cannot add the files to the commit", ["-C", place.top, "add", "--", ...added]);
  // A line that begins as comments are told to, with a star perhaps, is none.
  const words = ["commit", "--quiet", "--cleanup=whitespace", "--file=-", "--only", "--"];
  const literal = paths.map((path) => `:(literal)${path}`);
  const { status } = await ordinaryGit(place.top, [...place.hooks, ...words, ...literal], message);
  if (status !== 0)
    throw new UserError({
      file: top,
      message: `git did not make the commit ${JSON.stringify(message.split("\n")[0])} (see what it says above)`,
      hint: "all is as it was before; mend what it asks for and run the command again",
    });
}

/** The commits of PLACE that follow HEAD, oldest first. */
export async function commitsOf({ head }: Committable, { top }: Place): Promise<string[]> {
  const list = ["rev-list", "--reverse", `${head}..HEAD`];
  return (await git(top, "cannot list the commits", list)).trimEnd().split("\n");
}

/**
 * Makes LAST, a commit that follows HEAD, the last one of the branch that is
 * checked out, or of BRANCH, a new one.
 *
 * @throws UserError where that cannot be; nothing is committed then.
 */
export async function takeIn(
  { top, head }: Committable,
  last: string,
  branch: string | undefined,
): Promise<void> {
  const merge = ["merge", "--quiet", "--ff-only"];
  // Each may be told otherwise in the configuration.
  const plainly = ["--no-squash", "--no-autostash", "--no-verify-signatures"];
  const words =
    branch === undefined
      ? [...merge, ...plainly, last]
      : ["switch", "--quiet", "--no-track", "--create", branch, last];
  const now = await runGit(top, ["rev-parse", "--verify", "--quiet", "HEAD"]);
  const result =
    now.output.trim() === head
      ? await runGit(top, words)
      : { status: 1, output: "", errors: "somebody else has committed in the meantime" };
  if (result.status === 0) return;
  throw new UserError({
    file: top,
    message: `the commits were made, and cannot be taken in: ${gitReason(result)}`,
    hint: "nothing is committed; see git status, and run the command again",
  });
}
