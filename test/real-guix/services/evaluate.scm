;; What Guix says of operating-systems with ZFS, each of which is a file that
;; returns one:
;;
;;   guix repl -L CHANNEL -- evaluate.scm FILE…
;;
;; prints a line 'FILE error MESSAGE', or a line 'FILE WHAT FACTS…' for each
;; fact that the tests are about.

(use-modules (gnu)
             (gnu services)
             (gnu services base)
             (gnu services linux)
             (gnu services shepherd)
             (guix derivations)
             (guix diagnostics)
             (guix gexp)
             (guix grafts)
             (guix packages)
             (guix store)
             (ice-9 match)
             (ice-9 regex)
             (ice-9 textual-ports)
             (srfi srfi-1)
             (srfi srfi-34)
             (srfi srfi-35)
             (zfs-guix packages zfs))

;; Where Guix has grafts, what is grafted would have to be built first.
(%graft? #f)

(define (one-line text)
  (string-map (lambda (chr)
                (if (char=? chr #\newline) #\space chr))
              text))

(define (file-like-name object)
  (match object
    ((? computed-file?) (computed-file-name object))
    (_ "")))

(define (package-of item)
  (match item
    ((? package? package) package)
    (((? package? package) _ ...) package)))

(define (facts store file os)
  (define services
    (operating-system-services os))

  (define (value type)
    (service-value (fold-services services #:target-type type)))

  (define (fact what . words)
    (format #t "~a ~a~{ ~a~}~%" file what words))

  (define (derivation package)
    (derivation-file-name (package-derivation store package)))

  (define linux
    (value linux-builder-service-type))

  (define shepherd
    (shepherd-configuration-services (value shepherd-root-service-type)))

  (define (builder-text object)
    "Return the text of the program that makes OBJECT, a file-like object."
    (call-with-input-file
        (last (derivation-builder-arguments
               (run-with-store store (lower-object object))))
      get-string-all))

  (define (file-text object)
    "Return the text of OBJECT, a file-like object that is no more than text."
    (match object
      ((? plain-file?) (plain-file-content object))))

  (fact "system"
        (derivation-file-name
         (run-with-store store
           (operating-system-derivation os))))
  (fact "menu"
        (derivation-file-name
         (run-with-store store
           (lower-object (operating-system-bootcfg os)))))
  (for-each (lambda (module)
              (fact "module"
                    (package-name (package-of module))
                    (derivation (package-of module))))
            (linux-builder-configuration-modules linux))
  (unless (string=? "linux-dummy"
                    (package-name (linux-builder-configuration-kernel linux)))
    (fact "variant"
          (derivation
           (zfs-for-kernel (linux-builder-configuration-kernel linux)))))
  (for-each (lambda (service)
              (apply fact "service"
                     (map shepherd-service-canonical-name
                          (cons service
                                (map (shepherd-service-lookup-procedure shepherd)
                                     (shepherd-service-requirement service))))))
            shepherd)
  (apply fact "profile" (map (compose package-name package-of)
                             (value profile-service-type)))
  (for-each (match-lambda
              ((name object)
               (when (string-prefix? "modprobe.d/zfs" name)
                 (for-each (lambda (line)
                             (fact "modprobe" line))
                           (string-split (string-trim-right
                                          (file-text object))
                                         #\newline)))))
            (value etc-service-type))
  (for-each (lambda (rule)
              (when (member (file-like-name rule)
                            '("60-zvol.rules" "69-vdev.rules" "90-zfs.rules"))
                ;; Its text stands in the builder, or in a file of its own.
                (let ((builder (builder-text rule)))
                  (fact "udev" (file-like-name rule)
                        (one-line
                         (match (string-match "/gnu/store/[^\"]*\\.rules"
                                              builder)
                           (#f builder)
                           (file (call-with-input-file (match:substring file)
                                   get-string-all))))))))
            (udev-configuration-rules (value udev-service-type)))
  (for-each (lambda (object)
              (when (string-prefix? "zfs" (file-like-name object))
                (fact "login" (one-line (builder-text object)))))
            (value etc-profile-d-service-type)))

(define (message condition)
  (cond ((formatted-message? condition)
         (apply format #f (formatted-message-string condition)
                (formatted-message-arguments condition)))
        ((message-condition? condition)
         (condition-message condition))
        (else
         (object->string condition))))

(with-store store
  (for-each (lambda (file)
              (with-exception-handler
                  (lambda (condition)
                    (format #t "~a error ~a~a~%" file
                            (match (and (error-location? condition)
                                        (error-location condition))
                              ((? location? location)
                               (format #f "~a: " (location-line location)))
                              (_ ""))
                            (one-line (message condition))))
                (lambda ()
                  (facts store file (load file)))
                #:unwind? #t))
            (cdr (command-line))))
