import { describe, expect, test } from "@jest/globals";
import { isUserError } from "../../src/errors";
import type { Edit } from "../../src/guix/edit";
import { clauseLines } from "../../src/guix/import-edit";
import { imports } from "../../src/guix/imports";
import { BEGIN, END } from "../../src/guix/markers";
import { readRegion } from "../../src/guix/region";
import { edited, withoutRegion, withRegion, type RegionContent } from "../../src/guix/region-edit";
import { fileSystemsScm, IMPORTS, MERGERFS, ZFS } from "../support/checkout";
import { written } from "../support/region-edit";

const CONTENT: RegionContent = { body: "(define-public zfs-for-linux-6.12\n  (package (inherit zfs) (a #~(linux-libre-6.12))))\n", kernels: ["linux-libre-6.12"] };
const put = (text: string, content = CONTENT): string => written(withRegion(readRegion(text), content));
const remove = (text: string): string => written(withoutRegion(readRegion(text)));
const without = (...modules: string[]): string[] => IMPORTS.filter((spec) => !modules.includes(spec));

describe("an edit that would do more than it should is a bug, and is stopped", () => {
  const TEXT = put(
    fileSystemsScm({ imports: without("(gnu packages linux)"), after: `;; About mergerfs.\n${MERGERFS} ;end` }).replace("  #:use-module (gnu packages acl)\n", "  ;; For acl.\n  #:use-module (gnu packages acl)\n"),
  );

  /** The edit that makes of PIECE, which is in TEXT once, BY. */
  const change = (piece: string, by: string): Edit => {
    const start = TEXT.indexOf(piece);
    expect(TEXT.split(piece)).toHaveLength(2);
    return { start, end: start + piece.length, text: by };
  };
  const stopped = (...edits: Edit[]): unknown => {
    try {
      edited(readRegion(TEXT), edits, []);
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
    ["a comment in the module is lost", ";; For acl.", "", ";; For acl. would become"],
    ["a clause in the module is lost", "#:use-module (gnu packages acl)", "", ""],
    ["a comment in a definition is changed", ";; Not to be distributed;", ";; To be distributed;", ""],
  ])("%s", (_, piece, by, said) => {
    const error = stopped(change(piece, by));
    expect(error).toBeInstanceOf(Error);
    expect(isUserError(error)).toBe(false);
    expect((error as Error).message).toMatch(/^the edit would change what is not ours: [^]+ would become [^]+$/);
    expect((error as Error).message).toContain(said);
  });

  test("what is lost or added at the very end", () => {
    const file = readRegion("(a)\n(b)");
    expect(() => edited(file, [{ start: 3, end: 7, text: "" }], [])).toThrow("what is not ours: (b) would become nothing");
    expect(() => edited(file, [{ start: 7, end: 7, text: "(c)" }], [])).toThrow("what is not ours: nothing would become (c)");
  });

  test("a file that would not be read any more", () => {
    const error = stopped(change('(name "mergerfs")', "(name"));
    expect((error as Error).message).toMatch(/^the file would no longer be in order: \d+:\d+: this list is not closed/);
    expect((error as Error).cause).toBeDefined();
    expect(isUserError(error)).toBe(false);
  });

  test("what is ours may change", () => {
    expect(stopped(change("(a #~(linux-libre-6.12))", ""))).toBeUndefined();
    expect(stopped(change("  #:use-module (gnu packages linux)\n  #:use-module (gnu packages xml)", "  #:use-module (gnu packages xml)"))).toBeUndefined();
    expect(stopped()).toBeUndefined();
  });

  test("an import that is left is no longer ours", () => {
    const file = readRegion(TEXT);
    const ours = imports(TEXT, file.source.forms).filter(({ spec }) => spec === "(gnu packages linux)");
    const region: Edit = { start: file.region!.start, end: file.region!.end, text: "" };
    expect(edited(file, [region], ours)).toContain("#:use-module (gnu packages linux)");
    expect(() => edited(file, [region], [])).toThrow("what is not ours");
  });

  test("a comment behind a module is not in it", () => {
    const text = "(define-module (a)) ;why\n(b) ;(c)";
    expect(() => edited(readRegion(text), [{ start: text.indexOf(";why"), end: text.indexOf("\n"), text: "" }], [])).toThrow(";why would become ;(c)");
  });
});

