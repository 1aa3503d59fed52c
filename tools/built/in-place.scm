;;; Usage: guix repl -q -L CHECKOUT -- in-place.scm NAME...
;;;
;;; Prints "derivation in-place=NAME FILE" for each variant NAME of CHECKOUT's
;;; (gnu packages file-systems).
(use-modules (gnu packages file-systems)
             (guix derivations)
             (guix gexp)
             (guix monads)
             (guix store))

(with-store store
  (for-each
   (lambda (name)
     (format #t "derivation in-place=~a ~a~%" name
             (derivation-file-name
              (run-with-store store
                (mbegin %store-monad
                  (set-grafting #f)
                  (lower-object
                   (module-ref (resolve-interface
                                '(gnu packages file-systems))
                               (string->symbol name))))))))
   (cdr (command-line))))
