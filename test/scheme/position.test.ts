import { expect, test } from "@jest/globals";
import { position } from "../../src/position";

/** As it says it does, a character at a time. */
function counted(text: string, offset: number): { line: number; column: number } {
  const lines = text
    .slice(0, offset)
    .replace(/^\ufeff/, "")
    .split("\n");
  return { line: lines.length, column: Array.from(lines.at(-1)!).length + 1 };
}

const TEXTS = [
  "",
  "a",
  "a\nb",
  "\n\n",
  "\ufeffa\n\ufeffb",
  "😀😀\n😀",
  "\r\n\r\na",
  "a\udc00b",
  "(\n  (b))\n",
];

test.each(TEXTS)("every place of %j, in any order", (text) => {
  const offsets = Array.from({ length: text.length + 1 }, (_, offset) => offset).filter(
    (offset) => !/[\ud800-\udbff]$/.test(text.slice(0, offset)),
  );
  for (const offset of [...offsets, ...offsets.toReversed(), ...offsets])
    expect(position(text, offset)).toEqual(counted(text, offset));
});

test("two texts by turns", () => {
  const [one, other] = ["a\nbb\nccc", "aa\n\nb"];
  for (const offset of [1, 3, 3, 5]) {
    expect(position(one, offset)).toEqual(counted(one, offset));
    expect(position(other, offset)).toEqual(counted(other, offset));
  }
});
