import { describe, expect, test } from "@jest/globals";
import { linuxFacts, readKernels } from "../../src/read/guix/linux-facts";
import { read } from "../../src/read/scheme/read";
import { formatSeries } from "../../src/read/series";
import { linuxScm } from "../support/guix-texts";

const facts = (text: string) => {
  const whole = linuxFacts(read(text));
  // What is read of it alone says the same.
  expect(readKernels(text)).toEqual(whole);
  const { kernels, linuxLibre, lts } = whole;
  return {
    kernels: Object.fromEntries(
      kernels.map(({ series, version }) => [formatSeries(series), version]),
    ),
    linuxLibre: linuxLibre && formatSeries(linuxLibre),
    lts: lts && formatSeries(lts),
  };
};

test("the series, their full versions, and what the default and the long-term kernel are", () => {
  expect(facts(linuxScm())).toEqual({
    kernels: {
      "5.10": "5.10.260",
      "6.12": "6.12.95",
      "6.18": "6.18.38",
      "7.0": "7.0.14",
      "7.1": "7.1.3",
    },
    linuxLibre: "7.0",
    lts: "6.18",
  });
});

test("series are in the order of numbers", () => {
  const versions = { "6.6": "6.6.1", "5.15": "5.15.2", "6.12": "6.12.3", "5.4": "5.4.4" };
  expect(linuxFacts(read(linuxScm(versions))).kernels.map(({ variable }) => variable)).toEqual([
    "linux-libre-5.4",
    "linux-libre-5.15",
    "linux-libre-6.6",
    "linux-libre-6.12",
  ]);
});

describe("a kernel's version", () => {
  test.each([
    [
      "a string where it is made",
      '(define-public linux-libre-6.6 (make-linux-libre "6.6.144" "gnu" "hash" \'()))',
    ],
    [
      "a package of its own",
      '(define-public linux-libre-6.6 (package (name "linux-libre") (version "6.6.144")))',
    ],
    ["behind let", '(define-public linux-libre-6.6 (let ((a 1)) (package (version "6.6.144"))))'],
    [
      "inherited",
      '(define base (package (version v)))\n(define v "6.6.144")\n(define-public linux-libre-6.6 (package (inherit base)))',
    ],
    [
      "an alias of a version",
      '(define w "6.6.144")\n(define v w)\n(define-public linux-libre-6.6 (make-linux-libre* v))',
    ],
    [
      "the variable of its name",
      '(define-public linux-libre-6.6-version "6.6.144")\n(define-public linux-libre-6.6 (customize (kernel)))',
    ],
    [
      "exported by the module",
      '(define-module (m) #:export (linux-libre-6.6))\n(define linux-libre-6.6 (make-linux-libre* "6.6.144"))',
    ],
  ])("%s", (_, text) => {
    expect(facts(text).kernels).toEqual({ "6.6": "6.6.144" });
  });

  test("may be unknown", () => {
    expect(
      facts(
        "(define-public linux-libre-6.6 (f))\n(define a b)\n(define b a)\n(define-public linux-libre a)",
      ),
    ).toEqual({
      kernels: { "6.6": undefined },
      linuxLibre: undefined,
      lts: undefined,
    });
  });

  test("must be of the kernel's series", () => {
    expect(() => facts('(define-public linux-libre-6.6 (make-linux-libre* "6.7.1"))')).toThrow(
      "1:1: linux-libre-6.6 is version 6.7.1, which is of the series 6.7; expected a version such as 6.6.1",
    );
  });
});

test("a default kernel that is no alias has the series of its version", () => {
  expect(
    facts(
      '(define-public linux-libre-6.6 (f))\n(define-public linux-libre (make-linux-libre* "6.7.1"))',
    ).linuxLibre,
  ).toBe("6.7");
});

test("a file without kernels is another one", () => {
  expect(() => facts("(define-public linux-libre-headers-6.6 1)")).toThrow(
    "there is no public kernel such as linux-libre-6.12 in this file",
  );
});

describe("the forms of the kernels are read alone, and then more where", () => {
  const more = '(define-public linux-libre-6.6 (make-linux-libre* "6.6.1"))';
  test.each([
    ["one is in a comment", `#|\n${more}\n|#\n${linuxScm()}`],
    ["one is left out", `${linuxScm()}\n#;\n${more}\n`],
    ["one is in a string", `(define text "\n${more.replaceAll('"', '\\"')}\n")\n${linuxScm()}`],
    ["one is behind an escape", `(define quote #\\")\n${linuxScm()}\n${more}(define other #\\")\n`],
    ["one is indented", `${linuxScm()}\n  ${more}\n`],
    ["one is in another form", `${linuxScm()}\n(begin\n  ${more})\n`],
    ["two stand on one line", `${linuxScm()}\n(define a 1) ${more}\n`],
    ["it begins with a byte order mark", `\ufeff${more}\n${linuxScm()}`],
    ["its lines end in CRLF", linuxScm().replaceAll("\n", "\r\n")],
  ])("%s", (_, text) => {
    expect(Object.keys(facts(text).kernels).length).toBeGreaterThanOrEqual(5);
  });

  test.each([
    ["it was cut short", linuxScm().slice(0, -100)],
    ["it was cut short in a string", `${linuxScm()}(define text "`],
    ["too much is closed", `${linuxScm()})`],
  ])("%s, which is refused", (_, text) => {
    expect(() => readKernels(text)).toThrow(/^\d+:\d+: /);
  });
});
