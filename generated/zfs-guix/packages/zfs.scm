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
                #:select (zfs))
  #:use-module (guix diagnostics)
  #:use-module (guix download)
  #:use-module (guix gexp)
  #:use-module (guix i18n)
  #:use-module (guix packages)
  #:use-module (guix utils)
  #:use-module (ice-9 match)
  #:use-module (ice-9 regex)
  #:use-module (srfi srfi-1)
  #:use-module (srfi srfi-26)
  #:use-module (srfi srfi-34)
  #:use-module (srfi srfi-35)
  #:export (zfs-for-kernel))

(define (openzfs-source version hash)
  "Return the source of OpenZFS VERSION, whose tarball has HASH."
  (origin
    (method url-fetch)
    (uri (string-append "https://github.com/openzfs/zfs/releases"
                        "/download/zfs-"
                        version
                        "/zfs-"
                        version
                        ".tar.gz"))
    (sha256 (base32 hash))))

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
               (length (string-length #$series)))
          (unless (and (string-prefix? #$series release)
                       (not (string-index release char-numeric? length
                                          (min (string-length release)
                                               (+ length 1)))))
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
  (if (member "module"
              (package-outputs zfs))
      #~(modify-phases #$phases
          (add-before 'configure 'check-kernel-series
            #$check-kernel-series)
          (add-after 'install 'merge-module
            #$merge-module))
      #~(modify-phases #$phases
          (add-before 'configure 'check-kernel-series
            #$check-kernel-series))))

(define-public zfs-for-linux-5.10
  (package
    (inherit zfs)
    (name "zfs-for-linux-5.10")
    (version "2.4.4")
    (source
     (openzfs-source version
                     "1cf893wgqbn93ms3g38ixc0h4lv6mn0hx9lmi9hp3k1pbbap0g1a"))
    (arguments
     (substitute-keyword-arguments (package-arguments zfs)
       ((#:linux _ #f)
        (@ (gnu packages linux) linux-libre-5.10))
       ((#:phases phases)
        (zfs-variant-phases phases "5.10"))))))

(define-public zfs-for-linux-5.15
  (package
    (inherit zfs)
    (name "zfs-for-linux-5.15")
    (version "2.4.4")
    (source
     (openzfs-source version
                     "1cf893wgqbn93ms3g38ixc0h4lv6mn0hx9lmi9hp3k1pbbap0g1a"))
    (arguments
     (substitute-keyword-arguments (package-arguments zfs)
       ((#:linux _ #f)
        (@ (gnu packages linux) linux-libre-5.15))
       ((#:phases phases)
        (zfs-variant-phases phases "5.15"))))))

(define-public zfs-for-linux-6.1
  (package
    (inherit zfs)
    (name "zfs-for-linux-6.1")
    (version "2.4.4")
    (source
     (openzfs-source version
                     "1cf893wgqbn93ms3g38ixc0h4lv6mn0hx9lmi9hp3k1pbbap0g1a"))
    (arguments
     (substitute-keyword-arguments (package-arguments zfs)
       ((#:linux _ #f)
        (@ (gnu packages linux) linux-libre-6.1))
       ((#:phases phases)
        (zfs-variant-phases phases "6.1"))))))

(define-public zfs-for-linux-6.6
  (package
    (inherit zfs)
    (name "zfs-for-linux-6.6")
    (version "2.4.4")
    (source
     (openzfs-source version
                     "1cf893wgqbn93ms3g38ixc0h4lv6mn0hx9lmi9hp3k1pbbap0g1a"))
    (arguments
     (substitute-keyword-arguments (package-arguments zfs)
       ((#:linux _ #f)
        (@ (gnu packages linux) linux-libre-6.6))
       ((#:phases phases)
        (zfs-variant-phases phases "6.6"))))))

(define-public zfs-for-linux-6.12
  (package
    (inherit zfs)
    (name "zfs-for-linux-6.12")
    (version "2.4.4")
    (source
     (openzfs-source version
                     "1cf893wgqbn93ms3g38ixc0h4lv6mn0hx9lmi9hp3k1pbbap0g1a"))
    (arguments
     (substitute-keyword-arguments (package-arguments zfs)
       ((#:linux _ #f)
        (@ (gnu packages linux) linux-libre-6.12))
       ((#:phases phases)
        (zfs-variant-phases phases "6.12"))))))

(define-public zfs-for-linux-6.18
  (package
    (inherit zfs)
    (name "zfs-for-linux-6.18")
    (version "2.4.4")
    (source
     (openzfs-source version
                     "1cf893wgqbn93ms3g38ixc0h4lv6mn0hx9lmi9hp3k1pbbap0g1a"))
    (arguments
     (substitute-keyword-arguments (package-arguments zfs)
       ((#:linux _ #f)
        (@ (gnu packages linux) linux-libre-6.18))
       ((#:phases phases)
        (zfs-variant-phases phases "6.18"))))))

(define-public zfs-for-linux-6.19
  (package
    (inherit zfs)
    (name "zfs-for-linux-6.19")
    (version "2.4.4")
    (source
     (openzfs-source version
                     "1cf893wgqbn93ms3g38ixc0h4lv6mn0hx9lmi9hp3k1pbbap0g1a"))
    (arguments
     (substitute-keyword-arguments (package-arguments zfs)
       ((#:linux _ #f)
        (@ (gnu packages linux) linux-libre-6.19))
       ((#:phases phases)
        (zfs-variant-phases phases "6.19"))))))

(define-public zfs-for-linux-7.0
  (package
    (inherit zfs)
    (name "zfs-for-linux-7.0")
    (version "2.4.4")
    (source
     (openzfs-source version
                     "1cf893wgqbn93ms3g38ixc0h4lv6mn0hx9lmi9hp3k1pbbap0g1a"))
    (arguments
     (substitute-keyword-arguments (package-arguments zfs)
       ((#:linux _ #f)
        (@ (gnu packages linux) linux-libre-7.0))
       ((#:phases phases)
        (zfs-variant-phases phases "7.0"))))))

(define-public zfs-for-linux-7.1
  (package
    (inherit zfs)
    (name "zfs-for-linux-7.1")
    (version "2.4.4")
    (source
     (openzfs-source version
                     "1cf893wgqbn93ms3g38ixc0h4lv6mn0hx9lmi9hp3k1pbbap0g1a"))
    (arguments
     (substitute-keyword-arguments (package-arguments zfs)
       ((#:linux _ #f)
        (@ (gnu packages linux) linux-libre-7.1))
       ((#:phases phases)
        (zfs-variant-phases phases "7.1"))))))

;;;
;;; Kernels that this Guix does not have.
;;;

;; A channel outlives the Guix that it was written for: kernels come and go.
;; A package whose kernel is missing cannot even be listed, and one such
;; package would break 'guix pull' for everybody; so it is taken away again.

(define %variants
  ;; Each package above, the module and the variable of its kernel, and its
  ;; series.
  '((zfs-for-linux-5.10 (gnu packages linux) linux-libre-5.10 "5.10")
    (zfs-for-linux-5.15 (gnu packages linux) linux-libre-5.15 "5.15")
    (zfs-for-linux-6.1 (gnu packages linux) linux-libre-6.1 "6.1")
    (zfs-for-linux-6.6 (gnu packages linux) linux-libre-6.6 "6.6")
    (zfs-for-linux-6.12 (gnu packages linux) linux-libre-6.12 "6.12")
    (zfs-for-linux-6.18 (gnu packages linux) linux-libre-6.18 "6.18")
    (zfs-for-linux-6.19 (gnu packages linux) linux-libre-6.19 "6.19")
    (zfs-for-linux-7.0 (gnu packages linux) linux-libre-7.0 "7.0")
    (zfs-for-linux-7.1 (gnu packages linux) linux-libre-7.1 "7.1")))

(define (kernel-available? variant)
  "Return true if this Guix has the kernel of VARIANT, an element of
%VARIANTS."
  (match variant
    ((_ module kernel _)
     (let* ((interface (false-if-exception (resolve-interface module)))
            (variable (and interface
                           (module-variable interface kernel))))
       (and variable
            (package? (variable-ref variable)))))))

(define (series-on-offer)
  "Return the list of the series for which this module has a package."
  (delete-duplicates (map last
                          (filter kernel-available? %variants))))

(define (raise-with-hint message hint)
  "Raise an error that the commands of Guix report as MESSAGE and HINT."
  (raise (make-compound-condition message
                                  (condition (&fix-hint (hint hint))))))

(define (raise-missing-kernel name module kernel)
  "Raise an error that says that package NAME has no KERNEL in MODULE."
  (raise-with-hint (formatted-message (G_ "~a: this Guix has no ~a in ~a")
                                      name kernel
                                      (object->string module))
   "Choose a kernel that it has and the package for that one, or, if the kernel
is newer than this Guix, run @command{guix pull}."))

(define (withdraw variant)
  "Make VARIANT, an element of %VARIANTS, a variable that raises an error where
it is used."
  (match variant
    ((name module kernel _)
     (eval `(define-syntax ,name
              (identifier-syntax (raise-missing-kernel ',name
                                                       ',module
                                                       ',kernel)))
           (current-module)))))

(for-each withdraw
          (remove kernel-available? %variants))

;;;
;;; Other kernels.
;;;

(define %releases
  ;; The pinned releases of OpenZFS, newest first: version, the oldest and the
  ;; newest Linux that it supports, its hash, and its advisories: how the
  ;; series that one speaks against compare with a given one.
  '(("2.4.4" "4.18" "7.2"
     "1cf893wgqbn93ms3g38ixc0h4lv6mn0hx9lmi9hp3k1pbbap0g1a" ())))

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
  (let* ((series (kernel-series kernel))
         (release (and series
                       (find (cut supports? <> series) %releases))))
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
    (package
      (inherit zfs)
      (name (string-append "zfs-for-linux-" series))
      (version (first release))
      (source
       (openzfs-source version
                       (fourth release)))
      (arguments
       (substitute-keyword-arguments (package-arguments zfs)
         ((#:linux _ #f)
          kernel)
         ((#:phases phases)
          (zfs-variant-phases phases series)))))))
