import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { temporaryDirectory } from "../support/directory";
import { onRealGuix, runGuix, SLOW } from "../support/real-guix";
import { zfsGuix } from "../support/run";

/** Pins, a series of Guix that is left out, and a kernel of another channel that was 6.12 once. */
const KERNELS = `("6.12"
 ("6.6" (zfs "2.3"))
 ("6.12" linux-xan (xan packages linux) zfs-for-xan)
 ("6.12" linux-xan-6.12 (xan packages linux) zfs-for-xan-6.12 (zfs "2.3"))
 ("6.1" linux-xan-6.1 (xan packages linux) zfs-for-xan-6.1)
 (unwanted "6.1"))
`;

const XAN = `(define-module (xan packages linux)
  #:use-module (gnu packages linux)
  #:use-module (guix packages))

(define-public linux-xan
  (package
    (inherit linux-libre-6.12)
    (name "linux-xan")
    (version "6.18.1")))

(define-public linux-xan-6.12
  (package (inherit linux-libre-6.12) (name "linux-xan")))

(define-public linux-xan-6.1
  (package (inherit linux-libre-6.1) (name "linux-xan")))
`;

/** What is asked, Scheme, and what is said: a package, or an error with its hint. */
const CASES: readonly (readonly [string, RegExp])[] = [
  ["(zfs-for-kernel linux-libre-6.12)", /^zfs-for-linux-6\.12@2\.4\.\d+$/],
  ["(zfs-for-kernel linux-libre-6.6)", /^zfs-for-linux-6\.6@2\.3\.\d+$/],
  ["zfs-for-linux-6.6", /^zfs-for-linux-6\.6@2\.3\.\d+$/],
  ["(zfs-for-kernel linux-libre-6.1)", /this channel leaves Linux 6\.1 out/],
  ["zfs-for-linux-6.1", /zfs-for-linux-6\.1/],
  [
    "zfs-for-xan",
    /^error: .*\(zfs-for-xan linux-xan "\(xan packages linux\)" "6\.18\.1" "6\.12"\).*Use @code\{\(zfs-for-kernel linux-xan\)\}/,
  ],
  ["(zfs-for-kernel linux-xan)", /^zfs-for-linux-6\.18@2\.4\.\d+$/],
  ["(zfs-for-kernel linux-xan-6.12)", /^zfs-for-linux-6\.12@2\.3\.\d+$/],
  ["(zfs-for-kernel linux-xan-6.1)", /^zfs-for-linux-6\.1@2\.4\.\d+$/],
];

onRealGuix((guix) => {
  test(
    "the list of kernels decides what Guix makes, and a kernel that has become another series is told",
    () => {
      const directory = temporaryDirectory({
        "kernels.scm": KERNELS,
        "xan/packages/linux.scm": XAN,
        "ask.scm": `(use-modules (guix packages) (ice-9 format))
(define module
  (let ((module (make-fresh-user-module)))
    (for-each (lambda (name) (module-use! module (resolve-interface name)))
              '((gnu packages linux) (xan packages linux) (zfs-guix packages zfs)))
    module))
(for-each
 (lambda (expression)
   (format #t "~a => ~a~%" expression
     (catch #t
       (lambda ()
         (let ((package (eval expression module)))
           (string-append (package-name package) "@" (package-version package))))
       (lambda (key . arguments)
         (string-append "error: "
                        (string-join (string-tokenize (object->string arguments))))))))
 '(${CASES.map(([expression]) => expression).join("\n   ")}))
`,
      });
      const written = zfsGuix([
        "generate",
        "--kernels-file",
        join(directory, "kernels.scm"),
        "--out",
        join(directory, "channel"),
      ]);
      expect(written).toMatchObject({ status: 0 });
      const { status, stdout, stderr } = runGuix(
        guix,
        [join(directory, "channel"), directory],
        "repl",
        "-q",
        "--",
        join(directory, "ask.scm"),
      );
      expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
      const said = new Map(
        stdout
          .split("\n")
          .filter((line) => line.includes(" => "))
          .map((line) => line.split(" => ") as [string, string]),
      );
      for (const [expression, expected] of CASES)
        expect([expression, said.get(expression)]).toEqual([
          expression,
          expect.stringMatching(expected),
        ]);
    },
    SLOW,
  );
});
