import fc from "fast-check";
import type { Datum } from "../../src/read/scheme/datum";
import { read } from "../../src/read/scheme/read";
import { children, walk } from "../../src/read/scheme/walk";
import { schemeString } from "../../src/render/literal";
import { fileSystemsScm, linuxScm } from "../../test/support/guix-texts";
import { compareWithGuile, disagreement } from "../../test/support/differential";
import { FRAGMENTS, fragmentSoup, schemeForm } from "../../test/support/scheme-arbitraries";
import { mutate, wellFormed } from "../mutate";
import type { Random } from "../random";
import { expectThat, orSentence, type Target } from "../target";

const BASES = [
  linuxScm(),
  fileSystemsScm(),
  '("5.10"\n "6.12" ; the newest\n ("6.12" linux (nongnu packages linux) zfs-for-x))\n',
];

/** How many texts one Guile is asked about. */
const BATCH = 400;
/** Guile's printer and ours recurse in the comparison, and one argument of a long text says no more than a short one. */
const LONGEST_COMPARED = 20_000;

const DEEP = [
  "(",
  "[",
  "#(",
  "'",
  "#~",
  "#;",
  "#|",
  "#;(",
  "(a . ",
  "#vu8(",
  "(a '",
  "`(,",
  "#:",
  '"',
  "#{",
  "(",
];

function text(random: Random): string {
  switch (random.below(6)) {
    case 0:
      return mutate(random, random.pick(BASES));
    case 1:
      return sample(fragmentSoup, random);
    case 2:
      return mutate(random, sample(schemeForm, random));
    case 3:
      return sample(schemeForm, random);
    case 4: {
      const open = random.pick(DEEP);
      const depth = random.pick([10, 1000, 100_000]);
      const close = random.pick([
        "",
        ")".repeat(depth),
        `x${")".repeat(depth)}`,
        "]".repeat(depth),
        "|#".repeat(depth),
      ]);
      return open.repeat(depth) + close;
    }
    default:
      return random
        .several(30, () =>
          random.oneIn(6)
            ? schemeString(wellFormed(random.pick(FRAGMENTS)))
            : random.pick(FRAGMENTS),
        )
        .join("");
  }
}

function sample(arbitrary: fc.Arbitrary<string>, random: Random): string {
  return fc.sample(arbitrary, { numRuns: 1, seed: random.below(2 ** 31) })[0]!;
}

/** Texts that Guile has yet to be asked about. */
const waiting: string[] = [];

export const reader: Target = {
  async run(random, note) {
    const given = text(random);
    note(given);
    const source = await orSentence(() => read(given));
    for (const form of source?.forms ?? []) for (const datum of walk(form)) expectInside(datum);
    // Half a surrogate pair cannot be put to Guile.
    if (given.length < LONGEST_COMPARED && wellFormed(given) === given && !/[([]{500}/.test(given))
      waiting.push(given);
    if (waiting.length >= BATCH) settle();
  },
  settle,
};

function settle(): void {
  const texts = waiting.splice(0);
  for (const [index, comparison] of compareWithGuile(
    texts.map((one) => ({ text: one })),
  ).entries()) {
    const fault = disagreement(comparison);
    expectThat(
      fault === undefined,
      `the readers do not agree: ${fault}; on ${JSON.stringify(texts[index])}`,
    );
  }
}

function expectInside(datum: Datum): void {
  let from = datum.start;
  for (const child of children(datum)) {
    expectThat(
      from <= child.start && child.start < child.end && child.end <= datum.end,
      `${child.kind} at ${child.start} is not inside of ${datum.kind} at ${datum.start}`,
    );
    from = child.end;
  }
}
