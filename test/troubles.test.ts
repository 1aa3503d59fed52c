import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { PROJECT } from "./support/run";

const text = readFileSync(join(PROJECT, "doc/troubles.md"), "utf8");
const [legend = "", ...sections] = text.split("\n## ");
const rows = sections
  .flatMap((section) => section.split("\n"))
  .filter((line) => /^\| (?!case |---)/.test(line))
  .map((line) => line.slice(2).replace(/ \|$/, "").split(" | "));

test("doc/troubles.md says of each case where it is tried", () => {
  const letters = new Set([...legend.matchAll(/\*([A-Z])\*/g)].map(([, letter]) => letter));
  const scenarios = readFileSync(join(PROJECT, "tools/boot/scenarios.ts"), "utf8");
  for (const [, name] of legend.matchAll(/\(`([^`]*\/[^`]*)`\)/g))
    expect([name, existsSync(join(PROJECT, name!))]).toEqual([name, true]);
  expect(rows.length).toBeGreaterThan(60);
  for (const [trouble, , tried] of rows)
    for (const place of tried!.split(", ")) {
      const [, letter, name] = /^(?:([A-Z]) )?(.*)$/.exec(place)!;
      // Behind the first scenario stand the names of others.
      if (letters.has(name)) continue;
      expect([trouble, letter ?? "M"]).toEqual([trouble, "M"]);
      expect([trouble, name, scenarios.includes(`name: "${name}"`)]).toEqual([trouble, name, true]);
    }
});
