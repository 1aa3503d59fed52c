;; What a builder finds in its environment, of (guix build gnu-build-system)
;; and (guix build utils).

(define-module (guix build gnu-build-system)
  #:use-module (ice-9 format)
  #:use-module (ice-9 match)
  #:use-module (srfi srfi-1)
  ;; As Guix does: 'delete' is a word of 'modify-phases'.
  #:re-export-and-replace (delete)
  #:export-syntax (modify-phases substitute*)
  #:export (%standard-phases %store-directory copy-recursively invoke mkdir-p
            search-input-directory search-input-file))

(define %standard-phases
  (map (lambda (name)
         (cons name (const #t)))
       '(set-SOURCE-DATE-EPOCH set-paths install-locale unpack bootstrap
         patch-usr-bin-file patch-source-shebangs configure
         patch-generated-file-shebangs build check install patch-shebangs
         strip validate-runpath validate-documentation-location
         delete-info-dir-file patch-dot-desktop-files make-dynamic-linker-cache
         install-license-files reset-gzip-timestamps compress-documentation)))

(define (edit phases name replacement)
  ;; PHASES with what REPLACEMENT, a procedure, makes of the one called NAME.
  (unless (assq name phases)
    (error "there is no such phase:" name))
  (append-map (lambda (phase)
                (if (eq? name (car phase))
                    (replacement phase)
                    (list phase)))
              phases))

(define-syntax modify-phases
  (syntax-rules (delete replace add-before add-after)
    ((_ phases)
     phases)
    ((_ phases (delete name) clause ...)
     (modify-phases (edit phases name (const '())) clause ...))
    ((_ phases (replace name procedure) clause ...)
     (modify-phases (edit phases name
                          (const (list (cons name procedure))))
                    clause ...))
    ((_ phases (add-before name new procedure) clause ...)
     (modify-phases (edit phases name
                          (lambda (phase)
                            (list (cons new procedure) phase)))
                    clause ...))
    ((_ phases (add-after name new procedure) clause ...)
     (modify-phases (edit phases name
                          (lambda (phase)
                            (list phase (cons new procedure))))
                    clause ...))))

(define (mkdir-p directory)
  (unless (file-exists? directory)
    (mkdir-p (dirname directory))
    (mkdir directory)))

(define (search-input inputs path found?)
  (or (any (match-lambda
             ((_ . directory)
              (let ((file (string-append directory "/" path)))
                (and (file-exists? file)
                     (found? (stat:type (stat file)))
                     file))))
           inputs)
      (error "no input has this:" path)))

(define (search-input-directory inputs path)
  (search-input inputs path (lambda (type) (eq? 'directory type))))

(define (search-input-file inputs path)
  (search-input inputs (string-trim path #\/)
                (lambda (type) (eq? 'regular type))))

(define (%store-directory)
  (or (getenv "NIX_STORE") "/gnu/store"))

(define (invoke program . arguments)
  (unless (zero? (status:exit-val (apply system* program arguments)))
    (error "this failed:" program arguments)))

(define (copy-recursively source destination)
  (invoke "mkdir" "-p" destination)
  (invoke "cp" "-R" (string-append source "/.") destination))

(define-syntax-rule (substitute* file ((pattern) replacement) ...)
  (begin
    (invoke "sed" "-i" (string-append "s|" pattern "|" replacement "|") file)
    ...))


(define-module (guix build utils)
  #:use-module (guix build gnu-build-system)
  #:re-export (%store-directory mkdir-p substitute*))
