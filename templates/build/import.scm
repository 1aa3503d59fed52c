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

(define-module (zfs-guix build import)
  #:use-module (zfs-guix build boot-words)
  #:use-module (zfs-guix build commands)
  #:use-module (zfs-guix build had-pools)
  #:use-module (zfs-guix build pools)
  #:use-module (zfs-guix build report)
  #:use-module (ice-9 match)
  #:use-module (srfi srfi-1)
  #:use-module (srfi srfi-26)
  #:use-module (srfi srfi-71)
  #:export (try-import-pools
            import-pools))

;;; Commentary:
;;;
;;; Import of the pools that are this system's.
;;;
;;; Code:

(define (number? designation)
  (string-every char-set:digit designation))

(define (wanted-pools pools had)
  "Return the pools that are to be imported, POOLS, those of the configuration,
and those of HAD: each a list of its standing, 'named' for the first, its
numeric identifier and its name, one of which may be #f, and the options of
'zpool import'."
  (define named
    (map (match-lambda
           ((designation . options)
            (if (number? designation)
                `(named ,designation #f ,options)
                `(named ,(match (filter (match-lambda
                                          ((_ _ name)
                                           (string=? name designation)))
                                        had)
                           (((_ id _)) id)
                           (_ #f))
                        ,designation
                        ,options))))
         pools))

  (append named
          (filter-map (match-lambda
                        ((standing id name)
                         (and (not (any (match-lambda
                                          ((_ other-id other-name _)
                                           (or (equal? id other-id)
                                               (equal? name other-name))))
                                        named))
                              `(,standing ,id ,name ()))))
                      had)))

(define (designates? wanted name id)
  "Return true if WANTED, an element of 'wanted-pools', is or may be the pool
with NAME and ID."
  (match wanted
    (('named _ (? string? wanted-name) _) (string=? name wanted-name))
    ((_ wanted-id _ _) (string=? id wanted-id))))

(define (designation wanted)
  (match wanted
    ((_ id name _) (or name id))))

(define (try-import-pools zpool zdb . options)
  "Import those pools that are there, of what 'import-pools' does with OPTIONS,
and return true if no other is to be waited for."
  (apply import-pools zpool zdb #:wait? #f options))

(define* (import-pools zpool zdb #:key pools devices timeout command-timeout
                       console? (unwaited '()) (wait? #t))
  "Import what is this system's: POOLS, a list of pairs of a name or number and
options of 'zpool import', and what it had when it last ran, with the commands
ZPOOL and ZDB, from the disks in DEVICES, a list of directories, or from all if
it is empty.  Wait TIMEOUT seconds for what is missing, if WAIT? is true; with
CONSOLE?, say so on the console.  UNWAITED are the services of the field
'import-requirement' that were not waited for.  Return true if all POOLS are
imported."
  (define deadline (+ (uptime) timeout))
  (define force? (kernel-word? %force-import))
  (define directories (append-map (cut list "-d" <>) devices))
  (define failures '())

  (define (look last-chance? . directories)
    ;; The status tells nothing: some releases return 1 for "no pools".
    (let ((status text (run-command command-timeout
                                    `(,zpool "import" ,@directories))))
      (unless status
        (say "Looking for pools was stopped after ~a seconds."
             command-timeout))
      (let ((found (parse-importable-pools text)))
        (when (and last-chance?
                   (null? found)
                   (not (string-contains text "no pools available")))
          (say-indented text))
        found)))

  (define (why-not pool)
    ;; Why POOL was not imported, or will not be.
    (match pool
      ((_ id _ status _)
       (or (assoc-ref failures id)
           (and status (refusal status))))))

  (define (importable? pool last-chance?)
    (match pool
      ((_ _ state _ _)
       (match (why-not pool)
         (#f (match state
               ("ONLINE" #t)
               ("DEGRADED" last-chance?)
               (_ #f)))
         ('failed last-chance?)
         ('foreign (and force?
                        (not (assoc-ref failures (second pool)))))
         (_ #f)))))

  (define (choose wanted found last-chance?)
    ;; The one of FOUND to import as WANTED now, or #f.  It is the one that
    ;; this system had; if that does not come, or is not known, the only one of
    ;; its name that can be imported; and in the end one of which it is said
    ;; that it cannot be, since options may help, and it says why not.
    (define candidates
      (filter (match-lambda
                ((name id _ ...) (designates? wanted name id)))
              found))

    (define ready
      (filter (cut importable? <> last-chance?) candidates))

    (define doubtful
      (if last-chance?
          (remove why-not candidates)
          '()))

    (or (find (match-lambda
                ((_ id _ ...) (equal? id (second wanted))))
              ready)
        (match ready
          ((one)
           (and (or last-chance?
                    (and (not (second wanted))
                         (null? (cdr candidates))))
                one))
          (()
           (match doubtful
             ((one) one)
             (_ #f)))
          (_ #f))))

  (define (import pool options)
    ;; By its number: two pools may have one name.
    (match pool
      ((name id state _ _)
       (let* ((command `(,zpool "import" "-N" ,@(if force? '("-f") '())
                                ,@options ,@directories ,id))
              (status text (begin
                             (say "Importing pool '~a', which is ~a."
                                  name state)
                             (run-command command-timeout command))))
         (say-result command command-timeout status text)
         (set! failures
               (alist-delete id failures))
         (unless (eqv? 0 status)
           (set! failures
                 (alist-cons id (failure-of-import text) failures)))))))

  (define (there? imported)
    (lambda (wanted)
      (any (match-lambda
             ((name id) (designates? wanted name id)))
           imported)))

  (define (settle wanted last-chance?)
    ;; Return the pools that are still to be had, and those of WANTED that are
    ;; not imported.
    (define (list-imported)
      (or (listed-pools zpool command-timeout) '()))

    (let* ((found (apply look last-chance? directories))
           (imported
            (fold (lambda (wanted imported)
                    ;; One pool may be wanted by its name and by its number.
                    (match (and (not ((there? imported) wanted))
                                (choose wanted found last-chance?))
                      (#f imported)
                      (pool (import pool (fourth wanted))
                            (list-imported))))
                  (list-imported)
                  wanted)))
      (values (remove (match-lambda
                        ((_ id _ ...)
                         (any (match-lambda
                                ((_ other) (string=? id other)))
                              imported)))
                      found)
              (remove (there? imported) wanted))))

  (define (hopeless? found)
    (lambda (wanted)
      (match (filter (match-lambda
                       ((name id _ ...) (designates? wanted name id)))
                     found)
        (() #f)
        (pools
         (every (lambda (pool)
                  (match (why-not pool)
                    ((or #f 'failed) #f)
                    ('foreign (or (not force?)
                                  (assoc-ref failures (second pool))))
                    (_ #t)))
                pools)))))

  (define (awaited missing found)
    ;; What did not come before is not waited for, unless a part is there.
    (remove (match-lambda
              ((and wanted (standing _ ...))
               (and (eq? 'missed standing)
                    (not (any (match-lambda
                                ((name id _ ...) (designates? wanted name id)))
                              found)))))
            (remove (hopeless? found) missing)))

  (define (wait wanted told?)
    (let* ((last-chance? (>= (uptime) deadline))
           (found missing (settle wanted last-chance?))
           (awaited (awaited missing found))
           (names (string-join (map designation awaited) ", ")))
      (cond ((or last-chance? (null? awaited))
             (values found missing))
            (else
             (unless told?
               (say "Waiting ~a seconds for: ~a." timeout names)
               (when console?
                 (tell-console "Waiting at most ~a seconds for the ZFS pools: \
~a.  ~a" timeout names %way-in)))
             (sleep 1)
             (wait wanted #t)))))

  (define (report-found pool)
    ;; What is to be done comes last: 'herd status' and zfs-guix-status show
    ;; the last lines.
    (match pool
      ((name id state _ lines)
       (say "Pool '~a' is ~a and is not imported:" name state)
       (say-indented (string-join lines "\n"))
       (match (why-not pool)
         ('foreign
          (problem "Pool '~a' was last used by another host and is not \
imported.  If no other host uses it now, run 'zpool import -f ~a' once, or \
start once with '~a' on the kernel's command line; set 'hostid' in \
'zfs-configuration' so that it stays this host's." name id %force-import))
         ('active
          (problem "Pool '~a' is in use by another host now and is not \
imported.  Export it there, then run 'zpool import ~a'." name id))
         ('no-hostid
          (problem "Pool '~a' has the property 'multihost' and is not \
imported, since this host has no number: set 'hostid' in 'zfs-configuration', \
reconfigure and reboot." name))
         (_
          (problem "Pool '~a' with the number ~a is ~a and could not be \
imported: see 'zpool import'." name id state))))))

  (define (report-missing found)
    (lambda (wanted)
      (define name (designation wanted))

      (define (report pools)
        (match pools
          (() #f)
          ((pool)
           (report-found pool))
          (several
           (for-each report-found several)
           (problem "There are ~a pools '~a'; run 'zpool import NUMBER' for \
one, or put its number into 'pools' of 'zfs-configuration'."
                    (length several) name))))

      (define (among pools)
        (filter (match-lambda
                  ((name id _ ...) (designates? wanted name id)))
                pools))

      (match (among found)
        (()
         (cond ((and (pair? devices)
                     (pair? (among (look #f))))
                (problem "Pool '~a' is not in ~a, but on other disks: leave \
the field 'devices' of 'zfs-configuration' out, or put their directory into \
it." name (string-join devices ", ")))
               ((eq? 'named (first wanted))
                (problem "No pool '~a' was found in ~a within ~a seconds."
                         name
                         (if (null? devices)
                             "/dev"
                             (string-join devices ", "))
                         timeout))
               ((eq? 'had (first wanted))
                (problem "Pool '~a', which this system had, did not come \
within ~a seconds.  When it is there again, it is imported; it is not waited \
for any more, unless 'pools' of 'zfs-configuration' has it." name timeout))
               (else
                (note "Pool '~a', which this system had, is not there."
                      name))))
        (pools
         (report pools)))))

  (define (report-stranger missing)
    (match-lambda
      ((and pool (name id state _ _))
       (unless (any (cut designates? <> name id) missing)
         (note "Pool '~a' with the number ~a, which is ~a, is not this \
system's and is left alone.  To have it, ~a." name id state
               (match (why-not pool)
                 ('foreign
                  (format #f "if no other host uses it now, run 'zpool \
import -f ~a' once" id))
                 ('active
                  (format #f "export it on the host that uses it now, then \
run 'zpool import ~a' once" id))
                 ('no-hostid
                  "set 'hostid' in 'zfs-configuration', since it has the \
property 'multihost', reconfigure and reboot")
                 (_
                  (format #f "run 'zpool import ~a' once, or put its name or \
number into 'pools' of 'zfs-configuration'" id))))))))

  (define (finish had found missing)
    (write-had (filter-map
                (match-lambda
                  ((_ (? string? id) (? string? name) _)
                   (and (any (match-lambda
                               ((_ other _) (string=? id other)))
                             had)
                        (list 'missed id name)))
                  (_ #f))
                missing))
    (say "Imported pools: ~a."
         (match (listed-pools zpool command-timeout)
           ((or #f ()) "none")
           (((names _) ...) (string-join names ", "))))
    (for-each (report-stranger missing) found)
    (for-each (report-missing found) missing)
    (let ((failed (filter (match-lambda
                            ((standing _ ...) (eq? 'named standing)))
                          missing)))
      (when (and console? (pair? failed))
        (tell-console "These ZFS pools could not be imported, so that nobody \
can log in: ~a.  ~a" (string-join (map designation failed) ", ") %way-in))
      (null? failed)))

  (define (import-all)
    (and (load-module command-timeout)
         (listed-pools zpool command-timeout)
         (let* ((had (had-pools zdb command-timeout))
                (wanted (wanted-pools pools had)))
           ;; The first import makes a new zpool.cache, in the same directory.
           (write-had had)
           (if wait?
               (let ((found missing (wait wanted #f)))
                 (finish had found missing))
               (let ((found missing (settle wanted #f)))
                 (null? (awaited missing found)))))))

  (define (import-none)
    ;; What this system has it has still, even if somebody imports another one
    ;; meanwhile.
    (when (file-exists? "/etc/zfs")
      (write-had (had-pools zdb command-timeout)))
    #t)

  (cond ((without-zfs?)
         (import-none))
        (wait?
         (with-report "zfs-import"
           (lambda ()
             (report-unknown-words console?)
             (report-unwaited 'import-requirement unwaited)
             (import-all))))
        (else
         (import-all))))
