import { describe, expect, test } from "@jest/globals";
import { zfsFacts } from "../../src/read/guix/zfs-facts";
import { read } from "../../src/read/scheme/read";
import { fileSystemsScm, OLD_ZFS, ZFS } from "../support/guix-texts";

test("the package of today", () => {
  const text = fileSystemsScm();
  const { form, versionForm, ...facts } = zfsFacts(read(text));
  expect(facts).toEqual({
    version: "2.4.3",
    sha256: "19srp9gimm6kkk279d25c4338gbvcqr8m1422dgrn67mak8z420z",
    outputs: ["out", "module", "src"],
    linux: "linux-libre-lts",
    hasLinux: true,
    isGexp: true,
    moduleReference: "#$output:module",
    hasAutoSnapshot: true,
  });
  expect(text.slice(form.start, form.end)).toBe(ZFS);
  expect(text.slice(versionForm.start, versionForm.end)).toBe('"2.4.3"');
});

test("a zfs-auto-snapshot that is no package is none", () => {
  for (const form of ["(define (zfs-auto-snapshot) 1)", "(define zfs-auto-snapshot #f)"])
    expect(zfsFacts(read(`${ZFS}\n${form}`)).hasAutoSnapshot).toBe(false);
});

test("without #:linux, as before December 2025", () => {
  expect(zfsFacts(read(ZFS.replace("#:linux linux-libre-lts", "")))).toMatchObject({
    hasLinux: false,
    linux: undefined,
  });
});

test("before G-expressions, as until May 2022", () => {
  expect(zfsFacts(read(OLD_ZFS))).toMatchObject({
    version: "2.1.4",
    isGexp: false,
    moduleReference: '(assoc-ref outputs "module")',
  });
});

test.each([
  ["#+output:module", "#$output:module"],
  ['(ungexp output "module")', "#$output:module"],
  ["(ungexp output:module)", "#$output:module"],
  ['(assoc-ref outputs\n "module")', '(assoc-ref outputs "module")'],
  ["#$output", undefined],
  ["#$output ; or #$output:module\n", undefined],
  ["#$output:modules", undefined],
])("%s refers to %s", (source, expected) => {
  expect(zfsFacts(read(ZFS.replace("#$output:module", source))).moduleReference).toBe(expected);
});

describe("other forms of the package", () => {
  test("an alias of one that inherits", () => {
    const text = `(define-public zfs-2.2 (package (version "2.2.9") (outputs (list "out" "module")) (arguments (list #:tests? #f))))
(define-public zfs-2.3 (let ((commit "1")) (package/inherit zfs-2.2 (version "2.3.5"))))
(define-public zfs zfs-2.3)`;
    const facts = zfsFacts(read(text));
    expect(facts).toMatchObject({ version: "2.3.5", outputs: ["out", "module"], hasLinux: false });
    expect(text.slice(facts.form.start)).toBe("(define-public zfs zfs-2.3)");
  });

  test("one without outputs has the usual one", () => {
    expect(zfsFacts(read('(define-public zfs (package (version "2.4.3")))'))).toMatchObject({
      outputs: ["out"],
      sha256: undefined,
    });
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
