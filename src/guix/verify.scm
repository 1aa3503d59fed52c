;;; What Guix says about package definitions, as data.
;;;
;;; Run by 'zfs-guix verify' as one process of Guix ('guix repl', or 'guile'
;;; with a checkout on its load path).  It reads requests from standard input,
;;; one S-expression each, and answers each with one line on standard output:
;;; "zfs-guix:" and a JSON object.  Everything else that Guix prints goes to
;;; standard error.
;;;
;;; What is asked here, and what is believed, is decided by the caller: a fact
;;; in, no judgement out.

(use-modules (guix base32)
             (guix derivations)
             (guix diagnostics)
             (guix lint)
             (guix packages)
             (guix store)
             (guix ui)
             (guix utils)
             (ice-9 match)
             (json)
             (srfi srfi-1))

;; Guix prints warnings, hints and progress on standard output, too.  So the
;; answers get a port of their own, and descriptor 1 becomes descriptor 2.
(define %answers
  (let ((port (fdopen (dup->fdes 1) "w")))
    (set-port-encoding! port "UTF-8")
    (fcntl port F_SETFD FD_CLOEXEC)
    (dup2 2 1)
    port))

;; What would load packages of its own is looked up where it is used, so that
;; the definitions are the first to load packages, in the order that they need.
(define-syntax-rule (guix-ref module name)
  (module-ref (resolve-interface 'module) 'name))

(define %longest-text 20000)

(define (clip text)
  (if (> (string-length text) %longest-text)
      (string-append (string-take text %longest-text) "…")
      text))

(define (answer object)
  (display "zfs-guix:" %answers)
  (display (scm->json-string object) %answers)
  (newline %answers)
  (force-output %answers))

(define (call-with-messages thunk)
  "Call THUNK.  Return two values: what it printed, in the words of Guix where
it raised an error, and a list of its value, empty where it raised one."
  (define port
    (open-output-string))

  (define frame #f)

  (define (source-frame stack)
    ;; The innermost frame that knows where it stands, for the message.
    (let loop ((index 0))
      (and stack
           (< index (stack-length stack))
           (let ((frame (stack-ref stack index)))
             (if (frame-source frame)
                 frame
                 (loop (+ index 1)))))))

  (define (report key arguments)
    (match (cons key arguments)
      ;; 'call-with-error-handling' has reported it already.
      (('quit . _) #t)
      (((or 'read-error 'syntax-error 'unbound-variable 'srfi-34 '%exception
            'system-error) . _)
       ;; Private, but of old, and it has the better words.
       (let ((report (module-variable (resolve-module '(guix ui))
                                      'report-load-error)))
         (if report
             ((variable-ref report) "the definitions" (cons key arguments)
                                    frame)
             (print-exception port frame key arguments))))
      (_
       (print-exception port frame key arguments))))

  (let ((value
         (parameterize ((current-output-port port)
                        (current-error-port port)
                        (current-warning-port port)
                        (guix-warning-port port))
           (catch #t
             (lambda ()
               (list (call-with-error-handling thunk)))
             (lambda (key . arguments)
               (report key arguments)
               '())
             (lambda (key . arguments)
               (set! frame
                     (false-if-exception (source-frame (make-stack #t)))))))))
    (values (clip (get-output-string port)) value)))

(define (vector-of proc lst)
  (list->vector (map proc lst)))

(define (public-variable module name)
  "Return the value of the public variable NAME of MODULE, or #f."
  (let ((variable (module-variable (resolve-interface module) name)))
    (and variable
         (variable-bound? variable)
         (variable-ref variable))))

(define (public-package module name)
  "Return the package that is the public variable NAME of MODULE, or #f."
  (let ((value (false-if-exception (public-variable module name))))
    (and (package? value) value)))

(define (location-fact location)
  (if location
      `((file . ,(or (search-path %load-path (location-file location))
                     (location-file location)))
        (line . ,(location-line location))
        (column . ,(location-column location)))
      'null))


;;;
;;; Questions.
;;;

(define (load-definitions module before)
  "Load the modules BEFORE, then MODULE, and tell which ZFS packages it has."
  (for-each resolve-interface before)
  (let ((packages
         (module-map (lambda (symbol variable)
                       (let ((value (and (variable-bound? variable)
                                         (variable-ref variable))))
                         (and (package? value)
                              (or (string-prefix? "zfs-for-"
                                                  (symbol->string symbol))
                                  (string-prefix? "zfs-guix-"
                                                  (symbol->string symbol)))
                              (symbol->string symbol))))
                     (resolve-interface module))))
    `((file . ,(or (search-path %load-path
                                (string-append
                                 (string-join (map symbol->string module) "/")
                                 ".scm"))
                   'null))
      (packages . ,(list->vector (sort (filter string? packages) string<?))))))

(define (kernel-fact kernel)
  (if kernel
      `((name . ,(package-name kernel))
        (version . ,(package-version kernel)))
      'null))

(define (evaluate module name kernel-module kernel)
  (let* ((package (public-package module name))
         (kernel (and kernel
                      ;; The module may be missing, too.
                      (false-if-exception
                       (public-package kernel-module kernel)))))
    (if (not package)
        `((package . null)
          (kernel . ,(kernel-fact kernel)))
        (begin
          ;; Its arguments and inputs, which are thunks.
          (when (or kernel (not kernel-module))
            (package->bag package))
          `((package (name . ,(package-name package))
                     (version . ,(package-version package))
                     (outputs . ,(list->vector (package-outputs package)))
                     (location . ,(location-fact (package-location package))))
            (kernel . ,(kernel-fact kernel)))))))

(define %store
  (let ((store #f))
    (lambda ()
      (unless store
        (set! store (open-connection)))
      store)))

(define (connect)
  (%store)
  '())

(define (fixed-outputs drv)
  "Return the hashes of the outputs of DRV that are fixed."
  (filter-map (match-lambda
                ((_ . output)
                 (let ((hash (derivation-output-hash output)))
                   (and hash
                        `((algorithm . ,(symbol->string
                                         (derivation-output-hash-algo output)))
                          (hash . ,(bytevector->nix-base32-string hash)))))))
              (derivation-outputs drv)))

(define (source-fact package store)
  "The source of PACKAGE: its derivation, and the hashes that are fixed.  Where
the source is patched, these are the hashes of what it is made from."
  (let ((source (package-source package)))
    (if (not source)
        'null
        (let* ((drv (package-source-derivation store source))
               (fixed (fixed-outputs drv)))
          (if (not (string? drv))
              `((file . ,(derivation-file-name drv))
                (fixed . ,(list->vector
                           (if (null? fixed)
                               (append-map (compose fixed-outputs
                                                    derivation-input-derivation)
                                           (derivation-inputs drv))
                               fixed))))
              'null)))))

(define (ungrafted package store)
  (package-derivation store package #:graft? #f))

(define (derivation module name kernel-module kernel)
  (let* ((store (%store))
         (package (public-package module name))
         (drv (ungrafted package store))
         (outputs (derivation-outputs drv)))
    `((file . ,(derivation-file-name drv))
      (substitutable . ,(substitutable-derivation? drv))
      (declared . ,(list->vector (package-outputs package)))
      (outputs . ,(vector-of (match-lambda
                               ((name . output)
                                `((name . ,name)
                                  (path . ,(derivation-output-path output)))))
                             outputs))
      (inputs . ,(vector-of (compose derivation-file-name
                                     derivation-input-derivation)
                            (derivation-inputs drv)))
      (kernel . ,(let ((package (and kernel
                                     (public-package kernel-module kernel))))
                   (if package
                       (derivation-file-name (ungrafted package store))
                       'null)))
      (source . ,(source-fact package store)))))

(define (lint-remarks package)
  "Return what the checkers that need no network say about PACKAGE.  The error
of one that fails is a remark: on a Guix that is not compiled, some fail on
Guix's own packages, too."
  (define (remark checker message location)
    `((checker . ,(symbol->string (lint-checker-name checker)))
      (message . ,message)
      (location . ,(location-fact location))))

  (append-map
   (lambda (checker)
     (call-with-values
         (lambda ()
           (call-with-messages
            (lambda ()
              (let ((check (lint-checker-check checker)))
                (if (lint-checker-requires-store? checker)
                    (check package #:store (%store))
                    (check package))))))
       (lambda (said value)
         (match value
           ((warnings)
            (map (lambda (warning)
                   (remark checker (lint-warning-message warning)
                           (lint-warning-location warning)))
                 warnings))
           (()
            (list (remark checker (string-trim-both said) #f)))))))
   %local-checkers))

(define remarks-of-guix
  (let ((known '()))
    (lambda (name)
      "What the checkers say about package NAME of (gnu packages file-systems)."
      (or (assq-ref known name)
          (let* ((package (public-package '(gnu packages file-systems) name))
                 (remarks (if package (lint-remarks package) '())))
            (set! known (alist-cons name remarks known))
            remarks)))))

(define (lint module name others)
  "What the checkers say about NAME, and whether they say it about one of
OTHERS, too."
  (define (same? a b)
    (and (equal? (assq-ref a 'checker) (assq-ref b 'checker))
         (equal? (assq-ref a 'message) (assq-ref b 'message))))

  (let ((accepted (append-map remarks-of-guix others)))
    `((remarks . ,(vector-of (lambda (remark)
                               `(,@remark
                                 (known . ,(any (lambda (other)
                                                  (same? remark other))
                                                accepted))))
                             (lint-remarks (public-package module name)))))))

(define (guix-style . arguments)
  (apply (guix-ref (guix scripts style) guix-style) arguments))

(define (style module name)
  "Print what 'guix style' would edit in the definition of NAME."
  (guix-style "-n" "-e" (object->string `(@ ,module ,name)))
  '())

(define (cache directory)
  "The names of the packages in the cache that 'guix pull' would build for the
channel in DIRECTORY."
  (call-with-temporary-directory
   (lambda (temporary)
     (let* ((file (parameterize (((guix-ref (gnu packages)
                                            %package-module-path)
                                  (list directory)))
                    ((guix-ref (gnu packages) generate-package-cache)
                     temporary)))
            (entries ((@ (system vm loader) load-thunk-from-file) file)))
       `((packages . ,(vector-of (lambda (entry)
                                   (vector-ref entry 0))
                                 (entries))))))))

(define (system module name kernel-module kernel)
  "The derivation of an operating system with ZFS package NAME for KERNEL."
  (let* ((user-module (make-fresh-user-module))
         (tools (public-package module 'zfs-guix-tools))
         (os (begin
               (for-each (lambda (name)
                           (module-use! user-module (resolve-interface name)))
                         '((guix gexp) (gnu)))
               ((eval '(lambda (the-kernel zfs tools)
                         (operating-system
                           (host-name "zfs")
                           (timezone "Etc/UTC")
                           (locale "en_US.utf8")
                           (kernel the-kernel)
                           (kernel-loadable-modules (list zfs))
                           (packages (append tools %base-packages))
                           (bootloader
                            (bootloader-configuration
                             (bootloader grub-bootloader)
                             (targets '("/dev/sda"))))
                           (file-systems
                            (cons (file-system
                                    (device "/dev/sda1")
                                    (mount-point "/")
                                    (type "ext4"))
                                  %base-file-systems))))
                      user-module)
                (public-package kernel-module kernel)
                (public-package module name)
                (if tools (list tools) '()))))
         (drv (parameterize (((guix-ref (guix grafts) %graft?) #f))
                (run-with-store (%store)
                  ((guix-ref (gnu system) operating-system-derivation) os)))))
    `((file . ,(derivation-file-name drv))
      (tools . ,(->bool tools)))))

(define (reply thunk)
  "Answer with the value of THUNK, or with the error that it raises."
  (call-with-values
      (lambda ()
        (call-with-messages thunk))
    (lambda (said value)
      (answer (match value
                ((fact)
                 `((fact . ,fact) (said . ,said)))
                (()
                 `((error . ,said))))))))

(define (serve)
  (match (read (current-input-port))
    ((? eof-object?)
     (primitive-exit 0))
    ((question . arguments)
     (reply (lambda ()
              (apply (match question
                       ('hello (lambda ()
                                 `((version . ,(guix-ref (guix config)
                                                         %guix-version)))))
                       ('load load-definitions)
                       ('connect connect)
                       ('evaluate evaluate)
                       ('derivation derivation)
                       ('lint lint)
                       ('style style)
                       ('cache cache)
                       ('system system))
                     arguments)))
     (serve))))

(serve)
