;;; Guile's side of the reader's line: reads the file that is named, as (guix
;;; gexp) has it read, and prints how many milliseconds that took.

(define (prefix name)
  (lambda (char port)
    (when (eqv? (peek-char port) #\@)
      (read-char port))
    (list name (read port))))

(read-hash-extend #\~ (prefix 'gexp))
(read-hash-extend #\$ (prefix 'ungexp))
(read-hash-extend #\+ (prefix 'ungexp-native))

(define (read-all file)
  (call-with-input-file file
    (lambda (port)
      (set-port-encoding! port "UTF-8")
      (let loop ((forms '()))
        (let ((form (read port)))
          (if (eof-object? form)
              forms
              (loop (cons form forms))))))))

(let ((start (get-internal-real-time)))
  (read-all (cadr (command-line)))
  (display (/ (* 1000. (- (get-internal-real-time) start))
              internal-time-units-per-second))
  (newline))
