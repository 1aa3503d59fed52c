;; What Guix makes of the Shepherd services of the operating-system in FILE:
;;
;;   guix repl -L CHANNEL -- lower.scm FILE ROOT
;;
;; writes to ROOT/gnu/store what their derivations would build, and to
;; ROOT/services the file of each service that is named zfs-…, zed, or that
;; waits for them.  Nothing is built by Guix, whose Guile would be needed:
;; ROOT/build has the command lines that write the programs with another Guile.

(use-modules (gnu)
             (gnu services)
             (gnu services shepherd)
             (guix build utils)
             (guix derivations)
             (guix gexp)
             (guix monads)
             (guix store)
             (ice-9 match)
             (ice-9 regex)
             (srfi srfi-1))

(match (command-line)
  ((_ file root)
   (define os (load file))

   (define services
     (filter (lambda (service)
               (let ((name (symbol->string
                            (shepherd-service-canonical-name service))))
                 (or (string-prefix? "zfs-" name)
                     (member name '("zed" "file-system-/run/zfs-guix"
                                    "file-systems" "user-processes")))))
             (shepherd-configuration-services
              (service-value
               (fold-services (operating-system-services os)
                              #:target-type shepherd-root-service-type)))))

   (define (copy item)
     "Copy ITEM, a file of the store, to below ROOT."
     (let ((target (string-append root item)))
       (unless (file-exists? target)
         (mkdir-p (dirname target))
         (copy-recursively item target #:log #f))))

   (define (program? input)
     ;; The others are packages, whose names end in a version, Guile modules
     ;; that are there in source, too, and what belongs to Guix itself.
     (let ((name (derivation-name (derivation-input-derivation input))))
       (string-match "^(zfs-|zed-)[a-z-]*[a-z]$" name)))

   (define (builder-line drv)
     "Return the command line that makes the output of DRV, after copying what
it needs, and that of the programs which DRV refers to before it."
     (for-each copy (derivation-sources drv))
     (append (append-map (compose builder-line derivation-input-derivation)
                         (filter program? (derivation-inputs drv)))
             (list (format #f "out=~a guile --no-auto-compile ~a"
                           (derivation->output-path drv)
                           (last (derivation-builder-arguments drv))))))

   (with-store store
     (let* ((drvs (run-with-store store
                    (mapm %store-monad
                          (compose lower-object shepherd-service-file)
                          services)))
            (lines (delete-duplicates (append-map builder-line drvs))))
       (define (with-lines name lines)
         (call-with-output-file (string-append root "/" name)
           (lambda (port)
             (for-each (lambda (line)
                         (display line port)
                         (newline port))
                       lines))))

       (with-lines "build" lines)
       (with-lines "services" (map derivation->output-path drvs))
       ;; Where they look for Guile and for the commands.
       (with-lines "inputs"
                   (append-map
                    (lambda (package)
                      (map (lambda (output)
                             (derivation->output-path
                              (package-derivation store package) output))
                           '("out")))
                    (list (@ (gnu packages guile) guile-3.0)
                          (@ (zfs-guix packages zfs) zfs-guix-tools)
                          (@ (zfs-guix packages zfs)
                             zfs-guix-auto-snapshot)))))))) 
