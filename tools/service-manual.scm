;; The reference of the service's fields, for doc/service.md:
;;
;;   guile tools/service-manual.scm templates/services/zfs.scm
;;
;; prints, for each record that is defined there by
;; 'define-configuration/no-serialization', its fields in Markdown: the default
;; as it is written, and the documentation, which is Texinfo.

(use-modules (ice-9 match)
             (ice-9 regex)
             (srfi srfi-1))

;; G-expressions, whose syntax is Guix's.
(for-each (match-lambda
            ((chr . name)
             (read-hash-extend chr
                               (lambda (chr port)
                                 (list name (read port))))))
          '((#\~ . gexp) (#\$ . ungexp) (#\+ . ungexp-native)))

(define (forms file)
  (call-with-input-file file
    (lambda (port)
      (let loop ((forms '()))
        (match (read port)
          ((? eof-object?) (reverse forms))
          (form (loop (cons form forms))))))))

(define (markdown texinfo)
  (define (replace pattern to text)
    (regexp-substitute/global #f pattern text 'pre to 'post))

  (let* ((text (replace "@pxref\\{([^,}]*),[^}]*, *([^,}]*)\\}"
                        (lambda (found)
                          (string-append "see \"" (match:substring found 1)
                                         "\" in " (match:substring found 2)))
                        texinfo))
         (text (replace "@[a-z]+\\{([^}]*)\\}"
                        (lambda (found)
                          (string-append "`" (match:substring found 1) "`"))
                        text)))
    (replace "@@" (const "@") text)))

(define print-field
  (match-lambda
    ((name (type default ...) documentation _ ...)
     (format #t "- `~a` (~a)~%~a~%~%" name
             (match default
               (() "has no default")
               ((('quote value)) (format #f "default: `'~s`" value))
               ((value) (format #f "default: `~s`" value)))
             (string-join (map (lambda (line) (string-append "  " line))
                               (string-split (markdown documentation)
                                             #\newline))
                          "\n")))))

(define print-record
  (match-lambda
    (('define-configuration/no-serialization name fields ...)
     (format #t "### `~a`~%~%" name)
     (for-each print-field fields))
    (_ #t)))

(match (command-line)
  ((_ file)
   (for-each print-record (forms file))))
