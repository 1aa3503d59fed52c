import { spawnSync } from "node:child_process";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { shellLine } from "../../src/errors";
import { trimmed } from "../../src/verify/session";

test("what tells a reader nothing is left out", () => {
  const said = `Backtrace:
In ice-9/boot-9.scm:
  1755:12 10 (with-exception-handler _ _ #:unwind? _)
In unknown file:
           2 (primitive-load "x.scm")
;;; note: source file newer than compiled
guix repl: error: failed to load 'the definitions':

guix repl: warning: a
guix build: error: b
ice-9/eval.scm:191:35: error: linux-libre-6.13: unbound variable
gnu/packages/x.scm:3:4: error: c
`;
  expect(trimmed(said)).toEqual([
    "warning: a",
    "error: b",
    "error: linux-libre-6.13: unbound variable",
    "gnu/packages/x.scm:3:4: error: c",
  ]);
});

test("a long text is cut, and so is a long line", () => {
  expect(trimmed("x\n".repeat(20))).toEqual([...Array<string>(12).fill("x"), "… (8 more lines)"]);
  expect(trimmed("x".repeat(1000))).toEqual([`${"x".repeat(500)}…`]);
});

test("plain words stay plain in a line for a shell", () => {
  expect(shellLine(["guix", "build", "-L", "/a b", "it's"])).toBe(
    "guix build -L '/a b' 'it'\\''s'",
  );
});

test("a shell reads back the same words", () => {
  const words = fc.array(
    fc.string({ unit: "grapheme" }).filter((word) => !word.includes("\0")),
    { minLength: 1, maxLength: 5 },
  );
  // One shell for all.
  const samples = fc.sample(words, 50);
  const script = samples
    .map((given) => `printf '%s\\0' ${shellLine(given)}; printf '\\0'`)
    .join("\n");
  const { stdout } = spawnSync("/bin/sh", { input: script, encoding: "utf8" });
  expect(stdout).toBe(samples.map((given) => `${given.join("\0")}\0\0`).join(""));
});
