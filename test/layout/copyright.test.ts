import { expect, test } from "@jest/globals";
import { withCopyright } from "../../src/layout/copyright";

const HOLDER = { name: "Ada", email: "ada@example.org", year: 2026 };
const file = (...lines: string[]): string =>
  [
    ";;; GNU Guix --- Functional package management for GNU",
    ...lines.map((line) => `;;; Copyright © ${line}`),
    ";;;",
    ";;; This file is part of GNU Guix.",
    "",
    "(a)",
    "",
  ].join("\n");
const GRACE = "2019-2023, 2025 Grace <grace@example.org>";

test.each([
  ["comes last", [GRACE], [GRACE, "2026 Ada <ada@example.org>"]],
  [
    "has another year",
    ["2024 Ada <ada@example.org>", GRACE],
    ["2024, 2026 Ada <ada@example.org>", GRACE],
  ],
  [
    "has another year after a range, and another address",
    ["2017, 2020–2022 Ada <ada@work.example>", GRACE],
    ["2017, 2020–2022, 2026 Ada <ada@work.example>", GRACE],
  ],
  [
    "has years up to the last",
    ["2019-2025 Ada <ada@example.org>"],
    ["2019-2026 Ada <ada@example.org>"],
  ],
  [
    "has years up to another",
    ["2019–2024 Ada <ada@example.org>"],
    ["2019–2024, 2026 Ada <ada@example.org>"],
  ],
  ["has another name", ["2025 ada <ada@example.org>"], ["2025, 2026 ada <ada@example.org>"]],
  ...["2026", "2024, 2026", "2020–2027", "2025-2026", "2019-2023, 2026"].map((years) => [
    `is there for ${years}`,
    [`${years} Ada <ada@example.org>`, GRACE],
    [`${years} Ada <ada@example.org>`, GRACE],
  ]),
] as [string, string[], string[]][])("a line %s", (_, before, after) => {
  const crlf = (text: string): string => text.replaceAll("\n", "\r\n");
  expect(withCopyright(file(...before), HOLDER)).toBe(file(...after));
  expect(withCopyright(file(...after), HOLDER)).toBe(file(...after));
  expect(withCopyright(crlf(file(...before)), HOLDER)).toBe(crlf(file(...after)));
});

test("a file that names nobody stays as it is", () => {
  for (const text of [file(), "", '(a ";;; Copyright (C) 2026 Ada")\n'])
    expect(withCopyright(text, HOLDER)).toBe(text);
});

test("what looks like a pattern of replacements is a name", () => {
  expect(withCopyright(file(GRACE), { ...HOLDER, name: "$& $1" })).toContain(
    ";;; Copyright © 2026 $& $1 <ada@example.org>\n;;;\n",
  );
});
