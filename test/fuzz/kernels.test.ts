import { readFileSync } from "node:fs";
import { expect } from "@jest/globals";
import fc from "fast-check";
import { followKernels } from "../../src/commands/bump/kernels-edit";
import { planLines } from "../../src/commands/report";
import { shippedFile } from "../../src/files";
import { lines } from "../../src/outcome";
import { channelPlan } from "../../src/plan/plan";
import { guixKernel, isOfGuix, isUnwanted } from "../../src/read/kernel";
import { listIn, parseKernelList, parsePolicy, takesNew } from "../../src/read/kernels";
import { compareSeries, formatSeries } from "../../src/read/series";
import { channelModule } from "../../src/layout/channel";
import { hostile, mostly, mutated } from "./input";
import { expectShown, expectVariants, fuzz, orSentence, releases } from "./property";

const files = fc.constantFrom(
  readFileSync(shippedFile("kernels.scm"), "utf8"),
  '("6.12" ("6.12" linux-6.12 (nongnu packages linux) zfs-for-nongnu-linux-6.12)\r\n ; why\r\n "7.0")\r\n',
  '(("6.6" linux (a) zfs-for-a) ;one\n ("6.1" linux (a) zfs-for-b))',
  '("7.1" "7.0" "6.1")',
  '(("6.1" (zfs "2.3")) ("6.6" linux (a) zfs-for-a (zfs "2.2.7"))\n (unwanted "5.10" "5.4") (new-series #f))',
);

const SERIES = fc.record({ major: fc.integer({ min: 5, max: 7 }), minor: fc.nat(12) });

/** A list in which nothing is wrong: kernels of Guix, pinned ones and other people's, and series that are not wanted. */
const right = fc
  .tuple(
    fc.uniqueArray(fc.tuple(SERIES.map(formatSeries), fc.nat(4)), {
      minLength: 1,
      maxLength: 8,
      selector: ([series]) => series,
    }),
    fc.constantFrom("", "\n (new-series #f)", "\n (new-series #t)"),
  )
  .map(([all, end]) => {
    const forms = all.map(([series, kind], index) =>
      kind === 4 && index > 0
        ? `(unwanted "${series}")`
        : kind === 3
          ? `("${series}" linux-${series} (a b) zfs-for-b-${series})`
          : kind === 2
            ? `("${series}" (zfs "2.${index % 5}"))`
            : `"${series}"`,
    );
    return `(${forms.join("\n ")}${end})\n`;
  });

const PIECES = [
  ...'"6.1" "9.9" 6.1 "0.0" "06.1" "6.12.1" zfs-for-kernel (zfs) (unwanted) (new-series) "2.3" #t (a) () #|a|# ;b\n #; #;x'.split(
    " ",
  ),
  '("6.1" linux-libre (gnu packages linux) zfs-for-x)',
  "#{zfs-for-a b}#",
  "\n",
  " ",
];

const input = fc.record({
  text: mostly(
    fc.oneof(right, mutated(right, PIECES), mutated(files, PIECES)),
    9,
    fc.nat(20_000).map((count) => `(${'"6.1"\n'.repeat(count)})`),
  ),
  before: hostile,
  ofGuix: fc.uniqueArray(SERIES.map(guixKernel), {
    maxLength: 7,
    selector: ({ variable }) => variable,
  }),
});

fuzz("kernels", input, { floor: 0.2 }, async ({ text, before, ofGuix }) => {
  const policy = await orSentence(() => parsePolicy(text, "kernels.scm"));
  await orSentence(() => parseKernelList(before + text.slice(0, 100)));
  if (policy === undefined) return false;
  const { kernels: found, unwanted } = policy;
  const plan = await orSentence(() => channelPlan({ kernels: found, releases, unwanted }));
  if (plan === undefined) return false;
  expectVariants(channelModule(plan, releases), plan);
  expectShown(lines(...planLines(plan)));

  if (ofGuix.length === 0) return false;
  const sorted = ofGuix
    .filter((kernel) => !isUnwanted(kernel, unwanted))
    .filter(
      (kernel) => takesNew(policy) || found.some((listed) => listed.variable === kernel.variable),
    )
    .toSorted((a, b) => compareSeries(a.series, b.series));
  const followed = await orSentence(() => followKernels(listIn("kernels.scm", text), ofGuix));
  if (followed === undefined && sorted.length === 0) return false;
  if (followed === undefined) {
    // Only where another kernel has the name of a variant that would come.
    const taken = found.filter((kernel) => !isOfGuix(kernel)).map(({ variant }) => variant);
    expect(sorted.some(({ variant }) => taken.includes(variant))).toBe(true);
    return false;
  }
  const has = followed.list.policy.kernels.filter(isOfGuix);
  expect(has.map(({ variable }) => variable).toSorted()).toEqual(
    sorted.map(({ variable }) => variable).toSorted(),
  );
  expect(followKernels(followed.list, sorted).list.text).toBe(followed.list.text);
  return true;
});
