;; What real Guix makes of the ZFS packages of a module:
;;
;;   guix repl -L generated -- derivations.scm '(zfs-guix packages zfs)'
;;
;; prints, for each variant in the order of its series, what a user would get:
;; all of it is read off the derivation and its builder, not off the package
;; definition.  A second argument is the module of the kernels that
;; 'zfs-for-kernel' is asked for, where the module has that procedure.

(use-modules (gnu packages)
             (guix base32)
             (guix build-system)
             (guix derivations)
             (guix packages)
             (guix store)
             (guix utils)
             (ice-9 format)
             (ice-9 match)
             (ice-9 regex)
             (srfi srfi-1))

(define (module-packages name wanted?)
  "Return the packages of module NAME whose variable satisfies WANTED?, by the
version of their kernel, as pairs of a symbol and a package."
  (sort (filter (match-lambda
                  ((symbol . package)
                   (and (wanted? (symbol->string symbol))
                        (package? package))))
                (module-map (lambda (symbol variable)
                              (cons symbol
                                    (and (variable-bound? variable)
                                         (variable-ref variable))))
                            (resolve-interface name)))
        (lambda (a b)
          (version>? (symbol->string (car b)) (symbol->string (car a))))))

(define (builder drv)
  "Return the program that DRV runs, an S-expression."
  (call-with-input-file (last (derivation-builder-arguments drv))
    read))

(define (phases program)
  "Return the names of the phases of PROGRAM, in order."
  (define (argument keyword form)
    (match form
      ((key value . _)
       (=> next)
       (if (eq? key keyword)
           value
           (next)))
      (((? pair? head) . rest)
       (or (argument keyword head)
           (argument keyword rest)))
      ((_ . rest)
       (argument keyword rest))
      (_ #f)))

  (let ((module (make-fresh-user-module)))
    (for-each (lambda (name)
                (module-use! module (resolve-interface name)))
              '((guix build linux-module-build-system) (guix build utils)))
    (map car (eval (argument #:phases program) module))))

(define (source-hash drv)
  "Return the hash of the file that DRV downloads."
  (any (match-lambda
         ((_ . output)
          (and (derivation-output-hash output)
               (format #f "~a:~a"
                       (derivation-output-hash-algo output)
                       (bytevector->nix-base32-string
                        (derivation-output-hash output))))))
       (derivation-outputs drv)))

(define (full-name package)
  (string-append (package-name package) "@" (package-version package)))

(define (kernel package)
  "Return the kernel among the inputs of PACKAGE."
  (match (assoc-ref (bag-host-inputs (package->bag package)) "linux")
    ((kernel) kernel)))

(define (keyword-argument package keyword)
  (match (memq keyword (package-arguments package))
    ((_ value . _) value)
    (_ #f)))

(define (print-facts store symbol package)
  (define (ungrafted package)
    (package-derivation store package #:graft? #f))

  (let* ((drv (ungrafted package))
         (linux (kernel package))
         (inputs (map (compose derivation-file-name derivation-input-derivation)
                      (derivation-inputs drv))))
    (format #t "~a
  package        ~a
  kernel         ~a~a
  #:linux        ~a
  source         ~a
  outputs        ~{~a~^ ~}
  substitutable  ~a
  phases         ~{~a~^ ~}
  derivation     ~a~%"
            symbol
            (full-name package)
            (full-name linux)
            ;; The one that the derivation really has.
            (if (member (derivation-file-name (ungrafted linux)) inputs)
                ""
                ", which is no input of the derivation")
            (match (keyword-argument package #:linux)
              ((? package? linux) (full-name linux))
              (other other))
            (source-hash (package-source-derivation store
                                                    (package-source package)))
            (map car (derivation-outputs drv))
            (if (substitutable-derivation? drv) "yes" "no")
            (phases (builder drv))
            (derivation-file-name drv))))

(define (print-follower store zfs-for-kernel symbol kernel)
  "Print what ZFS-FOR-KERNEL makes of KERNEL."
  (format #t "(zfs-for-kernel ~a)~%  derivation     ~a~%"
          symbol
          (catch #t
            (lambda ()
              (derivation-file-name
               (package-derivation store (zfs-for-kernel kernel)
                                   #:graft? #f)))
            (lambda _ "none: it raises an error"))))

(define (main name . kernels)
  (let* ((name (with-input-from-string name read))
         (zfs-for-kernel (module-variable (resolve-interface name)
                                          'zfs-for-kernel)))
    (with-store store
      (for-each (match-lambda
                  ((symbol . package)
                   (print-facts store symbol package)))
                (module-packages name (lambda (symbol)
                                        (string-prefix? "zfs-for-" symbol))))
      (for-each (lambda (kernels)
                  (for-each (match-lambda
                              ((symbol . kernel)
                               (print-follower store
                                               (variable-ref zfs-for-kernel)
                                               symbol kernel)))
                            (module-packages
                             (with-input-from-string kernels read)
                             (lambda (symbol)
                               (string-match "^linux-(libre-)?([0-9.]+|lts)$"
                                             symbol)))))
                kernels))))

(apply main (cdr (command-line)))
