;;; Guile's side of the comparison: what `read' makes of a text.
;;;
;;; Standard input is a list of requests, one a line:
;;;
;;;   F PATH        read a file
;;;   T HEX         read a text, given as the hexadecimal digits of its UTF-8
;;;
;;; Each is answered with a line for each form, in a notation that says what
;;; the form is and not how it was written, then a line `!' and the error if
;;; there was one, and a line with a full stop.

(use-modules (ice-9 binary-ports)
             (ice-9 rdelim)
             (rnrs bytevectors)
             (srfi srfi-1))

;; The prefixes that Guix adds to Guile's.

(define (read-here port)
  ((@ (guile) read) port))

(read-hash-extend #\~ (lambda (char port)
                        (list 'gexp (read-here port))))

(define (reference-reader plain splicing)
  "Return a reader of #$X and #$@X, X:OUTPUT being a reference to an output."
  (lambda (char port)
    (let* ((splice? (eqv? (peek-char port) #\@))
           (_       (when splice? (read-char port)))
           (form    (read-here port))
           (colon   (and (symbol? form)
                         (string-rindex (symbol->string form) #\:)))
           (name    (and colon (symbol->string form))))
      (cons (if splice? splicing plain)
            (if colon
                (list (string->symbol (substring name 0 colon))
                      (substring name (1+ colon)))
                (list form))))))

(read-hash-extend #\$ (reference-reader 'ungexp 'ungexp-splicing))
(read-hash-extend #\+ (reference-reader 'ungexp-native 'ungexp-native-splicing))

;; The notation.

(define plain-characters
  (char-set-delete (char-set-intersection char-set:ascii char-set:graphic)
                   #\" #\\))

(define (show-text text)
  (display #\")
  (if (string-every plain-characters text)
      (display text)
      (string-for-each (lambda (char)
                         (if (char-set-contains? plain-characters char)
                             (display char)
                             (begin
                               (display "\\")
                               (display (number->string (char->integer char) 16))
                               (display ";"))))
                       text))
  (display #\"))

(define (show-place pair)
  (let ((line   (source-property pair 'line))
        (column (source-property pair 'column)))
    (when (and line column)
      (display line)
      (display ":")
      (display column))))

(define (show form)
  (cond ((symbol? form)
         (display "y")
         (show-text (symbol->string form)))
        ((string? form)
         (show-text form))
        ((pair? form)
         (show-place form)
         (display "(")
         (let loop ((form form))
           (cond ((pair? form)
                  (show (car form))
                  (loop (cdr form)))
                 ((not (eq? form '()))
                  (display ".")
                  (show form))))
         (display ")"))
        ;; Before null, which it is, too.
        ((eq? form #nil) (display "N"))
        ((null? form) (display "()"))
        ((keyword? form)
         (display "k")
         (show-text (symbol->string (keyword->symbol form))))
        ((number? form)
         (display "n")
         (display (number->string form))
         (display ";"))
        ((char? form)
         (display "c")
         (display (number->string (char->integer form) 16))
         (display ";"))
        ((boolean? form) (display (if form "T" "F")))
        ((vector? form)
         (display "v(")
         (vector-for-each* show form)
         (display ")"))
        ((bitvector? form)
         (display "b")
         (for-each (lambda (bit) (display (if bit 1 0)))
                   (bitvector->list form))
         (display ";"))
        ((and (array? form) (= 1 (array-rank form)))
         (display "a")
         (show-text (symbol->string (array-type form)))
         (display "(")
         (for-each show (array->list form))
         (display ")"))
        (else
         (display "?")
         (show-text (object->string form)))))

(define (vector-for-each* procedure vector)
  (for-each procedure (vector->list vector)))

;; The requests.

(define (hex->bytevector hex)
  (u8-list->bytevector
   (let loop ((index 0))
     (if (< index (string-length hex))
         (cons (string->number (substring hex index (+ index 2)) 16)
               (loop (+ index 2)))
         '()))))

(define (show-all port)
  (set-port-encoding! port "UTF-8")
  (let loop ()
    (let ((form (read port)))
      (unless (eof-object? form)
        (show form)
        (newline)
        (loop)))))

(define (answer request)
  (let ((argument (substring request 2)))
    (case (string-ref request 0)
      ((#\F)
       (call-with-input-file argument show-all))
      ((#\T)
       (show-all (open-bytevector-input-port (hex->bytevector argument)))))))

(set-port-encoding! (current-input-port) "UTF-8")
(set-port-encoding! (current-output-port) "UTF-8")
(setvbuf (current-output-port) 'block 65536)

(let loop ()
  (let ((request (read-line)))
    (unless (eof-object? request)
      (catch #t
        (lambda () (answer request))
        (lambda (key . arguments)
          (newline)
          (display "!")
          (show-text (object->string (cons key arguments)))
          (newline)))
      (display ".\n")
      (loop))))
