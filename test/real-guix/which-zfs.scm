;; Which ZFS goes with which kernel:
;;
;;   guix repl -L CHANNEL -- which-zfs.scm SOURCE FILE REPOSITORY ELSEWHERE
;;
;; prints a line 'CASE: …' for each case: the modules of a system with the
;; service, or the facts of a package, or the error.  SOURCE is a directory
;; that stands for a checkout of OpenZFS, FILE one of its tarballs or a patch,
;; REPOSITORY one of git, and ELSEWHERE a file below a directory called zfs.

(use-modules (gnu)
             (gnu packages)
             (gnu packages file-systems)
             (gnu packages linux)
             (gnu packages tls)
             (gnu services)
             (gnu services linux)
             (guix build-system)
             (guix diagnostics)
             (guix download)
             (guix gexp)
             (guix packages)
             (guix store)
             (guix transformations)
             (guix upstream)
             (guix utils)
             (ice-9 match)
             (srfi srfi-1)
             (srfi srfi-34)
             (srfi srfi-35)
             (zfs-guix packages zfs)
             (zfs-guix services zfs))

(define %checkout
  (local-file (second (command-line)) "zfs-checkout" #:recursive? #t))

(define (one-line text)
  (string-join (string-tokenize text) " "))

;; A source whose hash has the letters in it by chance.
(define %by-chance
  (origin
    (method url-fetch)
    (uri "https://example.org/linux-6.12.77.tar.xz")
    (sha256 (base32 (string-append "0zfs" (make-string 48 #\0))))))

;; A file of somebody's whose directory is called so.
(define %elsewhere
  (fifth (command-line)))

(define-syntax-rule (show name expression)
  (format #t "~a: ~a~%" name
          (guard (c ((formatted-message? c)
                     (one-line
                      (string-append
                       "error: "
                       (string-trim-right
                        (apply format #f (formatted-message-string c)
                               (formatted-message-arguments c)))
                       (if (fix-hint? c)
                           (string-append "; " (condition-fix-hint c))
                           "")))))
            expression)))

(define-syntax-rule (loadable name fields ...)
  (show name
        (let* ((os (operating-system
                     (host-name "tank")
                     (bootloader (bootloader-configuration
                                   (bootloader grub-efi-bootloader)
                                   (targets '("/boot/efi"))))
                     (file-systems (cons (file-system
                                           (mount-point "/")
                                           (device (file-system-label "root"))
                                           (type "ext4"))
                                         %base-file-systems))
                     fields ...))
               (linux (service-value
                       (fold-services (operating-system-services os)
                                      #:target-type
                                      linux-builder-service-type))))
          (map (match-lambda
                 ((? package? package) (package-full-name package))
                 (((? package? package) . outputs)
                  (cons (package-full-name package) outputs)))
               (linux-builder-configuration-modules linux)))))

(define-syntax-rule (system-with name (field value) ...)
  (loadable name
            (kernel linux-libre-6.12)
            (services (cons (service zfs-service-type
                                     (zfs-configuration (field value) ...))
                            %base-services))))

(define-syntax-rule (listing name module ...)
  (loadable name
            (kernel linux-libre-6.12)
            (kernel-loadable-modules (list module ...))
            (services (cons (service zfs-service-type) %base-services))))

(define-syntax-rule (booting name package)
  (loadable name
            (kernel package)
            (services (cons (service zfs-service-type) %base-services))))

(define (renamed package name*)
  (package/inherit package (name name*)))

;; What 'kernel-loadable-modules' may list.
(listing "nothing")
(listing "variant" zfs-for-linux-6.12)
(listing "variant, its output" (list zfs-for-linux-6.12 "out"))
(listing "variant, renamed" (renamed zfs-for-linux-6.12 "my-zfs"))
(listing "variant, with a patch"
         (package
           (inherit zfs-for-linux-6.12)
           (source (origin
                     (inherit (package-source zfs-for-linux-6.12))
                     (patches (list (plain-file "a.patch" "")))))))
(listing "variant of another series" zfs-for-linux-6.6)
(listing "variant of another series, renamed" (renamed zfs-for-linux-6.6 "x"))
(listing "variant, the other output" (list zfs-for-linux-6.12 "module"))
(listing "Guix's" zfs)
(listing "Guix's, the module" (list zfs "module"))
(listing "Guix's, renamed" (list (renamed zfs "tank") "module"))
(listing "Guix's, named as a variant" (renamed zfs "zfs-for-linux-6.12"))
(listing "two" zfs-for-linux-6.12 (renamed zfs-for-linux-6.12 "my-zfs"))
(listing "variant, transformed"
         ((options->transformation
           `((with-source . ,(string-append "zfs-for-linux-6.12="
                                            (third (command-line))))
             (without-tests . "zfs-for-linux-6.12")
             (with-debug-info . "zfs-for-linux-6.12")))
          zfs-for-linux-6.12))
(listing "variant, with another input"
         ((package-input-rewriting `((,openssl . ,libressl)))
          (renamed zfs-for-linux-6.12 "my-zfs")))
(listing "variant of another series, with another input"
         ((package-input-rewriting `((,openssl . ,libressl)))
          (renamed zfs-for-linux-6.6 "my-zfs")))
(listing "what zfs-for-kernel returns" (zfs-for-kernel linux-libre-6.12))
(listing "what zfs-for-kernel returns for another kernel"
         (zfs-for-kernel linux-libre-6.6))
(listing "one twice" zfs-for-linux-6.12 zfs-for-linux-6.12)
(listing "commands alone" zfs-guix-tools)
(listing "other modules of a place that is called after ZFS"
         (package
           (inherit acpi-call-linux-module)
           (source (local-file %elsewhere))))
(listing "other modules with such a hash"
         (package
           (inherit acpi-call-linux-module)
           (source %by-chance)))
(listing "Guix's, of a source of one's own"
         (package
           (inherit zfs)
           (name "tank")
           (home-page "https://example.org/")
           (source %checkout)))
(listing "Guix's, of which all that names it is another"
         (package
           (inherit zfs)
           (name "tank")
           (home-page "https://example.org/")
           (source (plain-file "tank.tar.gz" ""))))
(listing "other modules" v4l2loopback-linux-module acpi-call-linux-module)

;; What the field may return.
(system-with "field, Guix's" (zfs-for-kernel (const zfs)))
(system-with "field, of another series"
             (zfs-for-kernel (const zfs-for-linux-6.6)))
(system-with "field, from Guix's"
             (zfs-for-kernel (lambda (kernel)
                               (zfs-for-kernel kernel #:zfs zfs))))
(system-with "field, a checkout"
             (zfs-for-kernel (lambda (kernel)
                               (zfs-for-kernel kernel
                                               #:release "2.5.0-rc1"
                                               #:source %checkout))))

;; Kernels.
(booting "kernel with ZFS, by its name"
         (renamed linux-libre-6.12 "linux-libre-with-zfs"))
(booting "kernel with ZFS, by its build"
         (package
           (inherit linux-libre-6.12)
           (arguments
            (substitute-keyword-arguments (package-arguments linux-libre-6.12)
              ((#:phases phases)
               #~(modify-phases #$phases
                   (add-after 'unpack 'add-module
                     (lambda _
                       (invoke "tar" "xf" #+(package-source zfs))))))))))
(for-each (lambda (kernel)
            (booting (string-append "kernel " (package-full-name kernel))
                     kernel))
          (list linux-libre linux-libre-lts linux-libre-5.10 linux-libre-6.6
                linux-libre-arm64-generic))

;; Kernels of one's own, and of channels that nobody knows here.
(define* (own-kernel version #:optional (name "linux-xan"))
  (package (inherit linux-libre-6.12) (name name) (version version)))

(booting "kernel, customized"
         (customize-linux #:name "linux-mine"
                          #:linux linux-libre-6.6
                          #:configs '("CONFIG_LOCALVERSION=\"-mine\"")
                          #:extra-version "mine"))
(booting "kernel, made"
         ((@@ (gnu packages linux) make-linux-libre*)
          "6.12.99" "gnu" (plain-file "linux.tar.xz" "") '("x86_64-linux")))
(booting "kernel, inherited, of another series" (own-kernel "6.6.1"))
(booting "kernel, by its name of another series"
         (own-kernel "6.6.1" "linux-libre-6.12"))
(booting "kernel, transformed"
         ((options->transformation
           `((with-patch . ,(string-append "linux-libre=" %elsewhere))
             (without-tests . "linux-libre")))
          linux-libre-6.12))
(booting "kernel with such a hash"
         (package
           (inherit linux-libre-6.12)
           (source %by-chance)))
;; The place of these phases, this file, is called so, too.
(booting "kernel of a place that is called after ZFS"
         (package
           (inherit (customize-linux #:linux linux-libre-6.12
                                     #:source (local-file %elsewhere)
                                     #:defconfig (local-file %elsewhere)))
           (arguments
            (substitute-keyword-arguments (package-arguments linux-libre-6.12)
              ((#:phases phases)
               #~(modify-phases #$phases
                   (delete 'nothing)))))
           (inputs (list (own-kernel "1.1" "other")))))
(for-each (lambda (version)
            (booting (string-append "kernel, version " version)
                     (own-kernel version)))
          '("6.12" "6.12-rc7" "6.12.3-xan1" "6.12.3.1" "6" "master" "v6.12.3"
            "9.9.1"))

;; 'zfs-for-kernel' and 'newest-kernel-for-zfs'.
(define store (open-connection))

(define (phase-names package)
  (match (memq #:phases (package-arguments package))
    ((_ phases . _) (object->string phases))))

(define (facts package)
  ;; The derivation is computed, too.
  (package-derivation store package #:graft? #f)
  (list (package-full-name package)
        (package-full-name (car (assoc-ref (bag-host-inputs
                                            (package->bag package))
                                           "linux")))
        (object->string (package-source package))))

(define linux-9.9
  (package (inherit linux-libre-6.12) (version "9.9.1")))

(show "newest" (package-full-name (newest-kernel-for-zfs)))
(show "newest of a list"
      (package-full-name
       (newest-kernel-for-zfs (list linux-libre-6.1 linux-9.9
                                    linux-libre-6.12 linux-libre-5.10))))
(show "newest of none" (newest-kernel-for-zfs (list linux-9.9)))
(show "newest of an empty list" (newest-kernel-for-zfs '()))
(show "newest of no list" (newest-kernel-for-zfs linux-libre-6.12))
(show "newest of no packages" (newest-kernel-for-zfs '(linux-libre-6.12)))
(show "unsupported" (facts (zfs-for-kernel linux-9.9)))
(show "unsupported, by name"
      (facts (zfs-for-kernel linux-9.9
                             #:release (package-version zfs-for-linux-6.12))))
(show "unknown release" (zfs-for-kernel linux-libre-6.12 #:release "1.0.0"))
(show "branch for a release" (zfs-for-kernel linux-libre-6.12 #:release "2.4"))
(show "no kernel" (zfs-for-kernel "linux-libre-6.12"))
(show "package, no ZFS"
      (facts (zfs-for-kernel linux-libre-6.12 #:zfs mergerfs)))
(show "newest of other people's"
      (package-full-name
       (newest-kernel-for-zfs (list (own-kernel "6.12.3-xan1")
                                    (own-kernel "master")
                                    (own-kernel "6.12.20")
                                    (own-kernel "9.9.1")))))
(show "source, its version no string"
      (zfs-for-kernel linux-libre-6.12 #:release 2.5 #:source %checkout))
(show "source without a version"
      (zfs-for-kernel linux-libre-6.12 #:source %checkout))
(show "source"
      (facts (zfs-for-kernel linux-9.9 #:release "2.5.0-rc1"
                             #:source %checkout)))
(show "package"
      (facts (zfs-for-kernel linux-libre-6.6
                             #:zfs (renamed zfs "zfs-lts"))))
(show "variant for another kernel"
      (let ((phases (phase-names (zfs-for-kernel linux-libre-6.6
                                                 #:zfs zfs-for-linux-6.12))))
        ;; Taken away, and added again for the other series.
        (and (string-contains phases "(delete (quote merge-module))")
             "the phases of one variant")))

;; Guix's tools.
(define variants
  (list zfs-for-linux-6.6 zfs-for-linux-6.12))

(show "guix edit"
      (map (lambda (package)
             (let ((location (package-definition-location package)))
               (list (package-name package) (location-line location))))
           variants))
(show "guix refresh"
      (map (lambda (package)
             (list (package-upstream-name package)
                   (and=> (lookup-updater package) upstream-updater-name)))
           (cons zfs variants)))
(show "guix lint -c cve"
      (map (lambda (package)
             (assq-ref (package-properties package) 'cpe-name))
           variants))

(define (transformed . options)
  (facts ((options->transformation options) zfs-for-linux-6.12)))

(define file (third (command-line)))
(define repository (fourth (command-line)))

(show "--with-source"
      (transformed `(with-source . ,(string-append "zfs-for-linux-6.12="
                                                   file))))
(show "--with-patch"
      (transformed `(with-patch . ,(string-append "zfs-for-linux-6.12="
                                                  file))))
(show "--with-git-url"
      (transformed `(with-git-url . ,(string-append "zfs-for-linux-6.12=file://"
                                                    repository))))
(for-each (lambda (option)
            (show (string-append "--" (symbol->string (car option)))
                  (transformed option)))
          '((with-input . "openssl=libressl")
            (without-tests . "zfs-for-linux-6.12")
            (with-debug-info . "zfs-for-linux-6.12")
            (with-c-toolchain . "zfs-for-linux-6.12=gcc-toolchain@13")))
