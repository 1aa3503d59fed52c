const MOST_LINES = 12;
const LONGEST_LINE = 500;

/**
 * What Guix SAID, without what tells a reader nothing: the name of the program
 * that we happen to run, the place in Guile's own evaluator, backtraces, empty lines, and all after the first dozen.
 */
export function trimmed(said: string | readonly string[]): string[] {
  const lines = (typeof said === "string" ? [said] : said)
    .flatMap((text) => text.split("\n"))
    .map((line) =>
      line
        .replace(
          /^(?:guix(?: [a-z-]+)?|ice-9\/[a-z0-9-]+\.scm:[0-9]+:[0-9]+): (?=error: |warning: )/,
          "",
        )
        .trimEnd(),
    )
    // The interface of a module is nothing that anybody sees.
    .map((line) =>
      line.replace(
        /^No variable named (\S+) in #<interface .* [0-9a-f]+>$/,
        "error: $1: unbound variable",
      ),
    )
    .filter((line) => line.trim() !== "" && !line.startsWith(";;; ") && !isOfBacktrace(line))
    // From Guile, where Guix has no better words; the line after it has them.
    .filter((line) => !/^error: failed to load 'the definitions':$/.test(line));
  const shown = lines
    .slice(0, MOST_LINES)
    .map((line) => (line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line));
  return lines.length > MOST_LINES
    ? [...shown, `… (${lines.length - MOST_LINES} more lines)`]
    : shown;
}

/** `Backtrace:`, `In guix/ui.scm:`, `   152:18  1 (_ …)`, as Guile prints it. */
function isOfBacktrace(line: string): boolean {
  return /^(?:Backtrace:|In [^ ]+:|In unknown file:|\s+(?:[0-9]+:[0-9]+\s+)?[0-9]+ [(#].*)$/.test(
    line,
  );
}
