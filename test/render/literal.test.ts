import { describe, expect, test } from "@jest/globals";
import { UserError } from "../../src/errors";
import { schemeString, schemeSymbol } from "../../src/render/literal";

describe("schemeString", () => {
  test.each([
    ["plain", '"plain"'],
    ['a "b" \\c', '"a \\"b\\" \\\\c"'],
    ["\0\x07\b\t\n\v\f\r\x1b\x7f", '"\\x00\\x07\\x08\\t\\n\\x0b\\x0c\\x0d\\x1b\\x7f"'],
    ["Größe 漢 😀", '"Größe 漢 😀"'],
    ["\u202e\u2028\u00a0\ufeff", '"\\u202e\\u2028\\xa0\\ufeff"'],
    ["\u{e0001}", '"\\U0e0001"'],
  ])("%j", (value, literal) => {
    expect(schemeString(value)).toBe(literal);
  });

  test("half a surrogate pair is refused", () => {
    expect(() => schemeString("a\ud800")).toThrow(UserError);
  });
});

describe("schemeSymbol", () => {
  test.each(["linux-libre-6.12", "...", "->x", "__proto__", "a:b", "+", "-"])("%s", (name) => {
    expect(schemeSymbol(name)).toBe(name);
  });

  test.each([
    "",
    ".",
    "12",
    "1+",
    "1e3",
    "1e999",
    "-i",
    "+inf.0",
    "a b",
    "a|b",
    "(",
    "#t",
    "a#b",
    "'a",
    "@a",
    "a\n",
    "{}",
    "ä",
  ])("%j is refused", (name) => {
    expect(() => schemeSymbol(name)).toThrow(UserError);
  });
});
