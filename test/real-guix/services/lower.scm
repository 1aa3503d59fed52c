;; What Guix makes of the Shepherd services of the operating-system in FILE:
;;
;;   guix repl -L CHANNEL -- lower.scm FILE ROOT [FILE ROOT…]
;;
;; writes to ROOT/gnu/store what the derivations of those that belong to ZFS,
;; or wait for it, make with the Guile at hand, since Guix's own would have to
;; be built first; to ROOT/services the files of the services; and to
;; ROOT/inputs the items of the store that they refer to: Guile, the tools,
;; coreutils, util-linux and curl.

(use-modules (gnu)
             (gnu packages base)
             (gnu packages curl)
             (gnu packages guile)
             (gnu packages linux)
             (gnu services)
             (gnu services shepherd)
             (guix build utils)
             (guix derivations)
             (guix gexp)
             (guix monads)
             (guix packages)
             (guix store)
             (ice-9 match)
             (ice-9 regex)
             (srfi srfi-1)
             (zfs-guix packages zfs))

(define (lower file root)
  (define services
    (filter (lambda (service)
              (let ((name (symbol->string
                           (shepherd-service-canonical-name service))))
                (or (string-prefix? "zfs-" name)
                    (member name '("zed" "file-system-/run/zfs-guix"
                                   "file-systems" "user-processes")))))
            (shepherd-configuration-services
             (service-value
              (fold-services (operating-system-services (load file))
                             #:target-type shepherd-root-service-type)))))

  (define (copy item)
    "Copy ITEM, a file of the store, to below ROOT."
    (let ((target (string-append root item)))
      (unless (file-exists? target)
        (mkdir-p (dirname target))
        (copy-recursively item target #:log #f))))

  (define (program? input)
    ;; The others are packages, whose names end in a version, and modules,
    ;; which are there in source, too.
    (string-match "^(zfs-|zed-)[a-z-]*[a-z]$"
                  (derivation-name (derivation-input-derivation input))))

  (define (build drv)
    "Make the output of DRV, and those of the programs it refers to."
    (let ((output (string-append root (derivation->output-path drv))))
      (unless (file-exists? output)
        (for-each (compose build derivation-input-derivation)
                  (filter program? (derivation-inputs drv)))
        (for-each copy (derivation-sources drv))
        (setenv "out" output)
        (invoke "guile" "--no-auto-compile"
                (last (derivation-builder-arguments drv))))))

  (define (write-lines name lines)
    (call-with-output-file (string-append root "/" name)
      (lambda (port)
        (for-each (lambda (line)
                    (display line port)
                    (newline port))
                  lines))))

  (with-store store
    (let ((drvs (run-with-store store
                  (mapm %store-monad
                        (compose lower-object shepherd-service-file)
                        services))))
      (for-each build drvs)
      (write-lines "services" (map derivation->output-path drvs))
      (write-lines "inputs"
                   (map (lambda (package)
                          (derivation->output-path
                           (package-derivation store package)))
                        (list guile-3.0 zfs-guix-tools coreutils
                              util-linux curl))))))

(let loop ((arguments (cdr (command-line))))
  (match arguments
    (() #t)
    ((file root rest ...)
     (lower file root)
     (loop rest))))
