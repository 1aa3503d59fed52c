import { describe, expect, test } from "@jest/globals";
import { withoutRegion, withRegion, type RegionContent } from "../../src/guix/region-edit";
import { BEGIN, END } from "../../src/guix/markers";
import { readRegion } from "../../src/guix/region";
import { written } from "../support/region-edit";
import { AUTO_SNAPSHOT, fileSystemsScm, IMPORTS, MERGERFS, ZFS } from "../support/checkout";

const BODY = `(define (zfs-variant-phases phases) #~(f #$phases))

(define-public zfs-for-linux-6.12
  (package
    (inherit zfs)
    (arguments
     (substitute-keyword-arguments (package-arguments zfs)
       ((#:linux _ #f)
        linux-libre-6.12)))))
`;
const CONTENT: RegionContent = { body: BODY, kernels: ["linux-libre-6.12"] };

const put = (text: string, content = CONTENT): string => written(withRegion(readRegion(text), content));
const remove = (text: string): string => written(withoutRegion(readRegion(text)));

/** The text with the region in it, after checking that it is stable and can be taken out again. */
function roundTrip(text: string, content = CONTENT): string {
  const once = put(text, content);
  expect(put(once, content)).toBe(once);
  expect(remove(once)).toBe(text);
  expect(remove(text)).toBe(text);
  return once;
}

const REGION = `${BEGIN}
;;; Written by 'zfs-guix generate --in-place': an edit between this line and
;;; the end marker is lost the next time.

${BODY}
${END}`;

describe("the region", () => {
  test("stands after zfs and zfs-auto-snapshot, and nothing else changes", () => {
    expect(roundTrip(fileSystemsScm())).toBe(fileSystemsScm().replace(`\n\n${MERGERFS}`, `\n\n${REGION}\n\n${MERGERFS}`));
  });

  test.each([
    ["the last form has no line end", fileSystemsScm({ after: "" }).trimEnd()],
    ["there are empty lines at the end", `${fileSystemsScm({ after: "" })}\n\n\n`],
    ["the next definition follows at once", fileSystemsScm().replace(`\n\n${MERGERFS}`, `\n${MERGERFS}`)],
    ["there is no zfs-auto-snapshot", fileSystemsScm({ autoSnapshot: "" })],
    ["zfs comes last", fileSystemsScm({ zfs: AUTO_SNAPSHOT, autoSnapshot: ZFS })],
    ["there is a byte order mark", `\ufeff${fileSystemsScm()}`],
    ["there are tabs and spaces at line ends", fileSystemsScm().replace(/\)\n/g, ")\t \n")],
  ])("where %s", (_, text) => {
    for (const eol of ["\n", "\r\n"]) {
      const edited = roundTrip(text.replace(/\n/g, eol));
      expect(edited).toContain(`${eol}${eol}${REGION.replace(/\n/g, eol)}`);
      if (eol === "\r\n") expect(edited.replace(/\r\n/g, "")).not.toContain("\n");
    }
  });

  test.each([
    ["a comment", `${AUTO_SNAPSHOT} ;that is all`],
    ["another form", `${AUTO_SNAPSHOT} (define-public a\n  1)`],
    ["a block comment", `${AUTO_SNAPSHOT} #| and\n then |# (b\n) ;c`],
    ["a discarded form", `${AUTO_SNAPSHOT} #;(a\n b)`],
  ])("%s on the last line of zfs-auto-snapshot stays there", (_, autoSnapshot) => {
    expect(roundTrip(fileSystemsScm({ autoSnapshot }))).toContain(`${autoSnapshot}\n\n${BEGIN}`);
  });

  test("is what it was, whatever it held before", () => {
    const other = put(fileSystemsScm(), { body: "(define-public zfs-for-linux-4.4 (package (inherit zfs)))\n", kernels: [] });
    expect(put(other)).toBe(put(fileSystemsScm()));
    expect(put(put(fileSystemsScm()).replace("(inherit zfs)", "(inherit  zfs)"))).toBe(put(fileSystemsScm()));
  });

  test("records the names of other templates, and gives them up without them", () => {
    const names = ["my-thing", ...Array.from({ length: 12 }, (_, index) => `another-thing-${index}`)];
    const text = roundTrip(fileSystemsScm(), { body: `${BODY}${names.map((name) => `(define ${name} 1)\n`).join("")}`, kernels: CONTENT.kernels });
    expect(text).toContain("\n;;; These names of it are from other templates:\n;;;   my-thing another-thing-0 another-thing-1");
    expect(text.split("\n").filter((line) => line.length > 79)).toEqual([]);
    expect(put(text)).toBe(put(fileSystemsScm()));
    expect(() => remove(text.replace("my-thing another", "another"))).toThrow("my-thing is defined inside");
    expect(() => remove(text.replace(";;;   my-thing", ';;;   "my-thing"'))).toThrow("the names that are listed here cannot be read");
  });

  test("records imports on lines of 79 columns", () => {
    const body = "(define-public zfs-a (package (name (package-arguments (package-inputs (package-outputs (package-source package-version)))))))";
    const text = roundTrip(fileSystemsScm({ imports: ["((guix packages) #:select (origin))"] }), { body, kernels: [] });
    expect(text).toContain(";;;   #:use-module ((guix packages)\n;;;                 #:select (package");
    expect(text.split("\n").filter((line) => line.startsWith(";") && line.length > 79)).toEqual([]);
  });

  test("stays where somebody moved it, further down", () => {
    const moved = `${fileSystemsScm()}\n${REGION}\n\n(define-public last 1)\n`;
    expect(put(moved)).toBe(moved);
  });

  test("is moved from where it cannot work", () => {
    expect(put(fileSystemsScm().replace("\n(define-public autofs", `\n${REGION}\n\n(define-public autofs`))).toBe(put(fileSystemsScm()));
  });

  test("at the top of a file is taken out with its line", () => {
    expect(remove(`${REGION}\n(a)\n`)).toBe("(a)\n");
    expect(remove(`(a)\n${REGION}\n(b)`)).toBe("(a)\n(b)");
    expect(remove(REGION)).toBe("");
  });
});

