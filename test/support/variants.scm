;; Reads the Scheme file that it is given to its end, with the readers of
;; (guix gexp), and prints a line for each variant in it:
;; VARIABLE, NAME, VERSION, HASH, KERNEL, SERIES, with tabs between them.

(use-modules (ice-9 match) (srfi srfi-1))

(define (read-with tag tag@)
  (lambda (char port)
    (if (and tag@ (eqv? #\@ (peek-char port)))
        (begin
          (read-char port)
          (list tag@ (read port)))
        (list tag (read port)))))

(read-hash-extend #\~ (read-with 'gexp #f))
(read-hash-extend #\$ (read-with 'ungexp 'ungexp-splicing))
(read-hash-extend #\+ (read-with 'ungexp-native 'ungexp-native-splicing))

(define (field name fields)
  (match (assq name fields)
    ((_ value) value)
    (_ #f)))

(define (clause keyword clauses)
  (any (match-lambda
         (((key _ ...) body) (and (eq? key keyword) body))
         ((((key _ ...)) body) (and (eq? key keyword) body))
         (_ #f))
       clauses))

(define (print-variant variable fields)
  (match (field 'arguments fields)
    (('substitute-keyword-arguments ('package-arguments 'zfs) clauses ...)
     (match (clause #:phases clauses)
       (('zfs-variant-phases 'phases series)
        (format #t "~a\t~a\t~a\t~a\t~a\t~a~%"
                variable
                (field 'name fields)
                (field 'version fields)
                (match (field 'source fields)
                  (('openzfs-source 'version hash) hash)
                  (other other))
                (clause #:linux clauses)
                series))))))

(define (print-variants port)
  (match (read port)
    ((? eof-object?) #t)
    (('define-public variable ('package ('inherit 'zfs) fields ...))
     (print-variant variable fields)
     (print-variants port))
    (_ (print-variants port))))

(setlocale LC_ALL "C.UTF-8")
(match (command-line)
  ((_ files ...)
   (for-each (lambda (file)
               (call-with-input-file file print-variants #:encoding "UTF-8"))
             files)))
