import { UserError, type Problem } from "../errors";
import { position } from "../position";

/** The lines of TEXT that git writes where two versions cannot be merged. */
export function conflictProblems(text: string): Problem[] {
  return [...text.matchAll(/^(<{7}|>{7})(?: .*)?\r?$/gm)].map((match) => ({
    ...position(text, match.index),
    message: `this is a conflict marker of git's: ${JSON.stringify(match[0].trim())}`,
    hint: "resolve the conflict first",
  }));
}

/** Makes sure that TEXT, which FILE holds, was merged to its end. */
export function refuseConflicts(file: string, text: string): void {
  const problems = conflictProblems(text);
  if (problems.length > 0) throw new UserError(problems.map((problem) => ({ file, ...problem })));
}
