import yargs, { type Argv } from "yargs";
import { ABOUT, COMMANDS, STATUS, type CommandName } from "./commands";
import { OPTIONS } from "../options";

/** The width of help where no terminal says otherwise, in columns, and the most that is read with ease. */
const WIDTH = 80;
const MAXIMUM_WIDTH = 100;

/** Help of a command, or of all, for a terminal of WIDTH columns; ends in a newline. */
export async function helpText(of: CommandName | undefined, width = WIDTH): Promise<string> {
  let text = "";
  await parser()
    .wrap(Math.min(width, MAXIMUM_WIDTH))
    .parse(of === undefined ? ["--help"] : [of, "--help"], {}, (_error, _parsed, output) => {
      text = `${output}\n`;
    });
  return text;
}

function parser(): Argv {
  const all = yargs();
  for (const name of Object.keys(COMMANDS) as CommandName[]) {
    const { argument, summary, about, status, examples } = COMMANDS[name];
    const words =
      argument === undefined
        ? name
        : argument.isNeeded
          ? `${name} <${argument.name}>`
          : `${name} [${argument.name}]`;
    all.command(words, summary, (command) => {
      if (argument !== undefined) {
        const { describe, choices } = argument;
        command.positional(argument.name, { type: "string", describe, choices });
      }
      for (const [line, what] of examples) command.example(`$0 ${line}`, what);
      return command
        .usage(`$0 ${words}\n\n${about}${status === undefined ? "" : `  Exit status: ${status}.`}`)
        .options(OPTIONS[name]);
    });
  }
  return all
    .scriptName("zfs-guix")
    .usage(`$0 <command>\n\n${ABOUT}`)
    .alias({ help: "h" })
    .example("$0 generate", "write the channel in ./generated")
    .epilogue(`Exit status: ${STATUS}.  More: man zfs-guix.`)
    .detectLocale(false)
    .parserConfiguration({ "boolean-negation": false });
}
