import { expect, test } from "@jest/globals";
import { guixKernel } from "../../src/read/kernel";
import { matrixOf } from "../../src/plan/compatibility";
import { svg } from "../../src/render/matrix-svg";
import { release, seriesOf } from "../support/releases";
import { textBoxes, touching } from "../support/svg";

const RELEASES = [
  release("2.4.4", "4.18-7.2"),
  release("2.4.2", "4.18-7.0", {
    advisories: [{ range: { operator: "<", series: seriesOf("5.6") }, says: "no", source: "x" }],
  }),
  release("2.4.1", "4.18-6.19"),
  release("2.10.11", "4.18-6.12"),
  release("2.3.9", "4.18-7.2", {
    advisories: [{ range: { operator: "=", series: seriesOf("6.12") }, says: "no", source: "x" }],
  }),
];

test("a release that is known to lose data has a mark, and the picture says why", () => {
  const text = svg(
    matrixOf(
      [guixKernel(seriesOf("6.12"))],
      [
        release("2.4.4", "4.18-7.2"),
        release("2.4.3", "4.18-7.0", { losesData: [{ says: "a<b", source: "x" }] }),
        release("2.3.9", "4.18-6.12", { losesData: [{ says: "c", source: "y" }] }),
      ],
    ),
  );
  expect(rows(text).slice(0, 3)).toEqual(["OpenZFS 6.12", "2.4.4 2.4.3!", "2.3.9! 2.3.9!"]);
  expect(rows(text).slice(-2)).toEqual(["! 2.4.3: a&#60;b (x)", "! 2.3.9: c (y)"]);
  const { width, height, boxes } = textBoxes(text);
  expect(boxes.filter(({ right, bottom }) => right > width || bottom > height)).toEqual([]);
  expect(touching(boxes)).toEqual([]);
});

function picture(...series: string[]): string {
  return svg(
    matrixOf(
      series.map((one) => guixKernel(seriesOf(one))),
      RELEASES,
    ),
  );
}

/** The texts of each row, from the top. */
function rows(text: string): string[] {
  const lines = new Map<number, string[]>();
  for (const { y, words } of textBoxes(text).boxes) lines.set(y, [...(lines.get(y) ?? []), words]);
  return [...lines.values()].map((words) => words.join(" "));
}

test("a row is a branch, by its newest release, and a cell says which release came first", () => {
  expect(rows(picture("5.4", "6.12", "6.19", "7.0", "7.2")).slice(0, 4)).toEqual([
    "OpenZFS 5.4 6.12 6.19 7.0 7.2",
    "2.10.11 2.10.11 2.10.11 - - -",
    // For 5.4 an advisory against 2.4.2 breaks the row.
    "2.4.4 2.4.4 2.4.1 2.4.1 2.4.2 2.4.4",
    "2.3.9 2.3.9 no* 2.3.9 2.3.9 2.3.9",
  ]);
});

test.each([
  [["6.12"]],
  [["5.4", "6.12", "7.2"]],
  [Array.from({ length: 40 }, (_, index) => `7.${index}`)],
])("no text of %j leaves the picture or touches another", (series) => {
  const { width, height, boxes } = textBoxes(picture(...series));
  expect(
    boxes.filter(
      ({ left, right, top, bottom }) => left < 0 || right > width || top < 0 || bottom > height,
    ),
  ).toEqual([]);
  expect(touching(boxes)).toEqual([]);
});
