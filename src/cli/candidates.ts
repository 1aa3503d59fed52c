import { readWanted } from "../read/inputs";
import { formatSeries } from "../read/series";
import { COMMANDS, type CommandName } from "./commands";
import { OPTIONS, type Option } from "../options";

/** A word that Tab offers, and what it means. */
type Candidate = readonly [word: string, meaning: string];

/**
 * What the last of WORDS, those after the program's name, may become, whatever
 * it begins with; nothing where a file or a directory is due.
 */
export async function candidates(words: readonly string[]): Promise<readonly Candidate[]> {
  const [name, ...others] = words;
  const all = Object.entries(COMMANDS);
  if (others.length === 0) return all.map(([command, { summary }]) => [command, summary]);
  const command = all.find(([one]) => one === name)?.[0] as CommandName | undefined;
  if (command === undefined) return [];
  const options = Object.entries<Option>(OPTIONS[command]).filter(([, { hidden }]) => !hidden);
  const before = others.at(-2);
  const value = options.find(
    ([option, { alias = option, type }]) =>
      type !== "boolean" && (before === `--${option}` || before === `-${alias}`),
  )?.[1];
  if (value !== undefined) return valuesOf(value);
  const { argument } = COMMANDS[command];
  if (argument !== undefined && others.length === 1 && !others[0]!.startsWith("-"))
    return valuesOf(argument);
  return options
    .filter(([option]) => !others.includes(`--${option}`))
    .map(([option, { describe }]) => [`--${option}`, describe]);
}

async function valuesOf({
  choices,
  value,
}: Pick<Option, "choices" | "value">): Promise<Candidate[]> {
  if (value !== "SERIES") return (choices ?? []).map((choice) => [choice, ""]);
  // Tab is not the place to say what is wrong with the list of kernels.
  const { kernels } = await readWanted({}).catch(() => ({ kernels: [] }));
  return kernels.map(({ series, variant }) => [formatSeries(series), variant]);
}
