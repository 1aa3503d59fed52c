;;; zfs-guix --- OpenZFS for each Linux kernel of GNU Guix
;;; Copyright © 2026 The zfs-guix authors
;;;
;;; This program is free software; you can redistribute it and/or modify it
;;; under the terms of the GNU General Public License as published by
;;; the Free Software Foundation; either version 3 of the License, or (at
;;; your option) any later version.
;;;
;;; This program is distributed in the hope that it will be useful, but
;;; WITHOUT ANY WARRANTY; without even the implied warranty of
;;; MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
;;; GNU General Public License for more details.
;;;
;;; You should have received a copy of the GNU General Public License
;;; along with this program.  If not, see <http://www.gnu.org/licenses/>.

(define-module (zfs-guix build keys)
  #:use-module (zfs-guix build commands)
  #:use-module (zfs-guix build datasets)
  #:use-module (zfs-guix build mounts)
  #:use-module (zfs-guix build report)
  #:use-module (ice-9 match)
  #:use-module (srfi srfi-1)
  #:use-module (srfi srfi-71)
  #:export (load-keys))

;;; Commentary:
;;;
;;; The keys of datasets: in files, at addresses, and typed on the console.
;;;
;;; Code:

(define %certificates
  "/etc/ssl/certs/ca-certificates.crt")

(define* (load-keys zfs zpool stty curl #:key command-timeout prompt-timeout
                    locations ask (unwaited '()) (legacy '()) (left '()))
  "Load the key of each dataset that has one, from files if LOCATIONS has
'files', from addresses, by CURL, if it has 'addresses', and from the console,
waiting PROMPT-TIMEOUT seconds for an answer: those that ASK, a list of
datasets, has, or, if it is #t, those that what is to be mounted needs.
UNWAITED are the services of the field 'key-requirement' that were not waited
for; LEGACY and LEFT are as for 'mount-datasets'."
  (define nobody-there? #f)

  (define (on-console seconds command)
    ;; COMMAND switches off the echo, and may be stopped before it switches it
    ;; on again.
    (let* ((console (open "/dev/console" (logior O_RDWR O_NOCTTY)))
           (status modes (run-command 10 (list stty "-F" "/dev/console" "-g")))
           (result _ (run-command seconds command #:terminal console)))
      (when (eqv? 0 status)
        (run-command 10 (list stty "-F" "/dev/console"
                              (string-trim-both modes))))
      (close-port console)
      result))

  (define (console?)
    (let ((port (false-if-exception
                 (open "/dev/console" (logior O_RDWR O_NOCTTY)))))
      (and port
           (let ((terminal? (isatty? port)))
             (close-port port)
             terminal?))))

  (define* (stays-locked name why #:optional
                         (command (string-append "zfs load-key " name)))
    (problem "Dataset '~a' stays locked, since ~a: run '~a', then 'zfs mount \
~a'." name why command name)
    #f)

  (define (ask-for name)
    (cond (nobody-there?
           (stays-locked name "nobody typed the key before it"))
          ((not (console?))
           (problem "The key of '~a' cannot be asked for: no console." name)
           #f)
          (else
           (tell-console "The key of dataset '~a' is asked for; the system \
goes on without it in ~a seconds." name prompt-timeout)
           (match (on-console prompt-timeout (list zfs "load-key" name))
             (0 #t)
             (status
              (unless status
                (set! nobody-there? #t)
                (tell-console "Nobody typed the key of '~a': the system goes \
on without it." name))
              (stays-locked name
                            "its key was not given on the console"))))))

  (define (load-key all needed)
    (lambda (dataset)
      (define name (dataset-name dataset))

      (define (load)
        (run command-timeout zfs "load-key" name))

      (define (load-from address)
        ;; Guix's ZFS is built without what it fetches keys by.  What is in
        ;; /dev is in memory alone.
        (let* ((port (mkstemp "/dev/zfs-guix-XXXXXX"))
               (file (port-filename port)))
          (close-port port)
          (let ((loaded? (and (apply run command-timeout curl
                                     `("--disable" "--globoff" "--fail"
                                       "--silent" "--show-error" "--location"
                                       ;; A curl may refuse one that is not
                                       ;; there, also where it needs none.
                                       ,@(if (file-exists? %certificates)
                                             `("--cacert" ,%certificates)
                                             '())
                                       "--output" ,file ,address))
                              (run command-timeout zfs "load-key" "-L"
                                   (string-append "file://" file) name))))
            (delete-file file)
            loaded?)))

      (cond ((key-file dataset)
             => (lambda (file)
                  (cond ((not (memq 'files locations)) #t)
                        ((file-exists? file) (load))
                        ((find (lambda (other)
                                 (below? (dataset-place other)
                                         (real-name file)))
                               (to-be-mounted all))
                         => (lambda (other)
                              (say "The key of '~a' is to be in '~a', which \
is mounted first." name (dataset-name other))
                              #t))
                        ;; It says what is wrong.
                        (else (load)))))
            ((key-address dataset)
             => (lambda (address)
                  (cond ((not (memq 'addresses locations)) #t)
                        ((load-from address) #t)
                        ((memq 'files locations)
                         (stays-locked name "its key is at an address, which \
needs 'address-requirement' of 'zfs-configuration' where the network comes \
later" "herd start zfs-load-keys"))
                        (else
                         (stays-locked name "its key did not come"
                                       "herd start \
zfs-load-keys-from-addresses")))))
            ((not (memq 'files locations))
             #t)
            ((member name needed)
             (if (zero? prompt-timeout)
                 (stays-locked name "its key is to be typed")
                 (ask-for name)))
            ((and (eq? #t ask)
                  (any (lambda (other)
                         (and (string=? name (dataset-key-root other))
                              (dataset-received? other)))
                       (to-be-mounted all)))
             (note "The key of '~a' is not asked for, since 'zfs receive' \
made what needs it, as it makes backups: to be asked, put '~a' into \
'ask-for-keys' of 'zfs-configuration'." name name)
             #t)
            (else
             (say "The key of '~a' is not asked for: nothing that is to be \
mounted needs it." name)
             #t))))

  (define (keys-of all)
    (lambda (name)
      (match (find (lambda (dataset)
                     (string=? name (dataset-name dataset)))
                   all)
        (#f
         (when (memq 'files locations)
           (problem "There is no dataset '~a': see 'ask-for-keys' of \
'zfs-configuration'." name))
         '())
        (dataset
         (list (dataset-key-root dataset))))))

  (define (load-all)
    (report-unwaited 'key-requirement unwaited)
    (match (datasets zfs command-timeout
                     #:legacy legacy
                     #:left (pools-left zpool left command-timeout))
      (#f #f)
      (all
       (let* ((roots (key-roots all))
              (needed (cond ((null? roots) '())
                            ((list? ask) (append-map (keys-of all) ask))
                            (else (needed-keys all)))))
         ;; All of them, whatever comes of the first.
         (every identity (map (load-key all needed) roots))))))

  (with-report (if (memq 'files locations)
                   "zfs-load-keys"
                   "zfs-load-keys-from-addresses")
    load-all))
