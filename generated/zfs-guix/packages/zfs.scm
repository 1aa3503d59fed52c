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
  #:use-module (gnu packages autotools)
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
  #:use-module (srfi srfi-1)
  #:use-module (srfi srfi-26)
  #:use-module (zfs-guix packages compatibility)
  #:export (zfs-for-kernel
            newest-kernel-for-zfs))

(define %releases
  ;; The pinned releases of OpenZFS, newest first: version, the oldest and the
  ;; newest Linux that it supports, its hash, its advisories: how the series
  ;; that one speaks against compare with a given one; and that it loses data.
  '(("2.4.4" "4.18" "7.2"
     "1cf893wgqbn93ms3g38ixc0h4lv6mn0hx9lmi9hp3k1pbbap0g1a" ())))

(define %kernels
  ;; Those of kernels.scm, by the variable of the ZFS for each: its series, its
  ;; module and its own variable.
  '((zfs-for-linux-5.10 "5.10"
     (gnu packages linux) linux-libre-5.10)
    (zfs-for-linux-5.15 "5.15"
     (gnu packages linux) linux-libre-5.15)
    (zfs-for-linux-6.1 "6.1"
     (gnu packages linux) linux-libre-6.1)
    (zfs-for-linux-6.6 "6.6"
     (gnu packages linux) linux-libre-6.6)
    (zfs-for-linux-6.12 "6.12"
     (gnu packages linux) linux-libre-6.12)
    (zfs-for-linux-6.18 "6.18"
     (gnu packages linux) linux-libre-6.18)
    (zfs-for-linux-6.19 "6.19"
     (gnu packages linux) linux-libre-6.19)
    (zfs-for-linux-7.0 "7.0"
     (gnu packages linux) linux-libre-7.0)
    (zfs-for-linux-7.1 "7.1"
     (gnu packages linux) linux-libre-7.1)
    (zfs-for-linux-7.2 "7.2"
     (gnu packages linux) linux-libre-7.2)))