describe("imports", () => {
  /** A file with IMPORTS and what is added to them. */
  const added = (imports: readonly string[], content = CONTENT): string[] => {
    const text = fileSystemsScm({ imports });
    const edited = roundTrip(text, content);
    const clauses = (from: string): string[] => from.slice(from.indexOf("(define-module"), from.indexOf("(define-public")).trimEnd().split("\n");
    const before = clauses(text);
    return clauses(edited).filter((line) => !before.includes(line));
  };

  test("that are there are not added", () => {
    expect(added(IMPORTS)).toEqual([]);
  });

  const without = (...modules: string[]): string[] => IMPORTS.filter((spec) => !modules.includes(spec));

  test("that are missing are put where they belong", () => {
    expect(put(fileSystemsScm({ imports: without("(gnu packages linux)", "(guix gexp)", "(guix packages)") }))).toContain(
      `(define-module (gnu packages file-systems)
  #:use-module (guix gexp)
  #:use-module ((guix licenses) #:prefix license:)
  #:use-module (guix packages)
  #:use-module (guix build-system gnu)
  #:use-module (guix build-system linux-module)
  #:use-module (guix build-system trivial)
  #:use-module (guix utils)
  #:use-module (gnu packages)
  #:use-module (gnu packages acl)
  #:use-module (gnu packages guile)
  #:use-module (gnu packages linux)
  #:use-module (gnu packages xml))`,
    );
  });

  test.each<[string, string[], string[]]>([
    ["at the end, before the parenthesis", ["(guix gexp)", "(guix packages)", "(guix utils)", "(gnu packages acl)"], ["  #:use-module (gnu packages acl)", "  #:use-module (gnu packages linux))"]],
    ["at the beginning", ["(gnu packages xml)", "(guix gexp)", "(guix packages)", "(guix utils)"], ["  #:use-module (gnu packages linux)"]],
    ["in a group of its own, last", ["(guix gexp)", "(guix packages)", "(guix utils)"], ["  #:use-module (guix utils)", "  #:use-module (gnu packages linux))"]],
    ["selected, where only some names are taken", [...without("(guix utils)"), "((guix utils) #:select (version-major))"], ["  #:use-module ((guix utils) #:select (version-major))", "  #:use-module ((guix utils) #:select (substitute-keyword-arguments)))"]],
    ["selected, where another prefix is used", [...without("(guix utils)"), "((guix utils) #:prefix u:)"], ["  #:use-module ((guix utils) #:prefix u:)", "  #:use-module ((guix utils) #:select (substitute-keyword-arguments)))"]],
    ["selected, where the name is hidden", [...without("(guix utils)"), "((guix utils) #:hide (substitute-keyword-arguments))"], ["  #:use-module ((guix utils) #:hide (substitute-keyword-arguments))", "  #:use-module ((guix utils) #:select (substitute-keyword-arguments)))"]],
    ["whole, from modules that go in circles", [...without("(gnu packages linux)"), "((gnu packages linux) #:select (kmod))"], ["  #:use-module ((gnu packages linux) #:select (kmod))", "  #:use-module (gnu packages linux))"]],
    ["not, where they are selected", [...without("(guix utils)"), "((guix utils) #:select (version-major substitute-keyword-arguments))"], []],
    ["not, where others are hidden", [...without("(guix utils)"), "((guix utils) #:hide (delete))"], []],
  ])("%s", (_, imports, expected) => {
    const lines = added(imports);
    expect(lines.map((line) => line.trim().replace(/\)$/, ""))).toEqual(expect.arrayContaining(expected.slice(-1).map((line) => line.trim().replace(/\)$/, ""))));
    expect(put(fileSystemsScm({ imports }))).toContain(expected.join("\n"));
    expect(lines.length === 0).toBe(expected.length === 0);
  });

  test("with a prefix", () => {
    const content = { body: "(define-public zfs-guix-tools (package (license license:gpl3+)))", kernels: [] };
    expect(added(IMPORTS, content)).toEqual([]);
    expect(added(without("((guix licenses) #:prefix license:)"), content)).toEqual(["  #:use-module ((guix licenses) #:prefix license:)"]);
    expect(added([...without("((guix licenses) #:prefix license:)"), "((guix licenses) #:prefix l:)"], content)).toContain(
      "  #:use-module ((guix licenses) #:prefix license:))",
    );
  });

  test("of (use-modules …) and #:autoload count", () => {
    const text = fileSystemsScm({ imports: without("(guix utils)", "(guix gexp)") }).replace(
      "\n(define-public autofs",
      "\n(use-modules (guix gexp)\n             ((guix utils) #:select (substitute-keyword-arguments)))\n\n(define-public autofs",
    );
    expect(roundTrip(text)).not.toContain("imports were added");
    expect(roundTrip(fileSystemsScm({ imports: without("(guix utils)") }).replace("#:use-module (gnu packages xml)", "#:autoload (guix utils) (substitute-keyword-arguments)"))).not.toContain(
      "imports were added",
    );
  });

  test("of several names are broken into lines as in Guix", () => {
    const text = fileSystemsScm({ imports: ["((guix packages) #:select (origin))"] });
    const content = { body: "(define-public zfs-a (package (name (package-arguments (package-inputs (package-outputs (package-source (package-version a))))))))", kernels: [] };
    expect(roundTrip(text, content)).toContain(`  #:use-module ((guix packages) #:select (origin))
  #:use-module ((guix packages)
                #:select (package package-arguments package-inputs
                          package-outputs package-source package-version)))
`);
  });

  test("keep the comments of their neighbours, and their indentation", () => {
    const text = fileSystemsScm({ imports: without("(gnu packages linux)") })
      .replace("(gnu packages guile)\n", "(gnu packages guile) ;for tests\n")
      .replace(/^ {2}#:/gm, "\t#:");
    expect(roundTrip(text)).toContain("\t#:use-module (gnu packages guile) ;for tests\n\t#:use-module (gnu packages linux)\n\t#:use-module (gnu packages xml)");
  });

  test("several in one line, and none at all", () => {
    const one = fileSystemsScm({ imports: without("(gnu packages linux)") }).replace(/\n {2}#:/g, " #:");
    expect(roundTrip(one)).toContain("#:use-module (gnu packages guile)\n  #:use-module (gnu packages linux) #:use-module (gnu packages xml)");
    const none = "(define-module (gnu packages file-systems))\n(define-public zfs 1)\n";
    expect(roundTrip(none)).toContain("(define-module (gnu packages file-systems)\n  #:use-module (gnu packages linux)\n  #:use-module (guix gexp)\n");
  });

  test("that are no longer needed go, and those that somebody wrote on stay", () => {
    const imports = without("(gnu packages guile)");
    const withGuile: RegionContent = { body: "(define-public zfs-guix-tools (package (inputs (list guile-3.0))))", kernels: [] };
    const text = put(fileSystemsScm({ imports }), withGuile);
    expect(text).toContain("\n  #:use-module (gnu packages guile)\n");
    expect(put(text)).toBe(put(fileSystemsScm({ imports })));
    const noted = text.replace("(gnu packages guile)\n", "(gnu packages guile) ;for others, too\n");
    expect(remove(noted)).toBe(fileSystemsScm({ imports }).replace("(gnu packages acl)\n", "(gnu packages acl)\n  #:use-module (gnu packages guile) ;for others, too\n"));
  });

  describe("are taken out", () => {
    const SHORT = ["(guix gexp)", "(guix packages)", "(guix utils)", "(gnu packages acl)"];
    const OURS = "  #:use-module (gnu packages linux)";
    const NOTHING: RegionContent = { body: "(define-public zfs-guix-tools 1)", kernels: [] };
    const CLOSE = `${OURS})`;

    /** What becomes of the module of TEXT after CHANGE, by `remove` and by content that needs no imports. */
    const gone = (text: string, change: (text: string) => string): void => {
      const edited = change(put(text));
      expect(edited).not.toBe(put(text));
      const module = (from: string): string => from.slice(0, from.indexOf("(define-public autofs"));
      expect(module(put(edited, NOTHING))).toBe(module(remove(edited)));
      result = module(remove(edited));
    };
    let result: string;

    test.each([
      ["above the last clause", `  ;; For ZFS.\n${CLOSE}`, "(gnu packages acl)\n  ;; For ZFS.\n  )\n"],
      ["at the end of the line above", ` ;why\n${CLOSE}`, "(gnu packages acl) ;why\n  )\n"],
    ])("without the parenthesis becoming part of a comment %s", (_, written, left) => {
      for (const eol of ["\n", "\r\n"]) {
        const text = fileSystemsScm({ imports: SHORT }).replaceAll("\n", eol);
        gone(text, (whole) => whole.replace(written.startsWith("  ;;") ? CLOSE : `${eol}${CLOSE}`, written.replaceAll("\n", eol)));
        expect(result).toContain(left.replaceAll("\n", eol));
      }
    });

    test("without an import of others becoming part of a comment", () => {
      const text = fileSystemsScm({ imports: without("(gnu packages linux)") });
      gone(text, (whole) => whole.replace("(gnu packages guile)\n", "(gnu packages guile) ;for us\n").replace(`${OURS}\n `, OURS));
      expect(result).toContain("(gnu packages guile) ;for us\n  #:use-module (gnu packages xml))");
    });

    test("two at a time, with a comment above", () => {
      const text = fileSystemsScm({ imports: ["(guix gexp)", "(guix packages)", "(gnu packages acl)"] });
      gone(text, (whole) =>
        whole
          .replace("\n  #:use-module (guix utils)", "")
          .replace(CLOSE, `  ;; Ours.\n  #:use-module (guix utils)\n${CLOSE}`),
      );
      expect(result).toContain("(gnu packages acl)\n  ;; Ours.\n  )\n");
    });
  });

  test("that somebody else adds as well are left to them", () => {
    const text = put(fileSystemsScm({ imports: without("(gnu packages linux)") }));
    const both = text.replace("  #:use-module (gnu packages acl)\n", "  #:use-module (gnu packages linux)\n  #:use-module (gnu packages acl)\n");
    const settled = put(both);
    expect(settled).not.toContain("imports were added");
    expect(settled.match(/#:use-module \(gnu packages linux\)/g)).toHaveLength(1);
  });
});

describe("templates that are at fault are named", () => {
  const edit = (body: string) => () => withRegion(readRegion(fileSystemsScm()), { body, kernels: [], templates: "mine" });
  test.each([
    ["they leave a list open", `${BODY}\n(define (x\n`, "mine: what these templates give for a checkout does not parse: this list is not closed: expected `)`, in the line \"(define (x\"; mend region.scm.hbs or a template that it includes"],
    ["they have a marker", `${BODY}\n${END}\n`, `mine: what these templates give for a checkout has the line "${END}", which would be taken for a marker; take it out`],
    ["they have one in a string", `(define a "\n  ${BEGIN}\n")`, "which would be taken for a marker"],
  ])("where %s", (_, body, message) => {
    expect(edit(body)).toThrow(message);
  });

  test("and may have line ends of their own", () => {
    expect(put(fileSystemsScm(), { ...CONTENT, body: BODY.replaceAll("\n", "\r\n") })).toBe(put(fileSystemsScm()));
  });
});

test("an edit tells which imports it adds, takes and leaves", () => {
  const text = fileSystemsScm({ imports: IMPORTS.filter((spec) => spec !== "(gnu packages linux)" && spec !== "(guix gexp)") });
  const first = withRegion(readRegion(text), CONTENT);
  expect(first).toMatchObject({ added: ["(guix gexp)", "(gnu packages linux)"], dropped: [], left: [], losses: [] });
  expect(withRegion(readRegion(first.after), CONTENT)).toMatchObject({ added: [], dropped: [], left: [] });
  const noted = first.after.replace("(gnu packages linux)\n", "(gnu packages linux) ;mine\n");
  expect(withoutRegion(readRegion(noted))).toMatchObject({ added: [], dropped: ["(guix gexp)"], left: [{ spec: "(gnu packages linux)" }] });
});

describe("refusals", () => {
  test.each([
    ["a variant that is there already", fileSystemsScm({ after: "(define-public zfs-for-linux-6.12 1)" }), "zfs-for-linux-6.12 is defined here already, outside of the managed region"],
    ["a procedure of ours", fileSystemsScm({ after: "(define* (zfs-variant-phases a) a)" }), "zfs-variant-phases is defined here already"],
    ...["(eval-when (expand load eval)\n  (define zfs-guix-x 1)\n  (define zfs-variant-phases 1))", "(cond-expand\n  (guile-2 2)\n  (else (define zfs-variant-phases 1)))", "(begin (begin (define zfs-variant-phases 1)))", "(define-values (a zfs-variant-phases) (values 1 2))", "(define-values (a . zfs-variant-phases) (values 1 2))", "(define-record-type <a> (zfs-variant-phases b) a? (b a-b))", "(define-record-type <a> (make-a b) zfs-variant-phases (b a-b))", "(define-record-type <a> (make-a b) a? (b a-b zfs-variant-phases))", "(define-record-type* <a>\n  zfs-variant-phases make-a\n  a?\n  (b a-b (default 1)))", "(define-record-type* <a>\n  a make-a\n  a? this-a\n  (b zfs-variant-phases (default 1)))"].map(
      (definition) => [`by ${definition}`, fileSystemsScm({ after: definition }), "zfs-variant-phases is defined here already"],
    ),
    ...["(re-export zfs-variant-phases)", "(re-export (a . zfs-variant-phases))"].map((form) => [`in ${form}`, fileSystemsScm({ after: form }), "zfs-variant-phases of another module is exported here, and the managed region defines it"]),
    ["in #:re-export", fileSystemsScm().replace("(gnu packages xml))", "(gnu packages xml)\n  #:re-export (a zfs-variant-phases))"), "16:18: zfs-variant-phases of another module is exported here"],
    ["a name that we need", fileSystemsScm({ after: "(define linux-libre-6.12 1)" }), "linux-libre-6.12 is defined here, and the managed region needs the one of (gnu packages linux)"],
    ["a macro of such a name", fileSystemsScm({ after: "(define-syntax-rule (package a) a)" }), "package is defined here, and the managed region needs the one of (guix packages)"],
    ["an import under such a name", fileSystemsScm({ imports: [...IMPORTS, "((a b) #:select ((c . gexp)))"] }), "gexp is c of (a b) here, and the managed region needs the one of (guix gexp)"],
    ["an import with a prefix", fileSystemsScm({ imports: [...IMPORTS, "((a b) #:select (arguments) #:prefix package-)"] }), "package-arguments is arguments of (a b) here"],
    ["an import of our name", fileSystemsScm({ imports: [...IMPORTS, "((a b) #:select (zfs-for-linux-6.12))"] }), "zfs-for-linux-6.12 is zfs-for-linux-6.12 of (a b) here, and the managed region defines it"],
    ["no module", ZFS, "there is no (define-module …) in this file"],
  ])("%s", (_, text, message) => {
    expect(() => put(text)).toThrow(message);
  });

  test("a region that has swallowed somebody's package", () => {
    const text = put(fileSystemsScm()).replace(`\n\n${END}`, "").replace(MERGERFS, `${MERGERFS}\n\n${END}`);
    for (const edit of [put, remove]) expect(() => edit(text)).toThrow(/^\d+:1: mergerfs is defined inside of the managed region and would be lost; move it out/);
    expect(() => put(put(fileSystemsScm()).replace(BODY, `${BODY}\n(define-public zfs-auto-snapshot 1)\n`))).toThrow("zfs-auto-snapshot is defined inside");
  });

  test.each(["zfs-exporter", "zfs-utils", "zfs-auto-snapshot", "a"])("a region that has swallowed %s", (name) => {
    const text = put(fileSystemsScm()).replace(BODY, `${BODY}\n(define-public ${name} 1)\n`);
    for (const edit of [put, remove]) expect(() => edit(text)).toThrow(`${name} is defined inside of the managed region and would be lost`);
  });

  test("a region that has swallowed all before it", () => {
    const text = `${BEGIN}\n${put(fileSystemsScm()).replace(`${BEGIN}\n`, "")}`;
    expect(() => remove(text)).toThrow("4:1: the module is defined inside");
    const lower = put(fileSystemsScm()).replace(`${BEGIN}\n`, "").replace("(define-public zfs\n", `${BEGIN}\n(define-public zfs\n`);
    for (const edit of [put, remove]) expect(() => edit(lower)).toThrow("zfs is defined inside of the managed region and would be lost");
  });

  test("name the line", () => {
    const text = fileSystemsScm({ after: "(define-public zfs-for-linux-6.12 1)" });
    const line = text.split("\n").findIndex((candidate) => candidate.includes("zfs-for-linux-6.12")) + 1;
    expect(() => put(text)).toThrow(new RegExp(`^${line}:1: `));
  });
});
