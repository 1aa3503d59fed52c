import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { addSeries, followKernels, removeKernel } from "../../src/commands/bump/kernels-edit";
import { UserError } from "../../src/errors";
import { guixKernel } from "../../src/read/kernel";
import { listIn, parseKernelsFile } from "../../src/read/kernels";
import { read } from "../../src/read/scheme/read";
import { formatSeries } from "../../src/read/series";
import { seriesOf } from "../support/releases";

const follow = (text: string, ...guix: string[]): string =>
  followKernels(
    listIn("kernels.scm", text),
    guix.map((series) => guixKernel(seriesOf(series))),
  ).list.text;

const NONGNU = '("6.12" linux-6.12 (nongnu packages linux) zfs-for-nongnu-linux-6.12)';

describe("a line is added", () => {
  test.each([
    [
      "after the last older one",
      '("5.10"\n "6.12")\n',
      ["5.10", "6.1", "6.12"],
      '("5.10"\n "6.1"\n "6.12")\n',
    ],
    [
      "at the end, before the parenthesis",
      '("5.10"\n "6.12")',
      ["5.10", "6.12", "6.18"],
      '("5.10"\n "6.12"\n "6.18")',
    ],
    [
      "at the beginning",
      '("6.12"\n "6.18")',
      ["5.10", "6.12", "6.18"],
      '("5.10"\n "6.12"\n "6.18")',
    ],
    [
      "after 5.9, not after 5.1",
      '("5.1"\n "5.9"\n "6.1")',
      ["5.1", "5.9", "5.10", "6.1"],
      '("5.1"\n "5.9"\n "5.10"\n "6.1")',
    ],
    [
      "after a comment on the same line",
      '("5.10" ; LTS\n "6.12" ; LTS, too\n)',
      ["5.10", "6.1", "6.12", "7.0"],
      '("5.10" ; LTS\n "6.1"\n "6.12" ; LTS, too\n "7.0"\n)',
    ],
    [
      "before the comment above the next",
      '("5.10"\n ;; New ones:\n "6.12")',
      ["5.10", "6.1", "6.12"],
      '("5.10"\n "6.1"\n ;; New ones:\n "6.12")',
    ],
    [
      "before the comment above the first",
      '(;; LTS:\n "6.12"\n "6.18")',
      ["5.10", "6.12", "6.18"],
      '("5.10"\n ;; LTS:\n "6.12"\n "6.18")',
    ],
    [
      "under an opening line",
      '(\n  ;; LTS:\n  "6.12"\n  "6.18")',
      ["5.10", "6.12", "6.18"],
      '("5.10"\n  ;; LTS:\n  "6.12"\n  "6.18")',
    ],
    [
      "indented as the others",
      '(\n    "6.12"\n    "6.18"\n)',
      ["6.12", "6.18", "7.0"],
      '(\n    "6.12"\n    "6.18"\n    "7.0"\n)',
    ],
    [
      "on the one line that there is",
      '("5.10" "6.12")',
      ["5.10", "6.1", "6.12"],
      '("5.10" "6.1" "6.12")',
    ],
    ["under a single one", '  ("5.10")', ["5.10", "6.1"], '  ("5.10"\n   "6.1")'],
    [
      "newest first, as the list has it",
      '("7.0"\n "6.12"\n "5.10")',
      ["5.10", "6.12", "7.0", "7.1", "6.1"],
      '("7.1"\n "7.0"\n "6.12"\n "6.1"\n "5.10")',
    ],
    [
      "with the list's line ends",
      '("5.10" ; LTS\r\n "6.12")\r\n',
      ["5.10", "6.1", "6.12"],
      '("5.10" ; LTS\r\n "6.1"\r\n "6.12")\r\n',
    ],
    [
      "beside somebody's own",
      `(${NONGNU}\n "6.12")`,
      ["6.12", "6.18"],
      `(${NONGNU}\n "6.12"\n "6.18")`,
    ],
  ])("%s", (_, before, guix, after) => {
    expect(follow(before, ...guix)).toBe(after);
  });
});

describe("a line is taken out", () => {
  test.each([
    [
      "between words that are discarded",
      '("6.12" #;lts "5.9"#;old "6.18"\n "6.6")\n',
      ["6.6", "6.12"],
      '("6.12" #;lts #;old\n "6.6")\n',
    ],
    ["in the middle", '("5.10"\n "6.1"\n "6.12")\n', ["5.10", "6.12"], '("5.10"\n "6.12")\n'],
    [
      "with its comment",
      '("5.10"\n "6.1" ; short-lived\n "6.12")\n',
      ["5.10", "6.12"],
      '("5.10"\n "6.12")\n',
    ],
    [
      "not with the comment above, which may be about several",
      '("5.10"\n ;; New ones:\n "6.1"\n "6.12")\n',
      ["5.10", "6.12"],
      '("5.10"\n ;; New ones:\n "6.12")\n',
    ],
    ["the first", '("5.10"\n "6.1"\n "6.12")\n', ["6.1", "6.12"], '("6.1"\n "6.12")\n'],
    [
      "the first, with a comment",
      '("5.10" ; old\n ;; LTS\n "6.12")\n',
      ["6.12"],
      '(;; LTS\n "6.12")\n',
    ],
    ["the last", '("5.10"\n "6.1"\n "6.12")\n', ["5.10", "6.1"], '("5.10"\n "6.1")\n'],
    [
      "the last, a comment before it",
      '("5.10"\n "6.1" ; LTS\n "6.12")\n',
      ["5.10", "6.1"],
      '("5.10"\n "6.1" ; LTS\n )\n',
    ],
    ["the last, on a line of its own", '("5.10"\n "6.12" ; new\n)\n', ["5.10"], '("5.10"\n)\n'],
    ["on the one line that there is", '("5.10" "6.1" "6.12")', ["5.10", "6.12"], '("5.10" "6.12")'],
    [
      "with the list's line ends",
      '("5.10"\r\n "6.1" ; x\r\n "6.12")\r\n',
      ["5.10", "6.12"],
      '("5.10"\r\n "6.12")\r\n',
    ],
    [
      "spelled out, where it is Guix's",
      '("5.10"\n ("6.1" linux-libre-6.1 (gnu packages linux) zfs-for-old))',
      ["5.10"],
      '("5.10")',
    ],
    ["and all are replaced", '("5.10"\n "6.1")', ["6.12", "6.18"], '("6.12"\n "6.18")'],
  ])("%s", (_, before, guix, after) => {
    expect(follow(before, ...guix)).toBe(after);
  });
});

