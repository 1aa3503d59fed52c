import { readFileSync } from "node:fs";
import { expect } from "@jest/globals";
import fc from "fast-check";
import { followKernels, isOfGuix } from "../../src/commands/bump/kernels-edit";
import { planLines } from "../../src/commands/plan-report";
import { shippedFile } from "../../src/files";
import { lines } from "../../src/outcome";
import { channelPlan } from "../../src/plan/plan";
import { guixKernel } from "../../src/read/kernel";
import { parseKernelList, parseKernelsFile } from "../../src/read/kernels";
import { compareSeries } from "../../src/read/series";
import { channelModule } from "../../src/write/channel";
import { hostile, mostly, mutated } from "./input";
import { expectShown, expectVariants, fuzz, orSentence, releases } from "./property";

const files = fc.constantFrom(
  readFileSync(shippedFile("kernels.scm"), "utf8"),
  '("6.12" ("6.12" linux-6.12 (nongnu packages linux) zfs-for-nongnu-linux-6.12)\r\n ; why\r\n "7.0")\r\n',
  '(("6.6" linux (a) zfs-for-a) ;one\n ("6.1" linux (a) zfs-for-b))',
  '("7.1" "7.0" "6.1")',
);

const PIECES = [
  ...'"6.1" "9.9" 6.1 "0.0" "06.1" "6.12.1" zfs-for-kernel (a) () #|a|# ;b\n #; #;x'.split(" "),
  '("6.1" linux-libre (gnu packages linux) zfs-for-x)',
  "#{zfs-for-a b}#",
  "\n",
  " ",
];

const input = fc.record({
  text: mostly(
    mutated(files, PIECES),
    9,
    fc.nat(20_000).map((count) => `(${'"6.1"\n'.repeat(count)})`),
  ),
  before: hostile,
  ofGuix: fc.uniqueArray(
    fc.record({ major: fc.integer({ min: 5, max: 7 }), minor: fc.nat(19) }).map(guixKernel),
    { maxLength: 7, selector: ({ variable }) => variable },
  ),
});

fuzz("kernels", input, async ({ text, before, ofGuix }) => {
  const found = await orSentence(() => parseKernelsFile(text, "kernels.scm"));
  await orSentence(() => parseKernelList(before + text.slice(0, 100)));
  if (found === undefined) return;
  const plan = channelPlan(found, releases, undefined);
  expectVariants(channelModule(plan, releases), plan);
  expectShown(lines(...planLines(plan)));

  if (ofGuix.length === 0) return;
  const sorted = ofGuix.toSorted((a, b) => compareSeries(a.series, b.series));
  const followed = await orSentence(() => followKernels(text, "kernels.scm", sorted));
  if (followed === undefined) {
    // Only where another kernel has the name of a variant that would come.
    const taken = found.filter((kernel) => !isOfGuix(kernel)).map(({ variant }) => variant);
    expect(sorted.some(({ variant }) => taken.includes(variant))).toBe(true);
    return;
  }
  const has = parseKernelsFile(followed.text, "kernels.scm").filter(isOfGuix);
  expect(has.map(({ variable }) => variable).toSorted()).toEqual(
    sorted.map(({ variable }) => variable).toSorted(),
  );
  expect(followKernels(followed.text, "kernels.scm", sorted).text).toBe(followed.text);
});
