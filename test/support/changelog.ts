/** A ChangeLog message, taken apart. */
export interface ParsedMessage {
  readonly summary: string;
  /** `FILE (NAME): TEXT`, NAME empty for the file itself. */
  readonly entries: readonly {
    readonly file: string;
    readonly name: string;
    readonly text: string;
  }[];
}

/**
 * MESSAGE by the rules of Guix's commits: a summary that ends with a period,
 * an empty line, then entries that begin with `* FILE`, each with items
 * `(NAME, …): Sentence.`, which go on over line ends.  Throws where it is none.
 */
export function parseChangeLog(message: string): ParsedMessage {
  const lines = message.split("\n");
  if (lines.pop() !== "") throw new Error("the message does not end with a line end");
  for (const line of lines) {
    if (line.length >= 80) throw new Error(`a line has ${line.length} columns: ${line}`);
    if (line !== line.trimEnd()) throw new Error(`a line ends with white space: ${line}`);
  }
  const [summary, empty, ...body] = lines;
  if (summary === undefined || !/^[a-z]+: [^\n]*\.$/.test(summary))
    throw new Error(`this is no summary: ${summary}`);
  if (empty !== "") throw new Error("there is no empty line after the summary");

  const entries: { file: string; name: string; text: string }[] = [];
  const items = body.reduce<string[]>((list, line) => {
    if (/^\* |^\(/.test(line)) list.push(line);
    else if (list.length === 0) throw new Error(`this line belongs to no entry: ${line}`);
    else list.push(`${list.pop()!} ${line}`);
    return list;
  }, []);
  let file: string | undefined;
  for (const item of items) {
    const match = /^(?:\* (\S+?) ?)?(?:\(([^)]+)\))?: (.*\.)$/.exec(item);
    if (match === null) throw new Error(`this is no item: ${item}`);
    file = match[1] ?? file;
    if (file === undefined) throw new Error(`this item is of no file: ${item}`);
    for (const name of match[2]?.split(/, ?/) ?? [""])
      entries.push({ file, name, text: match[3]! });
  }
  return { summary, entries };
}
