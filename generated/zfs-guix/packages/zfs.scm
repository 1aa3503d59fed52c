;;; zfs-guix --- OpenZFS for each Linux kernel of GNU Guix
;;; Copyright © 2026 The zfs-guix authors
;;;
;;; This program is free software; you can redistribute it and/or modify it
;;; under the terms of the GNU General Public License as published by
;;; the Free Software Foundation; either version 3 of the License, or (at
;;; your option) any later version.
;;;
;;; This program is distributed in the hope that it will be useful, but
;;; WITHOUT ANY WARRANTY; without even the implied warranty of
;;; MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
;;; GNU General Public License for more details.
;;;
;;; You should have received a copy of the GNU General Public License
;;; along with this program.  If not, see <http://www.gnu.org/licenses/>.

;;; This file is written by zfs-guix; an edit here is lost the next time.
;;; Edit kernels.scm or the templates instead, then run 'zfs-guix generate'.

(define-module (zfs-guix packages zfs)
  #:use-module ((gnu packages file-systems)
                #:select (zfs zfs-auto-snapshot))
  #:use-module (gnu packages base)
  #:use-module (gnu packages guile)
  #:use-module (guix build-system gnu)
  #:use-module (guix diagnostics)
  #:use-module (guix download)
  #:use-module (guix gexp)
  #:use-module (guix i18n)
  #:use-module ((guix licenses)
                #:prefix license:)
  #:use-module (guix packages)
  #:use-module (guix utils)
  #:use-module (ice-9 match)
  #:use-module (ice-9 regex)
  #:use-module (srfi srfi-1)
  #:use-module (srfi srfi-26)
  #:use-module (srfi srfi-34)
  #:use-module (srfi srfi-35)
  #:export (zfs-for-kernel))

(define %releases
  ;; The pinned releases of OpenZFS, newest first: version, the oldest and the
  ;; newest Linux that it supports, its hash, and its advisories: how the
  ;; series that one speaks against compare with a given one.
  '(("2.4.4" "4.18" "7.2"
     "1cf893wgqbn93ms3g38ixc0h4lv6mn0hx9lmi9hp3k1pbbap0g1a" ())))

(define (openzfs-source version)
  "Return the source of OpenZFS VERSION, one of %RELEASES."
  (origin
    (method url-fetch)
    (uri (string-append "https://github.com/openzfs/zfs/releases"
                        "/download/zfs-"
                        version
                        "/zfs-"
                        version
                        ".tar.gz"))
    (sha256 (base32 (fourth (assoc version %releases))))))

(define (kernel-of module name)
  "Return the kernel NAME of MODULE, which is loaded no sooner than now; return
#f if this Guix has none."
  ;; Somebody else's module that does not load is no reason to fail here.
  (let ((kernel (false-if-exception (module-ref (resolve-interface module)
                                                name))))
    (and (package? kernel) kernel)))

