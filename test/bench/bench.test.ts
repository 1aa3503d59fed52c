import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { alternate, median, ROUNDS } from "../../bench/alternate";
import { makeCheckout } from "../../bench/checkout";
import { temporaryDirectory } from "../support/directory";
import { zfsGuix } from "../support/run";

test("the checkout that the bench makes up is of the usual size, and can be generated into", () => {
  const directory = temporaryDirectory();
  makeCheckout(directory, undefined);
  const size = (file: string): number => readFileSync(join(directory, "gnu/packages", file)).length;
  expect(size("linux.scm") + size("file-systems.scm")).toBeGreaterThan(690_000);
  expect(zfsGuix(["generate", "--guix", directory, "--in-place"])).toMatchObject({ status: 0, stderr: "" });
  expect(zfsGuix(["check", "--guix", directory, "--in-place"])).toMatchObject({ status: 0, stderr: "" });
});

test("both sides are measured in turns, and as often", () => {
  const calls: string[] = [];
  const measure = (name: string, value: number) => () => {
    calls.push(name);
    return [value] as const;
  };
  expect(alternate(measure("a", 3), measure("b", 4))).toEqual({ ours: [3], theirs: [4] });
  const [, , ...counted] = calls;
  expect(counted.filter((name) => name === "a")).toHaveLength(ROUNDS);
  expect(counted.join("")).toMatch(/^(abba)+(ab)?$/);
});

test("a median", () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});
