;; What Guix's own program does that installs a bootloader, with
;; grub-efi-zfs-bootloader:
;;
;;   guix repl -L CHANNEL -- install.scm ROOT GRUB [MENU INSTALLER?]…
;;
;; for each MENU, a grub.cfg, in turn; prints "done" or an error.  ROOT/boot is a
;; file system, and GRUB a package.  If INSTALLER? is "no", that is what 'guix
;; system roll-back' does.

(use-modules (gnu bootloader)
             (guix gexp)
             (guix scripts system reconfigure)
             (ice-9 match)
             (srfi srfi-35))

(define bootloader
  (lookup-bootloader-by-name 'grub-efi-zfs))

(define (install root grub menu installer?)
  (primitive-eval
   (gexp->approximate-sexp
    (program-file-gexp
     (install-bootloader-program
      (and (string=? installer? "yes")
           (bootloader-installer bootloader))
      #f grub menu
      (bootloader-configuration-file bootloader)
      '("/boot") root)))))

(match (cdr (command-line))
  ((root grub . rest)
   (let loop ((rest rest))
     (match rest
       (() #t)
       ((menu installer? . rest)
        (format #t "~a~%"
                (with-exception-handler
                    (lambda (exception)
                      (if (message-condition? exception)
                          (condition-message exception)
                          exception))
                  (lambda ()
                    (install root grub menu installer?)
                    "done")
                  #:unwind? #t))
        (loop rest))))))
