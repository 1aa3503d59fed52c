import yargs, { type Argv } from "yargs";
import {
  ABOUT,
  COMMANDS,
  COMPLETION_SUMMARY,
  STATUS,
  type CommandName,
  type Given,
} from "./commands";
import { camelCase, commandNames, COMPLETION, mistakes, type ParsedWords } from "./mistakes";
import { OPTIONS } from "./options";
import { UserError } from "../errors";

/** A command and its options, or a text to print in its stead. */
export type Invocation =
  | { readonly command: CommandName; readonly options: Given<CommandName> }
  | { readonly command: "print"; readonly text: string };

/** The width of help where no terminal says otherwise, in columns, and the most that is read with ease. */
const WIDTH = 80;
const MAXIMUM_WIDTH = 100;

/**
 * What ARGUMENTS, those after the program's name, ask for; help is of WIDTH columns.
 *
 * Throws a UserError that lists what is wrong with them.
 */
export async function parseArguments(
  argumentsGiven: readonly string[],
  version: string,
  width = WIDTH,
): Promise<Invocation> {
  const trick = argumentsGiven.find(namesObjectsOwn);
  if (trick !== undefined)
    throw new UserError({ message: `there is no option ${trick}`, hint: "see zfs-guix --help" });
  const isForShell = argumentsGiven[0] === COMPLETIONS_ASKED;
  // The completions that a shell asks for may be none.
  let invocation: Invocation = { command: "print", text: "" };
  await commands(yargs(), version, Math.min(width, MAXIMUM_WIDTH)).parse(
    [...argumentsGiven],
    {},
    (error: Error | undefined, parsed: unknown, output) => {
      if (!error && output !== "") {
        // To a shell, yargs tells `--o` for `-o`, which then stands in the way of `--out`.
        const text = isForShell ? output.replace(/^--[a-z](?![a-z-]).*\n?/gm, "") : output;
        invocation = { command: "print", text: `${text}\n` };
        return;
      }
      // A shell asks for completions of a line that is not finished; yargs answers in a second call.
      if (isForShell) return;
      const problems = mistakes(argumentsGiven, parsed as ParsedWords);
      if (problems.length > 0) throw new UserError(problems);
      if (error)
        throw new UserError({
          message: error.message.replace(/\s+/g, " "),
          hint: "see zfs-guix --help",
        });
      // Without a mistake, the first word is a command, and the rest are its options.
      const options = parsed as Given<CommandName>;
      invocation = { command: options._[0] as CommandName, options };
    },
  );
  return invocation;
}

/** What a script of completions begins its question with. */
const COMPLETIONS_ASKED = "--get-yargs-completions";

/** Whether WORD is an option that yargs would find in every object of JavaScript's, such as `--constructor`. */
function namesObjectsOwn(word: string): boolean {
  const name = /^--?(?:no-)?([^=.]*)/.exec(word)?.[1];
  return name !== undefined && camelCase(name) in {};
}

function commands(parser: Argv, version: string, width: number): Argv {
  for (const name of commandNames) {
    const { argument, summary, about, status, examples } = COMMANDS[name];
    const words = argument === undefined ? name : `${name} <${argument.name}>`;
    parser.command(words, summary, (command) => {
      if (argument !== undefined)
        command.positional(argument.name, {
          type: "string",
          demandOption: true,
          describe: argument.describe,
        });
      for (const [words, what] of examples) command.example(`$0 ${words}`, what);
      return command
        .usage(`$0 ${words}\n\n${about}${status === undefined ? "" : `  Exit status: ${status}.`}`)
        .options(OPTIONS[name]);
    });
  }
  return parser
    .scriptName("zfs-guix")
    .usage(`$0 <command>\n\n${ABOUT}`)
    .completion(COMPLETION, COMPLETION_SUMMARY)
    .version(version)
    .alias({ help: "h" })
    .example("$0 generate", "write the channel in ./generated")
    .epilogue(`Exit status: ${STATUS}.  More: man zfs-guix.`)
    .demandCommand(1, 1)
    .strict()
    .detectLocale(false)
    .wrap(width)
    .parserConfiguration({
      "boolean-negation": false,
      "camel-case-expansion": true,
      "dot-notation": false,
      // So that it is seen; the last would win otherwise.
      "duplicate-arguments-array": true,
      "parse-positional-numbers": false,
    });
}
