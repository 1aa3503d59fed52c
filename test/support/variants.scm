;; Reads the Scheme file that it is given to its end, with the readers of
;; (guix gexp), and prints a line for each variant in it:
;; VARIABLE, VERSION, HASH, KERNEL, SERIES, with tabs between them.

(use-modules (ice-9 match))

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

(define (print-variants port)
  (let loop ((hashes '()))
    (match (read port)
      ((? eof-object?) #t)
      (('define '%releases ('quote releases))
       (loop (map (match-lambda
                    ((version _ _ hash _) (cons version hash)))
                  releases)))
      (('define-zfs-variant variable series
                            ('version version)
                            ('kernel kernel module))
       (format #t "~a\t~a\t~a\t~a ~a\t~a~%"
               variable version (assoc-ref hashes version)
               module kernel series)
       (loop hashes))
      ;; In a checkout, which has its own release.
      (('define-public variable
         ('make-zfs-for-linux ('delay kernel) series))
       (format #t "~a\t\t\t~a\t~a~%" variable kernel series)
       (loop hashes))
      (_ (loop hashes)))))

(setlocale LC_ALL "C.UTF-8")
(match (command-line)
  ((_ files ...)
   (for-each (lambda (file)
               (call-with-input-file file print-variants #:encoding "UTF-8"))
             files)))
