import { describe, expect, test } from "@jest/globals";
import { Parser } from "s-expression";
import { inFile, UserError } from "../../src/errors";
import type { Datum } from "../../src/scheme/datum";
import { SchemeParser } from "../../src/scheme/parser";
import { namesIn, read } from "../../src/scheme/read";
import { asString, asSymbol, headSymbol, isList, walk } from "../../src/scheme/walk";

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

test("the parser is the one of s-expression, extended", () => {
  const parser = new SchemeParser("a (b) ");
  expect(parser).toBeInstanceOf(Parser);
  expect(parser.expr()).toMatchObject({ kind: "symbol", name: "a" });
  expect(parser.expr()).toMatchObject({ kind: "list", start: 2, end: 5 });
  expect(parser.expr()).toBeUndefined();
});

describe("forms", () => {
  test.each<[string, object]>([
    ["linux-libre", { kind: "symbol", name: "linux-libre" }],
    ["#{a b}#", { kind: "symbol", name: "a b" }],
    ["#{a\\x3bb;}#", { kind: "symbol", name: "aλ" }],
    ["|a|", { kind: "symbol", name: "|a|" }],
    ["1+", { kind: "symbol", name: "1+" }],
    ["...", { kind: "symbol", name: "..." }],
    ["'.", { kind: "quotation", prefix: "'" }],
    ["__proto__", { kind: "symbol", name: "__proto__" }],
    ["#:linux", { kind: "keyword", name: "linux" }],
    ["#: #|why|# linux", { kind: "keyword", name: "linux" }],
    ["-12", { kind: "number", text: "-12" }],
    ["#x1F", { kind: "number", text: "#x1F" }],
    ["+inf.0", { kind: "number", text: "+inf.0" }],
    ["1/0", { kind: "symbol", name: "1/0" }],
    ['"a\\tb\\x41;\\u00e9\\U01F600\\(\\0"', { kind: "string", value: "a\tbA;é😀(\0" }],
    ['"a\\\n  b"', { kind: "string", value: "a  b" }],
    ["#\\a", { kind: "character", value: "a" }],
    ["#\\(", { kind: "character", value: "(" }],
    ["#\\space", { kind: "character", value: " " }],
    ["#\\x1F600", { kind: "character", value: "😀" }],
    ["#\\101", { kind: "character", value: "A" }],
    ["#t", { kind: "boolean", value: true }],
    ["#false", { kind: "boolean", value: false }],
    ["#nil", { kind: "nil" }],
    ["#*101", { kind: "bitvector", bits: "101" }],
    ["#vu8(1 #xff)", { kind: "number-vector", type: "vu8" }],
    ["#(a #(b))", { kind: "vector" }],
    ["[a]", { kind: "list", bracket: "[" }],
  ])("%s", (text, expected) => {
    expect(only(text)).toMatchObject({ ...expected, start: 0, end: text.length });
  });

  test.each(["'", "`", ",", ",@", "#'", "#`", "#,", "#,@", "#~", "#$", "#$@", "#+", "#+@"])("%sx", (prefix) => {
    const text = `${prefix} x`;
    expect(only(text)).toMatchObject({
      kind: "quotation",
      prefix,
      start: 0,
      end: text.length,
      datum: { kind: "symbol", name: "x", start: prefix.length + 1 },
    });
  });

  test("a dotted pair keeps its tail apart", () => {
    const pair = only("(a b . ;why\n c)");
    expect(pair).toMatchObject({ kind: "list", tail: { kind: "symbol", name: "c" } });
    expect(isList(pair) && pair.items.map(asSymbol)).toEqual(["a", "b"]);
  });

  test("ranges cover each form and nothing else", () => {
    const text = "(define-public x ; y\r\n  '(\"ä😀\" . #:k))";
    const slices = Array.from(walk(only(text)), ({ start, end }) => text.slice(start, end));
    expect(slices).toEqual([text, "define-public", "x", "'(\"ä😀\" . #:k)", '("ä😀" . #:k)', '"ä😀"', "#:k"]);
  });

  test("helpers tell forms apart", () => {
    const [form] = read('(define-public x "y")').forms;
    expect(headSymbol(form)).toBe("define-public");
    expect(isList(form, "define-public")).toBe(true);
    expect(isList(form, "define")).toBe(false);
    expect(isList(form) && asString(form.items[2])).toBe("y");
  });

  test("#!fold-case holds from there on", () => {
    const names = read("A #!fold-case A #:K #{A}# #!no-fold-case A").forms.map((form) => "name" in form && form.name);
    expect(names).toEqual(["A", "a", "k", "A", "A"]);
  });

  test("a byte order mark is no part of the first form", () => {
    expect(read("\ufeffa").forms).toMatchObject([{ kind: "symbol", name: "a", start: 1 }]);
  });
});

