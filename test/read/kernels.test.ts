import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { UserError } from "../../src/errors";
import { parseKernelList, parseKernelsFile } from "../../src/read/kernels";

const variants = (text: string): string[] =>
  parseKernelsFile(text, "kernels.scm").map(({ variant }) => variant);

/** What is reported about TEXT, without the file's name. */
function problemsOf(action: () => unknown): string[] {
  try {
    action();
  } catch (error) {
    if (error instanceof UserError) return error.message.split("\n");
    throw error;
  }
  throw new Error("nothing was reported");
}

test("a list of series, with comments of every kind", () => {
  expect(
    variants('; old\n("5.10" ; the oldest\n #| none\n #| nested |# |# "6.12" #;"6.13")\n'),
  ).toEqual(["zfs-for-linux-5.10", "zfs-for-linux-6.12"]);
});

test("a kernel from elsewhere names its module and its variant", () => {
  expect(
    parseKernelsFile(
      '(("6.12" linux-6.12 (nongnu packages linux) zfs-for-nongnu-linux-6.12) "6.12")',
      "kernels.scm",
    ),
  ).toEqual([
    {
      series: { major: 6, minor: 12 },
      variable: "linux-6.12",
      module: ["nongnu", "packages", "linux"],
      variant: "zfs-for-nongnu-linux-6.12",
    },
    {
      series: { major: 6, minor: 12 },
      variable: "linux-libre-6.12",
      module: ["gnu", "packages", "linux"],
      variant: "zfs-for-linux-6.12",
    },
  ]);
});

test("its names may be strings, too", () => {
  expect(
    variants('(("6.12" "linux-6.12" ("nongnu" packages "linux") "zfs-for-linux-6.12-nongnu"))'),
  ).toEqual(["zfs-for-linux-6.12-nongnu"]);
});

