;; Loads an emitted module and does with it what the command line says:
;;
;;   FILE KERNELS list             every package of it, a line each
;;   FILE KERNELS for-kernel NAME VERSION
;;                                 what zfs-for-kernel makes of that kernel
;;   FILE KERNELS for-kernel KERNEL
;;                                 the same of one of KERNELS
;;   FILE KERNELS inputs PACKAGE   the labels and names of its inputs
;;   FILE KERNELS phases PACKAGE   the names of its phases, in order
;;   FILE KERNELS build PACKAGE    runs its builder
;;   FILE KERNELS out DIRECTORY ...
;;                                 does what follows, DIRECTORY being its output
;;   FILE KERNELS run PACKAGE INPUTS PHASE ...
;;                                 runs these phases in the current directory
;;
;; KERNELS are the variables of (gnu packages linux), and INPUTS directories,
;; with commas between them.  The environment variables that a builder has for
;; its outputs are the caller's.
;;
;; Where several commands come, each after a word "--", each is done in a process
;; of its own that has all of that loaded, and its exit status and what it writes
;; to standard output and error are printed, a NUL after each.

(use-modules (ice-9 match)
             (srfi srfi-1)
             (srfi srfi-11)
             (srfi srfi-26)
             (srfi srfi-34)
             (srfi srfi-35))

(define %here (dirname (current-filename)))

(for-each (lambda (file)
            (save-module-excursion
             (lambda ()
               (primitive-load (string-append %here "/" file)))))
          '("guix.scm" "build.scm" "../apart.scm"))

(use-modules (guix diagnostics) (guix packages))

(define (list-of text)
  (if (string-null? text) '() (string-split text #\,)))

(define (define-kernels! names)
  (let ((linux (resolve-module '(gnu packages linux))))
    (for-each (lambda (kernel)
                (let ((symbol (string->symbol kernel)))
                  (module-define! linux symbol
                                  (package
                    (name kernel)
                    (version (string-append
                              (last (string-split kernel #\-)) ".1"))))
                  (module-export! linux (list symbol))))
              names)))

(define (load-emitted file)
  ;; Return a module in which the names that FILE exports can be used.
  (for-each (lambda (name)
              (save-module-excursion
               (lambda ()
                 (primitive-load (string-append (dirname file) "/" name)))))
            '("compatibility.scm" "zfs.scm" "status.scm"))
  (let ((module (make-fresh-user-module)))
    (module-use! module (resolve-interface '(zfs-guix packages zfs)))
    (module-use! module (resolve-interface '(zfs-guix packages status)))
    module))

(define (argument package keyword)
  (match (memq keyword (or (package-arguments package) '()))
    ((_ value _ ...) value)
    (_ #f)))

(define (describe package)
  (let ((source (package-field package 'source)))
    (format #t "~a ~a~a~a~%"
            (package-name package)
            (package-version package)
            (match (argument package #:linux)
              (#f "")
              (kernel (string-append " for " (package-name kernel))))
            (match source
              (#f "")
              ((? string? file)
               (string-append " from " (basename file)))
              (origin
               (string-append " from " (assq-ref origin 'uri) " "
                              (assq-ref origin 'sha256)))))))

(define-syntax-rule (reporting expression)
  (guard (c ((message-condition? c)
             (format #t "error: ~a~%hint: ~a~%" (condition-message c)
                     (string-map (lambda (character)
                                   (if (char=? #\newline character)
                                       #\space
                                       character))
                                 (condition-fix-hint c)))))
    expression))

(define (list-packages module)
  (for-each (lambda (name)
              (format #t "~a: " name)
              (reporting
               (match (eval name module)
                 ((? package? package) (describe package))
                 ((? procedure?) (format #t "procedure~%")))))
            (sort (module-map (lambda (name _) name)
                              (resolve-interface '(zfs-guix packages zfs)))
                  (lambda (a b)
                    (string<? (symbol->string a) (symbol->string b))))))

(define (phases package)
  (let ((builder (make-fresh-user-module)))
    (module-use! builder (resolve-interface '(guix build gnu-build-system)))
    (eval (argument package #:phases) builder)))

(define (perform command module)
  (define (named name)
    (eval (string->symbol name) module))
  (match command
    (("list") (list-packages module))
    (("for-kernel" kernel release)
     (reporting
      (describe ((named "zfs-for-kernel")
                 (package (name kernel) (version release))))))
    (("for-kernel" kernel)
     (reporting
      (describe ((named "zfs-for-kernel")
                 (module-ref (resolve-interface '(gnu packages linux))
                             (string->symbol kernel))))))
    (("inputs" name)
     (format #t "~s~%" (map (match-lambda
                              ((label package)
                               (cons label
                                     (and package (package-name package)))))
                            (package-inputs (named name)))))
    (("phases" name)
     (format #t "~{~a~%~}" (map car (phases (named name)))))
    (("build" name)
     (eval (argument (named name) #:builder) (make-fresh-user-module)))
    (("out" directory command ...)
     (setenv "out" directory)
     (perform command module))
    (("run" name inputs names ...)
     (let ((phases (phases (named name)))
           (inputs (map (lambda (directory) (cons "input" directory))
                        (list-of inputs))))
       (for-each (lambda (phase)
                   ((assq-ref phases (string->symbol phase))
                    #:inputs inputs #:tests? #t
                    #:outputs (map (lambda (output)
                                     (cons output (getenv output)))
                                   (or (package-outputs (named name))
                                       '()))))
                 names)))))

(define (commands words)
  ;; Return the lists of words that stand behind each "--" of WORDS.
  (match words
    (() '())
    (("--" words ...)
     (let-values (((command others) (break (cut string=? "--" <>) words)))
       (cons command (commands others))))))

(setlocale LC_ALL "C.UTF-8")
(match (command-line)
  ((_ file kernels words ...)
   (define-kernels! (list-of kernels))
   (let ((module (load-emitted file)))
     (match words
       (("--" _ ...)
        (for-each (lambda (command)
                    (perform-apart (cut perform command module)))
                  (commands words)))
       (command (perform command module))))))
