import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { isUserError } from "../../src/errors";
import { withoutRegion, withRegion, type RegionContent } from "../../src/layout/region-edit";
import { BEGIN, END, readRegion } from "../../src/layout/region";
import { definitionsIn } from "../../src/layout/written";
import { others, written } from "../support/region";
import { AUTO_SNAPSHOT, MERGERFS, ZFS } from "../support/guix-texts";

const CONTENT: RegionContent = {
  body: "(define-public zfs-for-linux-6.12\n  (package\n    (inherit zfs)\n    (arguments\n     (substitute-keyword-arguments (package-arguments zfs)\n       ((#:linux _ #f)\n        linux-libre-6.12)\n       ((#:phases phases)\n        #~(modify-phases #$phases))))\n    (inputs (list guile-3.0))\n    (license license:gpl3+)))",
  kernels: ["linux-libre-6.12"],
};

/** It needs none of the imports that CONTENT needs. */
const BARE: RegionContent = { body: "(define-public zfs-guix-tools 1)", kernels: [] };

const OURS = { now: definitionsIn(CONTENT.body), before: [] };
const put = (text: string, content = CONTENT): string =>
  written(withRegion(readRegion(text), { ...content, ours: OURS }));
const remove = (text: string): string => written(withoutRegion(readRegion(text), OURS));

const NEEDED = [
  "(guix gexp)",
  "(guix packages)",
  "(guix utils)",
  "((guix licenses) #:prefix license:)",
  "(gnu packages guile)",
  "(gnu packages linux)",
];

const spec = fc.constantFrom(
  ...NEEDED,
  "((guix utils) #:select (version-major))",
  "((guix utils)\n                #:select (version-major\n                          substitute-keyword-arguments))",
  "((guix licenses) #:prefix l:)",
  "((guix packages) #:hide (package-arguments))",
  "(guix build-system gnu)",
  "(gnu packages acl)",
  "((gnu packages guile) #:select (guile-2.2))",
  "((gnu packages linux) #:select (kmod))",
  "(srfi srfi-1)",
);
const afterClause = fc.constantFrom(
  "\n  ",
  "\n  ",
  "\n  ",
  " ",
  "\n\t",
  " ;why\n  ",
  "\n  ;; What follows.\n  ",
  "  \n\n  ",
  " #| a\n b |# ",
);
const between = fc.constantFrom(
  "\n\n",
  "\n",
  "\n\n\n;;;\n;;; Section.\n;;;\n\n",
  " ;here\n\n",
  " ",
  " #;(no\n thing) ",
);

/** A file-systems.scm in many a style. */
const file = fc
  .record({
    top: fc.constantFrom("", "\ufeff", ";;; Head.\n\n", "#! no-fold-case !#\n"),
    clauses: fc
      .tuple(
        fc.array(fc.tuple(afterClause, spec), { maxLength: 8 }),
        fc.tuple(...NEEDED.map((one) => fc.tuple(afterClause, fc.constant(one)))),
      )
      .chain(([some, all]) =>
        fc.shuffledSubarray([...some, ...all], { minLength: some.length + all.length }),
      ),
    close: fc.constantFrom("", "\n  #:export (x)", "\n", " ;last\n  "),
    definitions: fc.shuffledSubarray([
      "(define a '(1 . 2))",
      MERGERFS,
      AUTO_SNAPSHOT,
      '(define-public b "\n;; no\n")',
    ]),
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
      expect(others(once)).toEqual(others(text));
      expect(readRegion(once).region).toMatchObject({ body: CONTENT.body });
      expect(put(once, BARE)).toBe(put(text, BARE));
      // The region stands behind what it inherits from.
      expect(once.indexOf(BEGIN)).toBeGreaterThan(
        Math.max(
          once.indexOf("(define-public zfs\n"),
          once.indexOf("(define-public zfs-auto-snapshot\n"),
        ),
      );
    }),
    { numRuns: 200 },
  );
});

type Change = (lines: string[]) => string[];

const change = fc.constantFrom<Change>(
  () => [],
  (lines) => [...lines, ...lines],
  (lines) => [...lines].reverse(),
  (lines) => lines.map((line) => ` ${line}`),
  (lines) => [BEGIN, ...lines],
  (lines) => [...lines, END],
  (lines) => lines.map(() => '"'),
  (lines) => lines.flatMap((line) => ["  ;; What follows.", line]),
  (lines) => lines.map((line) => line.replace(/(\r?)$/, " ;why$1")),
  (lines) => [lines.join(" ")],
);

/** A file after the edit, with changes made where the choice of a line is likely to touch the module or the region. */
const spoiltFile = fc
  .tuple(file, fc.array(fc.tuple(fc.nat(), fc.nat(8), change), { minLength: 1, maxLength: 3 }))
  .map(([text, changes]) =>
    changes.reduce((whole, [at, count, apply]) => {
      const lines = whole.split("\n");
      const from = at % lines.length;
      lines.splice(from, count, ...apply(lines.slice(from, from + count)));
      return lines.join("\n");
    }, put(text)),
  );

test.each<[string, (text: string) => string]>([
  ["generate", put],
  ["generate what needs no imports", (text) => put(text, BARE)],
  ["remove", remove],
])(
  "%s: a file that somebody spoilt is refused or set right, and nothing of others is lost",
  (_, edit) => {
    let good = 0;
    fc.assert(
      fc.property(spoiltFile, (spoilt) => {
        let mended: string;
        try {
          mended = edit(spoilt);
        } catch (error) {
          if (!isUserError(error)) throw error;
          return;
        }
        good++;
        expect(edit(mended)).toBe(mended);
        expect(others(mended)).toEqual(others(spoilt));
        expect(readRegion(mended).region === undefined).toBe(edit === remove);
      }),
      { numRuns: 200 },
    );
    expect(good).toBeGreaterThan(25);
  },
);
