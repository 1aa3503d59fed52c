;; Runs zfs-guix-status, PROGRAM, as often as it is asked:
;;
;;   guile status.scm PROGRAM
;;
;; Its definitions are evaluated once; its last form is what it does.

(use-modules (ice-9 match)
             (srfi srfi-1))

(load "../support/apart.scm")

(define (forms port)
  (match (read port)
    ((? eof-object?) '())
    (form (cons form (forms port)))))

(match (command-line)
  ((_ program)
   (let ((forms (call-with-input-file program forms))
         (module (make-fresh-user-module)))
     (for-each (lambda (form)
                 (eval form module))
               (drop-right forms 1))
     (serve (lambda (words)
              (set-program-arguments (cons program words))
              (eval (last forms) module))))))
