;; zfs-guix-status: whether the loaded ZFS module, the ZFS of the booted
;; system, and that of the next boot agree.  The forms of booted-zfs.scm
;; come before.

(define %current-manifest "/run/current-system/kernel/manifest")
(define %loaded-version "/sys/module/zfs/version")
(define %running-kernel "/proc/sys/kernel/osrelease")

(define (first-word file)
  ;; The text of FILE up to white space, or #f when it cannot be read.
  (catch 'system-error
    (lambda ()
      (call-with-input-file file
        (lambda (port)
          (let loop ((characters '()))
            (let ((character (read-char port)))
              (if (or (eof-object? character)
                      (char-whitespace? character))
                  (shown (list->string (reverse characters)))
                  (loop (cons character characters))))))
        #:encoding "ISO-8859-1"))
    (const #f)))

(define (release version)
  ;; VERSION without what a build appends to it, '-1', '-gnu' or '-dist'; a
  ;; release candidate is another release.  6.12 and 6.12.0 are one.
  (let* ((parts (string-split version #\-))
         (candidate (filter (lambda (part) (string-prefix? "rc" part))
                            (cdr parts)))
         (base (if (and (string-suffix? ".0" (car parts))
                        (= 3 (length (string-split (car parts) #\.))))
                   (string-drop-right (car parts) 2)
                   (car parts))))
    (string-join (cons base candidate) "-")))

;; A state is (KERNEL ZFS NOTE): version, #f for none, or '? for not known.

(define (loaded-state)
  (let ((kernel (first-word %running-kernel))
        (zfs (first-word %loaded-version)))
    (list (or kernel '?) zfs
          (if zfs
              ""
              "the module is not loaded; 'modprobe zfs' loads it"))))

(define (profile-state manifest)
  (catch 'problem
    (lambda ()
      (let* ((entries (manifest-entries manifest))
             (linux (kernel entries))
             (version (if linux (shown (cadr linux)) '?)))
        (catch 'problem
          (lambda ()
            (let ((zfs (select-zfs entries manifest)))
              (if zfs
                  (list version (shown (cadr zfs)) (shown (car zfs)))
                  (list version #f (string-append "add " (variant entries)
                                                  " to 'kernel-loadable-"
                                                  "modules'")))))
          (lambda (key message)
            (list version '? message)))))
    (lambda (key message)
      (list '? '? message))))

(define (compare left right)
  ;; 'same, 'different or 'unknown, for two versions.
  (cond ((or (eq? '? left) (eq? '? right)) 'unknown)
        ((and (not left) (not right)) 'same)
        ((not (and left right)) 'different)
        ((string=? (release left) (release right)) 'same)
        (else 'different)))

(define (text version none)
  (cond ((eq? '? version) "unknown")
        ((not version) none)
        (else version)))

(define (print-table rows)
  (let ((widths (map (lambda (column)
                       (apply max (map (lambda (row)
                                         (string-length
                                          (list-ref row column)))
                                       rows)))
                     '(0 1 2))))
    (for-each (lambda (row)
                (display
                 (string-trim-right
                  (string-append
                   (string-join
                    (map string-pad-right (list-head row 3) widths)
                    "  ")
                   "  " (list-ref row 3))))
                (newline))
              rows)))

(define (verdict loaded booted next)
  ;; The exit status and the lines that explain it.
  (let* ((loaded-zfs (cadr loaded))
         (module (if loaded-zfs
                     (compare loaded-zfs (cadr booted))
                     'unknown))
         (zfs (compare (cadr booted) (cadr next)))
         (linux (compare (car booted) (car next)))
         (running (compare (car loaded) (car booted))))
    (define (line state . strings)
      (if state (list (apply string-append strings)) '()))
    (define (both what left right)
      (string-append what " " (text left "none") " to "
                     (text right "none") "."))
    (values
     (cond ((memq 'different (list module zfs linux running)) 1)
           ((and (not loaded-zfs) (not (cadr booted)) (not (cadr next))) 2)
           ((memq 'unknown (list module zfs linux running)) 2)
           (else 0))
     (append
      (line (eq? 'different running)
            "The running kernel is not the one of the booted system.")
      (line (eq? 'different module)
            "The loaded module and the commands are of different releases:"
            " reboot.")
      (line (eq? 'same module)
            "The loaded module and the commands are of the same release.")
      (line (eq? 'unknown module)
            "Whether module and commands agree cannot be told.")
      (line (eq? 'different linux)
            (both "The next boot changes the kernel from"
                  (car booted) (car next)))
      (line (eq? 'different zfs)
            (both "The next boot changes ZFS from"
                  (cadr booted) (cadr next)))
      (line (and (eq? 'same linux) (eq? 'same zfs))
            "The next boot changes neither kernel nor ZFS release.")
      (line (or (eq? 'unknown linux) (eq? 'unknown zfs))
            "What the next boot changes cannot be told.")))))

(define (print-status)
  ;; Return the exit status.
  (let ((loaded (loaded-state))
        (booted (profile-state %booted-manifest))
        (next (profile-state %current-manifest)))
    (define (row title state)
      (list title (text (car state) "none") (text (cadr state) "none")
            (caddr state)))
    (print-table (list (list "" "kernel" "ZFS" "")
                       (row "loaded" loaded)
                       (row "booted" booted)
                       (row "next boot" next)))
    (newline)
    (call-with-values
        (lambda () (verdict loaded booted next))
      (lambda (status lines)
        (for-each (lambda (line) (display line) (newline)) lines)
        status))))

(run "zfs-guix-status" 2
  (lambda ()
    (let ((status (print-status)))
      (force-output)
      (primitive-_exit status))))
