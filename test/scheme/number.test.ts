import { expect, test } from "@jest/globals";
import { isNumber, OUT_OF_RANGE } from "../../src/scheme/number";

test.each([
  "0", "-0", "+12", "1/2", "-1/2", "0/5", "1.", ".5", "+.5", "1.5", "1e3", "1E-3", "1d3", "1S+2", "12##", "12##/3#", "1#.#", "1.#e2",
  "+i", "-I", "1+i", "1-2.5i", "+1/2i", "1@2", "1@-2", "+inf.0", "-Inf.0", "+nan.0", "-nan.00", "1+inf.0i", "+inf.0i", "1@+inf.0",
  "#x1f", "#X-AB", "#b101", "#o17", "#d1.5", "#e1.5", "#i1/2", "#x#e1f", "#e#xff", "#xAe1", "1e308", "1e-324", "1٣", "1.٣",
])("%s is a number", (token) => {
  expect(isNumber(token)).toBe(true);
});

test.each([
  "", "+", "-", ".", "...", "+.", "1+", "1-", "1+2", "--1", "+-1", "1e", "1e+", ".e1", "1.5.2", "1e5.5", "1/0", "1/0#", "1/", "/2", "1/2e2",
  "1.5/2", "1/2/3", "1#2", "1#.5", "1/2i", "i", "+ii", "1@", "1@2@3", "inf.0", "+inf.00", "+inf.0#", "+nan.", "+nan.1", "+nan.01.5", "+nan.x", "1a", "12f",
  "#", "#x", "#xg", "#b2", "#o8", "#x#x1", "#e#i1", "#x1.5", "#b1e1", "#e+inf.0", "#z1", "٣", "-٣", "1\\", "1/٣",
])("%j is no number", (token) => {
  expect(isNumber(token)).toBe(false);
});

test.each(["1e309", "1e-325", "0e400", "#e1e400", "1e400x", "1+1e400i", `1e${"9".repeat(400)}`])("%s is out of range", (token) => {
  expect(isNumber(token)).toBe(OUT_OF_RANGE);
});
