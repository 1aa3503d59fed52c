import { UserError } from "../../errors";
import { wrapText } from "../../wrap";

/** What a commit did to a file: to some names in it, or to all of it. */
export interface MessageEntry {
  readonly file: string;
  readonly items: readonly MessageItem[];
}

export interface MessageItem {
  /** What it is about, in parentheses; empty for the file itself. */
  readonly names: readonly string[];
  /** A sentence: "New variable." */
  readonly text: string;
}

/** A commit message as Guix has them (design fact 14). */
export interface CommitMessage {
  readonly summary: string;
  readonly entries: readonly MessageEntry[];
}

/** Lines stay below 80 columns; a single name that is longer stands alone. */
const WIDTH = 78;

/**
 * The text of MESSAGE: a summary, an empty line, ChangeLog entries.
 *
 * @throws UserError where a name could be taken for more than a name.
 */
export function formatMessage({ summary, entries }: CommitMessage): string {
  for (const text of [
    summary,
    ...entries.flatMap(({ file, items }) => [
      file,
      ...items.flatMap(({ names, text: said }) => [...names, said]),
    ]),
  ]) {
    // A line break would begin a line, and perhaps an entry, of somebody else's
    // making; and so would a star or a parenthesis where a line is broken.
    if (/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]|(^|\s)[*(]/u.test(text)) {
      throw new UserError({
        message: `a commit message cannot have ${JSON.stringify(text)} in it`,
        hint: "name the file otherwise",
      });
    }
  }
  return `${[summary, "", ...entries.flatMap(formatEntry)].join("\n")}\n`;
}

function formatEntry({ file, items }: MessageEntry): string[] {
  return items.flatMap(({ names, text }, index) => {
    const start = index === 0 ? `* ${file}` : "";
    const about = names.length === 0 ? "" : `(${names.join(", ")})`;
    const lines = wrapText(
      `${[start, about].filter((part) => part !== "").join(" ")}: ${text}`,
      WIDTH,
    );
    // "*" alone would be no entry, however long the name of its file.
    return lines[0] === "*" ? [lines.slice(0, 2).join(" "), ...lines.slice(2)] : lines;
  });
}
