import { describe, expect, test } from "@jest/globals";
import { isUserError, position } from "../../src/errors";
import { BEGIN, readRegion } from "../../src/layout/region";
import { withoutRegion, withRegion, type RegionContent } from "../../src/layout/region-edit";
import { definitionsIn } from "../../src/layout/written";
import { fileSystemsScm, IMPORTS, ZFS } from "../support/guix-texts";
import { written } from "../support/region";

const CONTENT: RegionContent = {
  body: "(define-public zfs-for-linux-6.12\n  (package (inherit zfs) (a #~(linux-libre-6.12))))",
  kernels: ["linux-libre-6.12"],
};
const put = (text: string, content = CONTENT): string =>
  written(withRegion(readRegion(text), content));

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

  test.each([
    [
      "by a package behind it",
      (text: string) => `${text}\n(define-public mine\n  (package (inherit zfs-for-linux-6.12)))\n`,
    ],
    [
      "in a list, before it",
      (text: string) =>
        text.replace("(define-public autofs", "(define (all)\n  (list zfs-for-linux-6.12))\n\n$&"),
    ],
  ])("is told where it is named %s", (_, edited) => {
    const text = edited(whole);
    const { line, column } = position(
      text,
      text.search(/(?<=\(inherit |\(list )zfs-for-linux-6\.12/),
    );
    const losses = [
      {
        line,
        column,
        message: expect.stringMatching(
          /^zfs-for-linux-6\.12 is named here, outside of the managed region, /,
        ),
        hint: "take it out here first, or give --force",
      },
    ];
    const file = readRegion(text);
    const other = {
      ...CONTENT,
      body: CONTENT.body.replaceAll("6.12", "6.18"),
      kernels: ["linux-libre-6.18"],
    };
    const ours = { now: definitionsIn(CONTENT.body), before: [] };
    expect(withoutRegion(file, ours).losses).toEqual(losses);
    expect(withRegion(file, { ...other, ours }).losses).toEqual(losses);
    // And not where it stays, or where nobody names it.
    const more = {
      ...CONTENT,
      body: `${CONTENT.body}\n\n${other.body}`,
      kernels: [...CONTENT.kernels, ...other.kernels],
    };
    expect(withRegion(file, { ...more, ours }).losses).toEqual([]);
    expect(withoutRegion(readRegion(whole), ours).losses).toEqual([]);
  });

  test("is an error where zfs itself is among it", () => {
    const text = whole
      .replace(`${BEGIN}\n`, "")
      .replace("(define-public zfs\n", `${BEGIN}\n(define-public zfs\n`);
    expect(() => withRegion(readRegion(text), CONTENT)).toThrow(
      "there is no zfs outside of the managed region",
    );
  });
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
});
