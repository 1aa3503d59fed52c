// Our side of the reader's lines, see read.scm: with `all`, every form is asked
// for, which our reader makes no sooner than that.  With `linear`, prints how
// often longer 2, 4 and 8 times the text take than as many readings of the text.
import { readFileSync } from "node:fs";
import { read } from "../src/scheme/read";
import type { Datum } from "../src/scheme/datum";
import { children } from "../src/scheme/walk";
import { median } from "./alternate";

const [file, mode] = process.argv.slice(2) as [string, string?];

function milliseconds(action: () => unknown): number {
  const start = performance.now();
  action();
  return performance.now() - start;
}

function readAll(): number {
  const { forms } = read(readFileSync(file, "utf8"));
  return mode === "all" ? count(forms) : forms.length;
}

function count(forms: readonly Datum[]): number {
  let all = forms.length;
  for (const form of forms) all += count(children(form));
  return all;
}

if (mode === "linear") {
  const text = readFileSync(file, "utf8");
  // First the compiler has to be done.
  for (let turn = 0; turn < 50; turn += 1) read(text);
  const ratios = [2, 4, 8].map((times) => {
    const longer = text.repeat(times);
    const runs = Array.from({ length: 21 }, () => ({
      once: milliseconds(() => read(longer)),
      // Of the same length, since an interruption strikes the longer more often.
      often: milliseconds(() => {
        for (let turn = 0; turn < times; turn += 1) read(text);
      }),
    }));
    return median(runs.map(({ once }) => once)) / median(runs.map(({ often }) => often));
  });
  console.log(ratios.join(" "));
} else {
  const first = milliseconds(readAll);
  console.log(first, median(Array.from({ length: 6 }, () => milliseconds(readAll))));
}
