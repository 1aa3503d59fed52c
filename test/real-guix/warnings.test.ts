import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { onRealGuix, runGuix, SLOW } from "../support/real-guix";
import { PROJECT } from "../support/run";

const CHANNEL = join(PROJECT, "generated");

/** What the macros of others leave behind, in Guix's own modules, too. */
const OF_OTHERS = [
  // 'match'
  /unused variable `(failure|w|x)'$/,
  // Macros alone are used of them, as of (srfi srfi-26).
  /possibly unused module /,
  // 'formatted-message' looks for its G_.
  /unused module \(guix i18n\)$/,
  // 'define-configuration'
  /possibly unused local top-level variable `(zfs-[a-z]+-fields|[a-z]+\?)'$/,
];

onRealGuix((guix) => {
  test(
    "the channel compiles without a warning that is ours",
    () => {
      const files = readdirSync(CHANNEL, { recursive: true, encoding: "utf8" }).filter((file) =>
        file.endsWith(".scm"),
      );
      const { status, stdout, stderr } = runGuix(
        guix,
        [CHANNEL],
        "repl",
        "-q",
        "--",
        join(import.meta.dirname, "warnings.scm"),
        ...files.map((file) => join(CHANNEL, file)),
      );
      expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
      const warnings = stdout.split("\n").filter((line) => line.includes("warning: "));
      // Without any, nothing was asked.
      expect(warnings.length).toBeGreaterThan(0);
      expect(warnings.filter((line) => !OF_OTHERS.some((pattern) => pattern.test(line)))).toEqual(
        [],
      );
    },
    SLOW,
  );
});
