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


(define-module (zfs-guix build root)
  #:use-module (zfs-guix build boot-words)
  #:use-module (zfs-guix build commands)
  #:use-module (zfs-guix build mounts)
  #:use-module (zfs-guix build pools)
  #:use-module (ice-9 match)
  #:use-module (srfi srfi-1)
  #:use-module (srfi srfi-26)
  #:use-module (srfi srfi-71)
  #:export (set-parameters
            mount-root))

;;; Commentary:
;;;
;;; What the initrd of a system does whose root is on ZFS, before Guix's own
;;; 'boot-system' goes on with what is mounted on /root.
;;;
;;; Code:

(define %command-timeout
  ;; Seconds that a command may take that asks nobody.
  120)

(define (set-parameters parameters)
  "Set the PARAMETERS of kernel modules that are loaded, lists of a module, a
name and a value."
  (for-each
   (match-lambda
     ((module name value)
      (catch 'system-error
        (lambda ()
          (call-with-output-file (string-append "/sys/module/" module
                                                "/parameters/" name)
            (cut display value <>)))
        (lambda arguments
          (say "The parameter '~a' of the module '~a' cannot be set to ~a: ~a."
               name module value
               (strerror (system-error-errno arguments)))))))
   parameters))

(define (import-pool zpool pool timeout)
  "Import POOL with the command ZPOOL, and wait TIMEOUT seconds for disks that
are missing.  Return true if it is imported."
  (define deadline (+ (uptime) timeout))
  (define force (if (kernel-word? %force-import) '("-f") '()))

  (define (run . command)
    (run-command %command-timeout (cons zpool command)))

  (define (imported?)
    (eqv? 0 (run "list" "-H" "-o" "name" pool)))

  (define (found)
    (let ((_ text (run "import" "-d" "/dev")))
      (filter (match-lambda
                ((name . _) (string=? name pool)))
              (parse-importable-pools text))))

  (define (import id)
    ;; By its number: another one of the same name may come.
    (let ((status text (apply run "import" "-N" `(,@force "-d" "/dev" ,id))))
      (cond ((not status)
             (say "The pool '~a' was not imported within ~a seconds, but may \
be yet." pool %command-timeout))
            ((not (zero? status))
             (say "~a" text)))
      (when (eq? 'foreign (failure-of-import text))
        (say "If no other host uses the pool '~a' now, start this system once \
with '~a' on the kernel's command line." pool %force-import))
      (eqv? 0 status)))

  (let loop ((told? #f))
    (let* ((last-chance? (>= (uptime) deadline))
           (pools (found)))
      (cond ((imported?) #t)
            ((match pools
               (((_ id "ONLINE" . _)) id)
               ;; More of its disks may come.
               (((_ id . _)) (and last-chance? id))
               (_ #f))
             => import)
            (last-chance?
             (match pools
               (()
                (say "No pool '~a' was found on the disks within ~a seconds."
                     pool timeout))
               (((_ ids . _) ...)
                (say "There are ~a pools '~a': run 'zpool import -N NUMBER' \
for the one of ~a that has the root file system." (length ids) pool
                     (string-join ids ", "))))
             #f)
            (else
             (unless told?
               (say "Waiting at most ~a seconds for the pool '~a'."
                    timeout pool))
             (sleep 1)
             (loop #t))))))

(define (load-key zfs dataset call-with-keys)
  "Load the key of DATASET, if it lacks one, with the command ZFS: it is typed,
or in a file that is there when CALL-WITH-KEYS calls its argument."
  (let ((_ text (run-command %command-timeout
                             (list zfs "get" "-H" "-o" "value"
                                   "encryptionroot,keystatus" dataset))))
    (match (string-split text #\newline)
      ((root "unavailable" . _)
       (call-with-keys (lambda ()
                         ;; It asks three times.
                         (zero? (system* zfs "load-key" root)))))
      ;; Nothing to do; or no dataset, which will not be mounted, either.
      (_ #t))))

(define (mount-dataset dataset mount)
  (or (mounted-on "/root")
      (catch 'system-error
        (lambda ()
          (mount dataset "/root" "zfs" 0 "zfsutil")
          #t)
        (lambda arguments
          (let ((errno (system-error-errno arguments)))
            (if (= errno ENOENT)
                (say "There is no dataset '~a'." dataset)
                (say "The dataset '~a' cannot be mounted: ~a." dataset
                     (strerror errno)))
            #f)))))

(define* (mount-root dataset #:key zpool zfs timeout call-with-keys mount
                     shell)
  "Mount DATASET on /root, with the commands ZPOOL and ZFS, and MOUNT, that of
(guix build syscalls).  Wait TIMEOUT seconds for its pool.  CALL-WITH-KEYS
calls its argument when files with keys are there.  As long as it does not
work, have somebody mend it in SHELL."
  (unless (and (import-pool zpool (first (string-split dataset #\/)) timeout)
               (load-key zfs dataset call-with-keys)
               (mount-dataset dataset mount))
    (say "
The root file system, '~a', is not mounted; what was said above tells why.
This is Guile.  ',bournish' makes a shell of it, in which there are 'zpool' and
'zfs'; ',quit' leaves it, and all of this is tried again; '(reboot)' starts
anew." dataset)
    (shell)
    (mount-root dataset #:zpool zpool #:zfs zfs #:timeout timeout
                #:call-with-keys call-with-keys #:mount mount #:shell shell))
  #t)
