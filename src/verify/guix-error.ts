import { UserError } from "../errors";
import type { NoAnswer } from "../guix/session";
import { trimmed } from "./words";

/** That GUIX is no use for STEP, and what it said. */
export function cannotRun(guix: string, step: string, error: NoAnswer): UserError {
  return new UserError({
    message: `${guix} gave no answer while ${step}: ${noAnswerLines(error).join(" | ")}`,
    hint: error.reason === "timeout" ? "give it more time with --timeout SECONDS" : "see whether guix repl works there",
  });
}

/** ERROR in lines: what happened, and the last that was printed. */
export function noAnswerLines({ message, said }: NoAnswer): string[] {
  return [message, ...trimmed(said)];
}
