import yargs, { type Argv } from "yargs";
import type { BumpOptions } from "./commands/bump";
import type { ChangelogOptions } from "./commands/changelog";
import { camelCase, COMPLETION, mistakes, type ParsedWords } from "./cli/mistakes";
import { UserError } from "./errors";
import type { GenerateOptions } from "./commands/generate";
import type { VerifyOptions } from "./commands/verify";
import type { GenerationOptions } from "./generation";
import type { InputOptions } from "./inputs";
import { OPTIONS } from "./cli/options";
import type { MatrixFormat } from "./matrix/format";

/** A command and its options, or a text to print in its stead. */
export type Invocation =
  | { readonly command: "generate"; readonly options: GenerateOptions }
  | { readonly command: "check"; readonly options: GenerationOptions & JsonOption }
  | { readonly command: "matrix"; readonly options: InputOptions & { readonly format: MatrixFormat } }
  | { readonly command: "explain"; readonly options: GenerationOptions & JsonOption & { readonly series: string } }
  | { readonly command: "bump"; readonly options: BumpOptions }
  | { readonly command: "changelog"; readonly options: ChangelogOptions }
  | { readonly command: "verify"; readonly options: VerifyOptions }
  | { readonly command: "print"; readonly text: string };

interface JsonOption {
  readonly json?: boolean;
}

/**
 * What ARGUMENTS, those after the program's name, ask for.
 *
 * Throws a UserError that lists what is wrong with them.
 */
export async function parseArguments(argumentsGiven: readonly string[], version: string): Promise<Invocation> {
  let invocation: Invocation | undefined;
  const chosen = (value: Invocation): void => {
    invocation = value;
  };
  const trick = argumentsGiven.find(namesObjectsOwn);
  if (trick !== undefined) throw new UserError({ message: `there is no option ${trick}`, hint: "see zfs-guix --help" });
  await commands(yargs(), version, chosen).parse([...argumentsGiven], {}, (error: Error | undefined, parsed: unknown, output) => {
    if (!error && output !== "") {
      invocation = { command: "print", text: `${output}\n` };
      return;
    }
    // A shell asks for completions of a line that is not finished; yargs answers in a second call.
    if (argumentsGiven[0] === COMPLETIONS_ASKED) return;
    const problems = mistakes(argumentsGiven, parsed as ParsedWords);
    if (problems.length > 0) throw new UserError(problems);
    if (error) throw new UserError({ message: error.message.replace(/\s+/g, " "), hint: "see zfs-guix --help" });
  });
  // The completions that a shell asks for may be none.
  return invocation ?? { command: "print", text: "" };
}

/** What a script of completions begins its question with. */
const COMPLETIONS_ASKED = "--get-yargs-completions";

/** Whether WORD is an option that yargs would find in every object of JavaScript's, such as `--constructor`. */
function namesObjectsOwn(word: string): boolean {
  const name = /^--?(?:no-)?([^=.]*)/.exec(word)?.[1];
  return name !== undefined && camelCase(name) in {};
}

