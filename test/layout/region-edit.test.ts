import { describe, expect, test } from "@jest/globals";
import {
  withoutRegion,
  withRegion,
  type Ours,
  type RegionContent,
} from "../../src/layout/region-edit";
import { definitionsIn } from "../../src/layout/written";
import { BEGIN, END, readRegion, regionText } from "../../src/layout/region";
import { sealedRegion, written } from "../support/region";
import { VERSION } from "../../src/process";
import { AUTO_SNAPSHOT, fileSystemsScm, IMPORTS, MERGERFS, ZFS } from "../support/guix-texts";

const BODY = `(define (zfs-variant-phases phases) #~(f #$phases))

(define-public zfs-for-linux-6.12
  (package
    (inherit zfs)
    (arguments
     (substitute-keyword-arguments (package-arguments zfs)
       ((#:linux _ #f)
        linux-libre-6.12)))))`;
const CONTENT: RegionContent = { body: BODY, kernels: ["linux-libre-6.12"] };

/** This version writes what is in NOW. */
const ours = (now: string, before = ""): Ours => ({
  now: definitionsIn(now),
  before: definitionsIn(before),
});
const put = (text: string, content = CONTENT, now = content.body, before = ""): string =>
  written(withRegion(readRegion(text), { ...content, ours: ours(now, before) }));
const remove = (text: string, now = BODY, before = ""): string =>
  written(withoutRegion(readRegion(text), ours(now, before)));

/** The text with the region in it, after checking that it is stable and can be taken out again. */
function roundTrip(text: string, content = CONTENT): string {
  const once = put(text, content);
  expect(put(once, content)).toBe(once);
  expect(remove(once, content.body)).toBe(text);
  expect(remove(text)).toBe(text);
  return once;
}

const REGION = regionText(BODY, "\n");