test("comments know where they are", () => {
  const text = '#!/bin/sh\n!#\n;; top\r\n(a ;in\n "; no" #;(b ;deep\n) #|; #| |# |#)\n;last';
  const comments = read(text).comments.map(({ kind, start, end, depth }) => [kind, text.slice(start, end), depth]);
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
    ["\ufeff😀 \"a", '1:3: this string is not closed: expected `"`'],
    ["#| #| |#", "1:1: this comment is not closed: expected `|#`"],
    ["#!default", "1:1: this comment is not closed: expected `!#`"],
    ["#{a", "1:1: this symbol is not closed: expected `}#`"],
    ["#(a", "1:1: this vector is not closed: expected `)`"],
    ["(a ')", "1:4: expected a form after `'`"],
    ["#$@", "1:1: expected a form after `#$@`"],
    ["(#;)", "1:2: expected a form after `#;`"],
    ["(a . )", "1:6: expected a form after the dot, found `)`"],
    ["(a . b (c))", "1:8: expected `)`: only one form may follow the dot of a list"],
    ["#(a . b)", "1:5: a dot is not supported in a vector"],
    ["#:", "1:1: expected a name after `#:`"],
    ["#:1", "1:1: expected a name after `#:`, found the number `1`"],
    ['#: "a"', "1:4: expected a name after `#:`"],
    ['"a\\q"', '1:3: `\\q` is no escape of a string: expected one of \\" \\\\ \\n \\t \\xHH …'],
    ['"\\x4"', "1:2: expected 2 hexadecimal digits after `\\x`"],
    ['"\\ud800"', "1:2: `\\ud800` is no character"],
    ["#\\foo", "1:1: `#\\foo` is not a supported character: expected one character, its name, or x and its code"],
    ["#<a>", "1:1: `#<` is not a syntax of Guile's"],
    ["#xG", "1:1: `#xG` is not a supported number"],
    ["1e999", "1:1: the exponent of `1e999` is out of range"],
    ["#vu8(1 256)", "1:8: expected an integer from 0 to 255 in this vector"],
    ["#2((1))", "1:1: `#2` is not supported: expected a vector `#(`, or one of numbers such as `#vu8(`"],
    ["#!curly-infix {a}", "1:1: `#!curly-infix` is not supported"],
  ])("%j", (text, message) => {
    expect(refusal(text)).toBe(message);
  });

  test("a message shows no more than the beginning of a long token", () => {
    const message = refusal(`#\\${"😀".repeat(100_000)}`);
    expect(message).toContain("😀…` is not a supported character");
    expect(message.length).toBeLessThan(250);
  });

  test("a text that is refused stays refused", () => {
    const parser = new SchemeParser('a "\\n" #!fold-case (b');
    for (let attempt = 0; attempt < 2; attempt += 1) expect(() => parser.expr()).toThrow("1:20: this list is not closed");
  });

  test("the caller's file goes in front", () => {
    expect(() => inFile("kernels.scm", () => read("("))).toThrow("kernels.scm:1:1: this list is not closed");
  });
});

test("depth costs no stack", () => {
  const depth = 100_000;
  expect(read("(".repeat(depth) + ")".repeat(depth)).forms).toHaveLength(1);
  expect(Array.from(walk(only("'".repeat(depth) + "x")))).toHaveLength(depth + 1);
  expect(refusal("(".repeat(depth))).toBe(`1:${depth}: this list is not closed: expected \`)\``);
  expect(read("#;".repeat(depth) + "a ".repeat(depth)).forms).toHaveLength(0);
});

test("the names in a text are those of all its symbols and prefixes", () => {
  expect([...namesIn("(a 'b #:c \"d\" ;e\n #;f #~(g #$h:out) #{i j}# #\\k #: l . m)")].sort()).toEqual(
    ["a", "b", "g", "gexp", "h:out", "i j", "m", "quote", "ungexp"],
  );
});
