import type { Problem } from "../errors";
import { position } from "../scheme/position";

/** The lines of TEXT that git writes where two versions cannot be merged. */
export function conflictProblems(text: string): Problem[] {
  return [...text.matchAll(/^(<{7}|>{7})( .*)?$/gm)].map((match) => ({
    ...position(text, match.index),
    message: `this is a conflict marker of git's: ${JSON.stringify(match[0].trim())}`,
    hint: "resolve the conflict first",
  }));
}
