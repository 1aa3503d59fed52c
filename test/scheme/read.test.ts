import { describe, expect, test } from "@jest/globals";
import { inFile, UserError } from "../../src/errors";
import { read } from "../../src/read/scheme/read";
import {
  asString,
  asSymbol,
  headSymbol,
  isList,
  namesIn,
  walk,
  type Datum,
} from "../../src/read/scheme/datum";

function only(text: string): Datum {
  const { forms } = read(text);
  expect(forms).toHaveLength(1);
  return forms[0]!;
}

function refusal(text: string): string {
  try {
    read(text);
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  throw new Error(`${JSON.stringify(text)} was read`);
}

describe("forms", () => {
  test.each<[string, object]>([
    ...[
      "linux-libre",
      "#{a b}#",
      "|a|",
      "1+",
      "...",
      "__proto__",
      "a'b",
      "{",
      "-12",
      "1/0",
      "+inf.0",
    ].map((text): [string, object] => [text, { kind: "atom", text }]),
    ...[
      "#x1F",
      "#\\a",
      "#\\(",
      "#\\space",
      "#\\x1F600",
      "#\\😀",
      "#t",
      "#false",
      "#nil",
      "#*101",
    ].map((text): [string, object] => [text, { kind: "atom", text }]),
    ["'.", { kind: "quotation", prefix: "'" }],
    ["#:linux", { kind: "keyword", name: "linux" }],
    ['"a\\tb\\x41;\\u00e9\\U01F600\\(\\0"', { kind: "string", value: "a\tbA;é😀(\0" }],
    ['"a\\\n  b"', { kind: "string", value: "a  b" }],
    ["#vu8(1 #xff)", { kind: "vector" }],
    ["#(a #(b))", { kind: "vector" }],
    ["[a]", { kind: "list" }],
  ])("%s", (text, expected) => {
    expect(only(text)).toMatchObject({ ...expected, start: 0, end: text.length });
  });

  test.each(["'", "`", ",", ",@", "#'", "#`", "#,", "#,@", "#~", "#$", "#$@", "#+", "#+@"])(
    "%sx",
    (prefix) => {
      const text = `${prefix} x`;
      expect(only(text)).toMatchObject({
        kind: "quotation",
        prefix,
        start: 0,
        end: text.length,
        datum: { kind: "atom", text: "x", start: prefix.length + 1 },
      });
    },
  );

  test("a dotted pair keeps its tail apart", () => {
    const pair = only("(a b . ;why\n c)");
    expect(pair).toMatchObject({ kind: "list", tail: { kind: "atom", text: "c" } });
    expect(isList(pair) && pair.items.map(asSymbol)).toEqual(["a", "b"]);
  });

  test("ranges cover each form and nothing else", () => {
    const text = '(define-public x ; y\r\n  \'("ä😀" . #:k))';
    const slices = Array.from(walk(only(text)), ({ start, end }) => text.slice(start, end));
    expect(slices).toEqual([
      text,
      "define-public",
      "x",
      '\'("ä😀" . #:k)',
      '("ä😀" . #:k)',
      '"ä😀"',
      "#:k",
    ]);
  });

  test("helpers tell forms apart", () => {
    const [form] = read('(define-public x "y")').forms;
    expect(headSymbol(form)).toBe("define-public");
    expect(isList(form, "define-public")).toBe(true);
    expect(isList(form, "define")).toBe(false);
    expect(isList(form) && asString(form.items[2])).toBe("y");
  });

  test("a byte order mark is no part of the first form", () => {
    expect(read("\ufeffa").forms).toMatchObject([{ kind: "atom", text: "a", start: 1 }]);
  });
});

test("comments know where they are", () => {
  const text = '#!/bin/sh\n!#\n;; top\r\n(a ;in\n "; no" #;(b ;deep\n) #|; #| |# |#)\n;last';
  const comments = read(text).comments.map(({ kind, start, end, depth }) => [
    kind,
    text.slice(start, end),
    depth,
  ]);
  expect(comments).toEqual([
    ["script", "#!/bin/sh\n!#", 0],
    ["line", ";; top", 0],
    ["line", ";in", 1],
    ["line", ";deep", 3],
    ["datum", "#;(b ;deep\n)", 1],
    ["block", "#|; #| |# |#", 1],
    ["line", ";last", 0],
  ]);
});

describe("refusals", () => {
  test.each([
    ["a\n  (b (c)", "2:3: this list is not closed: expected `)`"],
    ["(a [b", "1:4: this list is not closed: expected `]`"],
    ["(a\n ]", "2:2: expected `)` to close the list opened at line 1, column 1, found `]`"],
    ["a\n)", "2:1: unexpected `)`: no list is open"],
    ['\ufeff😀 "a', '1:3: this string is not closed: expected `"`'],
    ["#| #| |#", "1:1: this comment is not closed: expected `|#`"],
    ["#!default", "1:1: this comment is not closed: expected `!#`"],
    ["#{a", "1:1: this symbol is not closed: expected `}#`"],
    ["#(a", "1:2: this list is not closed: expected `)`"],
    ["(a ')", "1:4: expected a form after `'`"],
    ["#$@", "1:1: expected a form after `#$@`"],
    ["(#;)", "1:2: expected a form after `#;`"],
    ["(a . )", "1:6: expected one form after the dot of a list, and then its end"],
    ["(a . b (c))", "1:8: expected one form after the dot of a list, and then its end"],
    ["#(a . b)", "1:5: a dot is not supported in a vector"],
    ["#:", "1:1: `#:` is not a supported syntax of Guile's"],
    ["(#)", "1:2: `#)` is not a supported syntax of Guile's"],
    ["#", "1:1: `#` is not a supported syntax of Guile's"],
    ["#😀", "1:1: `#😀` is not a supported syntax of Guile's"],
    ...["\\q", "\\x", "\\X", "\\u", "\\ud800", "\\U"].map((escape) => [
      `"a${escape}4"`,
      `1:3: \`${escape}\` is no escape of a string: expected one of \\" \\\\ \\n \\t \\xHH \\uHHHH …`,
    ]),
    ["#<a>", "1:1: `#<` is not a supported syntax of Guile's"],
    ["#{a\\}}#", "1:4: a backslash is not supported in `#{…}#`"],
    ["#2((1))", "1:1: `#2` is not a supported syntax of Guile's"],
    ["#!fold-case A", "1:1: `#!fold-case` is not supported"],
    ["(".repeat(1_001), "1:1001: this is nested more than 1000 deep, which no file of Guix is"],
    ["#!curly-infix {a}", "1:1: `#!curly-infix` is not supported"],
  ])("%j", (text, message) => {
    expect(refusal(text)).toBe(message);
  });

  test("the caller's file goes in front", () => {
    expect(() => inFile("kernels.scm", () => read("("))).toThrow(
      "kernels.scm:1:1: this list is not closed",
    );
  });
});

test("depth is answered or refused with a sentence, whatever nests", () => {
  const nested = (open: string, close: string, depth: number): string =>
    `${open.repeat(depth)}x${close.repeat(depth)}`;
  for (const [open, close] of [
    ["(", ")"],
    ["[", "]"],
    ["'", ""],
    ["#~", ""],
    ["#(", ")"],
    ["(a . ", ")"],
    ["#;", " x"],
    ["`(,", ")"],
  ] as const) {
    expect(read(nested(open, close, 300)).text).toHaveLength(
      300 * (open.length + close.length) + 1,
    );
    for (const depth of [1_001, 100_000])
      expect(refusal(nested(open, close, depth))).toMatch(
        /this is nested more than 1000 deep, which no file of Guix is$/,
      );
  }
  expect(read(`${"#|".repeat(100_000)}${"|#".repeat(100_000)}`).comments).toHaveLength(1);
});

test("the names in a text are those of all its symbols and prefixes", () => {
  expect(
    [...namesIn(read('(a \'b #:c "d" ;e\n #;f #~(g #$h:out) #{i j}# #\\k #:l . m)').forms)].sort(),
  ).toEqual(["#{i j}#", "a", "b", "g", "gexp", "h:out", "m", "quote", "ungexp"]);
});