describe("the region", () => {
  test("stands after zfs and zfs-auto-snapshot, and nothing else changes", () => {
    expect(roundTrip(fileSystemsScm())).toBe(
      fileSystemsScm().replace(`\n\n${MERGERFS}`, `\n\n${REGION}\n\n${MERGERFS}`),
    );
  });

  test.each([
    ["the last form has no line end", fileSystemsScm({ after: "" }).trimEnd()],
    ["there are empty lines at the end", `${fileSystemsScm({ after: "" })}\n\n\n`],
    [
      "the next definition follows at once",
      fileSystemsScm().replace(`\n\n${MERGERFS}`, `\n${MERGERFS}`),
    ],
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

  test("where the last line ends with a carriage return alone", () => {
    roundTrip(`${fileSystemsScm({ after: "" }).trimEnd()}\r`);
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
    const body = "(define-public zfs-for-linux-4.4 (package (inherit zfs)))";
    const other = put(fileSystemsScm(), { body, kernels: [] });
    expect(put(other, CONTENT, body)).toBe(put(fileSystemsScm()));
  });

  test("is two plain lines around what is defined", () => {
    const lines = put(fileSystemsScm()).split("\n");
    expect(lines.filter((line) => line.includes("zfs-guix:"))).toEqual([BEGIN, END]);
    expect(BEGIN).toMatch(
      /^;;; zfs-guix: begin \(\d+\.\d+\.\d+, written by 'zfs-guix generate --in-place'\)$/,
    );
    expect(lines.filter((line) => line.length > 79)).toEqual([]);
  });

  test("keeps the empty lines that a commit that was taken back leaves, and its first line", () => {
    const one = put(fileSystemsScm()).replace("(define-public zfs-for", "\n\n$&");
    for (const text of [one, one.replace(/begin \([0-9.]+/, "begin (0.1.9")]) {
      expect(put(text)).toBe(text);
      // They go with what stands around them.
      const other = { body: `${BODY}\n\n(define a 1)`, kernels: [] };
      expect(put(text, other, BODY)).toBe(
        put(fileSystemsScm(), other).replace(
          BEGIN,
          text.split("\n").find((line) => line.startsWith(";;; zfs-guix: begin"))!,
        ),
      );
      expect(remove(text)).toBe(fileSystemsScm());
    }
    const inside = put(fileSystemsScm()).replace("#~(f", "\n\n\n  #~(f");
    expect(() => put(inside)).toThrow("edited by hand");
  });

  test.each<[string, (text: string) => string]>([
    ["a space", (text) => text.replace("(inherit zfs)", "(inherit  zfs)")],
    ["a comment", (text) => text.replace("(inherit zfs)", "(inherit zfs) ;why")],
    [
      "an empty line",
      (text) =>
        text.replace(
          "(define-public zfs-for-linux-6.12\n",
          "(define-public zfs-for-linux-6.12\n\n",
        ),
    ],
    [
      "a definition of somebody's",
      (text) => text.replace(BODY, `${BODY}\n(define-public zfs-exporter 1)\n`),
    ],
    [
      "a definition with a name of ours",
      (text) => text.replace(BODY, `${BODY}\n(define zfs-guix-x 1)\n`),
    ],
    [
      "its end marker moved down",
      (text) =>
        text.replace(
          /\n\n(;;; zfs-guix: end)\n\n([^]*)$/,
          (_, end: string, rest: string) => `\n\n${rest}\n${end}\n`,
        ),
    ],
  ])("is not written over where somebody has edited it: %s", (_, change) => {
    const text = change(put(fileSystemsScm()));
    expect(text).not.toBe(put(fileSystemsScm()));
    const line = text.split("\n").indexOf(BEGIN) + 1;
    for (const edit of [(one: string) => put(one), (one: string) => remove(one)])
      expect(() => edit(text)).toThrow(
        `${line}:1: the managed region that begins here is not what zfs-guix ${VERSION} writes for the kernels in it: it was edited by hand, and that would be lost; see zfs-guix check, move what is to stay out of the region, and give --force to write over the rest`,
      );
    // Whoever means it gets what would be generated.
    expect(withoutRegion(readRegion(text)).after).not.toContain("zfs-for-linux-6.12");
  });

  describe("of an older version", () => {
    const OLD = `;; Why.\n(define (zfs-variant-phases phases) phases)\n\n${["5.10", "6.12"]
      .map(
        (series) =>
          `(define-public zfs-for-linux-${series}\n  (zfs-old zfs "${series}" linux-libre-${series}))`,
      )
      .join("\n\n")}\n\n(define-public zfs-guix-tools 1)`;
    const old = put(fileSystemsScm(), { body: OLD, kernels: [] }).replace(VERSION, "0.1.9");

    test("is renewed, and taken out, where it is as that wrote it", () => {
      for (const text of [
        old,
        old.replaceAll("\n", "\r\n"),
        // A commit of it was taken back, or is yet to come.
        old.replace(/\(define-public zfs-for-linux-5\.10.*\n.*\n/, "\n"),
        old.replace(/\(define-public zfs-for-linux-.*\n.*\n/g, "\n"),
        // Some of it is what this version writes.
        old.replace("\n(define-public zfs-guix-tools 1)\n", ""),
        old.replace(/;; Why\.\n.*/, BODY.split("\n")[0]!),
      ]) {
        const [now, before] = [BODY, OLD];
        expect(put(text, CONTENT, now, before).replaceAll("\r\n", "\n")).toBe(
          put(fileSystemsScm()),
        );
        expect(remove(text, now, before).replaceAll("\r\n", "\n")).toBe(fileSystemsScm());
      }
    });

    test.each<[string, (text: string) => string]>([
      ["a comment", (text) => text.replace(";; Why.", ";; Why not.")],
      ["a comment more", (text) => text.replace("(define-public zfs-guix-tools", ";; Mine.\n$&")],
      ["a comment at the end", (text) => text.replace("(define-public zfs-guix-tools 1)", "$& ;!")],
      ["a variant", (text) => text.replace('"5.10" linux', '"5.10"  linux')],
      ["the kernel of a variant", (text) => text.replace("linux-libre-5.10", "linux-libre-5.15")],
      ["a word", (text) => text.replace("zfs-guix-tools 1", "zfs-guix-tools 2")],
      [
        "a definition more",
        (text) => text.replace("(define-public zfs-guix", "(define a 1)\n\n$&"),
      ],
      ["parentheses", (text) => text.replace(/\(define-public zfs-guix-tools 1\)/, "(begin $&)")],
    ])("is not where somebody has edited it: %s", (_, change) => {
      const text = change(old);
      expect(text).not.toBe(old);
      for (const edit of [() => put(text, CONTENT, BODY, OLD), () => remove(text, BODY, OLD)])
        expect(edit).toThrow("it is of 0.1.9, or was edited by hand");
    });
  });

  test("of a version that is not known may have been edited: nothing can tell", () => {
    const old = put(fileSystemsScm(), { body: "(define-public zfs-for-linux-4.4 1)", kernels: [] });
    for (const text of [
      old.replace(VERSION, "0.0.9"),
      // And one of 0.1.0.
      old.replace(BEGIN, ";;; zfs-guix: begin"),
    ])
      expect(() => put(text)).toThrow(/it (is of 0\.0\.9, or )?was edited by hand/);
  });

  test.each(["0.2.1", "0.10.0", "1.0.0", "10.0.0", "9999.0.0"])(
    "of %s, a newer one, is not touched",
    (version) => {
      const text = put(fileSystemsScm()).replace(VERSION, version);
      expect(() => readRegion(text)).toThrow(
        `zfs-guix ${version} wrote the managed region that begins here, and this is ${VERSION}; use ${version} or a newer one`,
      );
      expect(() => readRegion(text.replace(/written by [^)]*/, "whatever"))).toThrow("a newer one");
    },
  );

  test("of 0.2.0 is brought up to date, and taken out, unless it was edited", () => {
    const old = fileSystemsScm().replace(
      `\n\n${MERGERFS}`,
      `\n\n${sealedRegion(`${BODY}\n\n(define %a 1)`, { "a.c": "int main;\n" })}\n\n${MERGERFS}`,
    );
    expect(readRegion(old).region).toMatchObject({
      seal: { state: "pristine", files: new Map([["a.c", expect.any(String)]]) },
    });
    for (const text of [old, old.replaceAll("\n", "\r\n")]) {
      expect(put(text).replaceAll("\r\n", "\n")).toBe(put(fileSystemsScm()));
      expect(remove(text).replaceAll("\r\n", "\n")).toBe(fileSystemsScm());
    }
    for (const edited of [
      old.replace("%a 1", "%a 2"),
      old.replace("\n\n(define %a", "\n\n\n(define %a"),
      old.replace("(define %a 1)", "$&\n\n(define-public mine 1)"),
    ])
      for (const edit of [(one: string) => put(one), (one: string) => remove(one)])
        expect(() => edit(edited)).toThrow("it was edited by hand");
  });

  test("stays where somebody moved it, further down", () => {
    const moved = `${fileSystemsScm()}\n${REGION}\n\n(define-public last 1)\n`;
    expect(put(moved)).toBe(moved);
  });

  test("is moved from where it cannot work", () => {
    expect(
      put(
        fileSystemsScm().replace("\n(define-public autofs", `\n${REGION}\n\n(define-public autofs`),
      ),
    ).toBe(put(fileSystemsScm()));
  });

  test("at the top of a file is taken out with its line", () => {
    expect(remove(`${REGION}\n(a)\n`)).toBe("(a)\n");
    expect(remove(`(a)\n${REGION}\n(b)`)).toBe("(a)\n(b)");
    expect(remove(REGION)).toBe("");
  });
});

describe("imports", () => {
  const without = (...modules: string[]): string[] =>
    IMPORTS.filter((spec) => !modules.includes(spec));

  test.each<[string, string[], string]>([
    [
      "missing",
      without("(guix utils)"),
      "3:1: the managed region needs substitute-keyword-arguments, which this module does not import; add #:use-module (guix utils) to it",
    ],
    [
      "selected otherwise",
      [...without("(guix utils)"), "((guix utils) #:select (version-major))"],
      "needs substitute-keyword-arguments",
    ],
    [
      "under another prefix",
      [...without("(guix utils)"), "((guix utils) #:prefix u:)"],
      "needs substitute-keyword-arguments",
    ],
    [
      "hidden",
      [...without("(guix utils)"), "((guix utils) #:hide (substitute-keyword-arguments))"],
      "needs substitute-keyword-arguments",
    ],
    [
      "a kernel of a selection",
      [...without("(gnu packages linux)"), "((gnu packages linux) #:select (kmod))"],
      "needs linux-libre-6.12, which this module does not import; add #:use-module (gnu packages linux)",
    ],
  ])("that are %s are told", (_, imports, message) => {
    expect(() => put(fileSystemsScm({ imports }))).toThrow(message);
  });

  test("all that are missing are told at once", () => {
    expect(() => put(fileSystemsScm({ imports: without("(guix utils)", "(guix gexp)") }))).toThrow(
      /needs gexp, ungexp, [^]*\n3:1: the managed region needs substitute/,
    );
  });

  test("with a prefix", () => {
    const content = {
      body: "(define-public zfs-guix-tools (package (license license:gpl3+)))",
      kernels: [],
    };
    roundTrip(fileSystemsScm(), content);
    const licenses = "((guix licenses) #:prefix license:)";
    for (const imports of [
      without(licenses),
      [...without(licenses), "((guix licenses) #:prefix l:)"],
    ]) {
      expect(() => put(fileSystemsScm({ imports }), content)).toThrow(
        `needs license:gpl3+, which this module does not import; add #:use-module ${licenses} to it`,
      );
    }
  });

  test.each<[string, string[], (text: string) => string]>([
    [
      "selected",
      [
        ...without("(guix utils)"),
        "((guix utils) #:select (version-major substitute-keyword-arguments))",
      ],
      (text) => text,
    ],
    [
      "there, where others are hidden",
      [...without("(guix utils)"), "((guix utils) #:hide (delete))"],
      (text) => text,
    ],
    [
      "of (use-modules …)",
      without("(guix utils)"),
      (text) =>
        text.replace(
          "\n(define-public autofs",
          "\n(use-modules ((guix utils) #:select (substitute-keyword-arguments)))\n\n(define-public autofs",
        ),
    ],
    [
      "of #:autoload",
      without("(guix utils)"),
      (text) =>
        text.replace(
          "#:use-module (gnu packages xml)",
          "#:autoload (guix utils) (substitute-keyword-arguments)",
        ),
    ],
  ])("that are %s count", (_, imports, change) => {
    roundTrip(change(fileSystemsScm({ imports })));
  });
});

test("a template that gives a marker is named", () => {
  for (const body of [`${BODY}\n${END}\n`, `(define a "\n  ${BEGIN}\n")`])
    expect(() => withRegion(readRegion(fileSystemsScm()), { body, kernels: [] })).toThrow(
      "which would be taken for a marker",
    );
});

describe("refusals", () => {
  test.each([
    [
      "a variant that is there already",
      fileSystemsScm({ after: "(define-public zfs-for-linux-6.12 1)" }),
      "zfs-for-linux-6.12 is defined here already, outside of the managed region",
    ],
    [
      "a procedure of ours",
      fileSystemsScm({ after: "(define* (zfs-variant-phases a) a)" }),
      "zfs-variant-phases is defined here already",
    ],
    [
      "in (begin …)",
      fileSystemsScm({ after: "(begin (begin (define zfs-variant-phases 1)))" }),
      "zfs-variant-phases is defined here already",
    ],
    ...["(re-export zfs-variant-phases)", "(re-export (a . zfs-variant-phases))"].map((form) => [
      `in ${form}`,
      fileSystemsScm({ after: form }),
      "zfs-variant-phases of another module is exported here, and the managed region defines it",
    ]),
    [
      "in #:re-export",
      fileSystemsScm().replace(
        "(gnu packages xml))",
        "(gnu packages xml)\n  #:re-export (a zfs-variant-phases))",
      ),
      "16:18: zfs-variant-phases of another module is exported here",
    ],
    [
      "a name that we need",
      fileSystemsScm({ after: "(define linux-libre-6.12 1)" }),
      "linux-libre-6.12 is defined here, and the managed region needs the one of (gnu packages linux)",
    ],
    [
      "a macro of such a name",
      fileSystemsScm({ after: "(define-syntax-rule (package a) a)" }),
      "package is defined here, and the managed region needs the one of (guix packages)",
    ],
    [
      "an import under such a name",
      fileSystemsScm({ imports: [...IMPORTS, "((a b) #:select ((c . gexp)))"] }),
      "gexp is c of (a b) here, and the managed region needs the one of (guix gexp)",
    ],
    [
      "an import with a prefix",
      fileSystemsScm({ imports: [...IMPORTS, "((a b) #:select (arguments) #:prefix package-)"] }),
      "package-arguments is arguments of (a b) here",
    ],
    [
      "an import of our name",
      fileSystemsScm({ imports: [...IMPORTS, "((a b) #:select (zfs-for-linux-6.12))"] }),
      "zfs-for-linux-6.12 is zfs-for-linux-6.12 of (a b) here, and the managed region defines it",
    ],
    ["no module", ZFS, "there is no (define-module …) in this file"],
  ])("%s", (_, text, message) => {
    expect(() => put(text)).toThrow(message);
  });

  test("of markers that have taken in what the region inherits from", () => {
    const text = put(fileSystemsScm())
      .replace(`${BEGIN}\n`, "")
      .replace("(define-public zfs\n", `${BEGIN}\n(define-public zfs\n`);
    expect(() => put(text)).toThrow("there is no zfs outside of the managed region; move it");
    expect(() => remove(text)).toThrow("edited by hand");
  });

  test("name the line", () => {
    const text = fileSystemsScm({ after: "(define-public zfs-for-linux-6.12 1)" });
    const line =
      text.split("\n").findIndex((candidate) => candidate.includes("zfs-for-linux-6.12")) + 1;
    expect(() => put(text)).toThrow(new RegExp(`^${line}:1: `));
  });
});
