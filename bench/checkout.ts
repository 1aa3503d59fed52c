import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileSystemsScm, linuxScm } from "../test/support/guix-texts";

const LINUX = "gnu/packages/linux.scm";
const FILE_SYSTEMS = "gnu/packages/file-systems.scm";

/** How long Guix's files are, in characters, in July 2026. */
const SIZES = { [LINUX]: 585_000, [FILE_SYSTEMS]: 106_000 };

/** Puts a checkout into DIRECTORY: the two files of the one at SOURCE, or some of their size. */
export function makeCheckout(directory: string, source: string | undefined): void {
  for (const file of [LINUX, FILE_SYSTEMS] as const) {
    const path = join(directory, file);
    mkdirSync(dirname(path), { recursive: true });
    if (source !== undefined) copyFileSync(join(source, file), path);
    else writeFileSync(path, grown(file === LINUX ? linuxScm() : fileSystemsScm(), SIZES[file]));
  }
}

/** TEXT and as many packages after it as make SIZE. */
function grown(text: string, size: number): string {
  const parts = [text];
  for (let length = text.length, number = 0; length < size; number += 1) {
    parts.push(filler(number));
    length += parts.at(-1)!.length;
  }
  return parts.join("");
}

function filler(number: number): string {
  return `
(define-public filler-${number}
  (package
    (name "filler-${number}")
    (version "1.${number}.0")
    (source
     (origin
       (method git-fetch)
       (uri (git-reference
              (url "https://example.org/filler-${number}")
              (commit (string-append "v" version))))
       (file-name (git-file-name name version))
       (sha256
        (base32 "19srp9gimm6kkk279d25c4338gbvcqr8m1422dgrn67mak8z420z"))))
    (build-system gnu-build-system)
    (arguments
     (list
      #:tests? #f                       ;they need a network
      #:make-flags
      #~(list (string-append "PREFIX=" #$output)
              (string-append "CC=" #$(cc-for-target)))
      #:phases
      #~(modify-phases %standard-phases
          (delete 'configure)
          (add-after 'unpack 'patch-paths
            (lambda* (#:key inputs #:allow-other-keys)
              ;; The path of the shell is in three places.
              (substitute* (list "Makefile" "src/main.c" "src/paths.h")
                (("/bin/sh") (search-input-file inputs "/bin/sh"))
                (("^prefix *= */usr/local") "")))))))
    (native-inputs (list autoconf automake pkg-config))
    (inputs (list bash-minimal eudev ncurses \`(,util-linux "lib")))
    (home-page "https://example.org/filler-${number}")
    (synopsis "Package of the usual size")
    (description
     "This is as long as a description usually is: one that says what the
program does, to whom it is of use, and what else it comes with, in a few
lines of @acronym{ASCII, American Standard Code for Information Interchange}.")
    (license license:gpl2+)))
`;
}
