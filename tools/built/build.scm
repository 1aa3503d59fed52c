;;; Usage: guix repl -q -L CHANNEL -L . -- build.scm ROOTS SOURCE TARGET...
;;;
;;; Has the daemon build each TARGET, with stand-ins for Guix's packages and with
;;; SOURCE, a tarball of OpenZFS, and keeps the result below ROOTS; what is there is not built again.  Prints on a
;;; line each, "FACT TARGET VALUE", what a test looks at.  CHANNEL may as well be a
;;; Guix that has the variants in place.  A TARGET is one of
;;;
;;;   package=NAME         the package NAME
;;;   variant=SERIES       the variant for SERIES
;;;   profile=SERIES       the profile of a kernel of SERIES with its variant, as
;;;                        Guix System makes it
;;;   other=SERIES,OTHER   the variant for SERIES as Guix System builds it where
;;;                        the kernel is of the series OTHER
;;;   forced=SERIES,OTHER  the same without the phase that checks the series
;;;   refused=SERIES       what 'zfs-for-kernel' says to a kernel of SERIES
(use-modules (stand-ins)
             (guix build-system)
             (guix derivations)
             (guix diagnostics)
             (guix gexp)
             (guix monads)
             (guix packages)
             (guix store)
             (guix ui)
             (guix utils)
             (ice-9 match)
             (srfi srfi-1)
             (srfi srfi-34)
             (srfi srfi-35))

(define %roots (second (command-line)))

(define %definitions
  (resolve-interface
   (if (search-path %load-path "zfs-guix/packages/zfs.scm")
       '(zfs-guix packages zfs)
       '(gnu packages file-systems))))

(define (say fact target value)
  (format #t "~a ~a ~a~%" fact target value)
  (force-output))

(define (zfs-for series)
  ((module-ref %definitions 'zfs-for-kernel) (linux-libre-of-series series)))

(define (variant series)
  "Return the variant for SERIES; 'zfs-for-kernel' makes it where this Guix does
not have the kernel."
  (match (module-variable %definitions
                          (string->symbol
                           (string-append "zfs-for-linux-" series)))
    ((? variable? variable)
     (if (package? (false-if-exception (variable-ref variable)))
         (variable-ref variable)
         (zfs-for series)))
    (_ (zfs-for series))))

(define (rebuilt series other)
  "Return the variant for SERIES as Guix System builds it for a kernel of OTHER."
  ((@@ (gnu services) package-for-kernel) (linux-libre-of-series other)
                                          (variant series)))

(define (without-check package)
  (package/inherit package
    (arguments
     (substitute-keyword-arguments (package-arguments package)
       ((#:phases phases)
        #~(modify-phases #$phases
            (delete 'check-kernel-series)))))))

(define (kernel-profile store series)
  "Return the profile that 'linux-builder-service-type' makes of a kernel of
SERIES and its variant."
  (match (run-with-store store
           ((@@ (gnu services) linux-builder-configuration->system-entry)
            ((@@ (gnu services) linux-builder-configuration)
             (kernel (linux-libre-of-series series))
             (modules (list (variant series))))))
    ((("kernel" profile)) profile)))

(define (target-object store target)
  (match (string-split target #\=)
    (("package" name) (module-ref %definitions (string->symbol name)))
    (("variant" series) (variant series))
    (("profile" series) (kernel-profile store series))
    (("other" both) (apply rebuilt (string-split both #\,)))
    (("forced" both) (without-check (apply rebuilt (string-split both #\,))))))

(define (lower store object)
  (run-with-store store
    (mbegin %store-monad
      (set-grafting #f)
      (lower-object object))))

(define (phases builder)
  "Return the names of the phases that BUILDER, the program of a derivation,
runs; #f if it has none."
  (define found
    (let search ((datum (call-with-input-file builder read)))
      (match datum
        ((#:phases phases . _) phases)
        ((head . tail) (or (search head) (search tail)))
        (_ #f))))

  (and found
       (let ((module (make-fresh-user-module)))
         (for-each (lambda (name)
                     (module-use! module (resolve-interface name)))
                   '((guix build linux-module-build-system)
                     (guix build utils)))
         (map car (eval found module)))))

(define (describe target drv)
  (say 'derivation target (derivation-file-name drv))
  (say 'substitutes target
       (or (assoc-ref (derivation-builder-environment-vars drv)
                      "allowSubstitutes")
           "1"))
  (for-each (match-lambda
              ((name . output)
               (say 'output target
                    (string-append name " " (derivation-output-path output)))))
            (derivation-outputs drv))
  (match (filter (lambda (argument)
                   (string-suffix? "-builder" argument))
                 (derivation-builder-arguments drv))
    ((builder)
     (let ((names (false-if-exception (phases builder))))
       (when names
         (say 'phases target (string-join (map symbol->string names) " ")))))
    (_ #f)))

(define (build store target)
  (define drv
    (lower store (target-object store target)))

  (describe target drv)
  (match (string-split target #\=)
    (("variant" series)
     (when (module-variable %definitions 'zfs-for-kernel)
       (say 'zfs-for-kernel target
            (derivation-file-name (lower store (zfs-for series))))))
    (_ #f))
  (for-each (match-lambda
              ((name version)
               (say 'stand-in target (string-append name " " version))))
            (prepare-stand-ins store (list drv)))
  (let ((start (current-time)))
    (guard (c ((store-protocol-error? c)
               (say 'failed target
                    (first (string-split (store-protocol-error-message c)
                                         #\newline)))))
      (build-derivations store (list drv))
      (for-each (match-lambda
                  ((name . path)
                   (keep-from-gc store
                                 (string-append %roots "/" target ":" name)
                                 path)
                   (for-each (lambda (reference)
                               (say 'reference target
                                    (string-append name " " reference)))
                             (references store path))))
                (derivation->output-paths drv)))
    (say 'seconds target (- (current-time) start))
    (and=> (log-file store (derivation-file-name drv))
           (lambda (file)
             (say 'log target file)))))

(define (refused target series)
  (guard (c ((formatted-message? c)
             (say 'refused target
                  (apply format #f (formatted-message-string c)
                         (formatted-message-arguments c)))))
    (zfs-for series)))

(with-store store
  (set-build-options store
                     #:use-substitutes? #f
                     #:verbosity 3
                     #:print-build-trace #f)
  ;; It is the one that a package refers to if its hash is the package's.
  (add-to-store store (basename (third (command-line))) #f "sha256"
                (third (command-line)))
  (for-each (lambda (target)
              (match (string-split target #\=)
                (("refused" series) (refused target series))
                (_ (build store target))))
            (cdddr (command-line))))
