/** What a terminal, or the log of a workflow, obeys instead of showing it. */
const OBEYED =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|^\s*::|##\[/mu;

/** The first thing in TEXT that would be obeyed, and what is around it. */
export function obeyed(text: string): string | undefined {
  const found = OBEYED.exec(text);
  return found === null ? undefined : text.slice(Math.max(0, found.index - 40), found.index + 40);
}
