import { describe, expect, test } from "@jest/globals";
import { isUserError } from "../../src/errors";
import { BEGIN, readRegion } from "../../src/layout/region";
import { withRegion, type RegionContent } from "../../src/layout/region-edit";
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
