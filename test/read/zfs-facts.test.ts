import { describe, expect, test } from "@jest/globals";
import { zfsFacts } from "../../src/read/guix/zfs-facts";
import { read } from "../../src/read/scheme/read";
import { fileSystemsScm, OLD_ZFS, ZFS } from "../support/guix-texts";

test("the package of today", () => {
  const text = fileSystemsScm();
  const { form, versionForm, ...facts } = zfsFacts(read(text));
  expect(facts).toEqual({
    version: "2.4.3",
    isGexp: true,
    hasAutoSnapshot: true,
  });
  expect(text.slice(form.start, form.end)).toBe(ZFS);
  expect(text.slice(versionForm.start, versionForm.end)).toBe('"2.4.3"');
});

test("a zfs-auto-snapshot that is no package is none", () => {
  for (const form of ["(define (zfs-auto-snapshot) 1)", "(define zfs-auto-snapshot #f)"])
    expect(zfsFacts(read(`${ZFS}\n${form}`)).hasAutoSnapshot).toBe(false);
});

test("before G-expressions, as until May 2022", () => {
  expect(zfsFacts(read(OLD_ZFS))).toMatchObject({
    version: "2.1.4",
    isGexp: false,
  });
});

describe("other forms of the package", () => {
  test("an alias of one that inherits", () => {
    const text = `(define-public zfs-2.2 (package (version "2.2.9") (outputs (list "out" "module")) (arguments (list #:tests? #f))))
(define-public zfs-2.3 (let ((commit "1")) (package/inherit zfs-2.2 (version "2.3.5"))))
(define-public zfs zfs-2.3)`;
    const facts = zfsFacts(read(text));
    expect(facts).toMatchObject({ version: "2.3.5" });
    expect(text.slice(facts.form.start)).toBe("(define-public zfs zfs-2.3)");
  });
});

describe("refusals", () => {
  test.each([
    ["(define-public zfs-fuse 1)", "there is no package zfs in this file"],
    [`${ZFS}\n\n${ZFS}`, "31:1: zfs is defined twice, in line 1 and in line 31"],
    ["(define-public zfs (f))", "1:1: zfs is not a package here"],
    ['(define-public zfs (package (name "zfs")))', "1:1: this zfs has no version that can be read"],
    [
      "(define-public zfs (package (inherit zfs)))",
      "1:1: this zfs has no version that can be read",
    ],
  ])("%#", (text, message) => {
    expect(() => zfsFacts(read(text))).toThrow(message);
  });
});
