import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { isUserError } from "../../src/errors";
import { withoutRegion, withRegion, type RegionContent } from "../../src/guix/in-place";
import { BEGIN, END } from "../../src/guix/markers";
import { readRegion } from "../../src/guix/region";
import { isList } from "../../src/scheme/walk";
import { AUTO_SNAPSHOT, MERGERFS, ZFS } from "../support/checkout";

const CONTENT: RegionContent = {
  body: "(define-public zfs-for-linux-6.12\n  (package\n    (inherit zfs)\n    (arguments\n     (substitute-keyword-arguments (package-arguments zfs)\n       ((#:linux _ #f)\n        linux-libre-6.12)\n       ((#:phases phases)\n        #~(modify-phases #$phases))))\n    (inputs (list guile-3.0))\n    (license license:gpl3+)))\n",
  kernels: ["linux-libre-6.12"],
};

const put = (text: string): string => withRegion(readRegion(text), CONTENT);
const remove = (text: string): string => withoutRegion(readRegion(text));

const spec = fc.constantFrom(
  "(guix gexp)",
  "(guix packages)",
  "(guix utils)",
  "((guix utils) #:select (version-major))",
  "((guix utils)\n                #:select (version-major\n                          substitute-keyword-arguments))",
  "((guix licenses) #:prefix license:)",
  "((guix licenses) #:prefix l:)",
  "((guix packages) #:hide (package-arguments))",
  "(guix build-system gnu)",
  "(gnu packages)",
  "(gnu packages acl)",
  "(gnu packages guile)",
  "((gnu packages guile) #:select (guile-2.2))",
  "(gnu packages linux)",
  "((gnu packages linux) #:select (kmod))",
  "(srfi srfi-1)",
);
const afterClause = fc.constantFrom("\n  ", "\n  ", "\n  ", " ", "\n\t", " ;why\n  ", "\n  ;; What follows.\n  ", "  \n\n  ", " #| a\n b |# ");
const between = fc.constantFrom("\n\n", "\n", "\n\n\n;;;\n;;; Section.\n;;;\n\n", " ;here\n\n", " ", " #;(no\n thing) ");

/** A file-systems.scm in many a style. */
const file = fc
  .record({
    top: fc.constantFrom("", "\ufeff", ";;; Head.\n\n", "#!no-fold-case\n"),
    clauses: fc.array(fc.tuple(afterClause, spec), { maxLength: 12 }),
    close: fc.constantFrom("", "\n  #:export (x)", "\n", " ;last\n  "),
    definitions: fc.shuffledSubarray(["(define a '(1 . 2))", MERGERFS, AUTO_SNAPSHOT, "(define-public b \"\n;; no\n\")"]),
    zfsFirst: fc.boolean(),
    between,
    end: fc.constantFrom("", "\n", "\n\n", " ;end", "\n#| end |#", "   "),
    eol: fc.constantFrom("\n", "\r\n"),
  })
  .map(({ top, clauses, close, definitions, zfsFirst, between: gap, end, eol }) => {
    const head = `(define-module (gnu packages file-systems)${clauses.map(([space, text]) => `${space}#:use-module ${text}`).join("")}${close})`;
    const all = zfsFirst ? [ZFS, ...definitions] : [...definitions, ZFS];
    return `${top}${[head, ...all].join(gap)}${end}`.replace(/\n/g, eol);
  });

test("whatever the file looks like, the edit is stable and can be taken back", () => {
  fc.assert(
    fc.property(file, (text) => {
      const once = put(text);
      expect(put(once)).toBe(once);
      expect(remove(once)).toBe(text);
      expect(remove(text)).toBe(text);
      // The region stands behind what it inherits from.
      expect(once.indexOf(BEGIN)).toBeGreaterThan(Math.max(once.indexOf("(define-public zfs\n"), once.indexOf("(define-public zfs-auto-snapshot\n")));
    }),
    { numRuns: 400 },
  );
});

/** The definitions and comments of WHOLE that are not in its region. */
function others(whole: string): string[] {
  const { source, region } = readRegion(whole);
  return [...source.forms.filter((form) => !isList(form, "define-module")), ...source.comments]
    .filter(({ start, end }) => region === undefined || end < region.start || start > region.end)
    .map(({ start, end }) => whole.slice(start, end));
}

test("a file that somebody spoilt is refused or set right, and nothing of others is lost", () => {
  const spoil = fc.tuple(fc.nat(), fc.nat(8), fc.constantFrom<(lines: string[]) => string[]>(() => [], (lines) => [...lines, ...lines], (lines) => [...lines].reverse(), (lines) => lines.map((line) => ` ${line}`), (lines) => [BEGIN, ...lines], (lines) => [...lines, END], (lines) => lines.map(() => '"')));
  let good = 0;
  fc.assert(
    fc.property(file, spoil, (text, [at, count, change]) => {
      const lines = put(text).split("\n");
      const from = at % lines.length;
      lines.splice(from, count, ...change(lines.slice(from, from + count)));
      const spoilt = lines.join("\n");
      let mended: string;
      try {
        mended = put(spoilt);
      } catch (error) {
        expect(isUserError(error)).toBe(true);
        return;
      }
      good++;
      expect(put(mended)).toBe(mended);
      const left = others(mended);
      for (const piece of others(spoilt)) expect(left).toContain(piece);
    }),
    { numRuns: 400 },
  );
  expect(good).toBeGreaterThan(50);
});
