;; Prints whether the lists NAME of the Scheme file FILE hold the forms of the
;; files after it: FILE NAME SCRIPT [NAME SCRIPT ...].

(use-modules (ice-9 match))

(define (read-with tag)
  (lambda (char port)
    (when (eqv? #\@ (peek-char port))
      (read-char port))
    (list tag (read port))))

(read-hash-extend #\~ (read-with 'gexp))
(read-hash-extend #\$ (read-with 'ungexp))
(read-hash-extend #\+ (read-with 'ungexp-native))

(define (forms file)
  (call-with-input-file file
    (lambda (port)
      (let loop ((forms '()))
        (match (read port)
          ((? eof-object?) (reverse forms))
          (form (loop (cons form forms))))))
    #:encoding "UTF-8"))

(define (definition name forms)
  (match forms
    ((('define (? (lambda (symbol) (eq? symbol name))) ('quote value)) _ ...)
     value)
    ((_ rest ...) (definition name rest))))

(match (command-line)
  ((_ file names+scripts ...)
   (let ((emitted (forms file)))
     (let loop ((rest names+scripts))
       (match rest
         (() #t)
         ((name script rest ...)
          (format #t "~a ~a~%" name
                  (if (equal? (definition (string->symbol name) emitted)
                              (forms script))
                      "same"
                      "different"))
          (loop rest)))))))
