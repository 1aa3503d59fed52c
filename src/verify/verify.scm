;;; What Guix finds about package definitions, a line a finding.
;;;
;;; Run by 'zfs-guix verify' in 'guix repl'.  Reads questions from standard
;;; input, one S-expression each, and answers each with one line on standard
;;; output: "zfs-guix:" and a JSON object.  Its "lines" say what does not hold,
;;; and are empty where all does; where Guix raised an error, "error" quotes it.
;;; What else is in it are facts.  Everything that Guix prints meanwhile
;;; goes to standard error.

(use-modules (guix base32)
             ((guix build utils) #:select (find-files))
             (guix derivations)
             (guix diagnostics)
             (guix lint)
             (guix packages)
             (guix store)
             (guix ui)
             (guix utils)
             (ice-9 match)
             (ice-9 regex)
             (ice-9 textual-ports)
             (json)
             (srfi srfi-1)
             (srfi srfi-26)
             (srfi srfi-71))

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
(define-syntax-rule (late module name)
  (module-ref (resolve-interface 'module) 'name))

(define (call-with-messages thunk)
  "Call THUNK.  Return two values: what it printed, in the words of Guix where
it raised an error, and a list of its value, empty where it raised one."
  (define port
    (open-output-string))

  (let ((value (parameterize ((current-output-port port)
                              (current-error-port port)
                              (current-warning-port port)
                              (guix-warning-port port))
                 (catch #t
                   (lambda ()
                     (list (call-with-error-handling thunk)))
                   (lambda error
                     ;; 'call-with-error-handling' leaves what it reported by
                     ;; 'quit'.  The other procedure is private, but of old,
                     ;; and has the better words.
                     (unless (eq? 'quit (first error))
                       ((@@ (guix ui) report-load-error)
                        "the definitions" error))
                     '())))))
    (values (get-output-string port) value)))

(define (public-package module name)
  "Return the package that is the public variable NAME of MODULE, or #f.
MODULE may be missing, too."
  (let ((value (false-if-exception
                (module-ref (resolve-interface module) name #f))))
    (and (package? value) value)))

(define (module-file module)
  (search-path %load-path
               (string-append (string-join (map symbol->string module) "/")
                              ".scm")))

(define (location-string location)
  (match location
    (#f "somewhere")
    (($ <location> file line column)
     (format #f "~a:~a:~a" (or (search-path %load-path file) file)
             line column))))

(define (names lst)
  (if (null? lst)
      "none"
      (string-join (sort lst string<?) ", ")))

(define (variant? name)
  (string-prefix? "zfs-for-" (symbol->string name)))

(define-syntax-rule (complaints (condition text arguments ...) ...)
  "Return the TEXTs whose CONDITION holds, formatted."
  (filter-map identity
              (list (and condition (format #f text arguments ...)) ...)))

(define* (finding #:optional (lines '()) #:rest facts)
  `((lines . ,(list->vector lines)) ,@facts))

(define open-store
  (let ((store #f))
    (lambda ()
      (unless store
        (set! store (open-connection)))
      store)))


;;;
;;; Questions.
;;;

(define (hello)
  (open-store)
  (finding '() `(version . ,(late (guix config) %guix-version))))

(define (loads module file . before)
  "Load the modules BEFORE, then MODULE, and tell which ZFS packages it has."
  (for-each resolve-interface before)
  (let* ((interface (resolve-interface module))
         (packages (filter (cut public-package module <>)
                           (module-map (lambda (name _) name) interface)))
         (actual (module-file module)))
    (finding (complaints
              ((not (equal? file actual))
               "Guix takes the module from ~a, not from ~a"
               (or actual "somewhere else") file))
             `(packages . ,(list->vector
                            (filter (cut string-match "^zfs-(for|guix)-" <>)
                                    (sort (map symbol->string packages)
                                          string<?)))))))

(define (evaluates module name kernel-module kernel series)
  (let ((package (public-package module name))
        (actual (and kernel (public-package kernel-module kernel))))
    (cond
     ((and kernel (not package) (not actual))
      (finding '() `(missing . ,(format #f "there is no ~a in ~a"
                                        kernel kernel-module))))
     ((not package)
      (finding (list (format #f "~a has no public package ~a" module name))))
     ((and kernel (not actual))
      (finding (list (format #f "it is a package although this Guix has no ~a \
in ~a, so guix pull would fail for every user" kernel kernel-module))))
     (else
      ;; Its arguments and inputs, which are thunks.
      (package->bag package)
      (let ((place (location-string (package-location package))))
        (apply finding
               (complaints
                ((not (string=? (package-name package) (symbol->string name)))
                 "the package is named ~a, not ~a" (package-name package) name)
                ((not (string-prefix? (module-file module) place))
                 "it is defined in ~a, not in ~a" place (module-file module))
                ((and actual
                      (not (string=? series (version-major+minor
                                             (package-version actual)))))
                 "~a is Linux ~a, not of the series ~a"
                 kernel (package-version actual) series))
               `(version . ,(package-version package))
               `(location . ,place)
               (if actual
                   `((kernel . ,(package-full-name actual " ")))
                   '())))))))

(define (ungrafted package)
  (package-derivation (open-store) package #:graft? #f))

(define (store-name file)
  (basename (store-path-package-name file) ".drv"))

(define (fixed-hashes drv)
  "Return the hashes of the outputs of DRV that are fixed, ALGORITHM:HASH."
  (filter-map (match-lambda
                ((_ . output)
                 (let ((hash (derivation-output-hash output)))
                   (and hash
                        (format #f "~a:~a" (derivation-output-hash-algo output)
                                (bytevector->nix-base32-string hash))))))
              (derivation-outputs drv)))

(define (source-hashes package)
  "Return the hashes of the source of PACKAGE; where it is patched, of what it
is made from."
  (let ((source (and=> (package-source package)
                       (cut package-source-derivation (open-store) <>))))
    (if (derivation? source)
        (match (fixed-hashes source)
          (() (append-map (compose fixed-hashes derivation-input-derivation)
                          (derivation-inputs source)))
          (hashes hashes))
        '())))

(define (derivation module name kernel-module kernel series)
  (let* ((package (public-package module name))
         (drv (ungrafted package))
         (outputs (names (map first (derivation-outputs drv))))
         (declared (names (package-outputs package)))
         (inputs (map (compose derivation-file-name derivation-input-derivation)
                      (derivation-inputs drv)))
         (wanted (and kernel
                      (derivation-file-name
                       (ungrafted (public-package kernel-module kernel)))))
         (hashes (source-hashes package)))
    (finding
     (complaints
      ((not (string=? outputs declared))
       "the derivation has the outputs ~a, but the package declares ~a"
       outputs declared)
      ((and wanted (not (member wanted inputs)))
       "it is built for ~a, not for ~a (~a)"
       (names (filter (cut string-match "^linux(-libre)?-[0-9]" <>)
                      (map store-name inputs)))
       kernel (store-name wanted))
      ((and (variant? name) (null? hashes))
       "its source is not fixed-output: it has no hash")
      ((and (variant? name) (substitutable-derivation? drv))
       "it may be substituted, but its kernel module may be built and not \
distributed: it needs #:substitutable? #f"))
     `(hashes . ,(list->vector hashes)))))

(define (remarks package)
  "Return what the checkers that need no network say about PACKAGE, pairs of a
place and a text.  The error of one that fails is a remark."
  (define (check checker)
    (define (text message)
      (format #f "~a [~a]" message (lint-checker-name checker)))

    (let ((said value (call-with-messages
                       (lambda ()
                         (apply (lint-checker-check checker) package
                                (if (lint-checker-requires-store? checker)
                                    `(#:store ,(open-store))
                                    '()))))))
      (match value
        ((warnings)
         (map (lambda (warning)
                (cons (location-string (lint-warning-location warning))
                      (text (lint-warning-message warning))))
              warnings))
        (()
         (list (cons (location-string (package-location package))
                     (text (string-trim-both said))))))))

  (append-map check %local-checkers))

(define known-remarks
  ;; What is said of Guix's own packages is not held against ours.
  (delay (append-map (lambda (name)
                       (remarks (public-package '(gnu packages file-systems)
                                                name)))
                     '(zfs zfs-auto-snapshot))))

(define (accepted? text)
  (or (member text (map cdr (force known-remarks)))
      ;; zfs-auto-snapshot looks its zfs up by that label, and it gets our
      ;; commands there.
      (string-prefix? "label 'zfs' does not match package name 'zfs-guix-tools'"
                      text)
      ;; Where Guix is not compiled, (guix gexp) calls a predicate that is a
      ;; macro, defined further down, and so fails on any nested gexp.
      (string-contains text "Wrong type to apply: #<syntax-transformer ")))

(define (lint module name . _)
  (finding (filter-map (match-lambda
                         ((place . text)
                          (and (not (accepted? text))
                               (string-append place ": " text))))
                       (remarks (public-package module name)))))

(define (style module name . _)
  "What 'guix style' would edit: the form at top level that makes the package
NAME, be it its definition or a procedure, of which 'guix style' knows nothing."
  (define location
    (let ((package (public-package module name)))
      (or (package-definition-location package)
          (package-location package))))

  (define (formatted text)
    ((late (guix read-print) object->string*)
     (call-with-input-string text (late (guix read-print) read-with-comments))
     0
     #:format-comment (late (guix read-print) canonicalize-comment)
     #:format-vertical-space
     (late (guix read-print) canonicalize-vertical-space)))

  (let* ((file (search-path %load-path (location-file location)))
         (lines (string-split (call-with-input-file file get-string-all)
                              #\newline))
         (start (form-start file (location-line location)))
         (text (string-join (list-tail lines start) "\n")))
    (finding (complaints
              ((not (string-prefix? (formatted text) text))
               "~a:~a:0: would be edited" file (+ start 1))))))

(define (form-start file line)
  "Return how many lines of FILE come before the form that has LINE in it."
  (call-with-input-file file
    (lambda (port)
      (let loop ((form (read port)))
        (if (< (+ 1 (port-line port)) line)
            (loop (read port))
            (source-property form 'line))))))

(define (builds module name _ kernel series . commands)
  "Build NAME as 'guix build' does, and look for its kernel module and its
COMMANDS."
  (define (judge out)
    (let* ((top (string-append out "/lib/modules/"))
           (modules (find-files top "^zfs\\.ko(\\.(xz|zst|gz))?$"))
           (releases (map (lambda (file)
                            (first (string-split (string-drop
                                                  file (string-length top))
                                                 #\/)))
                          modules))
           (lacking (remove (lambda (command)
                              (any (lambda (folder)
                                     (file-exists?
                                      (string-append out folder command)))
                                   '("/sbin/" "/bin/")))
                            commands)))
      (finding
       (complaints
        ((and kernel (null? modules)) "there is no zfs.ko below ~a" top)
        ((and kernel (pair? modules)
              (not (member series (map version-major+minor releases))))
         "its kernel module is for Linux ~a, not for ~a"
         (names releases) series)
        ((pair? lacking) "~a lacks the commands ~a" out (names lacking))))))

  (let ((said value (call-with-messages
                     (lambda ()
                       ((late (guix scripts build) guix-build)
                        "--no-grafts"
                        "-e" (object->string `(@ ,module ,name)))))))
    (if (null? value)
        ;; What went wrong comes last, after all that the build printed.
        (let ((lines (string-split (string-trim-right said) #\newline)))
          (finding (take-right lines (min 10 (length lines)))))
        (judge (derivation-output-path
                (assoc-ref (derivation-outputs
                            (ungrafted (public-package module name)))
                           "out"))))))

(define (system module name kernel-module kernel series . service-module)
  "Compute an operating system with ZFS package NAME for KERNEL; where there is
SERVICE-MODULE, also one that gets its ZFS from 'zfs-service-type'."
  (define user-module
    (make-fresh-user-module))

  (define tools
    (if (public-package module 'zfs-guix-tools)
        `((@ ,module zfs-guix-tools))
        '()))

  (define (compute modules services)
    (let ((os (eval `(operating-system
                       (host-name "zfs")
                       (timezone "Etc/UTC")
                       (locale "en_US.utf8")
                       (kernel (@ ,kernel-module ,kernel))
                       (kernel-loadable-modules (list ,@modules))
                       (packages (append (list ,@tools) %base-packages))
                       (services (append (list ,@services) %base-services))
                       (bootloader (bootloader-configuration
                                    (bootloader grub-bootloader)
                                    (targets '("/dev/sda"))))
                       (file-systems (cons (file-system
                                             (device "/dev/sda1")
                                             (mount-point "/")
                                             (type "ext4"))
                                           %base-file-systems)))
                    user-module)))
      (parameterize (((late (guix grafts) %graft?) #f))
        (run-with-store (open-store)
          ((late (gnu system) operating-system-derivation) os)))))

  (for-each (lambda (name)
              (module-use! user-module (resolve-interface name)))
            '((guix gexp) (gnu)))
  (compute `((@ ,module ,name)) '())
  (for-each (lambda (module)
              (compute '() `((service (@ ,module zfs-service-type)))))
            service-module)
  (finding))

(define (cache module directory . packages)
  "Build the cache of packages that 'guix pull' would build for the channel in
DIRECTORY, and look for PACKAGES in it."
  (call-with-temporary-directory
   (lambda (temporary)
     (let* ((file (parameterize (((late (gnu packages) %package-module-path)
                                  (list directory)))
                    ((late (gnu packages) generate-package-cache) temporary)))
            (entries ((late (system vm loader) load-thunk-from-file) file))
            (cached (map (cut vector-ref <> 0) (entries)))
            (absent (lset-difference string=? packages cached)))
       (finding (complaints
                 ((pair? absent) "the package cache lacks ~a"
                  (names absent))))))))

(define (serve)
  (match (read (current-input-port))
    ((? eof-object?)
     (primitive-exit 0))
    ((question . arguments)
     (let ((said value (call-with-messages
                        (lambda ()
                          ;; Each is a procedure of this file.
                          (apply (module-ref (current-module) question)
                                 arguments)))))
       (display "zfs-guix:" %answers)
       (display (scm->json-string
                 (match value
                   ((finding) finding)
                   (() `((error . ,said)))))
                %answers)
       (newline %answers)
       (force-output %answers))
     (serve))))

(serve)