describe("what would be lost", () => {
  const whole = put(fileSystemsScm());

  test("is told, for check to show", () => {
    const text = whole.replace(`\n\n${END}`, "").replace(MERGERFS, `${MERGERFS}\n\n${END}`);
    const edit = withRegion(readRegion(text), CONTENT);
    expect(edit.losses).toMatchObject([{ message: "mergerfs is defined inside of the managed region and would be lost", hint: "move it out of the region, or put the marker back where it was" }]);
    expect(edit.after).not.toContain("mergerfs");
  });

  test("is an error where zfs itself is among it", () => {
    const text = whole.replace(`${BEGIN}\n`, "").replace("(define-public zfs\n", `${BEGIN}\n(define-public zfs\n`);
    expect(() => withRegion(readRegion(text), CONTENT)).toThrow("zfs is defined inside of the managed region and would be lost");
  });

  test("is nothing where there is no zfs and nothing is lost", () => {
    expect(withRegion(readRegion("(define-module (a))\n(define b 1)\n"), CONTENT).losses).toEqual([]);
  });

  test("is what has a name of ours within its own", () => {
    expect(withRegion(readRegion(whole.replace(END, `(define my-zfs-for-linux 1)\n${END}`)), CONTENT).losses).toHaveLength(1);
    expect(withRegion(readRegion(whole.replace(END, `(define zfs-for-linux-3.0 1)\n(define %zfs-x 1)\n(define %booted-zfs 1)\n(define zfs-guix-x 1)\n${END}`)), CONTENT).losses).toEqual([]);
  });
});

