import { expect, test } from "@jest/globals";
import {
  compareSeries,
  formatSeries,
  isSeries,
  parseSeries,
  seriesOfVersion,
} from "../../src/read/series";

test.each(["5.10", "6.1", "7.0", "10.0", "9999.9999"])(
  "%s is a series and is written as it was read",
  (text) => {
    const series = parseSeries(text);
    expect(isSeries(series) && formatSeries(series)).toBe(text);
  },
);

test.each([
  ["6", "no minor number"],
  ["6.12.3", "point release"],
  ["6.x", "not two numbers"],
  ["06.12", "starts with 0"],
  ["6.012", "starts with 0"],
  ["-1.2", "not two numbers"],
  ["6.12 ", "not two numbers"],
  ["6.12\n", "not two numbers"],
  ["", "it is empty"],
  ["６.１２", "not two numbers"],
  ["6.10000", "larger than 9999"],
  ["99999999999999999999.1", "larger than 9999"],
  ["0.0", "no Linux 0.0"],
  ["1e3.1", "not two numbers"],
])("%j is no series: %s", (text, reason) => {
  expect(parseSeries(text)).toEqual({ reason: expect.stringContaining(reason) });
});

test("series are compared as numbers", () => {
  const sorted = ["5.9", "5.10", "6.1", "6.9", "6.12", "10.0"]
    .map((text) => parseSeries(text))
    .filter(isSeries);
  expect([...sorted].reverse().sort(compareSeries)).toEqual(sorted);
});

test.each([
  ["6.12.77", "6.12"],
  ["7.0-rc1", "7.0"],
  ["6.12.95-gnu", "6.12"],
  ["5.4", "5.4"],
  ["rolling", undefined],
  ["6", undefined],
  ["6.x", undefined],
])("the series of version %s is %s", (version, expected) => {
  const series = seriesOfVersion(version);
  expect(series && formatSeries(series)).toBe(expected);
});
