;; Does things, each in a process of its own that has all of what is loaded here.

(use-modules (ice-9 match)
             (ice-9 textual-ports))

(define (contents port)
  (seek port 0 SEEK_SET)
  (get-string-all port))

(define (perform-apart thunk)
  ;; Call THUNK, and print its exit status and what it writes to standard output
  ;; and error, a NUL after each.
  (let ((output (tmpfile))
        (errors (tmpfile)))
    (force-output)
    (match (primitive-fork)
      (0
       (dup2 (fileno output) 1)
       (dup2 (fileno errors) 2)
       (thunk)
       (force-output)
       (primitive-exit 0))
      (child
       (let ((status (status:exit-val (cdr (waitpid child)))))
         (format #t "~a\0~a\0~a\0" status (contents output)
                 (contents errors))
         (for-each close-port (list output errors)))))))

(define (serve procedure)
  ;; Call PROCEDURE so with each list of words that comes from standard input.
  (match (read)
    ((? eof-object?) #t)
    (words
     (perform-apart (lambda ()
                      (procedure words)))
     (force-output)
     (serve procedure))))
