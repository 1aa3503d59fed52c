import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "./directory";

/** Who commits in the tests; nothing of the machine's own configuration takes part. */
export const IDENTITY: NodeJS.ProcessEnv = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  // Otherwise each commit starts a process that finds nothing to do.
  GIT_CONFIG_COUNT: "1",
  GIT_CONFIG_KEY_0: "maintenance.auto",
  GIT_CONFIG_VALUE_0: "false",
  GIT_AUTHOR_NAME: "A U Thor",
  GIT_AUTHOR_EMAIL: "author@example.org",
  GIT_COMMITTER_NAME: "C O Mitter",
  GIT_COMMITTER_EMAIL: "committer@example.org",
};

/** What git prints for ARGS in DIRECTORY. */
export function git(directory: string, ...args: readonly string[]): string {
  return execFileSync("git", args, {
    cwd: directory,
    encoding: "utf8",
    env: { ...process.env, ...IDENTITY },
  });
}

/** A new repository with one commit of FILES, gone after the test. */
export function temporaryRepository(files: Readonly<Record<string, string>>): string {
  const directory = temporaryDirectory(files);
  commitAll(directory);
  return directory;
}

/** Makes DIRECTORY a repository with one commit of what is in it. */
export function commitAll(directory: string): void {
  // Leftovers of the machine's templates, hooks above all, are none of ours.
  git(directory, "init", "--quiet", "--initial-branch=main", "--template=");
  git(directory, "add", "--all");
  git(directory, "commit", "--quiet", "--message=Start");
}

export function write(directory: string, path: string, text: string): void {
  writeFileSync(join(directory, path), text);
}
