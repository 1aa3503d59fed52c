import { stripVTControlCharacters } from "node:util";

/**
 * How many columns TEXT takes, in place of the package string-width, which is
 * what yargs and listr2 ask: its patterns of Unicode's emoji take longer to
 * load, for each command, than Node itself, and what is shown is ASCII.
 */
export default function stringWidth(text: string): number {
  return stripVTControlCharacters(text).length;
}
