;; The Shepherd's configuration under under-shepherd: the services that Guix
;; lowered, and a stand-in that logs for each that they need.

(use-modules (ice-9 rdelim)
             (ice-9 ports)
             (srfi srfi-1))

(define (say . words)
  (let ((port (open-file "/log" "a")))
    (display (string-join
              (cons (number->string
                     (call-with-input-file "/proc/uptime" read))
                    words))
             port)
    (newline port)
    (close-port port)))

(define* (stand-in name #:optional (requirement '()) (seconds 0))
  (service (list name)
           #:requirement requirement
           #:start (lambda _
                     (unless (zero? seconds)
                       ((@ (fibers) sleep) seconds))
                     (let ((works? (has-what-it-lacks? name)))
                       (say (if works? "start" "fail") (symbol->string name))
                       works?))
           #:stop (lambda _ (say "stop" (symbol->string name)) #f)
           #:respawn? #f))

(define (lines file)
  (call-with-input-file (if (file-exists? file) file "/dev/null")
    (lambda (port)
      (let loop ((lines '()))
        (let ((line (read-line port)))
          (if (eof-object? line)
              (reverse lines)
              (loop (cons line lines))))))))

(define (has-what-it-lacks? name)
  ;; A line of /state/lacks is two services: the first fails without the second.
  (every (lambda (line)
           (let ((words (map string->symbol (string-split line #\space))))
             (or (not (eq? name (first words)))
                 (eq? 'running
                      (service-status (lookup-service (second words)))))))
         (lines "/state/lacks")))

(define (load-service file)
  (save-module-excursion
   (lambda ()
     (let ((module (make-fresh-user-module)))
       (module-use! module (resolve-interface '(shepherd service)))
       (set-current-module module)
       (primitive-load file)))))

(default-environment-variables '("PATH=/run/current-system/profile/bin"))

(call-with-output-file "/state/start"
  (lambda (port)
    (write (call-with-input-file "/proc/uptime" read) port)))

(define lowered
  (map load-service (lines "/services")))

(define services
  (let ((waiting `(,(stand-in 'user-homes '(file-systems))
                   ,(stand-in 'user-file-systems '(file-systems))
                   ,(stand-in 'networking '(user-processes))
                   ,(stand-in 'login '(user-processes user-homes))
                   ,(stand-in 'udev '(root-file-system))
                   ;; Those of the operating-system: see under-shepherd.
                   ,@(map (lambda (line)
                            (let ((words (string-split line #\space)))
                              (stand-in (string->symbol (second words))
                                        (map string->symbol (cddr words))
                                        (string->number (first words)))))
                          (lines "/state/declared")))))
    (define known
      (append-map service-provision (append waiting lowered)))
    (append waiting lowered
            (map stand-in
                 (remove (lambda (name)
                           (memq name known))
                         (delete-duplicates
                          (append-map service-requirement
                                      (append waiting lowered))))))))

(register-services services)
(start-in-the-background
 (append-map service-provision
             (remove (lambda (service)
                       ;; Guix does not start it either.
                       (memq 'zfs-requirements (service-provision service)))
                     services)))
