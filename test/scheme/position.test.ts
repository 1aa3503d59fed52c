import { expect, test } from "@jest/globals";
import { position } from "../../src/errors";

test.each([
  ["", 0, 1, 1],
  ["a\nb", 1, 1, 2],
  ["a\nb", 2, 2, 1],
  ["a\nb", 3, 2, 2],
  ["\n\n", 2, 3, 1],
  ["\r\n\r\na", 4, 3, 1],
  ["\ufeffa\n\ufeffb", 1, 1, 1],
  ["\ufeffa\n\ufeffb", 4, 2, 2],
  ["😀😀\n😀", 4, 1, 3],
  ["😀😀\n😀", 7, 2, 2],
])("in %j, %i is in line %i, column %i", (text, offset, line, column) => {
  expect(position(text, offset)).toEqual({ line, column });
});
