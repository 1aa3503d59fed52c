import type { Invocation } from "../cli";
import { OPTIONS } from "./options";

/** A value that yargs takes as it is: it has its own ideas of quotes, dashes and the like. */
const PLAIN_VALUE = /^[\w./~@:][\w./~@:,+-]*$/;

interface PlainOption {
  readonly type?: "string" | "boolean";
  readonly choices?: readonly string[];
  readonly default?: string;
}

/**
 * What ARGUMENTS ask for, if they are written in the plainest of ways: a
 * command and its options, each once and in full, `--out DIR` or `--out=DIR`.
 * That is what scripts and CIs write, and the same as what yargs makes of it
 * (a test compares them), but costs a tenth of Node's own start instead of a
 * third.  Undefined for all else, help and mistakes among it, which is left to
 * yargs.
 */
export function plainArguments([command, ...words]: readonly string[]): Invocation | undefined {
  // Its series is no option.
  if (command === undefined || command === "explain" || !Object.hasOwn(OPTIONS, command)) return undefined;
  const known = new Map<string, PlainOption>(Object.entries(OPTIONS[command as keyof typeof OPTIONS]));
  const found = new Map<string, string | boolean>();
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const [, name, given] = /^--([a-z-]+)(?:=(.*))?$/s.exec(word) ?? [];
    const option = name === undefined ? undefined : known.get(name);
    if (name === undefined || option === undefined || found.has(name)) return undefined;
    if (option.type === "boolean") {
      // `--json false`
      if (given !== undefined || (words[0] !== undefined && !words[0].startsWith("--"))) return undefined;
      found.set(name, true);
    } else {
      const value = given ?? words.shift();
      if (value === undefined || !PLAIN_VALUE.test(value) || option.choices?.includes(value) === false) return undefined;
      found.set(name, value);
    }
  }
  for (const [name, option] of known) {
    if (option.default !== undefined && !found.has(name)) found.set(name, option.default);
  }
  const options = Object.fromEntries(Array.from(found, ([name, value]) => [camelCase(name), value]));
  return { command, options } as unknown as Invocation;
}

/** `in-place` as yargs spells it for programs: `inPlace`. */
export function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
