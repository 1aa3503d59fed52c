import { expect } from "@jest/globals";
import fc from "fast-check";
import { linuxFacts } from "../../src/read/guix/linux-facts";
import { read } from "../../src/read/scheme/read";
import { BEGIN, END, readRegion } from "../../src/layout/region";
import { withoutRegion } from "../../src/layout/region-edit";
import { fileSystemsScm, IMPORTS, linuxScm, MERGERFS, OLD_ZFS, ZFS } from "../support/guix-texts";
import { others, regionEdit } from "../support/region";
import { FRAGMENTS } from "../support/scheme-arbitraries";
import { mutated, place } from "./input";
import { expectVariants, fuzz, orSentence, releases, plain } from "./property";

const LINUX = linuxScm();
const KERNELS = linuxFacts(read(LINUX)).kernels;
const PLAIN = fileSystemsScm();

const files = fc.constantFrom(
  PLAIN,
  PLAIN,
  regionEdit(PLAIN, KERNELS, releases, plain).after,
  fileSystemsScm({ imports: IMPORTS.slice(0, 5) }),
  fileSystemsScm({ after: "" }).replaceAll("\n", "\r\n"),
  fileSystemsScm({ autoSnapshot: "" }).trimEnd(),
  fileSystemsScm({ zfs: OLD_ZFS }),
);

const PIECES = [
  ...FRAGMENTS.filter((fragment) => fragment.length > 1),
  ...[BEGIN, END, `\n${BEGIN}\n`, `\n${END}\n`, "\n;;;zfs-guix: begin\n", ZFS, MERGERFS],
  ...String.raw`(define-public zfs zfs) ; (define-public a zfs) ; (define-public zfs a)
(begin ; (let ((x 1)) ; (define (((( ; (define-module (a)) ; (inherit zfs) ; (package/inherit zfs
(version "2.4.3") ; (version "2.4.3\n::add-mask::x") ; linux-libre-6.12
#:use-module (guix utils) ; #:autoload (a b) (c) ; (use-modules (guix gexp))
(define-deprecated-package zfs zfs-auto-snapshot)
(define-public linux-libre-6.13 linux-libre-6.12)
(define-public linux-libre-6.12-version "6.12.1\u001b[31m")`.split(/ ; |\n/),
  "\n  #:use-module ((guix gexp) #:select (gexp))",
];

const input = fc.record({
  text: fc.oneof(files, mutated(files, PIECES), mutated(files, PIECES)),
  linux: fc.oneof(fc.constant(LINUX), mutated(fc.constant(LINUX), PIECES)),
  fewer: place,
});

fuzz("checkout", input, { floor: 0.2 }, async ({ text, linux, fewer }) => {
  const kernels = (await orSentence(() => linuxFacts(read(linux)).kernels)) ?? KERNELS;
  const first = await orSentence(() => regionEdit(text, kernels, releases, plain));
  const removed = await orSentence(() => withoutRegion(readRegion(text)).after);
  // What would lose something of somebody's is not written.
  if (first === undefined || first.losses.length > 0) return false;
  const { plan, after } = first;
  const { source, region } = readRegion(after);
  expect(source.text).toBe(after);
  expect(region).toBeDefined();
  expect(others(after)).toEqual(others(text));
  expectVariants(after.slice(region!.start, region!.end), plan);
  // A second time changes nothing, and taken out, it is what it was.
  expect(regionEdit(after, kernels, releases, plain).after).toBe(after);
  const hadNone = readRegion(text).region === undefined;
  const back = withoutRegion(readRegion(after)).after;
  if (hadNone) expect(back).toBe(text);
  if (removed !== undefined) expect(withoutRegion(readRegion(removed)).after).toBe(removed);
  // What is generated for other kernels takes the place of it, and leaves nothing behind.
  const some = kernels.slice(0, 1 + (fewer % kernels.length));
  const narrowed = regionEdit(after, some, releases, plain).after;
  const afresh = await orSentence(() => regionEdit(text, some, releases, plain).after);
  if (hadNone && afresh !== undefined) expect(narrowed).toBe(afresh);
  return true;
});
