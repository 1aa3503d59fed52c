import { parseArgs } from "node:util";
import { closestMatch } from "leven";
import { UserError, type Problem } from "../errors";
import type { Options } from "../options";
import { COMMANDS, type CommandName } from "./commands";
import { OPTIONS, type Option } from "../options";

export type Invocation =
  | { readonly command: CommandName; readonly options: Options }
  /** Of a command, or of all. */
  | { readonly tell: "help"; readonly of?: CommandName }
  | { readonly tell: "version" };

const commandNames = Object.keys(OPTIONS) as CommandName[];

const HELP = { help: { type: "boolean", short: "h" }, version: { type: "boolean" } } as const;

/**
 * What WORDS, those after the program's name, ask for.
 *
 * Throws a UserError that lists what is wrong with them.
 */
export function parseArguments([name, ...words]: readonly string[]): Invocation {
  if (name === "--help" || name === "-h") return { tell: "help" };
  if (name === "--version") return { tell: "version" };
  const command = commandNames.find((one) => one === name);
  if (command === undefined) throw new UserError(noCommand(name));
  const known = new Map<string, Option>(Object.entries(OPTIONS[command]));
  const { tokens } = parseArgs({
    args: words,
    options: {
      ...HELP,
      ...Object.fromEntries(
        Array.from(known, ([option, { type, alias }]) => [
          option,
          { type: type ?? "string", ...(alias !== undefined && { short: alias }) } as const,
        ]),
      ),
    },
    // Ours are the sentences.
    strict: false,
    tokens: true,
  });
  for (const token of tokens)
    if (token.kind === "option" && token.name === "help") return { tell: "help", of: command };
    else if (token.kind === "option" && token.name === "version") return { tell: "version" };

  const help = `see zfs-guix ${command} --help`;
  const problems: Problem[] = [];
  const refuse = (message: string, hint = help): void => void problems.push({ message, hint });
  const { argument } = COMMANDS[command];
  const given = new Map<string, string | true>();
  const times = new Map<string, number>();
  let unknown: number | undefined;
  for (const token of tokens) {
    if (token.kind === "positional") {
      // It may be the value of what stands before it.
      if (unknown === token.index - 1) continue;
      if (argument === undefined || given.has("argument"))
        refuse(`${JSON.stringify(token.value)} is one argument too many for ${command}`);
      else if (argument.choices?.includes(token.value) === false)
        refuse(notAmong(`the ${argument.name} of ${command}`, token.value, argument.choices));
      given.set("argument", token.value);
    } else if (token.kind === "option") {
      const option = known.get(token.name);
      if (option === undefined) {
        // Of `-6.12`, the first letter says enough.
        if (unknown === token.index) continue;
        if (token.value === undefined) unknown = token.index;
        const meant = nearest(token.name, [...known.keys()]);
        refuse(
          `${command} has no option ${token.rawName}`,
          meant === undefined ? help : didYouMean(`--${meant}`, help),
        );
        continue;
      }
      times.set(token.name, (times.get(token.name) ?? 0) + 1);
      // As in `-o=there`.
      const value = token.rawName.startsWith("--") ? token.value : token.value?.replace(/^=/, "");
      const wrong = wrongValue(token.name, option, value, token.inlineValue);
      if (wrong === undefined) given.set(token.name, value ?? true);
      else refuse(wrong);
    }
  }
  for (const [option, count] of times)
    if (count > 1 && known.get(option)?.type !== "boolean")
      refuse(`--${option} is given ${count} times, but counts once`);
  if (argument?.isNeeded === true && !given.has("argument") && unknown === undefined)
    refuse(`${command} needs a ${argument.name} after it: ${argument.describe}`);
  if (given.has("quiet") && given.has("json"))
    refuse("--quiet prints nothing and --json all there is: leave out one of them");
  if (problems.length > 0) throw new UserError(problems);
  const options: Options = Object.fromEntries(
    Array.from(given, ([option, value]) => [camelCase(option), value]),
  );
  return { command, options };
}

function noCommand(name: string | undefined): Problem {
  const message =
    name === undefined
      ? "there is no command"
      : name.startsWith("-")
        ? `${name} stands where a command is due`
        : `there is no command ${JSON.stringify(name)}`;
  const meant = name === undefined ? undefined : nearest(name, commandNames);
  return {
    message: `${message}: expected one of ${commandNames.join(", ")}`,
    hint: meant === undefined ? "see zfs-guix --help" : didYouMean(meant, "see zfs-guix --help"),
  };
}

function didYouMean(meant: string, help: string): string {
  return `did you mean ${meant}? ${help.replace("see", "See")}`;
}

function notAmong(what: string, value: string, choices: readonly string[]): string {
  return `${what} cannot be ${JSON.stringify(value)}: expected one of ${choices.join(", ")}`;
}

/** What is wrong with VALUE of --NAME, which stands in one word with it where IS_INLINE. */
function wrongValue(
  name: string,
  { type, choices, describe }: Option,
  value: string | undefined,
  isInline: boolean | undefined,
): string | undefined {
  if (type === "boolean")
    return value === undefined
      ? undefined
      : `--${name} takes no value, and here it has ${JSON.stringify(value)}`;
  // An option that follows is no value.
  if (value === undefined || value === "" || (isInline !== true && value.startsWith("-")))
    return `--${name} needs a value (${describe})`;
  return choices?.includes(value) === false ? notAmong(`--${name}`, value, choices) : undefined;
}

/** `in-place` as programs spell it: `inPlace`. */
function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** The one of CANDIDATES that WORD was probably meant to be, a letter or two being wrong. */
function nearest(word: string, candidates: readonly string[]): string | undefined {
  return closestMatch(word, [...candidates], { maxDistance: Math.ceil(word.length / 3) });
}