describe("imports that come and go", () => {
  const GUILE: RegionContent = { body: `${CONTENT.body}(define-public zfs-guix-tools (package (inputs (list guile-3.0))))\n`, kernels: CONTENT.kernels };
  const file = fileSystemsScm({ imports: without("(gnu packages linux)", "(gnu packages guile)") });

  test("one more than before, one fewer, and all of them", () => {
    const one = withRegion(readRegion(file), CONTENT);
    expect(one).toMatchObject({ added: ["(gnu packages linux)"], dropped: [], left: [] });
    const two = withRegion(readRegion(one.after), GUILE);
    expect(two).toMatchObject({ added: ["(gnu packages guile)"], dropped: [], left: [] });
    // The same as at once, whatever the way.
    expect(two.after).toBe(put(file, GUILE));
    expect(withRegion(readRegion(two.after), CONTENT)).toMatchObject({ after: one.after, added: [], dropped: ["(gnu packages guile)"], left: [] });
    expect(withoutRegion(readRegion(two.after))).toEqual({ after: file, added: [], dropped: ["(gnu packages guile)", "(gnu packages linux)"], left: [], losses: [] });
    expect(withoutRegion(readRegion(file))).toEqual({ after: file, added: [], dropped: [], left: [], losses: [] });
  });

  test("one that is left is not dropped", () => {
    const noted = put(file, GUILE).replace("(gnu packages guile)\n", "(gnu packages guile) ;mine\n");
    expect(withRegion(readRegion(noted), CONTENT)).toMatchObject({ dropped: [], left: [{ spec: "(gnu packages guile)" }] });
    const close = put(file, GUILE).replace("(gnu packages guile)\n", "(gnu packages guile);mine\n");
    expect(withRegion(readRegion(close), CONTENT)).toMatchObject({ dropped: [], left: [{ spec: "(gnu packages guile)" }] });
  });

  test("between clauses with another indentation, with a comment, or with spaces at the end", () => {
    expect(put(file.replace("  #:use-module (gnu packages acl)\n", "\t#:use-module (gnu packages acl);acl\n"))).toContain("\t#:use-module (gnu packages acl);acl\n\t#:use-module (gnu packages linux)\n");
    expect(put(file.replace("(gnu packages acl)\n", "(gnu packages acl)  \n"))).toContain("(gnu packages acl)  \n  #:use-module (gnu packages linux)\n");
    expect(put(file.replace("(gnu packages acl)\n", "(gnu packages acl)\n\t"))).toContain("(gnu packages acl)\n  #:use-module (gnu packages linux)\n\t");
    // The first clause of all lends its indentation, too.
    const alone = "(define-module (a)\n\t#:use-module (guix packages))\n(define zfs (package))\n";
    expect(put(alone)).toContain("(define-module (a)\n\t#:use-module (guix gexp)\n\t#:use-module (guix packages)\n\t#:use-module (gnu packages linux))");
  });

  test.each(["(define-module)", "(define-module #:use-module (guix gexp) (gnu packages file-systems))"])("not in %s, which is none of Guile's", (module) => {
    expect(() => put(`\n${module}\n(define zfs 1)\n`)).toThrow("2:1: the name of this module does not come first in it; expected the gnu/packages/file-systems.scm of Guix");
  });

  test("right after the name where there are none yet", () => {
    expect(put("(define-module (a) #:export (zfs))\n(define zfs 1)\n")).toContain("(define-module (a)\n  #:use-module (gnu packages linux)\n");
  });

  test("in (use-modules …) are no clauses to stand among", () => {
    const text = "(define-module (a)\n  #:use-module (guix gexp)\n  #:use-module (guix packages))\n(use-modules (gnu packages kde))\n(define zfs 1)\n";
    expect(put(text)).toContain("(guix packages)\n  #:use-module (gnu packages linux))\n(use-modules (gnu packages kde))\n");
    expect(remove(put(text))).toBe(text);
  });

  test("selected under their own name and from their own module are wanted", () => {
    const text = (spec: string): string => fileSystemsScm({ imports: [...without("(guix gexp)"), spec] });
    expect(() => put(text("((guix gexp) #:select ((ungexp . gexp)))"))).toThrow("gexp is ungexp of (guix gexp) here, and the managed region needs the one of (guix gexp); give the import another name, with #:select or #:prefix");
    expect(put(text("((guix gexp) #:select (gexp))"))).toContain("((guix gexp) #:select (gexp))");
  });

  test("are broken where a line of 79 columns has no room for them, and not before", () => {
    const spec = (length: number): string => `((a) #:select (b ${"c".repeat(length - "((a) #:select (b ))".length)}))`;
    expect(clauseLines(spec(64), "  ")).toEqual([`  #:use-module ${spec(64)}`]);
    expect(clauseLines(spec(64), "  ")[0]).toHaveLength(79);
    expect(clauseLines(spec(65), "  ")).toEqual(["  #:use-module ((a)", `                #:select (b ${"c".repeat(46)}))`]);
    expect(clauseLines(`((a) #:select (b ${"c".repeat(49)} ddddd))`, "  ")).toEqual(["  #:use-module ((a)", `                #:select (b ${"c".repeat(49)}`, "                          ddddd))"]);
    const module = `(${"a".repeat(80)})`;
    expect(clauseLines(module, "")).toEqual([`#:use-module ${module}`]);
  });

  test("fill a line to its last column", () => {
    const names = (length: number): string[] => clauseLines(`((a) #:select (${"b".repeat(20)} ${"c".repeat(length)} ${"d".repeat(30)}))`, "");
    const margin = " ".repeat("#:use-module (".length);
    expect(names(33)[1]).toBe(`${margin}#:select (${"b".repeat(20)} ${"c".repeat(33)}`);
    expect(names(34)[1]).toHaveLength(79);
    expect(names(35)[1]).toBe(`${margin}#:select (${"b".repeat(20)}`);
  });
});

describe("the place of the region", () => {
  const after = (rest: string): string => put(`(define-module (a) #:use-module (guix gexp) #:use-module (guix packages) #:use-module (gnu packages linux))\n${ZFS}${rest}`);

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
  expect(refusal("(define zfs 1)")).toBe("there is no (define-module …) in this file; expected the gnu/packages/file-systems.scm of Guix");
  expect(refusal(fileSystemsScm({ after: "(define zfs-for-linux-6.12 1)" }))).toMatch(/; take this definition out, or name it otherwise$/);
  expect(refusal(fileSystemsScm({ after: "(define linux-libre-6.12 1)" }))).toMatch(/; name it otherwise$/);
  expect(refusal(fileSystemsScm({ after: "(re-export zfs-for-linux-6.12 other)" }))).toMatch(/^[^\n]*; take it out, or give it another name$/);
  expect(() => put(fileSystemsScm(), { body: "(", kernels: [] })).toThrow(/^templates: what these templates give for a checkout does not parse: .*, in the line "\("; mend/);
});
