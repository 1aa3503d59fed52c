import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdtempSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach } from "@jest/globals";
import { fileSystemsScm, linuxScm, type CheckoutTexts } from "./guix-texts";

const made: string[] = [];

afterEach(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** A new directory that holds FILES, gone after the test. */
export function temporaryDirectory(files: Readonly<Record<string, string | Buffer>> = {}): string {
  const directory = mkdtempSync(join(tmpdir(), "zfs-guix-"));
  made.push(directory);
  for (const [path, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), contents);
  }
  return directory;
}

/** A new directory that has what DIRECTORY has, gone after the test. */
export function copyOf(directory: string): string {
  const copy = temporaryDirectory();
  cpSync(directory, copy, { recursive: true });
  return copy;
}

/** Every file below DIRECTORY, relative to it, sorted. */
export function filesBelow(directory: string): string[] {
  return (readdirSync(directory, { recursive: true }) as string[])
    .filter((path) => statSync(join(directory, path)).isFile())
    .sort();
}

/** A partial checkout, gone after the test, and the path of its file-systems.scm. */
export function temporaryCheckout({
  linux = linuxScm(),
  fileSystems = fileSystemsScm(),
}: Partial<CheckoutTexts> = {}): {
  readonly directory: string;
  readonly path: string;
} {
  const directory = temporaryDirectory({
    "gnu/packages/linux.scm": linux,
    "gnu/packages/file-systems.scm": fileSystems,
  });
  return { directory, path: join(directory, "gnu/packages/file-systems.scm") };
}

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