function commands(parser: Argv, version: string, chosen: (invocation: Invocation) => void): Argv {
  return parser
    .scriptName("zfs-guix")
    .usage("$0 <command>\n\nGuix packages of OpenZFS, one for each supported Linux kernel.")
    .command(
      "generate",
      "Write the channel for the kernels of kernels.scm, or into a checkout",
      (command) =>
        command
          .usage("$0 generate\n\nWrites the Guix packages for the kernels of kernels.scm, or of a Guix checkout, into a channel or into that checkout; what is as it should be is left alone.")
          .options(OPTIONS.generate)
          .example("$0 generate", "the channel in ./generated, from ./kernels.scm")
          .example("$0 generate --guix ~/guix --in-place", "gnu/packages/file-systems.scm of a checkout")
          .example("$0 generate --kernels 6.12,6.18 --zfs 2.3 --out channel", "two series, OpenZFS 2.3, elsewhere"),
      (options) => chosen({ command: "generate", options }),
    )
    .command(
      "check",
      "Show what generate would change, as a diff",
      (command) =>
        command
          .usage("$0 check\n\nShows what generate would change, as a unified diff, and writes nothing.  Exit status: 0 nothing, 1 something, 2 could not run.")
          .options(OPTIONS.check)
          .example("$0 check", "is ./generated what kernels.scm says?")
          .example("$0 check --guix ~/guix --in-place", "is the checkout's managed region up to date?")
          .example("$0 check --json", "the same for a CI"),
      (options) => chosen({ command: "check", options }),
    )
    .command(
      "matrix",
      "Show which release supports which kernel series",
      (command) =>
        command
          .usage("$0 matrix\n\nShows which OpenZFS release supports which kernel series; `no*` is an advisory against what its META says.")
          .options(OPTIONS.matrix)
          .example("$0 matrix --format markdown", "a table for a README"),
      (options) => chosen({ command: "matrix", options }),
    )
    .command(
      "explain <series>",
      "Say why a kernel series is generated, or why not",
      (command) =>
        command
          .usage("$0 explain <series>\n\nSays why a series is generated, with which release, or why not.")
          .positional("series", { type: "string", demandOption: true, describe: "Kernel series, such as 6.12" })
          .options(OPTIONS.explain)
          .example("$0 explain 6.19", "which OpenZFS Linux 6.19 gets, and why"),
      (options) => chosen({ command: "explain", options }),
    )
    .command(
      "bump",
      "Follow Guix's kernels and OpenZFS's releases",
      (command) =>
        command
          .usage("$0 bump\n\nMakes kernels.scm have the kernels of Guix, and the data the releases of OpenZFS, then generates.  Exit status: 0 done, changed or not; with --dry-run 1 if there is something to do; 2 could not.")
          .options(OPTIONS.bump)
          .example("$0 bump --guix ~/guix --online --commit", "the channel in this directory, as a daily job does it")
          .example("$0 bump --guix ~/guix --dry-run", "what would happen?")
          .example("$0 bump --guix ~/guix --in-place --commit", "one commit in a checkout, which can be sent as it is"),
      (options) => chosen({ command: "bump", options }),
    )
    .command(
      "changelog",
      "Print the commit message for what is not committed yet",
      (command) =>
        command
          .usage("$0 changelog\n\nPrints the ChangeLog message for what generate or bump wrote since the last commit.")
          .options(OPTIONS.changelog)
          .example("$0 changelog | git commit --file=- --cleanup=verbatim generated kernels.scm", "commit by hand what bump wrote"),
      (options) => chosen({ command: "changelog", options }),
    )
    .command(
      "verify",
      "Ask Guix whether what was generated holds",
      (command) =>
        command
          .usage("$0 verify\n\nAsks Guix about every package that was generated: does it evaluate, has it the right derivation, do guix lint and guix style have nothing to say?  Exit status: 0 all hold, 1 something does not, 2 could not run.")
          .options(OPTIONS.verify)
          .example("$0 verify", "the channel in ./generated, with the guix on PATH")
          .example("$0 verify --guix ~/guix --in-place", "what was written to a checkout, with that checkout")
          .example("$0 verify --only zfs-for-linux-6.12 --build --system", "one package: build it, and compute a system with it"),
      (options) => chosen({ command: "verify", options }),
    )
    .completion(COMPLETION, "Print a completion script for your shell: source it in ~/.bashrc or ~/.zshrc")
    .version(version)
    .alias({ help: "h" })
    .example("$0 generate", "write the channel in ./generated")
    .epilogue("Exit status: 0 done or clean, 1 differs, 2 could not run.")
    .demandCommand(1, 1)
    .strict()
    .detectLocale(false)
    .wrap(null)
    .parserConfiguration({
      "boolean-negation": false,
      "camel-case-expansion": true,
      "dot-notation": false,
      // So that it is seen; the last would win otherwise.
      "duplicate-arguments-array": true,
      "parse-positional-numbers": false,
    });
}
