;;; What the compiler says, with all its warnings, of FILE…
(use-modules (system base compile))

(define output (tmpnam))

(for-each (lambda (file)
            (parameterize ((current-warning-port (current-output-port)))
              (compile-file file #:output-file output #:warning-level 3)))
          (cdr (command-line)))
(delete-file output)
