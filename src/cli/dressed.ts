import { wrapText, type Look } from "../outcome";

export interface Place {
  /** In columns; undefined where nothing has to be wrapped. */
  readonly width: number | undefined;
  readonly hasColors: boolean;
}

/** What STREAM, an output, is for ENVIRONMENT: see https://no-color.org and https://force-color.org. */
export function placeOf(
  { isTTY, columns }: { readonly isTTY?: boolean; readonly columns?: number },
  { NO_COLOR, FORCE_COLOR, TERM }: NodeJS.ProcessEnv,
): Place {
  const isOn = (value: string | undefined): boolean => value !== undefined && value !== "";
  const forced = isOn(FORCE_COLOR) && FORCE_COLOR !== "0";
  return {
    width: isTTY === true && columns !== undefined && columns > 0 ? columns : undefined,
    hasColors:
      !isOn(NO_COLOR) && (forced || (isTTY === true && TERM !== "dumb" && FORCE_COLOR !== "0")),
  };
}

/** TEXT, the result of a command, as PLACE shows what has LOOK. */
export async function dressed(
  text: string,
  look: Look | undefined,
  { width, hasColors }: Place,
): Promise<string> {
  if (look === "prose" && width !== undefined)
    text = text
      .split("\n")
      .flatMap((line) => (line === "" ? [line] : wrapText(line, width)))
      .join("\n");
  if (look === undefined || !hasColors) return text;
  // With it comes what Node has for terminals and the net, which most calls do without.
  const { createColors } = await import("colorette");
  const colors = createColors({ useColor: true });
  return RULES[look].reduce(
    (dressing, [pattern, color]) => dressing.replace(pattern, (found) => colors[color](found)),
    text,
  );
}

/** For each look, what is coloured how; the text alone says everything, too. */
const RULES: Readonly<
  Record<Look, readonly (readonly [RegExp, "bold" | "cyan" | "dim" | "green" | "red" | "yellow"])[]>
> = {
  changes: [
    [/^(added|created|changed|updated)(?= )/gm, "green"],
    [/^(removed|deleted)(?= )/gm, "red"],
    [/^(waiting|skipped:)(?= )/gm, "yellow"],
    [/^unchanged .*$/gm, "dim"],
  ],
  diff: [
    [/^(---|\+\+\+) .*$/gm, "bold"],
    [/^@@ .*$/gm, "cyan"],
    [/^\+(?!\+\+ ).*$/gm, "green"],
    [/^-(?!-- ).*$/gm, "red"],
  ],
  prose: [],
  table: [
    [/(?<= )yes(?= |$)/gm, "green"],
    [/(?<= )no\*(?= |$)/gm, "yellow"],
    [/(?<= )-(?= |$)/gm, "dim"],
  ],
};
