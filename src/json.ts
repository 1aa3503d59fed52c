import { OBEYED } from "./errors";

/** VALUE as JSON, which a terminal and the log of a workflow show and do not obey; ends in a newline. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value, null, 2);
  // What is left of these is inside of strings, JSON's own line ends apart.
  return `${text.replace(OBEYED, (found) => (found === "\n" ? found : `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`))}\n`;
}
