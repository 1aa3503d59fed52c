import { git } from "../../src/write/git/git";
import { FILE_SYSTEMS_FILE } from "../../src/read/guix/checkout";
import { LINUX_FILE } from "../../src/read/guix/linux-facts";

export interface Commit {
  readonly id: string;
  /** On which it was committed, `YYYY-MM-DD`; never before the one of the commit before it. */
  readonly day: string;
  readonly subject: string;
}

/**
 * The commits on the main line of REVISION since SINCE that changed one of the
 * two files, oldest first, after the last one before that day.
 */
export async function history(
  repository: string,
  revision: string,
  since: string,
): Promise<Commit[]> {
  const log = (...selection: string[]): Promise<string> =>
    git(repository, "cannot read the history", [
      "log",
      "--first-parent",
      "--format=%H%x09%cs%x09%s",
      ...selection,
      "--end-of-options",
      revision,
      "--",
      LINUX_FILE,
      FILE_SYSTEMS_FILE,
    ]);
  const [before, during] = await Promise.all([
    log("--max-count=1", `--until=${since}T00:00:00Z`),
    log("--reverse", `--since-as-filter=${since}T00:00:00Z`),
  ]);
  let day = since;
  return `${before}${during}`
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [id, committed, ...subject] = line.split("\t") as [string, string, ...string[]];
      // What was committed later on the main line was not there before.
      if (committed > day) day = committed;
      return { id, day, subject: subject.join(" ") };
    });
}

/** Every day from FIRST to LAST. */
export function* days(first: string, last: string): Generator<string> {
  for (const date = new Date(`${first}T00:00:00Z`); ; date.setUTCDate(date.getUTCDate() + 1)) {
    const day = date.toISOString().slice(0, 10);
    if (day > last) return;
    yield day;
  }
}
