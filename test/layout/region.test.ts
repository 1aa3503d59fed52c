import { describe, expect, test } from "@jest/globals";
import { BEGIN, END, markedRange, readRegion } from "../../src/layout/region";

const refusal = (text: string): string => {
  try {
    readRegion(text);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it was not refused");
};

const OLD = ";;; zfs-guix: begin";

test("a region is found", () => {
  const text = `(a)\n\n${BEGIN}\n;;; A word.\n\n(b)\n;;; not this\n${END}\n`;
  expect(readRegion(text).region).toMatchObject({
    start: text.indexOf(BEGIN),
    end: text.length - 1,
    body: ";;; A word.\n\n(b)\n;;; not this",
  });
  for (const text of [
    "(a)\n",
    ";; zfs-guix: end users read this\n",
    "  ; zfs-guix: begin with the templates\n;; zfs-guix: ending\n",
  ])
    expect(readRegion(text).region).toBeUndefined();
  for (const begin of [
    BEGIN,
    OLD,
    `${OLD} (written by 'zfs-guix generate --in-place')`,
    `${OLD} (0.1.9, in whatever words)`,
  ]) {
    for (const end of [END, `${END} (sha256 0123456789ab, so that an edit is noticed)`]) {
      expect(readRegion(`${begin}\n${end}`).region).toMatchObject({
        start: 0,
        end: begin.length + 1 + end.length,
      });
    }
  }
});

describe("markers that are not in order are refused with their lines", () => {
  const [b, e] = [BEGIN, END];
  test.each([
    [
      "no end",
      [b, "(a)"],
      "1:1: the markers of the managed region are no pair: begin in line 1; expected",
    ],
    [
      "no begin",
      ["(a)", e],
      "2:1: the markers of the managed region are no pair: end in line 2; expected",
    ],
    [
      "reversed",
      [e, b],
      "1:1: the markers of the managed region are no pair: end in line 1, begin in line 2; expected",
    ],
    [
      "nested",
      [b, b, e, e],
      "2:1: the markers of the managed region are no pair: begin in line 1, begin in line 2, end in line 3, end in line 4; expected",
    ],
    [
      "begin doubled",
      [b, "(a)", b, e],
      "3:1: the markers of the managed region are no pair: begin in line 1, begin in line 3, end in line 4; expected",
    ],
    [
      "end doubled",
      [b, e, "", e],
      "4:1: the markers of the managed region are no pair: begin in line 1, end in line 2, end in line 4; expected",
    ],
    [
      "two regions",
      [b, e, b, e],
      "3:1: the markers of the managed region are no pair: begin in line 1, end in line 2, begin in line 3, end in line 4; expected",
    ],
    [
      "only ends",
      [e, e],
      "1:1: the markers of the managed region are no pair: end in line 1, end in line 2; expected",
    ],
    ["indented", [`  ${b}`, e], "1:1: this line is nearly a begin marker"],
    ["indented with a tab", [b, `\t${e}`], "2:1: this line is nearly an end marker"],
    ["another spelling", [`;; zfs-guix: begin`, e], "1:1: this line is nearly a begin marker"],
    [
      "another spelling with a period",
      [b, ";; Zfs-Guix: END."],
      "2:1: this line is nearly an end marker",
    ],
    ["something behind it", [b, `${e} of it`], "2:1: this line is nearly an end marker"],
    [
      "in a string",
      ['(a "', b, e, '")'],
      `2:1: the marker "${b}" is inside of what begins in line 1`,
    ],
    [
      "in a block comment",
      ["#|", b, "|#", e],
      `2:1: the marker "${b}" is inside of what begins in line 1`,
    ],
    [
      "in a discarded form",
      [b, "#;(a", e, ")"],
      `3:1: the marker "${e}" is inside of what begins in line 2`,
    ],
    [
      "in a form",
      ["", b, "(a", e, ")"],
      `4:1: the marker "${e}" is inside of what begins in line 3`,
    ],
  ])("%s", (_, lines, message) => {
    expect(refusal(lines.join("\n"))).toContain(message);
    expect(refusal(lines.join("\r\n"))).toContain(message);
  });

  test("in one form of several, and in one string of several", () => {
    expect(refusal(`(a\n"b"\n"c")\n(d "e" "\n${b}\n" "f")\n${e}`)).toContain(
      "is inside of what begins in line 4; expected both markers between definitions; move them there, or take them out",
    );
    expect(refusal(`${b}\n(a)\n(b\n${e}\n)\n(c)`)).toContain("is inside of what begins in line 3");
    expect(refusal(`"\n${b}\n${e}\n"`)).toContain("is inside of what begins in line 1");
  });

  test("say what is expected", () => {
    expect(refusal(b)).toBe(
      `1:1: the markers of the managed region are no pair: begin in line 1; expected one "${OLD}" and after it one "${e}"`,
    );
    expect(refusal(`${b}\n${e}.`)).toContain(
      `2:1: this line is nearly an end marker; expected "${e}" at the beginning of a line of its own, or the markers taken out`,
    );
    expect(refusal(`;zfs-guix:begin\n${e}`)).toContain("1:1: this line is nearly a begin marker");
    expect(refusal(`${e}\n${b}\n`).split("\n")).toHaveLength(1);
  });

  test("is none within a line", () => {
    expect(markedRange(`(a) ${b}\n(b) ${e}\n`)).toBeUndefined();
    expect(markedRange(`;;; zfs-guix is good\n;;; zfs: begin`)).toBeUndefined();
  });

  test("all of them at once", () => {
    expect(refusal(` ${BEGIN}\n${BEGIN}\n`).split("\n")).toHaveLength(2);
  });
});

describe("a region that does not parse", () => {
  test("is told from the rest of the file", () => {
    expect(refusal(`(a)\n${BEGIN}\n(b\n${END}\n(c)`)).toBe(
      "3:1: the managed region, lines 2 to 4, does not parse: this list is not closed: expected `)`; undo the edit in it, for example with git, and run the command again",
    );
    expect(refusal(`(a\n${BEGIN}\n(b)\n${END}\n`)).toBe(
      "1:1: this list is not closed: expected `)`",
    );
  });

  test.each([
    [
      "a string",
      '(b)\n(c "',
      '(d "e")',
      "4:4: the managed region, lines 2 to 5, does not parse: this string is not closed",
    ],
    [
      "a list",
      "(b)\n(c",
      '(d "#;")',
      "4:1: the managed region, lines 2 to 5, does not parse: this list is not closed",
    ],
    ["a comment", "(b)\n#| c", "(d)", "4:1: the managed region, lines 2 to 5, does not parse"],
  ])("is told where it leaves %s open", (_, inside, after, message) => {
    expect(refusal(`(a)\n${BEGIN}\n${inside}\n${END}\n${after}`)).toContain(message);
  });
});
