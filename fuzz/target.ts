import { isUserError } from "../src/errors";
import { obeyed } from "../test/support/obeyed";
import type { Random } from "./random";

/** Something that is given made-up input, and must not break. */
export interface Target {
  /** One case; tells NOTE its input first, and throws where something is wrong. */
  run(random: Random, note: (input: string) => void): void | Promise<void>;
  /** Called at the end: what is dearer than one case. */
  readonly settle?: () => void;
}

/** Fails a case. */
export function expectThat(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

/** What ACTION gives, or undefined where it refuses in sentences; any other error is a fault. */
export async function orSentence<T>(action: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    if (!isUserError(error)) throw error;
    expectSentences(error.message);
    return undefined;
  }
}

/** Fails where TEXT has something that is obeyed. */
export function expectShown(text: string): void {
  const found = obeyed(text);
  expectThat(found === undefined, `this would be obeyed, not shown: ${JSON.stringify(found)}`);
}

function expectSentences(message: string): void {
  expectShown(message);
  for (const line of message.split("\n")) {
    expectThat(
      /\S$/.test(line) && !/\w\.$/.test(line),
      `this is no sentence without its period: ${JSON.stringify(line.slice(0, 200))}`,
    );
    expectThat(
      !/undefined|NaN|\[object/.test(line.replace(/[`"].*[`"]/s, "")),
      `this says nothing: ${JSON.stringify(line.slice(0, 200))}`,
    );
  }
}
