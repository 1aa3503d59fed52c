;; A command of zfs-guix-tools: become the program of the same name of the
;; booted ZFS.  %zfs-commands and the forms of booted-zfs.scm come before.

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

;; What (system foreign) and its like are made of, without the modules:
;; argv and the environment are bytes, and Guile's own 'execle' would
;; decode and encode them by the locale.
(define %libguile
  (string-append "libguile-" (effective-version)))
(load-extension %libguile "scm_init_foreign")
(load-extension %libguile "scm_init_system_foreign_library")
(load-extension %libguile "scm_init_r6rs_ports")

(define execve
  (pointer->procedure int (dlsym (dlopen #f RTLD_LAZY) "execve")
                      (list '* '* '*)
                      #:return-errno? #t))

(define %own-arguments "/proc/self/cmdline")

;; The bytes of the words: their addresses do not keep them alive.
(define %bytes '())

(define (words-of port)
  ;; The addresses of the words in PORT, each ended by a null; closes it.
  (let* ((bytes (get-bytevector-all port))
         (bytes (if (eof-object? bytes) (list->u8vector '()) bytes))
         (start (bytevector->pointer bytes)))
    (close-port port)
    (set! %bytes (cons bytes %bytes))
    (let loop ((strings (string-split
                         (pointer->string start (array-length bytes)
                                          "ISO-8859-1")
                         #\nul))
               (address (pointer-address start))
               (addresses '()))
      (if (null? (cdr strings))
          (reverse addresses)           ;the rest follows the last null
          (loop (cdr strings)
                (+ address (string-length (car strings)) 1)
                (cons address addresses))))))

(define (own-arguments)
  (let ((file %own-arguments))
    (catch 'system-error
      (lambda ()
        (words-of (open-file file "rb")))
      (lambda (key . arguments)
        (problem "cannot read its own arguments in " file ": "
                 (strerror (thrown-errno arguments))
                 ", is /proc mounted?")))))

(define (null-terminated addresses)
  ;; ADDRESSES as C wants them.
  (let ((addresses (append addresses '(0))))
    (bytevector->pointer (if (= 8 (sizeof '*))
                             (list->u64vector addresses)
                             (list->u32vector addresses)))))

(define (folders name)
  ;; The folders that have the command NAME: one, or none if it is none.
  (map car (filter (lambda (folder)
                     (member name (cdr folder)))
                   %zfs-commands)))

(define (become name arguments environment)
  ;; Replace this process by NAME of the booted system.  ARGUMENTS and
  ;; ENVIRONMENT: the addresses of their words.
  (let* ((zfs (booted-zfs))
         (item (cadddr zfs))
         (argv (null-terminated arguments))
         (envp (null-terminated environment))
         (alias (assoc-ref %aliases name))
         (programs (map (lambda (name)
                          (string-append item "/" (car (folders name))
                                         "/" name))
                        (if alias (list name alias) (list name)))))
    (for-each (lambda (program)
                (call-with-values
                    (lambda ()
                      (execve (string->pointer program) argv envp))
                  (lambda (result errno)
                    (if (not (= errno ENOENT))
                        (problem "cannot run " program ": "
                                 (strerror errno))))))
              programs)
    (let ((present (filter file-exists? programs)))
      (cond ((pair? present)
             (problem "cannot run " (car present) ": its interpreter is"
                      " not there"))
            ((file-exists? item)
             (problem "OpenZFS " (shown (cadr zfs)) ", the release that "
                      %booted-manifest " lists, has no " name ": boot a"
                      " system whose release has it"))
            (else
             (problem item ", which " %booted-manifest " lists, is gone"
                      " from the store: run 'guix system reconfigure' and"
                      " reboot"))))))

(let* ((arguments (command-line))
       (name (basename (cadr arguments)))
       (environment (string->number (caddr arguments))))
  (run name 127
    (lambda ()
      (if (null? (folders name))
          (problem "zfs-guix-tools has no such command: call one of its"
                   " commands by its own name"))
      ;; Guile, its three arguments, and two of zfs-guix-start come first.
      (become name
              (list-tail (own-arguments) 6)
              (words-of (fdopen environment "rb"))))))
