import { describe, expect, test } from "@jest/globals";
import { isUserError } from "../../src/errors";
import type { Edit } from "../../src/write/region/region-edit";
import { BEGIN } from "../../src/write/region/markers";
import { readRegion } from "../../src/write/region/region";
import { edited, withRegion, type RegionContent } from "../../src/write/region/region-edit";
import { fileSystemsScm, IMPORTS, MERGERFS, ZFS } from "../support/guix-texts";
import { written } from "../support/region";

const CONTENT: RegionContent = {
  body: "(define-public zfs-for-linux-6.12\n  (package (inherit zfs) (a #~(linux-libre-6.12))))\n",
  kernels: ["linux-libre-6.12"],
};
const put = (text: string, content = CONTENT): string =>
  written(withRegion(readRegion(text), content));

describe("an edit that would do more than it should is a bug, and is stopped", () => {
  const TEXT = put(
    fileSystemsScm({ after: `;; About mergerfs.\n${MERGERFS} ;end` }).replace(
      "  #:use-module (gnu packages acl)\n",
      "  ;; For acl.\n  #:use-module (gnu packages acl)\n",
    ),
  );

  /** The edit that makes of PIECE, which is in TEXT once, BY. */
  const change = (piece: string, by: string): Edit => {
    const start = TEXT.indexOf(piece);
    expect(TEXT.split(piece)).toHaveLength(2);
    return { start, end: start + piece.length, text: by };
  };
  const stopped = (...edits: Edit[]): unknown => {
    try {
      edited(readRegion(TEXT), edits);
    } catch (error) {
      return error;
    }
    return undefined;
  };

  test.each([
    ["a definition is lost", MERGERFS, "", `${MERGERFS} would become ;;; GNU Guix --- a stand-in`],
    ["a definition is changed", '(name "mergerfs")', '(name "other")', "would become"],
    ["a definition is added", ";; About mergerfs.", "(define x 1)", "would become (define x 1)"],
    ["something follows the last one", " ;end", " ;end\n#;y", ""],
    ["a comment is lost", ";; About mergerfs.", "", ";; About mergerfs. would become"],
    ["the last comment is lost", " ;end", "", ""],
    ["a comment in the module is lost", ";; For acl.", "", ""],
    ["a clause in the module is lost", "#:use-module (gnu packages acl)", "", ""],
    [
      "a comment in a definition is changed",
      ";; Not to be distributed;",
      ";; To be distributed;",
      "",
    ],
  ])("%s", (_, piece, by, said) => {
    const error = stopped(change(piece, by));
    expect(error).toBeInstanceOf(Error);
    expect(isUserError(error)).toBe(false);
    expect((error as Error).message).toMatch(
      /^the edit would change what is not ours: [^]+ would become [^]+$/,
    );
    expect((error as Error).message).toContain(said);
  });

  test("what is lost or added at the very end", () => {
    const file = readRegion("(a)\n(b)");
    expect(() => edited(file, [{ start: 3, end: 7, text: "" }])).toThrow(
      "what is not ours: (b) would become nothing",
    );
    expect(() => edited(file, [{ start: 7, end: 7, text: "(c)" }])).toThrow(
      "what is not ours: nothing would become (c)",
    );
  });

  test("a file that would not be read any more", () => {
    const error = stopped(change('(name "mergerfs")', "(name"));
    expect((error as Error).message).toMatch(
      /^the file would no longer be in order: \d+:\d+: this list is not closed/,
    );
    expect((error as Error).cause).toBeDefined();
    expect(isUserError(error)).toBe(false);
  });

  test("what is ours may change", () => {
    expect(stopped(change("(a #~(linux-libre-6.12))", ""))).toBeUndefined();
    expect(stopped()).toBeUndefined();
  });

  test("a comment behind a module is not in it", () => {
    const text = "(define-module (a)) ;why\n(b) ;(c)";
    expect(() =>
      edited(readRegion(text), [
        { start: text.indexOf(";why"), end: text.indexOf("\n"), text: "" },
      ]),
    ).toThrow(";why would become ;(c)");
  });
});

