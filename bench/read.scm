;;; Guile's side of the reader's lines: reads the file that is named seven
;;; times, as (guix gexp) has it read, and prints how many milliseconds the
;;; first time took, and the others in the middle.

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

(define (milliseconds thunk)
  (let ((start (get-internal-real-time)))
    (thunk)
    (/ (* 1000. (- (get-internal-real-time) start))
       internal-time-units-per-second)))

(let* ((file (cadr (command-line)))
       (first (milliseconds (lambda () (read-all file))))
       (others (map (lambda (_) (milliseconds (lambda () (read-all file))))
                    (iota 6))))
  (display first)
  (display " ")
  (display (list-ref (sort others <) 3))
  (newline))