describe("what is wrong with a file is said with its place", () => {
  test.each<[string, string, RegExp]>([
    [
      "an unclosed list",
      '("6.12"\n "6.18"',
      /^kernels\.scm:1:1: .*clos.*; write one list, such as/,
    ],
    [
      "an unclosed string",
      '("6.12"\n "6.18)',
      /^kernels\.scm:2:2: .*string.*; write one list, such as/,
    ],
    [
      "a stray parenthesis",
      '("6.12"))',
      /^kernels\.scm:1:9: unexpected `\)`: no list is open; write one list, such as/,
    ],
    [
      "a pin without its parentheses",
      '("6.6" ("6.12" zfs "2.3"))',
      /^kernels\.scm:1:8: \("6\.12" zfs "2\.3"\) is no kernel; expected .*; held to a branch of OpenZFS, \("6\.12" \(zfs "2\.3"\)\)/,
    ],
    ["an unknown word", '("6.12" lts)', /^kernels\.scm:1:9: lts is no kernel; expected "6.12", or/],
    [
      "an empty list",
      "()",
      /^kernels\.scm:1:1: there is no list of kernels here; write one list, .*; a kernel is "6.12", or/,
    ],
    ["an empty file", "; nothing\n", /^kernels\.scm:1:1: there is no list of kernels/],
    ["two lists", '("6.12")\n("6.18")', /^kernels\.scm:2:1: there is something after/],
    ["no list", '"6.12"', /^kernels\.scm:1:1: there is no list of kernels here/],
    [
      "a series twice",
      '("6.12"\n "6.1"\n "6.12")',
      /^kernels\.scm:3:2: linux-libre-6.12 of \(gnu packages linux\) is listed twice, first in line 1; take one of them out/,
    ],
    [
      "a series without minor",
      '("6")',
      /^kernels\.scm:1:2: "6" is not a series: it has no minor number; expected MAJOR.MINOR/,
    ],
    ["a point release", '("6.12.3")', /"6.12.3" is not a series: it names a point release/],
    ["a letter", '("6.x")', /"6.x" is not a series/],
    ["a leading zero", '("06.12")', /"06.12" is not a series: a number in it starts with 0/],
    ["a negative number", '("-1.2")', /"-1.2" is not a series/],
    ["a number too large", '("6.123456789012345678901234567890")', /is larger than 9999/],
    [
      "a number and no string",
      "(6.12)",
      /^kernels\.scm:1:2: 6.12 is no kernel; put the series in quotes: "6.12"/,
    ],
    ["a symbol, keyword or boolean", "(#t)", /^kernels\.scm:1:2: #t is no kernel/],
    ["a dotted list", '("6.12" . "6.18")', /^kernels\.scm:1:1: /],
    ["a NUL byte", '("6.12"\n\0)', /^kernels\.scm:2:1: \\x00 is no kernel/],
    [
      "a list of three",
      '(("6.12" linux-6.12 (nongnu packages linux)))',
      /^kernels\.scm:1:2: \("6.12" linux-6.12 \(nongnu packages linu… is no kernel; expected "6.12", or \("6.12" KERNEL/,
    ],
    ["a list of one", '(("6.12"))', /^kernels\.scm:1:2: \("6.12"\) is no kernel; expected/],
    [
      "a name that is only its beginning",
      '(("6.12" linux-6.12 (a b) zfs-for-))',
      /^kernels\.scm:1:27: the variant's name cannot be zfs-for-; expected zfs-for- and more/,
    ],
    [
      "a name of another series",
      '(("6.12" linux-6.12 (a b) zfs-for-linux-6.1-mine))',
      /^kernels\.scm:1:27: the variant zfs-for-linux-6.1-mine is named for Linux 6.1, but its series is 6.12; make one/,
    ],
    [
      "a name of a longer series",
      '(("6.1" linux-6.1 (a b) zfs-for-linux-6.12))',
      /is named for Linux 6.12, but its series is 6.1;/,
    ],
    [
      "one kernel for two series",
      '("6.12"\n ("6.6" linux-libre-6.12 (gnu packages linux) zfs-for-linux-6.6))',
      /^kernels\.scm:2:2: linux-libre-6.12 of \(gnu packages linux\) is listed twice, first in line 1;/,
    ],
    [
      "no module",
      '(("6.12" linux-6.12 linux zfs-for-x))',
      /^kernels\.scm:1:21: this is not the name of a module/,
    ],
    [
      "a variant that the commands would not find",
      '(("6.12" linux-6.12 (a b) my-zfs))',
      /^kernels\.scm:1:27: the variant's name cannot be my-zfs; expected zfs-for- and more/,
    ],
    [
      "the name of a procedure",
      '(("6.12" linux-6.12 (a b) zfs-for-kernel))',
      /the variant's name cannot be zfs-for-kernel;/,
    ],
    [
      "two variants with one name",
      '("6.12" ("6.12" linux-6.12 (nongnu packages linux) zfs-for-linux-6.12))',
      /^kernels\.scm:1:9: the variant zfs-for-linux-6.12 is listed twice/,
    ],
  ])("%s", (_, text, expected) => {
    const problems = problemsOf(() => parseKernelsFile(text, "kernels.scm"));
    expect(problems[0]).toMatch(expected);
  });

  test.each([
    '"',
    "(",
    ")",
    ";",
    "\\",
    "\n",
    " ",
    "'",
    "`",
    ",",
    "|",
    "#",
    "\u0000x",
    "é",
    "1x",
    "",
  ])("a name with %j in it", (character) => {
    const literal = JSON.stringify(`linux${character}6.12`).replace("\\u0000", "\\x00");
    const name = character === "" ? '""' : character === "1x" ? '"1x"' : literal;
    for (const text of [
      `(("6.12" ${name} (a b) zfs-for-x))`,
      `(("6.12" linux (a ${name}) zfs-for-x))`,
      `(("6.12" linux (a b) ${name}))`,
    ]) {
      expect(problemsOf(() => parseKernelsFile(text, "kernels.scm"))[0]).toMatch(
        /^kernels\.scm:1:\d+: the .* cannot be .*; expected letters/,
      );
    }
  });

  test("all of it together, one line each", () => {
    expect(
      problemsOf(() => parseKernelsFile('("6"\n "6.12.3" x\n "6.12" "6.12")', "kernels.scm")),
    ).toEqual([
      expect.stringMatching(/^kernels\.scm:1:2: /),
      expect.stringMatching(/^kernels\.scm:2:2: /),
      expect.stringMatching(/^kernels\.scm:2:11: /),
      expect.stringMatching(/^kernels\.scm:3:9: /),
    ]);
  });

  test("in the order of their places, whichever was found first", () => {
    expect(
      problemsOf(() => parseKernelsFile('("6.12" "6.12"\n "6.x")\n("x")', "kernels.scm")).map(
        (problem) => problem.split(": ")[0],
      ),
    ).toEqual(["kernels.scm:1:9", "kernels.scm:2:2", "kernels.scm:3:1"]);
  });

  test("a name of the file or in it cannot write to the terminal", () => {
    const [problem] = problemsOf(() => parseKernelsFile("(\u001b[31mx)", "a\u001b]0;b\u0007.scm"));
    expect(problem).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  });
});

test("any text ends in kernels or in sentences", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[()"'#;|.\\ 0-9a-z\n]*$/)), (text) => {
      try {
        expect(parseKernelsFile(text, "kernels.scm").length).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
      }
    }),
    { numRuns: 200 },
  );
});

test("--kernels takes series with commas between them", () => {
  expect(parseKernelList("5.4, 5.10,6.12").map(({ variant }) => variant)).toEqual([
    "zfs-for-linux-5.4",
    "zfs-for-linux-5.10",
    "zfs-for-linux-6.12",
  ]);
  expect(problemsOf(() => parseKernelList("6,,5.10,5.10"))).toEqual([
    expect.stringContaining('"6" is not a series'),
    expect.stringContaining('"" is not a series'),
    expect.stringContaining("5.10 is listed twice"),
  ]);
});