describe("what would be lost", () => {
  const whole = put(fileSystemsScm());

  test("is told, for check to show", () => {
    const edit = withRegion(
      readRegion(whole.replace("(inherit zfs)", '(inherit zfs) (name "mine")')),
      CONTENT,
    );
    expect(edit).toEqual({
      after: whole,
      losses: [expect.objectContaining({ message: expect.stringContaining("was edited by hand") })],
    });
  });

  test("is an error where zfs itself is among it", () => {
    const text = whole
      .replace(`${BEGIN}\n`, "")
      .replace("(define-public zfs\n", `${BEGIN}\n(define-public zfs\n`);
    expect(() => withRegion(readRegion(text), CONTENT)).toThrow("was edited by hand");
  });
});

test.each([
  "(define-module)",
  "(define-module #:use-module (guix gexp) (gnu packages file-systems))",
])("not in %s, which is none of Guile's", (module) => {
  expect(() => put(`\n${module}\n(define zfs 1)\n`)).toThrow(
    "2:1: the name of this module does not come first in it; expected the gnu/packages/file-systems.scm of Guix",
  );
});

test("imports that are selected under their own name and from their own module are wanted", () => {
  const text = (spec: string): string =>
    fileSystemsScm({ imports: [...IMPORTS.filter((other) => other !== "(guix gexp)"), spec] });
  expect(() => put(text("((guix gexp) #:select ((ungexp . gexp)))"))).toThrow(
    "gexp is ungexp of (guix gexp) here, and the managed region needs the one of (guix gexp); give the import another name, with #:select or #:prefix",
  );
  expect(put(text("((guix gexp) #:select (gexp ungexp))"))).toContain("#:select (gexp ungexp)");
});

describe("the place of the region", () => {
  const after = (rest: string): string =>
    put(
      `(define-module (a) #:use-module (guix gexp) #:use-module (guix packages) #:use-module (gnu packages linux))\n${ZFS}${rest}`,
    );

  test.each([
    ["\n(b)", `\n\n${BEGIN}`],
    [" (b\n c) (d\n e)\n(f)", ` (b\n c) (d\n e)\n\n${BEGIN}`],
    [" (b) (c\n d)\n", ` (b) (c\n d)\n\n${BEGIN}`],
    [" #|\n|# (b)\n(c\n)", ` #|\n|# (b)\n\n${BEGIN}`],
    [" (b #|\n|#)\n(c)", ` (b #|\n|#)\n\n${BEGIN}`],
    ["", `\n\n${BEGIN}`],
  ])("%j", (rest, expected) => {
    expect(after(rest)).toContain(`${ZFS}${expected}`);
  });
});

test("refusals say what to do", () => {
  const refusal = (text: string): string => {
    try {
      put(text);
    } catch (error) {
      if (isUserError(error)) return error.message;
      throw error;
    }
    throw new Error("nothing was refused");
  };
  expect(refusal("(define zfs 1)")).toBe(
    "there is no (define-module …) in this file; expected the gnu/packages/file-systems.scm of Guix",
  );
  expect(refusal(fileSystemsScm({ after: "(define zfs-for-linux-6.12 1)" }))).toMatch(
    /; take this definition out, or name it otherwise$/,
  );
  expect(refusal(fileSystemsScm({ after: "(define linux-libre-6.12 1)" }))).toMatch(
    /; name it otherwise$/,
  );
  expect(refusal(fileSystemsScm({ after: "(re-export zfs-for-linux-6.12 other)" }))).toMatch(
    /^[^\n]*; take it out, or give it another name$/,
  );
  expect(() => put(fileSystemsScm(), { body: "(", kernels: [] })).toThrow(
    /^templates: what these templates give for a checkout does not parse: .*, in the line "\("; mend/,
  );
});
