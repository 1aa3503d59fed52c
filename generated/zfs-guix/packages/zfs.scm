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
  #:use-module ((gnu packages file-systems) #:select (zfs))
  #:use-module (guix diagnostics)
  #:use-module (guix download)
  #:use-module (guix gexp)
  #:use-module (guix packages)
  #:use-module (guix utils)
  #:use-module (srfi srfi-1)
  #:use-module (srfi srfi-34)
  #:use-module (srfi srfi-35)
  #:export (zfs-for-kernel))

(define (openzfs-source version hash)
  "Return the source of OpenZFS VERSION, whose tarball has HASH."
  (origin
    (method url-fetch)
    (uri (string-append "https://github.com/openzfs/zfs/releases"
                        "/download/zfs-" version
                        "/zfs-" version ".tar.gz"))
    (sha256 (base32 hash))))

(define (zfs-variant-phases phases series)
  "Return PHASES, those of 'zfs', changed to build it for Linux SERIES alone
and to install the kernel module in the \"out\" output."
  (define merge-module
    ;; The "module" output stays, since PHASES refer to it and since somebody's
    ;; configuration may name it.
    (if (member "module" (package-outputs zfs))
        #~((add-after 'install 'merge-module
             (lambda _
               (let ((modules (string-append #$output:module "/lib/modules"))
                     (lib (string-append #$output "/lib")))
                 (mkdir-p lib)
                 (rename-file modules (string-append lib "/modules"))
                 (symlink (string-append lib "/modules") modules)))))
        #~()))

  #~(modify-phases #$phases
      (add-before 'configure 'check-kernel-series
        ;; Guix System rebuilds what 'kernel-loadable-modules' lists for the
        ;; kernel of the system, whichever kernel a package asks for.
        (lambda* (#:key inputs #:allow-other-keys)
          (let* ((file (search-input-file
                        inputs
                        "lib/modules/build/include/config/kernel.release"))
                 (release (call-with-input-file file
                            (@ (ice-9 rdelim) read-line)))
                 (length (string-length #$series)))
            (unless (and (string-prefix? #$series release)
                         (or (= length (string-length release))
                             (not (char-numeric?
                                   (string-ref release length)))))
              (format (current-error-port)
                      "error: this package is ZFS for Linux ~a, but the kernel \
of the system is Linux ~a: in 'kernel-loadable-modules', list the package for \
that kernel instead.~%"
                      #$series release)
              (force-output (current-error-port))
              ;; Leave at once: a backtrace would bury the sentence.
              (primitive-exit 1)))))
      #$@merge-module))

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
;;; Other kernels.
;;;

(define %releases
  ;; The pinned releases of OpenZFS, newest first: version, hash, the oldest
  ;; and the newest Linux that it supports, and the series that an advisory
  ;; speaks against, each as how they compare with a given one.
  '(("2.4.4"
     "1cf893wgqbn93ms3g38ixc0h4lv6mn0hx9lmi9hp3k1pbbap0g1a"
     "4.18" "7.2" ())))

(define %series
  ;; The series for which there is a package above.
  '("5.10" "5.15" "6.1" "6.6" "6.12" "6.18" "6.19" "7.0" "7.1"))

(define (kernel-series kernel)
  "Return the series of KERNEL, a package: \"6.12\" for Linux 6.12.77.  Return
#f if its version does not start with one."
  (define (digits str start)
    (or (string-skip str char-numeric? start)
        (string-length str)))

  (let* ((version (package-version kernel))
         (major (digits version 0))
         (minor (and (< 0 major (string-length version))
                     (char=? #\. (string-ref version major))
                     (digits version (+ 1 major)))))
    (and minor
         (> minor (+ 1 major))
         (string-take version minor))))

(define (supports? release series)
  "Return true if RELEASE, an element of %RELEASES, supports Linux SERIES."
  (apply (lambda (version hash oldest newest advisories)
           (and (version>=? series oldest)
                (version>=? newest series)
                (not (any (lambda (advisory)
                            (memq (version-compare series (second advisory))
                                  (first advisory)))
                          advisories))))
         release))

(define (raise-with-hint message hint)
  "Raise an error that the commands of Guix report as MESSAGE and HINT."
  (raise (make-compound-condition
          message
          (condition (&fix-hint (hint hint))))))

(define (zfs-for-kernel kernel)
  "Return the ZFS package for KERNEL, a package of the Linux kernel: one of
Guix, of another channel, or your own.  Raise an error if no pinned release of
OpenZFS supports it."
  (unless (package? kernel)
    (raise-with-hint
     (formatted-message "zfs-for-kernel: ~s is not a package" kernel)
     "Pass it the kernel of your system, for example
@code{(zfs-for-kernel linux-libre-lts)}."))
  (let* ((series (kernel-series kernel))
         (release (and series
                       (find (lambda (release)
                               (supports? release series))
                             %releases))))
    (unless release
      (raise-with-hint
       (formatted-message
        "OpenZFS ~a, not Linux ~a (of package ~a)"
        (string-join
         (map (lambda (release)
                (string-append (first release) " supports Linux "
                               (third release) " to " (fourth release)))
              %releases)
         ", ")
        (package-version kernel) (package-name kernel))
       (string-append "Choose a kernel of one of the series "
                      (string-join %series ", ")
                      ", or run @command{guix pull} for a newer release.")))
    (package
      (inherit zfs)
      (name (string-append "zfs-for-linux-" series))
      (version (first release))
      (source
       (openzfs-source version
                       (second release)))
      (arguments
       (substitute-keyword-arguments (package-arguments zfs)
         ((#:linux _ #f)
          kernel)
         ((#:phases phases)
          (zfs-variant-phases phases series)))))))

;;;
;;; Kernels that this Guix does not have.
;;;

;; A channel outlives the Guix that it was written for: kernels come and go.
;; A package whose kernel is missing cannot even be listed, and one such
;; package would break 'guix pull' for everybody; so it is taken away again.

(define (raise-missing-kernel name module kernel)
  (raise-with-hint
   (formatted-message "~a: this Guix has no kernel ~a in ~s"
                      name kernel module)
   (string-append "Choose a kernel that it has and the package for that one, "
                  "or, if the kernel is newer than this Guix, run "
                  "@command{guix pull}.")))

(define (withdraw-without-kernel name module kernel)
  "Unless MODULE defines KERNEL, a package, make NAME a variable that raises
an error where it is used."
  (let* ((interface (false-if-exception (resolve-interface module)))
         (variable (and interface (module-variable interface kernel))))
    (unless (and variable
                 (variable-bound? variable)
                 (package? (variable-ref variable)))
      (eval `(define-syntax ,name
               (identifier-syntax
                (raise-missing-kernel ',name ',module ',kernel)))
            (current-module)))))

(for-each (lambda (variant)
            (apply withdraw-without-kernel variant))
          '((zfs-for-linux-5.10 (gnu packages linux) linux-libre-5.10)
            (zfs-for-linux-5.15 (gnu packages linux) linux-libre-5.15)
            (zfs-for-linux-6.1 (gnu packages linux) linux-libre-6.1)
            (zfs-for-linux-6.6 (gnu packages linux) linux-libre-6.6)
            (zfs-for-linux-6.12 (gnu packages linux) linux-libre-6.12)
            (zfs-for-linux-6.18 (gnu packages linux) linux-libre-6.18)
            (zfs-for-linux-6.19 (gnu packages linux) linux-libre-6.19)
            (zfs-for-linux-7.0 (gnu packages linux) linux-libre-7.0)
            (zfs-for-linux-7.1 (gnu packages linux) linux-libre-7.1)))