test("what is not Guix's own series is left alone", () => {
  const text = `("5.10"\n ${NONGNU}\n ("6.18" linux-libre-arm64-generic (gnu packages linux) zfs-for-arm)\n ("6.1" linux-libre-6.1 (my kernels) zfs-for-mine))\n`;
  expect(follow(text, "5.10")).toBe(text);
});

test("a list that would be empty is refused", () => {
  expect(() => removeKernel('("6.12")', "kernels.scm", "zfs-for-linux-6.12")).toThrow(UserError);
  expect(() => follow('(;; old\n "6.16"\n "6.17"\n (new-series #f))', "6.18")).toThrow(
    "kernels.scm:2:2: linux-libre-6.16 is gone from Guix, and no kernel would be left in this list;",
  );
});

test("a series whose variant's name somebody has given to another kernel does not come in", () => {
  const text = '("5.10"\n ("6.6" linux-6.6 (a) zfs-for-linux-6.6))\n';
  expect(() => follow(text, "5.10", "6.1", "6.6")).toThrow(
    new UserError({
      file: "kernels.scm",
      line: 2,
      column: 2,
      message: "Guix has linux-libre-6.6, the variant of which is called zfs-for-linux-6.6, too",
      hint: 'give this one another name, or write (unwanted "6.6")',
    }),
  );
  expect(follow(`${text.slice(0, -2)}\n (unwanted "6.6"))\n`, "5.10", "6.1", "6.6")).toBe(
    '("5.10"\n "6.1"\n ("6.6" linux-6.6 (a) zfs-for-linux-6.6)\n (unwanted "6.6"))\n',
  );
});

test("whatever the list looks like, it has Guix's kernels after, the others, the comments and their order before", () => {
  const series = fc
    .tuple(fc.integer({ min: 4, max: 7 }), fc.integer({ min: 0, max: 12 }))
    .map(([major, minor]) => ({ major, minor }));
  const space = fc.constantFrom(
    " ",
    "\n",
    "\n ",
    "\n  ;; a comment\n ",
    " ; to the end\n",
    " #| block |# ",
    "\r\n ",
    "\n\n ",
  );
  const kernels = fc.uniqueArray(series, { selector: formatSeries, minLength: 1, maxLength: 8 });
  const list = fc
    .tuple(kernels, fc.infiniteStream(space), fc.infiniteStream(fc.boolean()))
    .map(([found, spaces, own]) => {
      let text = ";; top\n(";
      for (const [index, one] of found.entries()) {
        const s = formatSeries(one);
        text += (
          index === 0 ? (spaces.next().value as string).trimStart() : spaces.next().value
        ) as string;
        text += (own.next().value as boolean)
          ? `("${s}" linux-${s} (nongnu packages linux) zfs-for-nongnu-${s})`
          : (own.next().value as boolean)
            ? `("${s}" (zfs "2.3"))`
            : `"${s}"`;
      }
      // Else a list of other people's kernels alone would take none.
      text += `${spaces.next().value as string}(new-series #t)`;
      return `${text}${spaces.next().value as string})\n;; end\n`;
    });
  fc.assert(
    fc.property(list, kernels, (text, guix) => {
      const after = follow(text, ...guix.map(formatSeries));
      const variants = (source: string): string[] =>
        parseKernelsFile(source, "kernels.scm").map(({ variant }) => variant);
      const ours = (name: string): boolean => name.startsWith("zfs-for-linux-");
      const wanted = new Set(guix.map((one) => guixKernel(one).variant));
      expect(new Set(variants(after).filter(ours))).toEqual(wanted);
      expect(variants(after).filter((name) => !ours(name))).toEqual(
        variants(text).filter((name) => !ours(name)),
      );
      const kept = variants(text).filter((name) => ours(name) && wanted.has(name));
      expect(variants(after).filter((name) => kept.includes(name))).toEqual(kept);
      // Only the comment on the line of a kernel that goes may go with it.
      const comments = (source: string): string[] =>
        read(source)
          .comments.map(({ start, end }) => source.slice(start, end).trim())
          .filter((comment) => comment !== "; to the end");
      expect(comments(after)).toEqual(comments(text));
      expect(follow(after, ...guix.map(formatSeries))).toBe(after);
    }),
    { numRuns: 200 },
  );
});

test("each series is added in its place", () => {
  expect(addSeries('("5.10"\n "7.0")', "kernels.scm", seriesOf("6.12"))).toBe(
    '("5.10"\n "6.12"\n "7.0")',
  );
});
