import { closestMatch } from "leven";
import type { Problem } from "../errors";
import { COMMANDS } from "./commands";
import { OPTIONS } from "./options";

/** The command that is yargs' own. */
export const COMPLETION = "completion";

/** The commands that have options. */
export const commandNames = Object.keys(OPTIONS) as (keyof typeof OPTIONS)[];

/** What yargs makes of a command line: the values by name, under each spelling of the name. */
export type ParsedWords = Readonly<Record<string, unknown>> & {
  readonly _: readonly (string | number)[];
};

interface Option {
  /** A single letter. */
  readonly alias?: string;
  readonly type?: "string" | "boolean";
  readonly choices?: readonly string[];
  readonly describe: string;
}

/** The names that every command has. */
const COMMON = new Set(["_", "$0", "help", "h", "version"]);

/**
 * What is wrong with a command line of WORDS, which yargs takes for PARSED, in
 * our words: its own are jargon, of several lines, and it lets pass an empty
 * value, a second one, and arguments after `--`.
 */
export function mistakes(words: readonly string[], parsed: ParsedWords): readonly Problem[] {
  const [command, ...others] = parsed._.map(String);
  const commands: string[] = [...commandNames, COMPLETION];
  if (command === undefined || !commands.includes(command)) {
    const named = command === undefined ? "" : ` ${JSON.stringify(command)}`;
    return [
      {
        message: `there is no command${named}: expected one of ${commands.join(", ")}`,
        hint: suggestion(nearest(command ?? "", commands), "zfs-guix --help"),
      },
    ];
  }
  const problems: string[] = others.map(
    (word) => `${JSON.stringify(word)} is one argument too many for ${command}`,
  );
  const hints: Problem[] = [];
  const help = `zfs-guix ${command} --help`;
  const known = new Map<string, Option>(
    Object.entries((OPTIONS as Partial<Record<string, object>>)[command] ?? {}),
  );
  const letters = new Map([...known].map(([name, { alias }]) => [alias, name]));
  const argument = Object.hasOwn(COMMANDS, command)
    ? COMMANDS[command as keyof typeof COMMANDS].argument
    : undefined;
  if (argument !== undefined && parsed[argument.name] === undefined)
    problems.push(`${command} needs a ${argument.name} after it: ${argument.describe}`);
  if (parsed.quiet === true && parsed.json === true)
    problems.push("--quiet prints nothing and --json all there is: leave out one of them");
  for (const [spelling, value] of Object.entries(parsed)) {
    // Where yargs has read all, it gives a value under each of its names.
    const name = letters.get(spelling) ?? spelling;
    if (name !== spelling && Object.hasOwn(parsed, name)) continue;
    const option = known.get(name);
    if (option !== undefined) problems.push(...wrongValue(name, option, value, words));
    else if (
      !COMMON.has(name) &&
      !(name === argument?.name && asWritten(name, words) === undefined) &&
      !isOtherSpelling(name, parsed)
    ) {
      const meant = nearest(name, [...known.keys()]);
      hints.push({
        message: `${command} has no option ${asWritten(name, words) ?? `-${name}`}`,
        hint: suggestion(meant && `--${meant}`, help),
      });
    }
  }
  return [...problems.map((message) => ({ message, hint: `see ${help}` })), ...hints];
}

function suggestion(meant: string | undefined, help: string): string {
  return meant === undefined ? `see ${help}` : `did you mean ${meant}? See ${help}`;
}

function wrongValue(
  name: string,
  { type, choices, describe }: Option,
  value: unknown,
  words: readonly string[],
): string[] {
  if (type === "boolean") {
    const given = words
      .map((word) => (word.startsWith(`--${name}=`) ? word.slice(name.length + 3) : undefined))
      .find((text) => text !== undefined && !/^(true|false)$/.test(text));
    return given === undefined
      ? []
      : [`--${name} takes no value, and here it has ${JSON.stringify(given)}`];
  }
  if (Array.isArray(value)) return [`--${name} is given ${value.length} times, but counts once`];
  // yargs says `true` where there is no value after the name.
  if (value === true || value === "") return [`--${name} needs a value (${describe})`];
  if (choices !== undefined && !choices.includes(value as string)) {
    return [`--${name} cannot be ${JSON.stringify(value)}: expected one of ${choices.join(", ")}`];
  }
  return [];
}

/** `in-place` as yargs spells it for programs: `inPlace`. */
export function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** Whether NAME is `inPlace`, which yargs adds to `in-place`. */
function isOtherSpelling(name: string, parsed: ParsedWords): boolean {
  return Object.keys(parsed).some((other) => other.includes("-") && camelCase(other) === name);
}

/** The option NAME with its dashes, or undefined: yargs takes `-xy` for two, x and y. */
function asWritten(name: string, words: readonly string[]): string | undefined {
  return words
    .map((word) => word.split("=")[0]!)
    .find((word) => word === `--${name}` || word === `-${name}`);
}

/** The one of CANDIDATES that WORD was probably meant to be, a letter or two being wrong. */
function nearest(word: string, candidates: readonly string[]): string | undefined {
  return closestMatch(word, [...candidates], { maxDistance: Math.ceil(word.length / 3) });
}
