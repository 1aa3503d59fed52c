import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { shellLine, UserError } from "../../errors";

export interface GitResult {
  readonly status: number;
  readonly output: string;
  readonly errors: string;
}

/**
 * What git inherits from the environment: who commits, and where its own
 * configuration is.  Everything else of `GIT_*` would send it to another
 * repository, or make it run something (`GIT_DIR`, `GIT_EXTERNAL_DIFF`, …).
 */
const INHERITED = /^GIT_(AUTHOR_|COMMITTER_|CONFIG_|CEILING_DIRECTORIES$)/;

/** The environment for git as its user would run it, but that it opens no editor. */
function ordinaryEnvironment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith("GIT_") || INHERITED.test(name),
  );
  return { ...Object.fromEntries(inherited), GIT_EDITOR: ":" };
}

/** The environment for git: never asks, never translates, takes paths for paths. */
function gitEnvironment(): NodeJS.ProcessEnv {
  return {
    ...ordinaryEnvironment(),
    GIT_TERMINAL_PROMPT: "0",
    GIT_LITERAL_PATHSPECS: "1",
    GIT_PAGER: "cat",
    LC_ALL: "C",
  };
}

/** No program of the repository's own runs: no hook, no file system monitor. */
const GIT_SETTINGS = [
  "-c",
  "core.hooksPath=/dev/null",
  "-c",
  "core.fsmonitor=false",
  "-c",
  "core.quotePath=false",
] as const;

/**
 * Runs git in DIRECTORY with ARGUMENTS, and INPUT on its standard input.  It has
 * a session of its own, so that the Ctrl-C of a terminal does not end it half-way.
 */
export function runGit(
  directory: string,
  argumentsGiven: readonly string[],
  input = "",
): Promise<GitResult> {
  const options = { env: gitEnvironment(), detached: true };
  return start(directory, [...GIT_SETTINGS, ...argumentsGiven], options, input);
}

/**
 * Runs git as its user would in DIRECTORY, with the hooks and the language that
 * are configured; what it and they say goes to standard error.
 */
export function ordinaryGit(
  directory: string,
  argumentsGiven: readonly string[],
  input: string,
): Promise<GitResult> {
  const stdio = ["pipe", "ignore", "inherit"] as const;
  return start(directory, argumentsGiven, { env: ordinaryEnvironment(), stdio: [...stdio] }, input);
}

function start(
  directory: string,
  argumentsGiven: readonly string[],
  options: SpawnOptions,
  input: string,
): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    let child: ChildProcess;
    try {
      child = spawn("git", argumentsGiven, { cwd: directory, ...options });
    } catch (error) {
      throw cannotRun(error as NodeJS.ErrnoException, directory);
    }
    let [output, errors] = ["", ""];
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (errors += text));
    child.on("error", (error) => reject(cannotRun(error, directory)));
    child.on("close", (status) => resolve({ status: status ?? 128, output, errors }));
    // Where git ends without reading its input, that is no error of ours.
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}

/** What git prints for ARGUMENTS; a UserError that begins with WHAT where it fails. */
export async function git(
  directory: string,
  what: string,
  argumentsGiven: readonly string[],
  input?: string,
): Promise<string> {
  const result = await runGit(directory, argumentsGiven, input);
  if (result.status !== 0) throw gitFailure(directory, result, `${what}: `);
  return result.output;
}

/** That git could not do in DIRECTORY what was asked, as RESULT says, WHAT before it. */
export function gitFailure(directory: string, result: GitResult, what = ""): UserError {
  return new UserError({
    file: directory,
    message: what + gitReason(result),
    hint: `see ${shellLine(["git", "-C", directory, "status"])}`,
  });
}

/** The text of PATH in REVISION of the repository of DIRECTORY; undefined where one of them is not there. */
export async function textAt(
  directory: string,
  revision: string,
  path: string,
): Promise<string | undefined> {
  const { status, output } = await runGit(directory, ["cat-file", "blob", `${revision}:${path}`]);
  return status === 0 ? output : undefined;
}

/** Why git failed, in its own words, which often say what to do, on one line. */
export function gitReason({ status, errors }: GitResult): string {
  const said = errors
    .replace(/^(fatal|error|hint): /gm, "")
    .replace(/\s+/g, " ")
    .trim();
  return said === "" ? `git ended with status ${status}` : said.replace(/\.$/, "");
}

function cannotRun(error: NodeJS.ErrnoException, directory: string): Error {
  // A missing directory and a missing program look alike.
  return error.code === "ENOENT" || error.code === "ENOTDIR"
    ? new UserError({
        message: `cannot run git in ${directory}: there is no such program or no such directory`,
        hint: "install git, or name another directory",
      })
    : new UserError({ message: `cannot run git: ${error.message.split("\n")[0]}` });
}
