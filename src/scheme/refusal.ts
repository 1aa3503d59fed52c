import { UserError } from "../errors";
import { position } from "./position";

/** How much of a token a message shows; one may be as long as its file. */
const LONGEST = 40;

/** The error that TEXT is not understood at OFFSET. */
export function refusal(text: string, offset: number, message: string): UserError {
  return new UserError({ ...position(text, offset), message });
}

/** TOKEN as a message shows it. */
export function shown(token: string): string {
  const characters = Array.from(token.slice(0, 2 * LONGEST));
  return `\`${characters.length > LONGEST ? `${characters.slice(0, LONGEST - 1).join("")}…` : token}\``;
}
