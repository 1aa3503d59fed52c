/** Texts in the shape of Guix's files, written for the tests. */
export interface CheckoutTexts {
  readonly linux: string;
  readonly fileSystems: string;
}

const VERSIONS: Readonly<Record<string, string>> = {
  "5.10": "5.10.260",
  "6.12": "6.12.95",
  "6.18": "6.18.38",
  "7.0": "7.0.14",
  "7.1": "7.1.3",
};

/** A linux.scm that has the kernels of VERSIONS, series → full version. */
export function linuxScm(
  versions: Readonly<Record<string, string>> = VERSIONS,
  { latest = "7.0", lts = "6.18" } = {},
): string {
  const series = Object.keys(versions).reverse();
  return [
    ";;; GNU Guix --- a stand-in",
    "(define-module (gnu packages linux)",
    "  #:use-module (guix packages)",
    "  #:use-module ((guix licenses) #:prefix license:))",
    "",
    ...series.map((x) => `(define-public linux-libre-${x}-version "${versions[x]}")`),
    ...series.map(
      (x) =>
        `(define-public linux-libre-headers-${x}\n  (make-linux-libre-headers* linux-libre-${x}-version))`,
    ),
    '(define-public linux-libre-headers-4.4 (make-linux-libre-headers* "4.4.302"))',
    "",
    ...series.map(
      (x) =>
        `(define-public linux-libre-${x}\n  (make-linux-libre* linux-libre-${x}-version\n                     '("x86_64-linux" "aarch64-linux")\n                     #:configuration-file kernel-config))\n`,
    ),
    `(define-public linux-libre-version         linux-libre-${latest}-version)`,
    `(define-public linux-libre                 linux-libre-${latest})`,
    `(define-public linux-libre-lts             linux-libre-${lts})`,
    "",
    "(define-public linux-libre-arm64-generic-6.12",
    '  (make-linux-libre* linux-libre-6.12-version \'("aarch64-linux")))',
    "(define-deprecated-package linux-libre-4.19 linux-libre-lts)",
    '(define linux-libre-4.9 (make-linux-libre* "4.9.1"))',
    "",
  ].join("\n");
}

/** A linux.scm of SERIES, oldest first: each in its first point release, the last one the newest and the first one the LTS. */
export function linuxOf(series: readonly string[]): string {
  return linuxScm(Object.fromEntries(series.map((one) => [one, `${one}.1`])), {
    latest: series.at(-1)!,
    lts: series[0]!,
  });
}

/** A file-systems.scm around ZFS, the text of its packages `zfs` and `zfs-auto-snapshot`. */
export function fileSystemsScm({
  imports = IMPORTS,
  zfs = ZFS,
  autoSnapshot = AUTO_SNAPSHOT,
  after = MERGERFS,
} = {}): string {
  return `;;; GNU Guix --- a stand-in

(define-module (gnu packages file-systems)
${imports.map((spec) => `  #:use-module ${spec}`).join("\n")})

(define-public autofs
  (package
    (name "autofs")))

${zfs}
${autoSnapshot === "" ? "" : `\n${autoSnapshot}\n`}${after === "" ? "" : `\n${after}\n`}`;
}

export const IMPORTS: readonly string[] = [
  "(guix gexp)",
  "((guix licenses) #:prefix license:)",
  "(guix packages)",
  "(guix build-system gnu)",
  "(guix build-system linux-module)",
  "(guix utils)",
  "(gnu packages)",
  "(gnu packages acl)",
  "(gnu packages base)",
  "(gnu packages guile)",
  "(gnu packages linux)",
  "(gnu packages xml)",
];

export const ZFS = `(define-public zfs
  (package
    (name "zfs")
    (version "2.4.3")
    (outputs '("out" "module" "src"))
    (source
     (origin
       (method url-fetch)
       (uri (string-append "https://example.org/zfs-" version ".tar.gz"))
       (sha256
        (base32 "19srp9gimm6kkk279d25c4338gbvcqr8m1422dgrn67mak8z420z"))))
    (build-system linux-module-build-system)
    (arguments
     (list
      ;; Not to be distributed; "(".
      #:substitutable? #f
      #:linux linux-libre-lts
      #:phases
      #~(modify-phases %standard-phases
          (replace 'install
            (lambda* (#:key make-flags #:allow-other-keys)
              (apply invoke "make" "install"
                     (string-append "INSTALL_PATH=" #$output)
                     (string-append "INSTALL_MOD_PATH=" #$output:module)
                     make-flags))))))
    (home-page "https://zfsonlinux.org/")
    (synopsis "OpenZFS on Linux")
    (description "OpenZFS.")
    (license license:cddl1.0)))`;

export const AUTO_SNAPSHOT = `(define-public zfs-auto-snapshot
  (package
    (name "zfs-auto-snapshot")
    (version "1.2.4")
    (inputs (list zfs))))`;

export const MERGERFS = `(define-public mergerfs
  (package
    (name "mergerfs")))`;

/** A `zfs` as before May 2022, without G-expressions. */
export const OLD_ZFS = `(define-public zfs
  (package
    (name "zfs")
    (version "2.1.4")
    (outputs '("out" "module" "src"))
    (arguments
     \`(#:substitutable? #f
       #:phases
       (modify-phases %standard-phases
         (replace 'install
           (lambda* (#:key outputs #:allow-other-keys)
             (let ((moddir (assoc-ref outputs "module")))
               (invoke "make" "install" moddir)))))))))`;

/** A Makefile.am in the shape of Guix's, around its list of auxiliary files. */
export const MAKEFILE = `bin_SCRIPTS = guix

# Auxiliary files for packages.
AUX_FILES =\t\t\t\t\t\t\\
  gnu/packages/aux-files/emacs/guix-emacs.el\t\t\\
  gnu/packages/aux-files/run-in-namespace.c\t\t\\
  gnu/packages/aux-files/xml/docbook-xml/catalog-4.1.2.xml

# Templates, examples.
EXAMPLES =\t\t\t\t\t\\
  gnu/system/examples/bare-bones.tmpl
`;
