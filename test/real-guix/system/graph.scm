;; What has a kernel module of ZFS, or refers to what has one:
;;
;;   guix repl -L CHANNEL -- graph.scm FILE…
;;
;; prints for each derivation in the graph of the operating-system that FILE
;; returns, and of its menu, a line 'FILE NAME SUBSTITUTABLE INPUTS…' if one of
;; its inputs is the ZFS of the kernel, or a derivation so printed before.

(use-modules (gnu)
             (guix derivations)
             (guix gexp)
             (guix grafts)
             (guix monads)
             (guix store)
             (ice-9 match)
             (srfi srfi-1))

;; Where Guix has grafts, what is grafted would have to be built first.
(%graft? #f)

(define (zfs? name)
  (string-prefix? "zfs-for-linux-" name))

(define (print-graph file drvs)
  (define seen (make-hash-table))

  (define (visit drv)
    "Print DRV if it has the module or refers to what has it, and return whether
it does."
    (define key (derivation-file-name drv))

    (match (hash-ref seen key 'new)
      ('new
       (let* ((name (derivation-name drv))
              (inputs (map derivation-name
                           (filter visit
                                   (map derivation-input-derivation
                                        (derivation-inputs drv)))))
              (found? (or (zfs? name) (pair? inputs))))
         (hash-set! seen key found?)
         (when found?
           (format #t "~a ~a ~a ~{~a~^ ~}~%" file name
                   (if (substitutable-derivation? drv) "yes" "no")
                   (delete-duplicates inputs)))
         found?))
      (found? found?)))

  (for-each visit drvs))

(with-store store
  (for-each (lambda (file)
              (let ((os (load file)))
                (print-graph file
                             (run-with-store store
                               (mapm %store-monad lower-object
                                     (list os
                                           (operating-system-bootcfg os)))))))
            (cdr (command-line))))
