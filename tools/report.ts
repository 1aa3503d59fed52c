import { printable } from "../src/errors";
import { progress } from "./command";

/** One fact that a scenario looked at. */
export interface Fact {
  readonly what: string;
  readonly holds: boolean;
  /** What the machine said. */
  readonly seen: string;
}

/** How a scenario went. */
export interface Result {
  readonly name: string;
  readonly expected: string;
  readonly facts: readonly Fact[];
  /** Why it came to no end: the machine hung, or stopped. */
  readonly failure?: string;
  readonly seconds: number;
  /** The machine's console, kept where something was not as expected. */
  readonly log?: string;
}

/** Whether all was as expected; a scenario that looked at nothing shows nothing. */
export function isGood({ facts, failure }: Result): boolean {
  return failure === undefined && facts.length > 0 && facts.every(({ holds }) => holds);
}

/** What was seen, in one line: how many facts hold, or those that do not. */
export function seen({ facts, failure }: Result): string {
  const wrong = facts
    .filter(({ holds }) => !holds)
    .map((fact) => `not: ${fact.what} (${lastLine(fact.seen)})`);
  if (failure !== undefined) wrong.push(failure);
  return printable(
    wrong.length > 0
      ? wrong.join("; ")
      : facts.length === 0
        ? "nothing was looked at"
        : `all ${facts.length} facts`,
  );
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) || "nothing";
}

/** Says on stderr how RESULT went. */
export function printResult(result: Result): void {
  progress();
  console.error(
    `${isGood(result) ? "✓" : "✗"} ${result.name}: ${seen(result)}, ${Math.round(result.seconds)} s`,
  );
}

/** RESULTS as a table in Markdown, and below it the SECTIONS that are not empty, lists. */
export function table(
  results: readonly Result[],
  sections: Readonly<Record<string, readonly string[]>>,
): string {
  const cell = (text: string): string => text.replaceAll("|", "\\|");
  return [
    "| | scenario | expected | seen | seconds |",
    "| --- | --- | --- | --- | ---: |",
    ...results.map(
      (result) =>
        `| ${isGood(result) ? "✓" : "✗"} | ${[result.name, result.expected, seen(result)].map(cell).join(" | ")} | ${Math.round(result.seconds)} |`,
    ),
    "",
    ...results.flatMap(({ name, log }) =>
      log === undefined ? [] : [`${name}: the console is in ${log}`],
    ),
    ...Object.entries(sections)
      .filter(([, lines]) => lines.length > 0)
      .flatMap(([heading, lines]) => [`${heading}:`, ...lines.map((line) => `- ${line}`)]),
  ].join("\n");
}
