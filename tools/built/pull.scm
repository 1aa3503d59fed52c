;;; Usage: guix repl -q -L . -- pull.scm ROOTS CHECKOUT
;;;
;;; Has the daemon build what 'guix pull' builds of CHECKOUT, a directory with a
;;; '.guix-channel': its modules, compiled by the Guix at hand, and the profile
;;; with the package cache; keeps that below ROOTS.  Prints what build.scm does of
;;; the target "pull=modules" and of "pull=profile".
(use-modules (stand-ins)
             (guix channels)
             (guix derivations)
             (guix gexp)
             (guix monads)
             (guix profiles)
             (guix store)
             (ice-9 match)
             (srfi srfi-1)
             (srfi srfi-34))

(define %roots (second (command-line)))
(define %checkout (third (command-line)))

(define %guix
  (string-append (dirname (first (command-line))) "/guix-channel"))

(define (instances store)
  (map (match-lambda
         ((name directory)
          (checkout->channel-instance
           (add-to-store store (symbol->string name) #t "sha256" directory)
           #:name name)))
       `((guix ,%guix)
         (zfs-guix ,%checkout))))

(define (say fact target value)
  (format #t "~a ~a ~a~%" fact target value)
  (force-output))

(define (build store target drv)
  (say 'derivation target (derivation-file-name drv))
  (say 'output target (string-append "out " (derivation->output-path drv)))
  (prepare-stand-ins store (list drv))
  (let ((start (current-time)))
    (guard (c ((store-protocol-error? c)
               (say 'failed target
                    (first (string-split (store-protocol-error-message c)
                                         #\newline)))))
      (build-derivations store (list drv))
      (keep-from-gc store (string-append %roots "/" target)
                    (derivation->output-path drv)))
    (say 'seconds target (- (current-time) start))))

(define (say-log store target drv)
  (and=> (log-file store (derivation-file-name drv))
         (lambda (file)
           (say 'log target file))))

(with-store store
  (set-build-options store
                     #:use-substitutes? #f
                     #:verbosity 3
                     #:print-build-trace #f)
  (let* ((manifest (run-with-store store
                     (channel-instances->manifest (instances store))))
         (modules (manifest-entry-item
                   (manifest-lookup manifest
                                    (manifest-pattern (name "zfs-guix")))))
         ;; The hooks of every profile tell nothing of a channel.
         (profile (run-with-store store
                    (profile-derivation manifest
                                        #:hooks (list (@@ (guix channels)
                                                          package-cache-file))
                                        #:format-version 3)))
         (cache (find (lambda (drv)
                        (string=? "guix-package-cache" (derivation-name drv)))
                      (map derivation-input-derivation
                           (derivation-inputs profile)))))
    (build store "pull=modules" modules)
    (say-log store "pull=modules" modules)
    (build store "pull=profile" profile)
    (say-log store "pull=profile" cache)))
