import { expect, test } from "@jest/globals";
import { Tail } from "../../src/process/tail";

test("a short output is kept, without the empty lines around it", () => {
  const tail = new Tail(100);
  for (const chunk of ["\n a", "b\r\n\nc\n", "\n"]) tail.add(chunk);
  expect(tail.lines()).toEqual([" ab", "", "c"]);
});

test("of a long one the last whole lines are", () => {
  const tail = new Tail(10);
  for (let line = 0; line < 1000; line++) tail.add(`line ${line}\n`);
  expect(tail.lines()).toEqual(["line 999"]);
});

test("of a long line its end is", () => {
  const tail = new Tail(4);
  tail.add("abcdefghijklm\n");
  expect(tail.lines()).toEqual(["klm"]);
});
