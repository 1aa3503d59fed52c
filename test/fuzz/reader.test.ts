import { expect } from "@jest/globals";
import fc from "fast-check";
import { read } from "../../src/read/scheme/read";
import { children, walk, type Datum } from "../../src/read/scheme/datum";
import { schemeString } from "../../src/render/literal";
import { compareWithGuile, disagreement } from "../support/guile";
import { fileSystemsScm, linuxScm } from "../support/guix-texts";
import { FRAGMENTS, schemeForm } from "../support/scheme-arbitraries";
import { mostly, mutated, wellFormed } from "./input";
import { fuzz, orSentence } from "./property";

const files = fc.constantFrom(
  linuxScm(),
  fileSystemsScm(),
  '("5.10"\n "6.12" ; the newest\n ("6.12" linux (nongnu packages linux) zfs-for-x))\n',
);

const deep = fc
  .record({
    open: fc.constantFrom(
      ..."( [ #( ' #~ #; #| #;( #vu8( `(, #: \" #{".split(" "),
      "(a . ",
      "(a '",
    ),
    depth: fc.constantFrom(10, 1000, 100_000),
    middle: fc.constantFrom("", "x"),
    close: fc.constantFrom("", ")", "]", "|#"),
  })
  .map(({ open, depth, middle, close }) => open.repeat(depth) + middle + close.repeat(depth));

const fragment = fc.constantFrom(...FRAGMENTS);

const text = fc.oneof(
  mutated(files),
  mutated(schemeForm),
  deep,
  fc
    .array(mostly(fragment, 5, fragment.map(wellFormed).map(schemeString)), { maxLength: 30 })
    .map((parts) => parts.join("")),
);

/** Guile's printer and ours recurse in the comparison, one argument of a long text says no more than a short one, and half a surrogate pair cannot be put to Guile. */
const comparable = (one: string): boolean =>
  one.length < 20_000 && wellFormed(one) === one && !/[([]{500}/.test(one);

/** What is in DATUM, and does not lie inside of it, behind what comes before it. */
function misplaced(datum: Datum): Datum[] {
  let from = datum.start;
  return children(datum).filter(({ start, end }) => {
    const inside = from <= start && start < end && end <= datum.end;
    from = end;
    return !inside;
  });
}

// One Guile is asked about all texts of a case.
fuzz(
  "reader",
  fc.array(text, { minLength: 1, maxLength: 40, size: "max" }),
  { cases: 3, floor: 1 },
  async (texts) => {
    for (const one of texts) {
      const source = await orSentence(() => read(one));
      const all = (source?.forms ?? []).flatMap((form) => [...walk(form)]);
      expect(all.flatMap(misplaced)).toEqual([]);
    }
    const compared = texts.filter(comparable).map((one) => ({ text: one }));
    const faults = compareWithGuile(compared).map(disagreement);
    for (const [index, fault] of faults.entries())
      expect({ ...compared[index], fault }).toEqual(compared[index]);
    return compared.length > 0;
  },
);