(define (zfs-variant-phases phases series)
  "Return PHASES, those of 'zfs', changed to build it for Linux SERIES alone
and to install the kernel module in the \"out\" output."
  (define check-kernel-series
    ;; Guix System rebuilds what 'kernel-loadable-modules' lists for the kernel
    ;; of the system, whichever kernel a package asks for.
    #~(lambda* (#:key inputs #:allow-other-keys)
        (let* ((build (search-input-directory inputs "lib/modules/build"))
               (file (string-append build "/include/config/kernel.release"))
               (release (call-with-input-file file
                          (@ (ice-9 rdelim) read-line)))
               (end (string-length #$series)))
          (unless (and (string-prefix? #$series release)
                       ;; 6.1 is not 6.12.
                       (not (string-index release char-numeric? end
                                          (min (string-length release)
                                               (+ end 1)))))
            (display (string-append "error: this package is ZFS for Linux "
                      #$series
                      ", but it is being built for Linux "
                      release
                      "; in 'kernel-loadable-modules', list the"
                      " package for the kernel of the system.\n")
                     (current-error-port))
            (force-output (current-error-port))
            ;; Leave at once: a backtrace would bury the sentence.
            (primitive-exit 1)))))

  (define merge-module
    #~(lambda _
        (let ((modules (string-append #$output:module "/lib/modules"))
              (lib (string-append #$output "/lib")))
          (mkdir-p lib)
          (rename-file modules
                       (string-append lib "/modules"))
          (symlink (string-append lib "/modules") modules))))

  ;; The "module" output stays, since PHASES refer to it and since somebody's
  ;; configuration may name it.
  #~(modify-phases #$phases
      (add-before 'configure 'check-kernel-series
        #$check-kernel-series)
      #$@(if (member "module"
                     (package-outputs zfs))
             #~((add-after 'install
                           'merge-module
                           #$merge-module))
             #~())))

(define (make-zfs-for-linux kernel series release name)
  "Return the ZFS package NAME: OpenZFS RELEASE built for Linux SERIES.  KERNEL
is a promise of its kernel, which may not be looked at before it is needed."
  (package
    (inherit zfs)
    (name name)
    (version release)
    (source
     (openzfs-source version))
    (arguments
     (substitute-keyword-arguments (package-arguments zfs)
       ((#:linux _ #f)
        (force kernel))
       ((#:phases phases)
        (zfs-variant-phases phases series))))))

;;;
;;; The kernels of kernels.scm.
;;;

(define %variants
  ;; The name of each variant below, its series, and the module and the
  ;; variable of its kernel; the last comes first.
  '())

(define-syntax-rule (define-zfs-variant name series
                                        (_ release)
                                        (_ module variable))
  "Define NAME as the ZFS package for Linux SERIES."
  (begin
    (define-public name
      (make-zfs-for-linux (delay (kernel-of 'module
                                            'variable)) series release
                          (symbol->string 'name)))
    (set! %variants
          (cons '(name series module variable) %variants))))

(define-zfs-variant zfs-for-linux-5.10 "5.10"
                    (version "2.4.4")
                    (kernel (gnu packages linux) linux-libre-5.10))

(define-zfs-variant zfs-for-linux-5.15 "5.15"
                    (version "2.4.4")
                    (kernel (gnu packages linux) linux-libre-5.15))

(define-zfs-variant zfs-for-linux-6.1 "6.1"
                    (version "2.4.4")
                    (kernel (gnu packages linux) linux-libre-6.1))

(define-zfs-variant zfs-for-linux-6.6 "6.6"
                    (version "2.4.4")
                    (kernel (gnu packages linux) linux-libre-6.6))

(define-zfs-variant zfs-for-linux-6.12 "6.12"
                    (version "2.4.4")
                    (kernel (gnu packages linux) linux-libre-6.12))

(define-zfs-variant zfs-for-linux-6.18 "6.18"
                    (version "2.4.4")
                    (kernel (gnu packages linux) linux-libre-6.18))

(define-zfs-variant zfs-for-linux-6.19 "6.19"
                    (version "2.4.4")
                    (kernel (gnu packages linux) linux-libre-6.19))

(define-zfs-variant zfs-for-linux-7.0 "7.0"
                    (version "2.4.4")
                    (kernel (gnu packages linux) linux-libre-7.0))

(define-zfs-variant zfs-for-linux-7.1 "7.1"
                    (version "2.4.4")
                    (kernel (gnu packages linux) linux-libre-7.1))

(define-zfs-variant zfs-for-linux-7.2 "7.2"
                    (version "2.4.4")
                    (kernel (gnu packages linux) linux-libre-7.2))

;;;
;;; Kernels that this Guix does not have.
;;;

(define (raise-with-hint message hint)
  "Raise an error that the commands of Guix report as MESSAGE and HINT."
  (raise (make-compound-condition message
                                  (condition (&fix-hint (hint hint))))))

(define (raise-missing-kernel name module kernel)
  "Raise an error that says that package NAME has no KERNEL in MODULE."
  (raise-with-hint (formatted-message (G_ "~a: ~a has no ~a") name
                                      (object->string module) kernel)
   "Choose a kernel that this Guix has and the package for that one.  If the
kernel is newer than this Guix, run @command{guix pull}; if it is from another
channel, see whether you use that channel and whether its module loads."))

;; A channel outlives the Guix that it was written for: kernels come and go.
;; A package whose kernel is missing cannot even be listed, and one such
;; package would break 'guix pull' for everybody; so it is taken away again.
(define withdraw-without-kernel
  (match-lambda
    ((name _ module kernel)
     (unless (kernel-of module kernel)
       (eval `(define-syntax ,name
                (identifier-syntax (raise-missing-kernel ',name
                                                         ',module
                                                         ',kernel)))
             (current-module))))))

;;;
;;; Other kernels.
;;;

(define (kernel-series kernel)
  "Return the series of KERNEL, a package: \"6.12\" for Linux 6.12.77.  Return
#f if its version does not start with one."
  (and=> (string-match "^[0-9]+\\.[0-9]+"
                       (package-version kernel)) match:substring))

(define (speaks-against? advisory series)
  "Return true if ADVISORY, of an element of %RELEASES, is about SERIES."
  (match advisory
    ((comparison other)
     (eq? comparison
          (version-compare series other)))))

(define (supports? release series)
  "Return true if RELEASE, an element of %RELEASES, supports Linux SERIES."
  (match release
    ((_ oldest newest _ advisories)
     (and (version>=? series oldest)
          (version>=? newest series)
          (not (any (cut speaks-against? <> series) advisories))))))

(define (series-on-offer)
  "Return the list of the series for which this module has a package."
  (define series-if-available
    (match-lambda
      ((_ series module kernel)
       (and (kernel-of module kernel) series))))

  (delete-duplicates (filter-map series-if-available
                                 (reverse %variants))))

(define (release-range release)
  "Return what RELEASE, an element of %RELEASES, supports, in words."
  (match release
    ((version oldest newest _ _)
     (format #f "OpenZFS ~a supports Linux ~a to ~a" version oldest newest))))

(define (zfs-for-kernel kernel)
  "Return the ZFS package for KERNEL, a package of the Linux kernel: one of
Guix, of another channel, or your own.  Raise an error if no pinned release of
OpenZFS supports it."
  (unless (package? kernel)
    (raise-with-hint (formatted-message (G_ "zfs-for-kernel: ~a is no package")
                                        (object->string kernel))
                     "Pass it the kernel of your system, for example
@code{(zfs-for-kernel linux-libre-lts)}."))
  (unless (kernel-series kernel)
    (raise-with-hint (formatted-message (G_ "~a: version ~a has no series")
                                        (package-name kernel)
                                        (package-version kernel))
                     "Give it a version that starts with its series, such as
@code{6.12.77}."))
  (let* ((series (kernel-series kernel))
         (release (find (cut supports? <> series) %releases)))
    (unless release
      (raise-with-hint (formatted-message (G_ "no ZFS for ~a ~a: ~a")
                                          (package-name kernel)
                                          (package-version kernel)
                                          (string-join (map release-range
                                                            %releases) ", "))
                       (format #f
                               "Choose a kernel of one of the series ~a, or
run @command{guix pull} for a newer release."
                               (string-join (series-on-offer) ", "))))
    (make-zfs-for-linux (delay kernel) series
                        (first release)
                        (string-append "zfs-for-linux-" series))))

;;;
;;; Commands that go with the booted kernel.
;;;

(define %zfs-commands
  ;; Those of all releases of OpenZFS; no release has all.
  '("sbin/fsck.zfs sbin/mount.zfs sbin/zdb sbin/zed sbin/zfs"
    "sbin/zfs_ids_to_path sbin/zgenhostid sbin/zhack sbin/zinject sbin/zpool"
    "sbin/zstream sbin/zstreamdump sbin/ztest bin/arc_summary bin/arcstat"
    "bin/dbufstat bin/raidz_test bin/zarcstat bin/zarcsummary bin/zilstat"
    "bin/zvol_wait"))

(define-public zfs-guix-tools
  (package
    (name "zfs-guix-tools")
    (version "0.2.0")
    (source
     (local-file "zfs-guix-command.c"))
    (build-system gnu-build-system)
    (arguments
     (list
      #:tests? #f ;they need a booted Guix System
      #:phases
      #~(modify-phases %standard-phases
          (delete 'configure)
          (replace 'build
            (lambda _
              (define (compile command)
                (let ((file (string-append #$output "/" command)))
                  (mkdir-p (dirname file))
                  (invoke #$(cc-for-target)
                          "-O2"
                          "-Wall"
                          "-Wextra"
                          "-Werror"
                          (format #f "-DSTORE=~s"
                                  (%store-directory))
                          (format #f "-DCOMMAND=~s" command)
                          "zfs-guix-command.c"
                          "-o"
                          file)))
              (for-each compile
                        (string-tokenize (string-join '#$%zfs-commands)))))
          (replace 'install
            (lambda* (#:key inputs #:allow-other-keys)
              (define status
                (string-append #$output "/sbin/zfs-guix-status"))
              (copy-file #$(local-file "zfs-guix-status.in") status)
              (substitute* status
                (("@ENV@")
                 (search-input-file inputs "/bin/env"))
                (("@GUILE@")
                 (search-input-file inputs "/bin/guile"))
                (("@STORE@")
                 (%store-directory)))
              (chmod status #o555))))))
    (inputs (list coreutils-minimal guile-3.0))
    (home-page "https://openzfs.org/")
    (synopsis "OpenZFS commands that go with the booted kernel")
    (description
     "This package provides @command{zpool}, @command{zfs}, and the other
commands of OpenZFS.  Each becomes the one in the profile of the booted kernel,
so that commands and kernel module are always of the same release.
@command{zfs-guix-status} tells whether all agree.")
    (license license:gpl3+)))

(define-public zfs-guix-auto-snapshot
  (package
    (inherit zfs-auto-snapshot)
    (name "zfs-guix-auto-snapshot")
    (inputs (modify-inputs (package-inputs zfs-auto-snapshot)
              (replace "zfs" zfs-guix-tools)))))

;; Last, since it loads the modules of kernels, and one of these may use this
;; module in turn.
(for-each withdraw-without-kernel %variants)
;;; zfs-guix: file packages/zfs-guix-command.c (sha256 2dc5147ac824)
;;; zfs-guix: file packages/zfs-guix-status.in (sha256 083315dd7dc8)
;;; zfs-guix: file services/zfs.scm (sha256 80044f39aff3)
;;; zfs-guix: file system/root.scm (sha256 0302627251fa)
;;; zfs-guix: file build/boot.scm (sha256 e2a09232bed6)
;;; zfs-guix: file build/root.scm (sha256 5ea08a32d63c)
;;; zfs-guix: file build/snapshots.scm (sha256 54fdeb20daf8)
;;; zfs-guix: file build/upkeep.scm (sha256 35c3c9733337)
;;; zfs-guix: file build/zfs.scm (sha256 50e75c3c0a92)
;;; zfs-guix: file ../gnu/bootloader/zfs-guix.scm (sha256 c49d4a94a8e4)
;;; zfs-guix: end (sha256 d7bbe1cd6601, so that an edit is noticed)
