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


(define-module (zfs-guix packages compatibility)
  #:use-module (guix diagnostics)
  #:use-module (guix i18n)
  #:use-module (guix packages)
  #:use-module (guix utils)
  #:use-module (ice-9 match)
  #:use-module (ice-9 regex)
  #:use-module (srfi srfi-1)
  #:use-module (srfi srfi-34)
  #:use-module (srfi srfi-35)
  #:export (raise-with-hint
            kernel-series
            kernel-of
            raise-no-kernel
            guix-kernels
            newest-kernel
            supports?
            release-range
            zfs-series
            zfs?
            refuse-kernel-with-zfs))

;;; Commentary:
;;;
;;; Which ZFS goes with which kernel: what (zfs-guix packages zfs) and the
;;; services decide by.  A release is an element of '%releases' there.
;;;
;;; Code:

(define (raise-with-hint message hint)
  "Raise an error that the commands of Guix report as MESSAGE and HINT."
  (raise (make-compound-condition message
                                  (condition (&fix-hint (hint hint))))))


;;;
;;; Kernels.
;;;

(define (kernel-series kernel)
  "Return the series of KERNEL, a package: \"6.12\" for Linux 6.12.77.  Return
#f if its version does not start with one."
  (and=> (string-match "^[0-9]+\\.[0-9]+" (package-version kernel))
         match:substring))

(define (named-kernel module name)
  ;; Somebody else's module that does not load is no reason to fail here.
  (let ((kernel (false-if-exception
                 (module-ref (resolve-interface module) name))))
    (and (package? kernel) kernel)))

(define (kernel-of module name series)
  "Return the kernel NAME of MODULE, which is loaded no sooner than now; return
#f if this Guix has none, or one that is not of SERIES."
  (let ((kernel (named-kernel module name)))
    (and kernel
         (equal? series (kernel-series kernel))
         kernel)))

(define (raise-no-kernel package module name series)
  "Raise an error that says why PACKAGE has no kernel NAME of MODULE."
  (match (named-kernel module name)
    (#f
     (raise-with-hint (formatted-message (G_ "~a: ~a has no ~a") package
                                         (object->string module) name)
      "Choose a kernel that this Guix has and the package for that one.  If the
kernel is newer than this Guix, run @command{guix pull}; if it is from another
channel, see whether you use that channel and whether its module loads."))
    (kernel
     (raise-with-hint
      (formatted-message (G_ "~a: ~a of ~a is Linux ~a, not ~a") package name
                         (object->string module) (package-version kernel)
                         series)
      (format #f "Use @code{(zfs-for-kernel ~a)}, the ZFS for the series that
this kernel has." name)))))

(define (guix-kernels)
  "Return the kernels of this Guix that are called after a series."
  (filter-map (match-lambda
                ((name . variable)
                 (and (string-match "^linux-libre-[0-9.]+$"
                                    (symbol->string name))
                      (variable-ref variable))))
              (module-map cons (resolve-interface '(gnu packages linux)))))

(define (newest-kernel kernels supported?)
  "Return the newest of KERNELS, packages, that is SUPPORTED?."
  (unless (and (list? kernels) (every package? kernels))
    (raise-with-hint
     (formatted-message (G_ "newest-kernel-for-zfs: ~a is no list of packages")
                        (object->string kernels))
     "Pass it kernels, for example @code{(list linux-libre-6.18
linux-libre-6.12)}."))
  (match (sort (filter (lambda (kernel)
                         (and (kernel-series kernel) (supported? kernel)))
                       kernels)
               (lambda (one other)
                 (version>? (package-version one) (package-version other))))
    ((newest . _) newest)
    (()
     (raise-with-hint
      (formatted-message (G_ "there is no ZFS for any of these kernels: ~a")
                         (string-join (map package-full-name kernels) ", "))
      "Choose one of a list that has an older one, too, or run @command{guix
pull} for a newer release of OpenZFS."))))


;;;
;;; Releases of OpenZFS.
;;;

(define (supports? release series)
  "Return true if RELEASE supports Linux SERIES, and loses no data."
  (match release
    ((_ oldest newest _ advisories . losses)
     (and (null? losses)
          (version>=? series oldest)
          (version>=? newest series)
          (not (any (match-lambda
                      ((comparison other)
                       (eq? comparison (version-compare series other))))
                    advisories))))))

(define (release-range release)
  "Return what RELEASE supports, in words."
  (match release
    ((version oldest newest _ _)
     (format #f "OpenZFS ~a supports Linux ~a to ~a" version oldest newest))
    ((version . _)
     (format #f "OpenZFS ~a is known to lose data" version))))


;;;
;;; Packages of ZFS.
;;;

(define (zfs-series package)
  "Return the series of Linux that PACKAGE is the ZFS for, with the kernel
module in \"out\".  Return #f if it is something else, another ZFS perhaps."
  (assq-ref (package-properties package) 'zfs-for-linux))

(define (without-places text)
  "Return TEXT, which shows an object, without the hashes, the directories of
files and the places in source code that are in it."
  ;; One hash in seven hundred has the letters "zfs" in it by chance.
  (fold (lambda (place text)
          (regexp-substitute/global #f place text 'pre 'post))
        text
        '("[0-9a-z]{32,}" "[^ \"]+:[0-9]+(:[0-9]+)?" "[./][^ \":]*/")))

(define (says-zfs? object)
  ;; Somebody's own files may well be in a directory that is called after ZFS.
  (->bool (string-contains-ci (without-places (object->string object)) "zfs")))

(define (zfs? package)
  "Return true if PACKAGE is a ZFS, whatever it is called."
  (or (->bool (zfs-series package))
      (any says-zfs?
           (list (package-name package) (package-home-page package)
                 (package-source package) (package-arguments package)))))

(define (refuse-kernel-with-zfs kernel)
  "Raise an error if ZFS is built in KERNEL, a package."
  ;; Nobody has a kernel whose build speaks of ZFS for another reason.
  (when (any says-zfs?
             (list (package-name kernel) (package-source kernel)
                   (package-arguments kernel) (package-inputs kernel)
                   (package-native-inputs kernel)))
    (raise-with-hint
     (formatted-message (G_ "~a ~a has a ZFS built in") (package-name kernel)
                        (package-version kernel))
     "There would be two of them.  Choose a kernel without, for example
@code{linux-libre-6.12}: the module is added to it.")))
