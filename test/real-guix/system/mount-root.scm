;; Runs 'mount-root' of (zfs-guix build root), of the dataset "tank/a/root", in
;; each DIRECTORY in the place of the initrd:
;;
;;   guix repl -L CHANNEL -- mount-root.scm DIRECTORY…
;;
;; A DIRECTORY has the programs zpool, zfs, keys, mount and shell, which are
;; called as the commands, and where the procedures are that 'mount-root' takes;
;; of the last two the status is heeded.  Its file "options" has the seconds to
;; wait, those that a command may take, and the words on the kernel's command
;; line.  What is said comes into its file "said", and the status into "status".

(use-modules (ice-9 match)
             (ice-9 textual-ports)
             (srfi srfi-1)
             (zfs-guix build commands)
             (zfs-guix build root))

(define (boot directory)
  (define (program name)
    (string-append directory "/" name))

  (define (run name . arguments)
    (zero? (apply system* (program name) arguments)))

  (match (call-with-input-file (program "options") read)
    ((timeout patience words ...)
     (module-define! (resolve-module '(zfs-guix build root)) 'kernel-word?
                     (lambda (word)
                       (member word words)))
     (module-define! (resolve-module '(zfs-guix build root)) 'run-command
                     (lambda (seconds command)
                       (run-command (min seconds patience) command)))
     (mount-root "tank/a/root"
                 #:zpool (program "zpool")
                 #:zfs (program "zfs")
                 #:timeout timeout
                 #:call-with-keys (lambda (load)
                                    (run "keys" "mount")
                                    (let ((loaded? (load)))
                                      (run "keys" "unmount")
                                      loaded?))
                 #:mount (lambda (source target type flags options)
                           (unless (run "mount" source target type options)
                             (throw 'system-error "mount" "~A"
                                    '("No such file or directory")
                                    (list ENOENT))))
                 #:shell (lambda ()
                           (unless (run "shell")
                             (force-output)
                             (primitive-_exit 1)))))))

(define (start directory)
  (match (primitive-fork)
    (0
     (let ((said (open-file (string-append directory "/said") "w")))
       (dup2 (fileno said) 1)
       (dup2 (fileno said) 2)
       (boot directory)
       (force-output)
       (primitive-_exit 0)))
    (pid pid)))

(for-each (lambda (directory pid)
            (call-with-output-file (string-append directory "/status")
              (lambda (port)
                (write (status:exit-val (cdr (waitpid pid))) port))))
          (cdr (command-line))
          (map start (cdr (command-line))))
