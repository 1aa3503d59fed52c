;; What a booted Guix System has, made by the parts of Guix that make it:
;;
;;   guix repl -L CHANNEL commands.scm RELEASES DIRECTORY
;;
;; DIRECTORY gets TOOLS and STATUS, links to the store items zfs-guix-tools and
;; zfs-guix-status, built by their own phases and builder; and for each list of commands in the file RELEASES a profile as Guix makes one
;; of a kernel and its modules, N, and beside it N.expected: which file of the
;; store each command is to become, or "none".

(use-modules (gnu packages)
             (guix build profiles)
             (guix build utils)
             (guix gexp)
             (guix monads)
             (guix packages)
             (guix store)
             (ice-9 match)
             (json)
             (srfi srfi-1)
             (zfs-guix packages status)
             (zfs-guix packages zfs))

(define %renamed
  '(("arc_summary" . "zarcsummary") ("zarcsummary" . "arc_summary")
    ("arcstat" . "zarcstat") ("zarcstat" . "arcstat")))

(define (lowered store object)
  (run-with-store store
    (match object
      ((? gexp?)
       (mlet %store-monad ((gexp (lower-gexp object)))
         (return (lowered-gexp-sexp gexp))))
      (_ (lower-object object)))))

(define (build-tools store output)
  ;; The phases that these two need of a machine are Debian's gcc and Guile.
  (let* ((builder (make-fresh-user-module))
         (source (lowered store (package-source zfs-guix-tools)))
         (sexp (match (memq #:phases (package-arguments zfs-guix-tools))
                 ((_ phases _ ...) (lowered store phases)))))
    (for-each (lambda (name)
                (module-use! builder (resolve-interface name)))
              '((guix build gnu-build-system) (guix build utils)))
    (setenv "out" output)
    (let ((phases (eval sexp builder)))
      (for-each (lambda (name)
                  ((assq-ref phases name)
                   #:source source
                   #:inputs '(("debian" . "/usr"))
                   #:outputs `(("out" . ,output))))
                '(unpack install)))))

(define (build-status store output)
  (setenv "out" output)
  (eval (match (memq #:builder (package-arguments zfs-guix-status))
          ((_ builder _ ...) (lowered store builder)))
        (make-fresh-user-module))
  ;; Nor are the packages that it names there.
  (substitute* (string-append output "/sbin/zfs-guix-status")
    (("/gnu/store/[^ ]*/bin/") "/usr/bin/")))

(define (link-item store name link)
  ;; Move LINK, a directory, to the store, as NAME.
  (let ((item (add-to-store store name #t "sha256" link)))
    (delete-file-recursively link)
    (symlink item link)))

(define (item store directory name files)
  ;; A store item of that NAME; each of FILES says what it is run with.
  (let ((source (string-append directory "/" name)))
    (for-each (lambda (file)
                (let ((file (string-append source "/" file)))
                  (mkdir-p (dirname file))
                  (call-with-output-file file
                    (lambda (port)
                      (display "#!/bin/sh\nprintf '%s\\n' \"$0\" \"$@\"\n"
                               port)))
                  (chmod file #o555)))
              files)
    (add-to-store store name #t "sha256" source)))

(define (command-files tools)
  (append-map (match-lambda
                ((folder . names)
                 (map (lambda (name)
                        (string-append folder "/" name))
                      (vector->list names))))
              tools))

(define (expected zfs files file)
  (find (lambda (other)
          (member other files))
        (cons file
              (match (assoc-ref %renamed (basename file))
                (#f '())
                (name (list (string-append (dirname file) "/" name)))))))

(define (make-profile store directory number version files all)
  (let* ((profile (string-append directory "/" (number->string number)))
         (sources (string-append profile ".items"))
         (linux (item store sources "linux-libre-6.12.30"
                      '("bzImage" "lib/modules/6.12.30/kernel/fs/ext4.ko")))
         (zfs (item store sources (string-append "zfs-for-linux-6.12-" version)
                    (cons* "lib/modules/6.12.30/extra/zfs.ko"
                           "lib/udev/zvol_id"
                           files))))
    (build-profile profile
                   `(manifest
                     (version 4)
                     (packages (("linux-libre" "6.12.30" "out" ,linux)
                                ("zfs-for-linux-6.12" ,version "out" ,zfs)))))
    (call-with-output-file (string-append profile ".expected")
      (lambda (port)
        (for-each (lambda (file)
                    (format port "~a ~a~%" file
                            (match (expected zfs files file)
                              (#f "none")
                              (there (string-append zfs "/" there)))))
                  all)))))

(match (command-line)
  ((_ releases directory)
   (let* ((releases (vector->list
                     (assoc-ref (call-with-input-file releases json->scm)
                                "releases")))
          (lists (delete-duplicates
                  (map (lambda (release)
                         (cons (assoc-ref release "version")
                               (command-files (assoc-ref release "tools"))))
                       releases)
                  (lambda (a b)
                    (equal? (cdr a) (cdr b)))))
          (all (delete-duplicates (append-map cdr lists))))
     (with-store store
       (for-each (match-lambda*
                   ((number (version . files))
                    (make-profile store directory number version files all)))
                 (iota (length lists))
                 lists)
       (mkdir-p (string-append directory "/build"))
       (chdir (string-append directory "/build"))
       (build-tools store (string-append directory "/tools"))
       (build-status store (string-append directory "/status"))
       (link-item store "zfs-guix-tools" (string-append directory "/tools"))
       (link-item store "zfs-guix-status" (string-append directory "/status"))))))
