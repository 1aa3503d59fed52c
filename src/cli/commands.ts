import type { Options } from "../options";
import type { Outcome } from "../outcome";
import { SHELLS } from "../commands/completion";
import type { OPTIONS } from "../options";

export type CommandName = keyof typeof OPTIONS;

/** What stands after a command's name. */
export interface Argument {
  readonly name: string;
  readonly describe: string;
  readonly isNeeded: boolean;
  readonly choices?: readonly string[];
  readonly value?: "SERIES";
}

/** What the parser, help and the manual have to know of a command besides its options. */
export interface Command {
  readonly argument?: Argument;
  readonly summary: string;
  readonly about: string;
  /** What its exit status says, where that is more than for all. */
  readonly status?: string;
  readonly examples: readonly (readonly [string, string])[];
  /** Whether it neither writes a file nor has a status that says something. */
  readonly onlyTells: boolean;
  /** Loads what it needs, which most others do not, and does it; TELL is told what takes its time. */
  readonly run: (options: Options, tell: (text: string) => void) => Promise<Outcome>;
}

export const COMMANDS: Readonly<Record<CommandName, Command>> = {
  generate: {
    summary: "Write the channel for the kernels of kernels.scm, or into a checkout",
    about:
      "Writes the Guix packages for the kernels of kernels.scm, or of a Guix checkout, into a channel or into that checkout; what is as it should be is left alone.",
    status: "0 done; with --dry-run 1 if there is something to do; 2 could not",
    examples: [
      ["generate", "the channel in ./generated, from ./kernels.scm"],
      ["generate --guix ~/guix --in-place", "gnu/packages/file-systems.scm of a checkout"],
      ["generate --kernels 6.12,6.18 --zfs 2.3 -o channel", "two series, OpenZFS 2.3, elsewhere"],
    ],
    onlyTells: false,
    run: async (options) => (await import("../commands/generate")).generate(options),
  },
  check: {
    summary: "Show what generate would change, as a diff",
    about: "Shows what generate would change, as a unified diff, and writes nothing.",
    status: "0 nothing, 1 something, 2 could not run",
    examples: [
      ["check", "is ./generated what kernels.scm says?"],
      ["check --guix ~/guix --in-place", "is the checkout's managed region up to date?"],
      ["check --json", "the same for a CI"],
    ],
    onlyTells: false,
    run: async (options) => (await import("../commands/check")).check(options),
  },
  matrix: {
    summary: "Show which release supports which kernel series",
    about:
      "Shows which OpenZFS release supports which kernel series; `no*` is an advisory against what its META says, and `!` a release that is known to lose data.",
    examples: [["matrix -f markdown", "a table for a README"]],
    onlyTells: true,
    run: async (options) => (await import("../commands/matrix")).matrix(options),
  },
  explain: {
    argument: {
      name: "series",
      describe: "Kernel series, such as 6.12",
      isNeeded: true,
      value: "SERIES",
    },
    summary: "Say why a kernel series is generated, or why not",
    about: "Says why a series is generated, with which release, or why not.",
    examples: [["explain 6.19", "which OpenZFS Linux 6.19 gets, and why"]],
    onlyTells: true,
    run: async (options) => (await import("../commands/explain")).explain(options),
  },
  bump: {
    summary: "Follow Guix's kernels and OpenZFS's releases",
    about:
      "Makes kernels.scm have the kernels of Guix, and the data the releases of OpenZFS, then generates.",
    status: "0 done, changed or not; with --dry-run 1 if there is something to do; 2 could not",
    examples: [
      [
        "bump --guix ~/guix --online --commit",
        "the channel in this directory, as a daily job does it",
      ],
      ["bump --guix ~/guix --dry-run", "what would happen?"],
      [
        "bump --guix ~/guix --in-place --commit",
        "commits in a checkout, which can be sent as they are",
      ],
    ],
    onlyTells: false,
    run: async (options, tell) => (await import("../commands/bump")).bump(options, tell),
  },
  changelog: {
    summary: "Print the commit message for what is not committed yet",
    about: "Prints the ChangeLog message for what generate or bump wrote since the last commit.",
    examples: [
      [
        "changelog | git commit --file=- --cleanup=verbatim generated kernels.scm",
        "commit by hand what bump wrote",
      ],
    ],
    onlyTells: true,
    run: async (options) => (await import("../commands/changelog")).changelog(options),
  },
  verify: {
    summary: "Ask Guix whether what was generated holds",
    about:
      "Asks Guix about every package that was generated: does it evaluate, has it the right derivation, do guix lint and guix style have nothing to say?  It needs a whole Guix, compiled.",
    status: "0 all hold, 1 something does not, 2 could not run",
    examples: [
      ["verify", "the channel in ./generated, with the guix on PATH"],
      ["verify --guix ~/guix --in-place", "what was written to a checkout, with that checkout"],
      [
        "verify --only zfs-for-linux-6.12 --build --system",
        "one package: build it, and compute a system with it",
      ],
    ],
    onlyTells: false,
    run: async (options, tell) => (await import("../commands/verify")).verify(options, tell),
  },
  completion: {
    argument: {
      name: "shell",
      describe: "The shell [the one of $SHELL]",
      isNeeded: false,
      choices: SHELLS,
    },
    summary: "Print a script that completes this command in your shell",
    about: "Prints a script with which Tab completes commands, options and their values.",
    examples: [
      ["completion bash >> ~/.bashrc", "for bash"],
      ["completion zsh >> ~/.zshrc", "for zsh"],
      ["completion fish > ~/.config/fish/completions/zfs-guix.fish", "for fish"],
    ],
    onlyTells: true,
    run: async ({ argument }) => (await import("../commands/completion")).completion(argument),
  },
};

export const ABOUT = "Guix packages of OpenZFS, one for each supported Linux kernel.";

/** For every command; a command's own may say more. */
export const STATUS = "0 done or clean, 1 differs, 2 could not run";

/** What is asked of the environment. */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  ZFS_GUIX_GITHUB_TOKEN:
    "A token for bump --online, which may then ask GitHub more often than sixty times an hour.",
  HTTPS_PROXY:
    "The proxy, http://HOST:PORT, that bump --online goes through; also ALL_PROXY, and all of them in lower case.",
  NO_PROXY: "Names of servers, with commas between them, that are asked without that proxy.",
  NO_COLOR: "If not empty, nothing is coloured.",
  FORCE_COLOR: "If neither empty nor 0, colours go to what is no terminal, too.",
  SHELL: "The shell that completion writes a script for where none is named: bash, zsh or fish.",
  GIT_AUTHOR_NAME:
    "Like the other GIT_AUTHOR_*, GIT_COMMITTER_* and GIT_CONFIG_*, as git has it, for bump --commit; no other GIT_* has an effect.",
};