(define %pins
  ;; What is decided of a kernel, or else of a series: the release to build, or
  ;; #f for none.
  '())

(define (openzfs-source version)
  "Return the source of OpenZFS VERSION, one of %RELEASES."
  (match (assoc version %releases)
    ((_ _ _ hash . _)
     (origin
       (method url-fetch)
       (uri (string-append "https://github.com/openzfs/zfs/releases"
                           "/download/zfs-" version
                           "/zfs-" version ".tar.gz"))
       (sha256 (base32 hash))))
    (#f
     (raise-with-hint
      (formatted-message (G_ "OpenZFS ~a is none of those known here: ~a")
                         version (string-join (map first %releases) ", "))
      "To build it all the same, pass its source to 'zfs-for-kernel', too, as
@code{#:source}."))))

(define (zfs-variant-phases phases series)
  "Return PHASES, of 'zfs', for Linux SERIES, with the module in \"out\"."
  #~(modify-phases #$phases
      (add-before 'configure 'check-kernel-series
        ;; Guix System rebuilds the package for its own kernel.
        (lambda* (#:key inputs #:allow-other-keys)
          (let* ((build (search-input-directory inputs "lib/modules/build"))
                 (file (string-append build "/include/config/kernel.release"))
                 (release (call-with-input-file file
                            (@ (ice-9 rdelim) read-line))))
            (unless (string-prefix? #$(string-append series ".") release)
              (format (current-error-port)
                      "error: this ZFS is for Linux ~a, not for Linux ~a.~%"
                      #$series release)
              (primitive-exit 1)))))    ;a backtrace would bury the sentence
      (add-after 'install 'merge-module
        (lambda* (#:key outputs #:allow-other-keys)
          (let ((merged (string-append #$output "/lib/modules"))
                (module (assoc-ref outputs "module")))
            (when module                ;which stays, since PHASES refer to it
              (rename-file (string-append module "/lib/modules") merged)
              (symlink merged (string-append module "/lib/modules"))))))))

(define-syntax-rule (zfs-variant zfs series linux)
  ;; LINUX is looked at later: its module and this one may import each other.
  (package
    (inherit zfs)
    (name (string-append "zfs-for-linux-" series))
    (arguments
     (substitute-keyword-arguments (package-arguments zfs)
       ((#:linux _ #f) linux)
       ((#:phases phases) (zfs-variant-phases phases series))))
    (properties `((zfs-for-linux . ,series) (upstream-name . "zfs")
                  (cpe-name . "openzfs") ,@(package-properties zfs)))))

(define (openzfs zfs release source*)
  "Return ZFS, a variant, built from SOURCE*, which is OpenZFS RELEASE."
  (package
    (inherit zfs)
    (version release)
    (source source*)
    (arguments
     (substitute-keyword-arguments (package-arguments zfs)
       ((#:phases phases)
        ;; A checkout, as of --with-git-url, has no 'configure' yet, which
        ;; PHASES change.
        #~(modify-phases #$phases
            (delete 'bootstrap)
            (add-after 'unpack 'bootstrap
              (assoc-ref %standard-phases 'bootstrap))))))
    (native-inputs (modify-inputs (package-native-inputs zfs)
                     (prepend autoconf automake libtool)))))

(define-syntax-rule (zfs-of-kernel symbol (version release))
  ;; The package of the element of %KERNELS that is called SYMBOL.  The kernel
  ;; is looked up no sooner than needed, since its module may use this one.
  (match (assq symbol %kernels)
    ((_ series module kernel)
     (package
       (inherit (openzfs (zfs-variant zfs series
                                      (kernel-of module kernel series))
                         release
                         (openzfs-source release)))
       (name (symbol->string symbol))))))

(define-public zfs-for-linux-5.10
  (zfs-of-kernel 'zfs-for-linux-5.10
                 (version "2.4.4")))

(define-public zfs-for-linux-5.15
  (zfs-of-kernel 'zfs-for-linux-5.15
                 (version "2.4.4")))

(define-public zfs-for-linux-6.1
  (zfs-of-kernel 'zfs-for-linux-6.1
                 (version "2.4.4")))

(define-public zfs-for-linux-6.6
  (zfs-of-kernel 'zfs-for-linux-6.6
                 (version "2.4.4")))

(define-public zfs-for-linux-6.12
  (zfs-of-kernel 'zfs-for-linux-6.12
                 (version "2.4.4")))

(define-public zfs-for-linux-6.18
  (zfs-of-kernel 'zfs-for-linux-6.18
                 (version "2.4.4")))

(define-public zfs-for-linux-6.19
  (zfs-of-kernel 'zfs-for-linux-6.19
                 (version "2.4.4")))

(define-public zfs-for-linux-7.0
  (zfs-of-kernel 'zfs-for-linux-7.0
                 (version "2.4.4")))

(define-public zfs-for-linux-7.1
  (zfs-of-kernel 'zfs-for-linux-7.1
                 (version "2.4.4")))

(define-public zfs-for-linux-7.2
  (zfs-of-kernel 'zfs-for-linux-7.2
                 (version "2.4.4")))


;;;
;;; Any kernel.
;;;

(define (pin-of kernel)
  "Return the element of %PINS that is about KERNEL, a package, or #f."
  (or (find (match-lambda
              (((module name series) . _)
               (eq? kernel (kernel-of module name series)))
              (_ #f))
            %pins)
      (assoc (kernel-series kernel) %pins)))

(define (release-for kernel)
  "Return the version of OpenZFS to build for KERNEL, a package, or #f."
  (match (pin-of kernel)
    ((_ . release) release)
    (#f (and=> (find (cut supports? <> (kernel-series kernel)) %releases)
               first))))

(define (series-on-offer)
  "Return the series for which this module has a package."
  (delete-duplicates
   (filter-map (match-lambda
                 ((_ series module kernel)
                  (and (kernel-of module kernel series) series)))
               %kernels)))

(define (without-variant zfs)
  "Return ZFS, a package, without what made it a variant, if it is one."
  (if (zfs-series zfs)
      (package
        (inherit zfs)
        (arguments
         (substitute-keyword-arguments (package-arguments zfs)
           ((#:phases phases)
            #~(modify-phases #$phases
                (delete 'check-kernel-series)
                (delete 'merge-module))))))
      zfs))

(define (why-none kernel)
  "Return why there is no OpenZFS for KERNEL, a package, in words."
  (if (pin-of kernel)
      (string-append "this channel leaves Linux " (kernel-series kernel)
                     " out")
      (string-join (map release-range %releases) ", ")))

(define* (zfs-for-kernel kernel #:key release source (own #f #:zfs))
  "Return the ZFS package for KERNEL, a package of the Linux kernel: one of
Guix, of another channel, or your own.  Raise an error if no pinned release of
OpenZFS supports it.

At your own risk, it is built from something else, whether that supports KERNEL
or not: from RELEASE, a version; from SOURCE, a tarball or checkout, which
RELEASE is the version of; or from what #:zfs, a package such as 'zfs', is
built from, the way that one is built."
  (define series
    (and (package? kernel) (kernel-series kernel)))

  (unless (package? kernel)
    (raise-with-hint (formatted-message (G_ "zfs-for-kernel: ~a is no package")
                                        (object->string kernel))
                     "Pass it the kernel of your system, for example
@code{(zfs-for-kernel linux-libre-lts)}."))
  (unless series
    (raise-with-hint (formatted-message (G_ "~a: version ~a has no series")
                                        (package-name kernel)
                                        (package-version kernel))
                     "Give it a version that starts with its series, such as
@code{6.12.77}."))
  (unless (or (not own) (and (package? own) (zfs? own)))
    (raise-with-hint (formatted-message (G_ "zfs-for-kernel: ~a is no ZFS")
                                        (object->string own))
                     "Pass a package of OpenZFS as @code{#:zfs}, for example
@code{zfs} of @code{(gnu packages file-systems)}."))
  (refuse-kernel-with-zfs kernel)
  (when (and source (not (string? release)))
    (raise-with-hint (formatted-message
                      (G_ "zfs-for-kernel: no version is given for #:source"))
                     "Say which it is, for example @code{#:release
\"2.5.0-rc1\"}."))
  (unless (or release own (release-for kernel))
    (raise-with-hint (formatted-message (G_ "no ZFS for ~a ~a: ~a")
                                        (package-name kernel)
                                        (package-version kernel)
                                        (why-none kernel))
                     (format #f "Choose a kernel of one of the series ~a, or
run @command{guix pull} for a newer release.  At your own risk, name a release
all the same: @code{(zfs-for-kernel kernel #:release \"~a\")}."
                             (string-join (series-on-offer) ", ")
                             (first (first %releases)))))
  (let ((version (or release
                     (and own (package-version own))
                     (release-for kernel))))
    (openzfs (zfs-variant (without-variant (or own zfs)) series kernel)
             version
             (or source
                 (and own (not release) (package-source own))
                 (openzfs-source version)))))

(define* (newest-kernel-for-zfs #:optional (kernels (guix-kernels)))
  "Return the newest of KERNELS, packages, by default those of this Guix, for
which there is a ZFS."
  (newest-kernel kernels release-for))

;;;
;;; Commands that go with the booted kernel.
;;;

(define %zfs-files                      ;of all releases of OpenZFS
  '("sbin/fsck.zfs" "sbin/mount.zfs" "sbin/zdb" "sbin/zed" "sbin/zfs"
    "sbin/zfs_ids_to_path" "sbin/zgenhostid" "sbin/zhack" "sbin/zinject"
    "sbin/zpool" "sbin/zstream" "sbin/zstreamdump" "sbin/ztest"
    "bin/arc_summary" "bin/arcstat" "bin/dbufstat" "bin/raidz_test"
    "bin/zarcstat" "bin/zarcsummary" "bin/zilstat" "bin/zvol_wait"
    "share/bash-completion/completions/zfs" "share/man/man8/zfs.8.zst"
    "share/bash-completion/completions/zpool" "share/man/man8/zpool.8.zst"))

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
          (delete 'build)
          (replace 'install
            (lambda _
              (invoke #$(cc-for-target) "zfs-guix-command.c")
              (for-each (lambda (name)
                          (let ((file (string-append #$output "/" name)))
                            (mkdir-p (dirname file))
                            (if (string-prefix? "share/" name)
                                (symlink (string-append
                                          "/run/booted-system/kernel/" name)
                                         file)
                                (copy-file "a.out" file)))) ;it knows its name
                        '#$%zfs-files))))))
    (home-page "https://openzfs.org/")
    (synopsis "OpenZFS commands that go with the booted kernel")
    (description
     "This package provides @command{zpool} and others of the booted OpenZFS.")
    (license license:gpl3+)))

(define-public zfs-guix-auto-snapshot
  (package
    (inherit zfs-auto-snapshot)
    (name "zfs-guix-auto-snapshot")
    (inputs (modify-inputs (package-inputs zfs-auto-snapshot)
              (replace "zfs" zfs-guix-tools)))))

;;;
;;; Kernels that this Guix does not have.
;;;

;; A channel outlives the Guix that it was written for: kernels come and go.  A
;; package whose kernel is missing cannot even be listed, and would break 'guix
;; pull' for everybody.  So its name becomes an error to whoever uses it.  This
;; is last, since a module of kernels that is loaded here may use this module.
(for-each (match-lambda
            ((name series module kernel)
             (unless (kernel-of module kernel series)
               (eval `(define-syntax ,name
                        (identifier-syntax
                         (raise-no-kernel ',name ',module ',kernel ,series)))
                     (current-module)))))
          %kernels)
;;; zfs-guix: file packages/zfs-guix-command.c (sha256 bc29c23b9af9)
;;; zfs-guix: file packages/zfs-guix-status.in (sha256 a36b3edd0d41)
;;; zfs-guix: file packages/compatibility.scm (sha256 66aef32ee20b)
;;; zfs-guix: file packages/status.scm (sha256 d6163f75723c)
;;; zfs-guix: file services/parameters.scm (sha256 f980650a31fe)
;;; zfs-guix: file services/zfs.scm (sha256 eb818f75948c)
;;; zfs-guix: file system/root.scm (sha256 a9e9675eed06)
;;; zfs-guix: file build/boot-words.scm (sha256 c9a7616c1b20)
;;; zfs-guix: file build/boot.scm (sha256 52a908c1f360)
;;; zfs-guix: file build/catch-up.scm (sha256 06c7b5732ddc)
;;; zfs-guix: file build/commands.scm (sha256 e115b45b11b9)
;;; zfs-guix: file build/datasets.scm (sha256 9eb3a8ccceb0)
;;; zfs-guix: file build/events.scm (sha256 324d3d5782ee)
;;; zfs-guix: file build/export.scm (sha256 379f8d434505)
;;; zfs-guix: file build/had-pools.scm (sha256 09c99db78b66)
;;; zfs-guix: file build/import.scm (sha256 b908d3aeca27)
;;; zfs-guix: file build/keys.scm (sha256 0d4c7fad806b)
;;; zfs-guix: file build/mount.scm (sha256 da2523aac4af)
;;; zfs-guix: file build/mounts.scm (sha256 7138c1434c70)
;;; zfs-guix: file build/pools.scm (sha256 bc80e44e4b68)
;;; zfs-guix: file build/report.scm (sha256 1f295382f75f)
;;; zfs-guix: file build/root.scm (sha256 213642be750a)
;;; zfs-guix: file build/snapshots.scm (sha256 0304e48ee119)
;;; zfs-guix: file build/upkeep.scm (sha256 29391e131336)
;;; zfs-guix: file build/volumes.scm (sha256 904cb2f0fc18)
;;; zfs-guix: file ../gnu/bootloader/zfs-guix.scm (sha256 c49d4a94a8e4)
;;; zfs-guix: end (sha256 4e62300c514a, so that an edit is noticed)
