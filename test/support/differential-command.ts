import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { compareWithGuile } from "./differential";

/** Files that one Guile process is asked about; it answers in one string. */
const BATCH = 25;

/** Every `.scm` file in DIRECTORIES and below. */
export function schemeFiles(directories: readonly string[]): string[] {
  return directories.flatMap((path) => {
    if (statSync(path).isFile()) return [path];
    const files = readdirSync(path, { recursive: true, encoding: "utf8" });
    return files
      .filter((file) => file.endsWith(".scm"))
      .sort()
      .map((file) => join(path, file));
  });
}

/** Compares FILES and says what differs; the number of forms that are the same. */
export function compareFiles(files: readonly string[], report: (line: string) => void): number {
  let same = 0;
  for (let index = 0; index < files.length; index += BATCH) {
    const inputs = files.slice(index, index + BATCH).map((file) => ({ file }));
    for (const comparison of compareWithGuile(inputs)) {
      const { refused, guileRefused, difference } = comparison;
      const file = (comparison.input as { file: string }).file;
      same += comparison.same;
      if (refused !== undefined) report(`${file}:${refused}`);
      if (guileRefused !== undefined) report(`${file}: Guile: ${guileRefused}`);
      if (difference !== undefined) {
        report(`${file}: form ${comparison.same + 1}\n  ours:  ${excerpt(difference)}\n`);
      }
    }
  }
  return same;
}

/** Both texts from shortly before where they part. */
function excerpt({
  ours = "",
  guile = "",
}: {
  ours: string | undefined;
  guile: string | undefined;
}): string {
  let at = 0;
  while (at < ours.length && ours[at] === guile[at]) at += 1;
  const from = Math.max(0, at - 60);
  return `${ours.slice(from, at + 60)}\n  Guile: ${guile.slice(from, at + 60)}`;
}
