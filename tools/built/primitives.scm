;;; What Guix's patches add to Guile for its initrd, for a Guile without them;
;;; see make-guile-static in stand-ins.scm.
(use-modules (system foreign))

;; The programs that the initrd becomes have a Guile of their own.
(for-each unsetenv
          '("GUILE_SYSTEM_PATH" "GUILE_SYSTEM_COMPILED_PATH"
            "GUILE_AUTO_COMPILE" "GCONV_PATH" "LOCPATH" "LC_ALL"))

(define %finit-module
  ;; Its number on x86_64.
  313)

(module-define!
 the-scm-module 'load-linux-module/fd
 (let ((syscall (pointer->procedure int
                                    (dynamic-func "syscall" (dynamic-link))
                                    (list long int '* int)
                                    #:return-errno? #t)))
   (lambda* (fd #:optional (options "") (flags 0))
     (call-with-values
         (lambda ()
           (syscall %finit-module fd (string->pointer options) flags))
       (lambda (result errno)
         (unless (zero? result)
           (throw 'system-error "load-linux-module" "~A"
                  (list (strerror errno)) (list errno))))))))
