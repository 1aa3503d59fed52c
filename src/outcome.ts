import { printable } from "./errors";
import { jsonText } from "./json";

/** 0 done or clean, 1 differs, 2 could not run. */
export type ExitStatus = 0 | 1 | 2;

/** Something that a terminal shows with colours, or wrapped; see dressed. */
export type Look = "changes" | "diff" | "prose" | "table";

/** What a command leaves behind for its caller, apart from what it wrote. */
export interface Outcome {
  readonly status: ExitStatus;
  /** The result, for standard output; ends in a newline unless empty. */
  readonly output: string;
  /** What the result looks like on a terminal; as it is where absent. */
  readonly look?: Look | undefined;
  /** What is said about it, for standard error; ends in a newline unless empty. */
  readonly talk?: string;
}

export function jsonOutcome(status: ExitStatus, value: unknown): Outcome {
  return { status, output: jsonText(value) };
}

/** TEXTS, each on a line of its own, whatever is in it. */
export function lines(...texts: readonly string[]): string {
  return texts.map((text) => `${printable(text)}\n`).join("");
}
