;; As much of Guix as the emitted module asks for, so that plain Guile can load
;; it and run its builders.  A gexp is the code that it stands for.

(define-module (guix gexp)
  #:use-module (ice-9 match)
  #:export-syntax (gexp ungexp ungexp-splicing)
  #:export (file-append local-file output))

(define (read-ungexp char port)
  (let* ((splicing? (eqv? #\@ (peek-char port)))
         (tag (if splicing? 'ungexp-splicing 'ungexp)))
    (when splicing?
      (read-char port))
    (match (read port)
      ((? symbol? symbol)
       ;; #$output:module
       (match (string-split (symbol->string symbol) #\:)
         ((name output) (list tag (string->symbol name) output))
         (_ (list tag symbol))))
      (form (list tag form)))))

(read-hash-extend #\~ (lambda (char port) (list 'gexp (read port))))
(read-hash-extend #\$ read-ungexp)

(define output 'output)

(define (local-file name)
  ;; Beside the emitted module, the first word of the command line.
  (string-append (dirname (cadr (command-line))) "/" name))

(define (file-append package file)
  ;; Every package is in one directory.
  (string-append (getenv "INPUT") file))

(define-syntax-rule (ungexp _ ...)
  (error "ungexp outside of a gexp"))

(define-syntax-rule (ungexp-splicing _ ...)
  (error "ungexp-splicing outside of a gexp"))

(define-syntax gexp
  (syntax-rules (ungexp ungexp-splicing output)
    ((_ (ungexp output)) '(getenv "out"))
    ((_ (ungexp output name)) '(getenv name))
    ((_ (ungexp expression)) expression)
    ((_ ((ungexp-splicing expression) . rest))
     (append expression (gexp rest)))
    ((_ (first . rest)) (cons (gexp first) (gexp rest)))
    ((_ form) 'form)))


(define-module (guix packages)
  #:use-module (srfi srfi-1)
  #:use-module (srfi srfi-9)
  #:export-syntax (package origin modify-inputs)
  #:export (base32 package? package-field package-name package-version
            package-arguments package-outputs package-inputs
            package-native-inputs package-properties package-home-page
            package-source package-full-name))

(define-record-type <package>
  (make-package fields)
  package?
  (fields package-fields))

(define (package-field package name)
  ;; #f where PACKAGE has none of that NAME.
  (and=> (assq-ref (package-fields package) name) force))

(define (package-name package) (package-field package 'name))
(define (package-version package) (package-field package 'version))
(define (package-arguments package) (package-field package 'arguments))
(define (package-outputs package) (package-field package 'outputs))
(define (package-inputs package) (package-field package 'inputs))
(define (package-native-inputs package) (package-field package 'native-inputs))
(define (package-home-page package) (package-field package 'home-page))
(define (package-source package) (package-field package 'source))
(define (package-properties package)
  (or (package-field package 'properties) '()))
(define (package-full-name package)
  (string-append (package-name package) "@" (package-version package)))

(define-syntax package
  (lambda (form)
    (syntax-case form ()
      ((_ (inherit parent) clause ...)
       (eq? 'inherit (syntax->datum #'inherit))
       #'(with-fields (package-fields parent) () clause ...))
      ((_ clause ...)
       #'(with-fields '() () clause ...)))))

;; Fields can name those before them, and wait until they are asked for.
(define-syntax with-fields
  (syntax-rules ()
    ((_ inherited (own ...))
     (make-package (append (list own ...) inherited)))
    ((_ inherited (own ...) (field value) clause ...)
     (let ((promise (delay value)))
       (let-syntax ((field (identifier-syntax (force promise))))
         (with-fields inherited (own ... (cons 'field promise))
                      clause ...))))))

(define-syntax-rule (origin (field value) ...)
  (list (cons 'field value) ...))

(define (base32 hash) hash)

(define-syntax modify-inputs
  (syntax-rules (prepend replace)
    ((_ inputs (prepend package ...))
     (append (list package ...) (or inputs '())))
    ((_ inputs (replace label package))
     (map (lambda (input)
            (if (equal? label (car input))
                (list label package)
                input))
          inputs))))


(define-module (guix utils)
  #:use-module (ice-9 match)
  #:use-module (srfi srfi-1)
  #:export-syntax (substitute-keyword-arguments)
  #:export (cc-for-target version-compare version>=? version>?))

(define (cc-for-target)
  (or (getenv "CC") "gcc"))

(define-syntax substitute-keyword-arguments
  (syntax-rules ()
    ((_ original ((keyword variable . default) expression) ...)
     (fold (lambda (clause arguments) (clause arguments))
           original
           (list (lambda (arguments)
                   (substitute keyword 'default
                               (lambda (variable) expression)
                               arguments))
                 ...)))))

(define (substitute keyword default change arguments)
  (match arguments
    (() (match default
          (() '())
          ((default) (list keyword (change default)))))
    ((key value rest ...)
     (if (eq? key keyword)
         (cons* key (change value) rest)
         (cons* key value (substitute keyword default change rest))))))

(define (version-compare a b)
  (define (numbers version)
    (map string->number (string-split version #\.)))
  (let loop ((a (numbers a)) (b (numbers b)))
    (match (list a b)
      ((() ()) '=)
      ((() _) '<)
      ((_ ()) '>)
      (((a . as) (b . bs))
       (cond ((< a b) '<)
             ((> a b) '>)
             (else (loop as bs)))))))

(define (version>=? a b)
  (not (eq? '< (version-compare a b))))

(define (version>? a b)
  (eq? '> (version-compare a b)))


(define-module (guix diagnostics)
  #:use-module (srfi srfi-35)
  #:export (formatted-message &fix-hint condition-fix-hint))

(define (formatted-message template . arguments)
  (condition (&message (message (apply format #f template arguments)))))

(define-condition-type &fix-hint &condition
  fix-hint?
  (hint condition-fix-hint))


(define-module (guix i18n)
  #:export (G_))

(define (G_ message) message)


(define-module (guix build-system gnu)
  #:export (gnu-build-system))

(define gnu-build-system 'gnu)


(define-module (guix build-system trivial)
  #:export (trivial-build-system))

(define trivial-build-system 'trivial)


(define-module (guix download)
  #:export (url-fetch))

(define url-fetch 'url-fetch)


(define-module (guix licenses)
  #:export (gpl3+))

(define gpl3+ 'gpl3+)


(define-module (gnu packages autotools)
  #:use-module (guix packages)
  #:export (autoconf automake libtool))

(define autoconf (package (name "autoconf") (version "2.72")))
(define automake (package (name "automake") (version "1.17")))
(define libtool (package (name "libtool") (version "2.5")))


(define-module (gnu packages base)
  #:use-module (guix packages)
  #:export (coreutils-minimal))

(define coreutils-minimal
  (package (name "coreutils-minimal") (version "9.1")))


(define-module (gnu packages guile)
  #:use-module (guix packages)
  #:export (guile-3.0))

(define guile-3.0
  (package (name "guile") (version "3.0")))


(define-module (gnu packages file-systems)
  #:use-module (guix gexp)
  #:use-module (guix packages)
  #:export (zfs zfs-auto-snapshot))

(define zfs
  (package
    (name "zfs")
    (version "2.4.3")
    (outputs (string-split (or (getenv "ZFS_OUTPUTS") "out module src")
                           #\space))
    (arguments
     (list #:tests? #f
           #:phases #~(modify-phases %standard-phases
                        (replace 'configure
                          (lambda _ #t)))))))

(define zfs-auto-snapshot
  (package
    (name "zfs-auto-snapshot")
    (version "1.2.4")
    (inputs (list (list "coreutils" #f) (list "zfs" zfs)))))


;; Its packages are those of the command line.
(define-module (gnu packages linux))
