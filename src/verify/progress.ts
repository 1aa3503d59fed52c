/** Something that is verified while somebody looks on. */
export interface Row {
  readonly name: string;
  /** Verifies it, tells STEP what begins, and returns what came of it, in a few words. */
  work(step: (check: string) => void): Promise<{ readonly text: string; readonly kind: "good" | "bad" | "missing" }>;
}

/** Works ROWS off, one after the other: a line for each when it is done, for a log. */
export async function logged(rows: readonly Row[], write: (line: string) => void): Promise<void> {
  for (const [index, { name, work }] of rows.entries()) {
    // That takes minutes or hours: that it begins is worth a line.
    const { text } = await work((check) => check === "builds" && write(`${name}: ${check} …`));
    write(`[${index + 1}/${rows.length}] ${name}: ${text}`);
  }
}
