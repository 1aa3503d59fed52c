import type { Comment, Datum } from "./datum";
import { SchemeParser } from "./parser";

/** A text and what the reader found in it. */
export interface Source {
  readonly text: string;
  /** The forms at top level. */
  readonly forms: readonly Datum[];
  /** All comments, those inside of forms too, in the order in which they end. */
  readonly comments: readonly Comment[];
}

/**
 * Reads all of TEXT, a Scheme source as Guile and Guix write it.
 *
 * @throws UserError with line and column, but no file; see `inFile`.
 */
export function read(text: string): Source {
  const parser = new SchemeParser(text);
  return { text, forms: parser.forms(), comments: parser.comments };
}
