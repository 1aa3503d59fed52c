;; Which ZFS the booted system has: what zfs-guix's commands and its status
;; have in common.  These run as root, early and often: Guile's core has to
;; do, and no module is loaded.

(define %store "/gnu/store")
(define %booted-manifest "/run/booted-system/kernel/manifest")

;; In bytes; a kernel's profile takes a few thousand.
(define %largest-manifest 1000000)

;; What a user can mend is thrown as a problem: a sentence without the name
;; of the command in front and without its full stop.
(define (problem . strings)
  (throw 'problem (apply string-append strings)))

(define (shown string)
  ;; Text of a stranger's, in a form that no terminal obeys.
  (if (string-every (char-set-intersection char-set:ascii char-set:graphic)
                    string)
      string
      (object->string string)))

(define (thrown-errno arguments)
  ;; Of a 'system-error' that was thrown with ARGUMENTS.
  (car (list-ref arguments 3)))


;;; The manifest.

(define (read-datum file)
  ;; The datum in FILE, or #f when it is no file of a sensible size: do not
  ;; wait for a pipe, do not read without end.
  (let* ((port (open file (logior O_RDONLY O_NONBLOCK O_CLOEXEC)))
         (status (stat port))
         (datum (and (eq? 'regular (stat:type status))
                     (<= (stat:size status) %largest-manifest)
                     (begin
                       (set-port-encoding! port "ISO-8859-1")
                       (read port)))))
    (close-port port)
    datum))

(define (entry-sexps datum)
  ;; The entries in the manifest DATUM, or #f when it is something else.
  (and (list? datum)
       (= 3 (length datum))
       (equal? 'manifest (car datum))
       (member (cadr datum) '((version 3) (version 4)))
       (let ((packages (caddr datum)))
         (and (list? packages)
              (= 2 (length packages))
              (equal? 'packages (car packages))
              (list? (cadr packages))
              (cadr packages)))))

(define (propagated sexp)
  (let ((field (assq 'propagated-inputs (filter pair? (cddddr sexp)))))
    (if (and field (list? field) (= 2 (length field)) (list? (cadr field)))
        (cadr field)
        '())))

(define (all-entries sexps rest)
  ;; SEXPS as a list of (NAME VERSION OUTPUT ITEM), propagated inputs
  ;; included, followed by REST.  A repeated entry does not tell its
  ;; output, which is #f here.
  (if (null? sexps)
      rest
      (let ((sexp (car sexps))
            (rest (all-entries (cdr sexps) rest)))
        (cond ((not (and (list? sexp) (>= (length sexp) 4)))
               rest)
              ((eq? 'repeated (car sexp))
               (cons (list (cadr sexp) (caddr sexp) #f (cadddr sexp))
                     rest))
              (else
               (cons (list-head sexp 4)
                     (all-entries (propagated sexp) rest)))))))

(define (well-formed? entry)
  (and (string? (car entry))
       (string? (cadr entry))
       (or (not (caddr entry)) (string? (caddr entry)))
       (string? (cadddr entry))))

(define (with-outputs entries)
  ;; ENTRIES, each repeated one replaced by that which it repeats.
  (map (lambda (entry)
         (let ((same (filter (lambda (other)
                               (and (caddr other)
                                    (string=? (cadddr entry)
                                              (cadddr other))))
                             entries)))
           (if (or (caddr entry) (null? same))
               entry
               (car same))))
       entries))

(define (unreadable file errno)
  (if (= ENOENT errno)
      (problem "there is no " file ", where Guix System lists a kernel"
               " with its modules: run this on Guix System, outside any"
               " container")
      (problem "cannot read " file ", where Guix System lists a kernel"
               " with its modules: " (strerror errno))))

(define (manifest-entries file)
  (let ((sexps (catch #t
                 (lambda ()
                   (entry-sexps (read-datum file)))
                 (lambda (key . arguments)
                   (and (eq? key 'system-error)
                        (unreadable file (thrown-errno arguments)))))))
    (if sexps
        (with-outputs (filter well-formed? (all-entries sexps '())))
        (problem file " is not a profile's manifest of version 3 or 4: run"
                 " 'guix system reconfigure' and reboot"))))


;;; The ZFS in it.

(define (zfs? entry)
  (or (string=? "zfs" (car entry))
      (string-prefix? "zfs-for-" (car entry))))

(define (kernel entries)
  ;; The entry of the Linux kernel, or #f.  Guix lists it first; one not
  ;; called after Linux is somebody's own.
  (let* ((others (filter (lambda (entry)
                           (and (equal? "out" (caddr entry))
                                (not (zfs? entry))))
                         entries))
         (kernels (filter (lambda (entry)
                            (string-prefix? "linux" (car entry)))
                          others)))
    (cond ((pair? kernels) (car kernels))
          ((pair? others) (car others))
          (else #f))))

(define (variant entries)
  ;; The package to recommend for the kernel in ENTRIES.
  (let* ((entry (kernel entries))
         (parts (if entry (string-split (cadr entry) #\.) '())))
    (if (and (> (length parts) 1)
             (string-every char-set:digit (car parts)))
        (shown (string-append "zfs-for-linux-" (car parts) "."
                              (car (string-split (cadr parts) #\-))))
        "the zfs-for-linux package of your kernel's series")))

(define (described entry)
  (shown (string-append (car entry) "@" (cadr entry))))

(define (usable? entry)
  ;; Whether the commands are in the output that ENTRY stands for.
  (member (caddr entry) '("out" #f)))

(define (select-zfs entries file)
  ;; The entry of the only ZFS in ENTRIES, those of the manifest FILE, that
  ;; has the commands; or #f when there is no ZFS.
  (let* ((all (filter zfs? entries))
         (sorted (append (filter usable? all)
                         (filter (lambda (entry) (not (usable? entry)))
                                 all)))
         (first (and (pair? sorted) (car sorted)))
         ;; The outputs of one package may be listed side by side.
         (others (filter (lambda (entry)
                           (not (and (string=? (described entry)
                                               (described first))
                                     (or (not (usable? entry))
                                         (string=? (cadddr entry)
                                                   (cadddr first))))))
                         sorted)))
    (cond ((pair? others)
           (problem file " lists two different ZFS, "
                    (described first) " (" (shown (cadddr first)) ") and "
                    (described (car others)) " ("
                    (shown (cadddr (car others))) "): leave one in the"
                    " 'kernel-loadable-modules' of your operating-system,"
                    " reconfigure and reboot"))
          ((or (not first) (usable? first))
           first)
          (else
           (problem file " lists only the output \"" (shown (caddr first))
                    "\" of " (described first) ", and the commands are in"
                    " another: put " (variant entries) " in its place in"
                    " the 'kernel-loadable-modules' of your"
                    " operating-system, reconfigure and reboot")))))


;;; Failing.

(define (give-up name status message)
  ;; End with STATUS; standard error may be closed.
  (catch #t
    (lambda ()
      (let ((port (current-error-port)))
        (display (string-append (shown name) ": " message ".\n") port)
        (force-output port)))
    (const #f))
  (primitive-_exit status))

(define (run name status thunk)
  ;; Call THUNK; whatever it throws is a sentence and STATUS in the end.
  (catch #t
    thunk
    (lambda (key . arguments)
      (give-up name status
               (if (eq? key 'problem)
                   (car arguments)
                   (string-append
                    "unexpected error "
                    (object->string (cons key arguments))))))))
