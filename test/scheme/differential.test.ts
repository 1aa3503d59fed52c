import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { read } from "../../src/read/scheme/read";
import { schemeString } from "../../src/render/literal";
import { asString, walk } from "../../src/read/scheme/datum";
import { compareWithGuile, disagreement, notation, type Input } from "../support/guile";
import { filesBelow } from "../support/directory";
import { FRAGMENTS, schemeForm } from "../support/scheme-arbitraries";

const SYNTAX = new URL("fixtures/syntax.scm", import.meta.url);

/** Fails with every input on which the two readers do not agree. */
function expectAgreement(texts: readonly string[]): void {
  const comparisons = compareWithGuile(texts.map((text) => ({ text })));
  const faults = comparisons.flatMap((comparison, index) => {
    const fault = disagreement(comparison);
    return fault === undefined ? [] : [`${JSON.stringify(texts[index])}: ${fault}`];
  });
  expect(faults).toEqual([]);
}

/** Fails unless neither reader refuses anything and all forms are the same; how many there are in each of INPUTS. */
function sameForms(inputs: readonly Input[]): number[] {
  return compareWithGuile(inputs).map(({ same, ...faults }, index) => {
    expect({ ...inputs[index], ...faults }).toEqual(inputs[index]);
    return same;
  });
}

test("every syntax reads as it does in Guile", () => {
  const text = readFileSync(SYNTAX, "utf8");
  // Guile takes a backslash before CR LF for an escape that it does not know.
  const crlf = text.replaceAll("\\\n", "").replaceAll("\n", "\r\n");
  const inputs: Input[] = [
    { file: SYNTAX.pathname },
    { text },
    { text: crlf },
    { text: `\ufeff${text}` },
  ];
  for (const same of sameForms(inputs)) expect(same).toBeGreaterThan(200);
});

test("what Guile refuses is refused, and the other way round", () => {
  const heads = ["", "a ", "(", "(a ", "(a . ", "#(", "#vu8(", "'", "#:", "#;", "#~", "#$", '"'];
  const middles = [
    "",
    ".",
    "b",
    "1",
    "1:b",
    '"',
    '"s"',
    ")",
    "]",
    "}",
    "#",
    "#:",
    "#:k",
    "#;",
    "#;x",
    "#|",
    "#||#",
    "#!",
    "#!a",
    "#!a!#",
    "#\\",
    "#\\a",
    "#\\ab",
    "#{",
    "#{a}#",
    "#{a\\",
    "#{a\\x",
    "#{a\\x4",
    "#{a\\x41;}#",
    "#{a\\xd800;}#",
    "#t",
    "#n",
    "#nil",
    "#x",
    "#x1",
    "#&",
    "#*",
    "#u",
    "#u8",
    "#f3",
    "#0",
    "\\",
    "\\n",
    "\\x",
    "\\x4",
    "\\x41",
    "\\ud800",
    "\\\r\n",
    "'",
    ",",
    ",@",
    "#'",
    "#$",
    "#$@",
    "256",
    "1.5",
    "1e308",
    "1e309",
    "1e-324",
    "1e-325",
    "#e1e400",
    ";",
    "; c\n",
    "\0",
    "\ufeff",
  ];
  const tails = ["", " ", ")", " c)", " . d)", '"', "\n", "|#", "}#"];
  expectAgreement(
    heads.flatMap((head) => middles.flatMap((middle) => tails.map((tail) => head + middle + tail))),
  );
});

test("random pieces of syntax", () => {
  const soup = fc.array(fc.constantFrom(...FRAGMENTS), { maxLength: 12 });
  const texts = fc.sample(soup, { numRuns: 2_000, seed: 1 }).map((parts) => parts.join(""));
  expectAgreement(texts);
});

test("random forms", () => {
  const texts = fc.sample(schemeForm, { numRuns: 1_000, seed: 2 });
  expectAgreement(texts);
  // All of these are valid, so agreement must not be that both refuse.
  for (const text of texts) expect(read(text).forms).toHaveLength(1);
});

test("a form's range holds that form and nothing else", () => {
  fc.assert(
    fc.property(schemeForm, (text) => {
      const withoutPlaces = (forms: string[]): string[] =>
        forms.map((form) => form.replace(/\d+:\d+\(/g, "("));
      const asWritten = (word: string): string => word;
      for (const form of read(text).forms.flatMap((top) => Array.from(walk(top)))) {
        const again = read(text.slice(form.start, form.end));
        const whole = { text, forms: [form], comments: [] };
        expect(withoutPlaces(notation(again, asWritten))).toEqual(
          withoutPlaces(notation(whole, asWritten)),
        );
      }
    }),
    { numRuns: 200 },
  );
});

test("a string literal reads back as the string, in Guile and here", () => {
  const controls = Array.from({ length: 0x100 }, (_, code) => `${String.fromCodePoint(code)}0`);
  const random = fc.sample(fc.string({ unit: "binary", maxLength: 30 }), {
    numRuns: 1_000,
    seed: 3,
  });
  const values = [
    ...controls,
    ...random,
    "",
    '"',
    "\\",
    "\\n",
    "\u2028\u2029",
    "\u{10ffff}",
    "a\r\nb",
  ];
  const literals = values.map(schemeString);
  expect(literals.filter((literal) => /[\n\r]/.test(literal))).toEqual([]);
  expect(literals.map((literal) => asString(read(literal).forms[0]))).toEqual(values);
  expectAgreement(literals);
});

const checkouts = (process.env.ZFS_GUIX_CHECKOUT ?? "").split(":").filter((path) => path !== "");
(checkouts.length === 0 ? test.skip : test)(
  "the files of Guix checkouts (ZFS_GUIX_CHECKOUT)",
  () => {
    const files = checkouts.flatMap((checkout) =>
      ["gnu/packages", "guix"].flatMap((directory) =>
        filesBelow(join(checkout, directory))
          .filter((file) => file.endsWith(".scm"))
          .map((file) => ({ file: join(checkout, directory, file) })),
      ),
    );
    expect(files.length).toBeGreaterThan(100);
    // Guile answers in one string.
    for (let index = 0; index < files.length; index += 25)
      sameForms(files.slice(index, index + 25));
  },
  600_000,
);
