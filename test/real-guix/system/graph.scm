;; What has a kernel module of ZFS, or refers to what has one:
;;
;;   guix repl -L CHANNEL -- graph.scm FILE…
;;
;; prints for each derivation in the graph of the operating-system that FILE
;; returns, and of its menu, a line 'FILE NAME SUBSTITUTABLE INPUTS…' if one of
;; its inputs is the ZFS of the kernel, or a derivation so printed before; for
;; the program of the initrd, "init", and for the menu, "grub.cfg", also a line
;; 'FILE/NAME TEXT' with the text of what makes it.

(use-modules (gnu)
             (guix derivations)
             (guix gexp)
             (guix grafts)
             (guix monads)
             (guix store)
             (ice-9 match)
             (ice-9 textual-ports)
             (srfi srfi-1))

;; Where Guix has grafts, what is grafted would have to be built first.
(%graft? #f)

(define (zfs? name)
  (string-prefix? "zfs-for-linux-" name))

(define (builder-text drv)
  (string-map (lambda (chr)
                (if (char=? chr #\newline) #\space chr))
              (call-with-input-file (last (derivation-builder-arguments drv))
                get-string-all)))

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
                   (delete-duplicates inputs))
           (when (member name '("init" "grub.cfg"))
             (format #t "~a/~a ~a~%" file name (builder-text drv))))
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
