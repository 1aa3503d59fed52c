;; Runs 'install-menu' of (zfs-guix build boot) as often as it is asked to:
;;
;;   guile -L CHANNEL install-menu.scm
;;
;; with ("STORE" "MENU" "TYPE" "CAPACITY" "CUT" "ROOT" …), the last words of which
;; are the directories to do it in.  ROOT/boot is taken for a file system of TYPE, or for none if that is "-", on
;; which there is room for CAPACITY bytes.  If CUT is "cut" the power fails in
;; each: in the first step in the first directory, in the second step in the
;; second one, and so on.  Prints for each how many steps were done whole.

(use-modules (ice-9 binary-ports)
             (ice-9 match)
             (srfi srfi-1)
             (srfi srfi-35)
             (zfs-guix build boot))

(load "../support/apart.scm")

(define module (resolve-module '(zfs-guix build boot)))

(define (used root)
  (apply + (map (lambda (file) (stat:size (stat file)))
                ((module-ref module 'files-below)
                 (string-append root "/boot")))))

(define steps 0)

(define (instrument! root capacity cut)
  "Have each procedure that writes count as a step, and be done by half if it
is the one numbered CUT."
  (define (before-step procedure half)
    (lambda arguments
      (when (eqv? steps cut)
        (apply half arguments)
        (format #t "~a~%" steps)
        (force-output)
        (primitive-_exit 9))
      (set! steps (+ 1 steps))
      (call-with-values
          (lambda () (apply procedure arguments))
        (lambda results
          (when (> (used root) capacity)
            (throw 'system-error "write" "~A"
                   '("No space left on device") (list ENOSPC)))
          (apply values results)))))

  (define (nothing . _)
    #t)

  (define (empty name . _)
    (close-port (open-file name "w")))

  (define (half from to)
    (let ((bytes (call-with-input-file from get-bytevector-all #:binary #t)))
      (call-with-output-file to
        (lambda (port)
          (put-bytevector port bytes 0 (quotient (stat:size (stat from)) 2)))
        #:binary #t)))

  (for-each (match-lambda
              ((name half)
               (module-define! module name
                               (before-step (module-ref module name) half))))
            `((mkdir ,nothing) (rmdir ,nothing) (delete-file ,nothing)
              (rename-file ,nothing) (copy-file ,half)
              (call-with-output-file ,empty)))
  ;; It takes its time, and nothing can be seen of it here.
  (module-define! module 'fsync (before-step nothing nothing)))

(define (install root store menu type capacity cut)
  (module-define! (resolve-module '(zfs-guix build mounts)) 'mounts
                  (lambda ()
                    `((,root "zfs" "tank/root")
                      ,@(if (string=? type "-")
                            '()
                            `((,(string-append root "/boot") ,type
                               "/dev/vda1"))))))
  (instrument! root capacity cut)
  (with-exception-handler
      (lambda (exception)
        (display (if (message-condition? exception)
                     (condition-message exception)
                     exception)
                 (current-error-port))
        (primitive-exit 1))
    (lambda ()
      (parameterize ((%store store))
        (install-menu menu root
                      #:free-space (lambda (directory)
                                     (- capacity (used root))))))
    #:unwind? #t)
  (format #t "~a~%" steps)
  (force-output))

(define (install-all store menu type capacity cut . roots)
  (let ((statuses
         (map (lambda (root number)
                (match (primitive-fork)
                  (0
                   (install root store menu type (string->number capacity)
                            (and (string=? cut "cut") number))
                   (primitive-_exit 0))
                  (pid
                   (status:exit-val (cdr (waitpid pid))))))
              roots (iota (length roots)))))
    (primitive-_exit (apply max statuses))))

(serve (lambda (words)
         (apply install-all words)))
