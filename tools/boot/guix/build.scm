;;; Usage: guix repl -L CHANNEL -L . -- build.scm NAME...
;;;
;;; Builds the operating-systems of these names in systems.scm, and "upgrade",
;;; which loads the services of the next generation; prints a line for each,
;;; "system NAME FILE".
(use-modules (gnu services)
             (gnu services shepherd)
             (gnu system)
             ((guix build utils) #:select (copy-recursively find-files invoke
                                                            elf-file?))
             (guix derivations)
             (guix gexp)
             (guix monads)
             (guix scripts system reconfigure)
             (guix store)
             (ice-9 match)
             (stand-ins)
             (systems))

(define %parts "/srv/boot/parts")

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

(define (part name)
  "Return the procedure that makes an output of the part NAME; see make-parts."
  (lambda (output)
    (copy-recursively (string-append %parts "/" name) output
                      #:log (%make-void-port "w"))
    (let ((library (string-append output "/lib")))
      (for-each (lambda (file)
                  (when (and (elf-file? file)
                             (not (string-suffix? ".ko" file))
                             (not (string-prefix? "ld-linux" (basename file))))
                    (invoke "patchelf" "--force-rpath" "--set-rpath" library file)
                    ;; Libraries have no interpreter.
                    (unless (string-contains (basename file) ".so")
                      (invoke "patchelf" "--set-interpreter"
                              (string-append library "/ld-linux-x86-64.so.2")
                              file))))
                (find-files output (lambda (file stat)
                                     (not (string-contains file "/lib/modules/"))))))))

(define (make-zfs output)
  "Make OUTPUT, the variant, of OpenZFS's files; the one of the next generation
has commands that fail."
  ((part "zfs") output)
  (when (string-suffix? "-9.9.9" output)
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
              '("zpool" "zfs"))))

(with-store store
  (set-build-options store
                     #:use-substitutes? #f
                     #:keep-going? #t
                     #:print-build-trace #f)
  (let* ((lower (lambda (monadic)
                  (run-with-store store
                    (mbegin %store-monad
                      (set-grafting #f)
                      monadic))))
         (derivations
          (map (lambda (name)
                 (cons name
                       (lower
                        (if (string=? name "upgrade")
                            (lower-object
                             (upgrade (assoc-ref %systems "next-generation")))
                            (operating-system-derivation
                             (assoc-ref %systems name))))))
               (cdr (command-line)))))
    (build-with-stand-ins store (map cdr derivations)
                          '("zfs-guix-tools" "zfs-guix-auto-snapshot"
                            "zfs-guix-status")
                          `(("linux-libre" . ,(part "kernel"))
                            ("zfs-for-linux" . ,make-zfs)
                            ("eudev" . ,(part "udev"))
                            ;; Its source, that is.
                            ("zfs-auto-snapshot" . ,(part "auto-snapshot"))))
    (for-each (match-lambda
                ((name . derivation)
                 (format #t "system ~a ~a~%" name
                         (derivation->output-path derivation))))
              derivations)))
