;;; Usage: guix repl -L CHANNEL -L . -- build.scm ROOTS SOURCE NAME...
;;;
;;; Builds the operating-systems of these names in systems.scm, "upgrade", which
;;; loads the services of the next generation, and menus of boot, with SOURCE, a
;;; tarball of OpenZFS, and keeps them below ROOTS; prints a line for each, "system
;;; NAME FILE KERNEL", the latter being the version of its kernel.
(use-modules (gnu bootloader)
             (gnu services)
             (gnu services shepherd)
             (gnu system)
             ((guix build utils) #:select (copy-recursively))
             (guix derivations)
             (guix gexp)
             (guix monads)
             (guix packages)
             (guix scripts system reconfigure)
             (guix store)
             (ice-9 match)
             (srfi srfi-1)
             (srfi srfi-11)
             (srfi srfi-26)
             (stand-ins)
             (systems)
             (zfs-guix packages zfs))

(define %roots (second (command-line)))
(define %source (third (command-line)))

(define (upgrade os)
  "Return the program by which 'guix system reconfigure' loads the Shepherd
services of OS into a running system."
  (upgrade-services-program
   (map shepherd-service-file
        (shepherd-configuration-services
         (service-value
          (fold-services (operating-system-services os)
                         #:target-type shepherd-root-service-type))))
   '() '() '()))

(define (system-named name)
  (assoc-ref %systems (if (string=? name "upgrade") "next-generation" name)))

(define (copy-variant store variant output edit)
  "Make OUTPUT a copy of VARIANT, an output of a variant that was built, have
EDIT change it, and register it."
  (copy-recursively variant output #:log (%make-void-port "w"))
  (edit output)
  (register-stand-in output (references store variant)))

(define (fail-commands output)
  "Have the commands of OUTPUT, the ZFS of the next generation, fail."
  (for-each (lambda (name)
              (let ((file (string-append output "/sbin/" name)))
                (delete-file file)
                (call-with-output-file file
                  (lambda (port)
                    (format port "#!/bin/sh
echo \"~a of the next generation: $*\" > /dev/console
exit 1
" name)))
                (chmod file #o555)))
            '("zpool" "zfs")))

(define (menu-program name systems)
  "Return the program that puts the menu NAME, one of %MENUS, where GRUB reads it:
what 'guix system' runs.  SYSTEMS has the store file names of systems."
  (define (parameters name)
    (read-boot-parameters-file (assoc-ref systems name)))

  (match (assoc-ref %menus name)
    (((new old ...) target install?)
     (let* ((config (operating-system-bootloader (system-named new)))
            (bootloader (bootloader-configuration-bootloader config))
            (old-entries (map (compose boot-parameters->menu-entry parameters)
                              old)))
       (install-bootloader-program
        (and install? (bootloader-installer bootloader))
        (and install? (bootloader-disk-image-installer bootloader))
        (bootloader-package bootloader)
        (if install?
            (operating-system-bootcfg (system-named new) old-entries)
            ((bootloader-configuration-file-generator bootloader)
             (bootloader-configuration (inherit config) (targets '(#f)))
             (list (boot-parameters->menu-entry (parameters new)))
             #:old-entries old-entries))
        (bootloader-configuration-file bootloader)
        (bootloader-configuration-targets config)
        target)))))

(with-store store
  (set-build-options store
                     #:use-substitutes? #f
                     #:keep-going? #t
                     #:print-build-trace #f)
  (define (lower monadic)
    (run-with-store store
      (mbegin %store-monad
        (set-grafting #f)
        monadic)))

  (define variant
    (lower (lower-object (zfs-for-kernel %kernel))))

  (define (copy edit)
    (lambda (output)
      (copy-variant store (derivation->output-path variant) output edit)))

  (define (build drvs special)
    (prepare-stand-ins store drvs special)
    (build-derivations store drvs))

  (define %copies
    ;; What only differs from the variant by its version, or by that of its
    ;; kernel, is no second build.
    `(("zfs-for-linux-6.12-9.9.9" . ,(copy fail-commands))
      ("zfs-for-linux-6.12-" . ,(copy identity))))

  (define (build-named named)
    (build (map cdr named) %copies)
    (map (match-lambda
           ((name . drv)
            (let ((path (derivation->output-path drv)))
              (keep-from-gc store (string-append %roots "/system=" name) path)
              (cons name path))))
         named))

  (add-to-store store (basename %source) #f "sha256" %source)
  ;; It is in all that is booted; others are copies of it.
  (build (list variant) '())
  (let-values (((menus names) (partition (cut assoc-ref %menus <>)
                                         (cdddr (command-line)))))
    (let ((systems
           (build-named
            (map (lambda (name)
                   (cons name
                         (lower
                          (if (string=? name "upgrade")
                              (lower-object (upgrade (system-named name)))
                              (operating-system-derivation
                               (system-named name))))))
                 names))))
      (for-each (match-lambda
                  ((name . path)
                   (format #t "system ~a ~a ~a~%" name path
                           (package-version
                            (operating-system-kernel (system-named name))))))
                systems)
      (for-each (match-lambda
                  ((name . path)
                   ;; It has no kernel.
                   (format #t "system ~a ~a 0~%" name path)))
                (build-named
                 (map (lambda (name)
                        (cons name
                              (lower (lower-object
                                      (menu-program name systems)))))
                      menus))))))
