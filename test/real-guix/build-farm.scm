;; The jobs that Cuirass would have of the channel in DIRECTORY, and what
;; 'guix shell' would bring there:
;;
;;   guix repl -L CHANNEL -- build-farm.scm DIRECTORY BUILD
;;
;; prints a line 'job NAME DERIVATION' each, and 'shell NAME' each.  BUILD is
;; that field of the specification.

(use-modules (gnu ci)
             (guix profiles)
             (guix store)
             (ice-9 match))

(match (command-line)
  ((_ directory build)
   (with-store store
     (for-each (lambda (job)
                 (format #t "job ~a ~a~%" (assq-ref job #:job-name)
                         (assq-ref job #:derivation)))
               (cuirass-jobs store
                             `((subset . ,(with-input-from-string build read))
                               (systems "x86_64-linux")
                               (channels
                                (repository
                                 (version 0)
                                 (url ,directory)
                                 (branch "master")
                                 (commit "0")
                                 (name guix))
                                (repository
                                 (version 0)
                                 (url ,directory)
                                 (branch "main")
                                 (commit "0")
                                 (name zfs-guix)))))))
   (for-each (lambda (entry)
               (format #t "shell ~a~%" (manifest-entry-name entry)))
             (manifest-entries
              (save-module-excursion
               (lambda ()
                 (set-current-module
                  (let ((module (make-fresh-user-module)))
                    (module-use! module (resolve-interface '(gnu packages)))
                    module))
                 (primitive-load (string-append directory
                                                "/manifest.scm"))))))))
