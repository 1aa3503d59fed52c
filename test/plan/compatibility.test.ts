import { expect, test } from "@jest/globals";
import { nearestSupporting, newestFirst, support } from "../../src/plan/compatibility";
import { compareVersions, type AdvisoryRange } from "../../src/read/openzfs/release";
import { release, seriesOf } from "../support/releases";

test.each([
  ["4.17", "unsupported"],
  ["4.18", "supported"],
  ["5.10", "supported"],
  ["6.9", "supported"],
  ["6.12", "supported"],
  ["6.13", "unsupported"],
  ["6.100", "unsupported"],
  ["7.0", "unsupported"],
])("a range of 4.18 to 6.12 makes of %s: %s", (series, kind) => {
  expect(support(release("2.3.0", "4.18-6.12"), seriesOf(series)).kind).toBe(kind);
});

test("which side of its range a series is on is told", () => {
  const some = release("2.3.0", "4.18-6.12");
  expect(support(some, seriesOf("6.13"))).toEqual({ kind: "unsupported", because: "too new" });
  expect(support(some, seriesOf("4.17"))).toEqual({ kind: "unsupported", because: "too old" });
});

test.each<[AdvisoryRange["operator"], string[]]>([
  ["<", ["5.4", "5.5"]],
  ["<=", ["5.4", "5.5", "5.6"]],
  ["=", ["5.6"]],
  [">=", ["5.6", "5.10"]],
  [">", ["5.10"]],
])("an advisory about %s 5.6 speaks against %j", (operator, against) => {
  const advised = release("2.4.2", "4.18-7.0", {
    advisories: [{ range: { operator, series: seriesOf("5.6") }, says: "no", source: "test" }],
  });
  const found = ["5.4", "5.5", "5.6", "5.10"].filter(
    (series) => support(advised, seriesOf(series)).kind === "advisory",
  );
  expect(found).toEqual(against);
});

test("an advisory without a range tells something and speaks against nothing", () => {
  const advised = release("2.4.2", "4.18-7.0", {
    advisories: [{ says: "odd META", source: "test" }],
  });
  expect(support(advised, seriesOf("6.12")).kind).toBe("supported");
});

test("versions are compared as numbers", () => {
  expect(
    newestFirst([
      release("2.2.9", "4.18-6.1"),
      release("2.2.10", "4.18-6.1"),
      release("2.10.0", "4.18-6.1"),
    ]).map(({ version }) => version),
  ).toEqual(["2.10.0", "2.2.10", "2.2.9"]);
  expect(compareVersions("2.4.4", "2.4.4")).toBe(0);
});

test("the nearest supporting releases are the first after and the last before", () => {
  const releases = [
    release("2.1.0", "3.10-5.13"),
    release("2.2.0", "3.10-6.5"),
    release("2.3.0", "4.18-6.12"),
    release("2.4.0", "4.18-6.18"),
    release("2.4.1", "4.18-6.19"),
  ];
  expect(nearestSupporting(releases, seriesOf("6.18"), "2.3.0").later?.version).toBe("2.4.0");
  expect(nearestSupporting(releases, seriesOf("4.9"), "2.4.1").earlier?.version).toBe("2.2.0");
  expect(nearestSupporting(releases, seriesOf("7.5"), "2.4.1")).toEqual({});
  // Neither is the release itself, nor one that is on the other side.
  expect(nearestSupporting(releases, seriesOf("5.10"), "2.3.0")).toEqual({
    later: releases[3],
    earlier: releases[1],
  });
  expect(nearestSupporting(releases, seriesOf("6.18"), "2.3.0")).toEqual({ later: releases[3] });
});
