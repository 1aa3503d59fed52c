import { spawnSync } from "node:child_process";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { shellLine } from "../../src/process/shell";

test("plain words stay plain", () => {
  expect(shellLine(["guix", "build", "-L", "/a b", "it's"])).toBe("guix build -L '/a b' 'it'\\''s'");
});

test("a shell reads back the same words", () => {
  const words = fc.array(fc.string({ unit: "grapheme" }).filter((word) => !word.includes("\0")), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(words, (given) => {
      const { stdout } = spawnSync("/bin/sh", ["-c", `printf '%s\\0' ${shellLine(given)}`], { encoding: "utf8" });
      expect(stdout.split("\0").slice(0, -1)).toEqual(given);
    }),
    { numRuns: 50 },
  );
});
