;; A command of zfs-guix-tools: become the program of the same name of the
;; booted ZFS.  %zfs-commands, %become and the forms of booted-zfs.scm come
;; before.

;; Commands that changed their name: a release has one or the other.
(define %aliases
  '(("arc_summary" . "zarcsummary") ("zarcsummary" . "arc_summary")
    ("arcstat" . "zarcstat") ("zarcstat" . "arcstat")))

(define %item-characters
  (string->char-set
   "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-._?="))

(define %hash-characters
  (string->char-set "0123456789abcdfghijklmnpqrsvwxyz"))

(define (store-item? path)
  ;; Whether PATH is directly below the store: HASH-NAME.
  (and (string-prefix? (string-append %store "/") path)
       (let ((base (substring path (+ 1 (string-length %store)))))
         (and (> (string-length base) 33)
              (string-every %hash-characters base 0 32)
              (char=? #\- (string-ref base 32))
              (string-every %item-characters base)))))

(define (booted-zfs)
  (let* ((entries (manifest-entries %booted-manifest))
         (zfs (select-zfs entries %booted-manifest)))
    (cond ((not zfs)
           (problem %booted-manifest " lists no ZFS: add "
                    (variant entries) " to the 'kernel-loadable-modules'"
                    " of your operating-system, reconfigure and reboot"))
          ((not (store-item? (cadddr zfs)))
           (problem %booted-manifest " says that " (described zfs) " is "
                    (shown (cadddr zfs)) ", which is not an item of "
                    %store ": run 'guix system reconfigure' and reboot"))
          (else zfs))))


;;; Becoming the program.

(define (folders name)
  ;; The folders that have the command NAME: one, or none if it is none.
  (map car (filter (lambda (folder)
                     (member name (cdr folder)))
                   %zfs-commands)))

(define (become name . words)
  ;; Replace this process by NAME of the booted system.  WORDS say where
  ;; zfs-guix-start has kept the arguments and the environment for it.
  (let* ((zfs (booted-zfs))
         (item (cadddr zfs))
         (alias (assoc-ref %aliases name))
         (programs (map (lambda (name)
                          (string-append item "/" (car (folders name))
                                         "/" name))
                        (if alias (list name alias) (list name))))
         (present (filter file-exists? programs)))
    (cond ((pair? present)
           (catch 'system-error
             (lambda ()
               (apply execle %become '() name (car present) words))
             (lambda (key . arguments)
               (problem "cannot run " %become ": "
                        (strerror (thrown-errno arguments))))))
          ((file-exists? item)
           (problem "OpenZFS " (shown (cadr zfs)) ", the release that "
                    %booted-manifest " lists, has no " name ": boot a"
                    " system whose release has it"))
          (else
           (problem item ", which " %booted-manifest " lists, is gone"
                    " from the store: run 'guix system reconfigure' and"
                    " reboot")))))

(let ((name (basename (cadr (command-line)))))
  (run name 127
    (lambda ()
      (if (null? (folders name))
          (problem "zfs-guix-tools has no such command: call one of its"
                   " commands by its own name"))
      (apply become name (cddr (command-line))))))
