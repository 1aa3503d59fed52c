import { UserError } from "../errors";
import type { NoAnswer } from "../guix/session";
import { trimmed } from "./words";

/** That GUIX is no use for STEP, and what it said. */
export function cannotRun(guix: string, step: string, error: NoAnswer): UserError {
  const lines = noAnswerLines(error);
  return new UserError({ message: `${guix} gave no answer while ${step}: ${lines.join(" | ")}`, hint: hint(error, lines) });
}

function hint({ reason }: NoAnswer, lines: readonly string[]): string {
  if (reason === "timeout") return "give it more time with --timeout SECONDS";
  // ./configure writes it.
  if (lines.some((line) => line.includes("no code for module (guix config)"))) return "run ./bootstrap && ./configure --localstatedir=/var in the checkout, or install Guix";
  return "see whether guix repl works there";
}

/** ERROR in lines: what happened, and the last that was printed. */
export function noAnswerLines({ message, said }: NoAnswer): string[] {
  return [message, ...trimmed(said)];
}
