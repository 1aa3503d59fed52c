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

(define-module (zfs-guix build zfs)
  #:use-module (ice-9 binary-ports)
  #:use-module (ice-9 ftw)
  #:use-module (ice-9 iconv)
  #:use-module (ice-9 match)
  #:use-module (ice-9 rdelim)
  #:use-module (ice-9 regex)
  #:use-module (srfi srfi-1)
  #:use-module (srfi srfi-26)
  #:use-module (srfi srfi-71)
  #:export (say
            say-indented
            run-command
            run
            rows
            imported-pools
            parse-importable-pools
            import-pools
            export-pools
            load-keys
            mount-datasets
            unmount-datasets
            share-datasets
            unshare-datasets
            wait-for-volumes
            make-zed-directory))

;;; Commentary:
;;;
;;; What the Shepherd services of (zfs-guix services zfs) do.  Each runs as a
;;; process of its own, so that nothing here can hold up the Shepherd itself;
;;; each procedure returns true if all went well, says in sentences what did
;;; not, and ends within the time that it is given: a command that hangs in
;;; the kernel, where no signal reaches it, is left behind.
;;;
;;; Code:


;;;
;;; Commands.
;;;

(define (say format-string . arguments)
  (apply format #t format-string arguments)
  (newline)
  (force-output))

(define (uptime)
  "Return the seconds since the kernel started: the time of day may jump at
boot."
  (call-with-input-file "/proc/uptime" read))

(define %environment
  ;; The messages that are read here are those of the C locale.
  '("LC_ALL=C" "PATH=/run/current-system/profile/bin"))

(define %grace
  ;; Seconds between SIGTERM and SIGKILL, and from there until a process is
  ;; left behind.
  2)

(define (wait-for pid deadline)
  "Return the exit status of PID, or #f if it is still running at DEADLINE."
  (match (waitpid pid WNOHANG)
    ((0 . _)
     (and (< (uptime) deadline)
          (begin
            (usleep 20000)
            (wait-for pid deadline))))
    ((_ . status)
     (or (status:exit-val status)
         (+ 128 (status:term-sig status))))))

(define (terminate pid)
  (define (signal number)
    (false-if-exception (kill pid number))
    (wait-for pid (+ (uptime) %grace)))

  (or (signal SIGTERM) (signal SIGKILL)))

(define (read-until port deadline)
  "Return what comes from PORT, as a string, until its end or DEADLINE."
  (let loop ((parts '()))
    (let ((seconds (- deadline (uptime))))
      (match (if (> seconds 0)
                 (select (list port) '() '()
                         (inexact->exact (floor seconds))
                         (inexact->exact
                          (floor (* 1e6 (- seconds (floor seconds))))))
                 '(()))
        ((() . _)
         (bytevectors->string (reverse parts)))
        (_
         (match (get-bytevector-some port)
           ((? eof-object?)
            (bytevectors->string (reverse parts)))
           (bytes
            (loop (cons bytes parts)))))))))

(define (bytevectors->string parts)
  ;; Any byte is a character of this encoding, and comes out again as it was.
  (string-concatenate (map (cut bytevector->string <> "ISO-8859-1") parts)))

(define* (run-command seconds command #:key terminal)
  "Run COMMAND, a list of strings, for at most SECONDS.  Return its exit
status, #f if it was still running then, and what it said.  With TERMINAL, a
port, it talks to that and nothing is returned of what it said."
  (define deadline (+ (uptime) seconds))
  (define null (open-file "/dev/null" "r"))

  (match (pipe)
    ((in . out)
     (let ((pid (catch 'system-error
                  (lambda ()
                    (spawn (first command) command
                           #:input (or terminal null)
                           #:output (or terminal out)
                           #:error (or terminal out)
                           #:search-path? #f
                           #:environment %environment))
                  (lambda args
                    (strerror (system-error-errno args))))))
       (close-port null)
       (close-port out)
       (if (string? pid)
           (begin
             (close-port in)
             (values 127 (string-append (first command) ": " pid "\n")))
           (let* ((text (read-until in deadline))
                  (status (or (wait-for pid deadline)
                              (begin
                                (terminate pid)
                                #f))))
             (close-port in)
             (values status text)))))))

(define (say-indented text)
  (for-each (cut say "  ~a" <>)
            (remove string-null? (string-split text #\newline))))

(define (run seconds . command)
  "Run COMMAND for at most SECONDS, say what went wrong, and return true if
nothing did."
  (let ((status text (run-command seconds command)))
    (unless (eqv? 0 status)
      (if status
          (say "'~a' failed with status ~a:" (string-join command) status)
          (say "'~a' was stopped after ~a seconds:"
               (string-join command) seconds)))
    (say-indented text)
    (eqv? 0 status)))

(define (rows seconds columns . command)
  "Return the lines that COMMAND prints, each as a list of COLUMNS strings, or
#f if it failed."
  (let ((status text (run-command seconds command)))
    (if (eqv? 0 status)
        (filter (lambda (row)
                  (= columns (length row)))
                (map (cut string-split <> #\tab)
                     (remove string-null? (string-split text #\newline))))
        (begin
          (say "'~a' ~a:" (string-join command)
               (if status
                   (format #f "failed with status ~a" status)
                   (format #f "was stopped after ~a seconds" seconds)))
          (say-indented text)
          #f))))


;;;
;;; Pools.
;;;

(define (load-module seconds)
  "Load the kernel module of ZFS, in at most SECONDS, and return true if it is
there."
  (define (wait-for-device deadline)
    (cond ((file-exists? "/dev/zfs") #t)
          ((< (uptime) deadline)
           (usleep 100000)
           (wait-for-device deadline))
          (else
           (say "The module of ZFS is loaded, but there is no /dev/zfs.")
           #f)))

  (define (modprobe)
    ;; Guix tells the kernel which 'modprobe' knows where its modules are.
    (let ((file "/proc/sys/kernel/modprobe"))
      (if (file-exists? file)
          (run seconds (call-with-input-file file read-line) "--" "zfs")
          (begin
            (say "This kernel cannot load modules, so that there is no ZFS.")
            #f))))

  (and (or (file-exists? "/sys/module/zfs")
           (modprobe))
       (wait-for-device (+ (uptime) 10))))

(define (parse-importable-pools text)
  "Return the pools in TEXT, which 'zpool import' printed: each a list of its
name, its numeric identifier, its state, all three strings, and the lines
about it."
  (define (field name lines)
    (any (lambda (line)
           (and=> (string-match (string-append "^ *" name ": *(.*)$") line)
                  (cut match:substring <> 1)))
         lines))

  (define (pool-line? line)
    (string-match "^ *pool: " line))

  (define (pool lines)
    (list (field "pool" lines) (field "id" lines) (field "state" lines)
          lines))

  (let loop ((lines (string-split text #\newline))
             (pools '()))
    (match (find-tail pool-line? lines)
      (#f
       (reverse pools))
      ((first . rest)
       (let ((about others (break pool-line? rest)))
         (loop others (cons (pool (cons first about)) pools)))))))

(define (of-another-host? pool)
  (match pool
    ((_ _ _ lines)
     (any (lambda (line)
            (or (string-contains line "another system")
                (string-contains line "hostid")))
          lines))))

(define (imported-pools zpool seconds)
  "Return the names of the pools that are imported, or #f."
  (and=> (rows seconds 1 zpool "list" "-H" "-o" "name")
         (cut map first <>)))

(define* (import-pools zpool #:key names devices timeout command-timeout
                       force?)
  "Import the pools NAMES, or all that are found if that is empty, with the
command ZPOOL, from the disks in DEVICES, a list of directories.  Wait TIMEOUT
seconds for disks that are missing.  Return true if all NAMES are imported."
  (define deadline (+ (uptime) timeout))
  (define directories (append-map (cut list "-d" <>) devices))

  (define (found last-chance?)
    ;; The status tells nothing: some releases return 1 for "no pools".
    (let ((status text (run-command command-timeout
                                    `(,zpool "import" ,@directories))))
      (unless status
        (say "Looking for pools was stopped after ~a seconds."
             command-timeout))
      (let ((pools (parse-importable-pools text)))
        (when (and last-chance?
                   (null? pools)
                   (not (string-contains text "no pools available")))
          (say-indented text))
        pools)))

  (define (importable? pool last-chance?)
    (match pool
      ((_ _ state _)
       (and (or force? (not (of-another-host? pool)))
            (or (equal? state "ONLINE")
                (and last-chance? (equal? state "DEGRADED")))))))

  (define (import pool)
    ;; By its number: two pools may have one name.
    (match pool
      ((name id state _)
       (say "Importing pool '~a', which is ~a." name state)
       (apply run command-timeout zpool "import" "-N"
              `(,@(if force? '("-f") '()) ,@directories ,id)))))

  (define (report pool)
    (match pool
      ((name id state lines)
       (say "Pool '~a' is ~a and is not imported:" name state)
       (say-indented (string-join lines "\n"))
       ;; What is to be done comes last: 'herd status' and zfs-guix-status
       ;; show the last lines.
       (when (hopeless? pool)
         (say "Pool '~a' was last used by another host and is not imported.
If no other host uses it now, run 'zpool import -f ~a' once; set 'hostid' in
'zfs-configuration' so that it stays this host's." name id)))))

  (define (same-name? name)
    (match-lambda
      ((other . _)
       (equal? name other))))

  (define (report-missing name pools)
    (match (filter (same-name? name) pools)
      (()
       (say "No pool '~a' was found in ~a within ~a seconds." name
            (string-join devices ", ") timeout))
      ((pool)
       (report pool))
      (several
       (say "There are ~a pools '~a'; run 'zpool import NUMBER' for one:"
            (length several) name)
       (for-each report several))))

  (define (wanted pools imported)
    ;; Those of POOLS that are to be imported and are not yet.
    (remove (match-lambda
              ((name . _)
               (or (member name imported)
                   (not (or (null? names) (member name names)))
                   (< 1 (count (same-name? name) pools)))))
            pools))

  (define (settle last-chance?)
    ;; Return the pools that are still to be had, and the names of those that
    ;; are not there.
    (let* ((pools (found last-chance?))
           (imported (or (imported-pools zpool command-timeout) '())))
      (for-each import
                (filter (cut importable? <> last-chance?)
                        (wanted pools imported)))
      (let ((imported (or (imported-pools zpool command-timeout) '())))
        (values (remove (match-lambda
                          ((name . _) (member name imported)))
                        pools)
                (lset-difference equal? names imported)))))

  (define (hopeless? pool)
    (and (of-another-host? pool) (not force?)))

  (define (wait)
    (let* ((last-chance? (>= (uptime) deadline))
           (pools missing (settle last-chance?)))
      (cond ((if (null? names)
                 (and (every hopeless? pools)
                      ;; Where there is none yet, the disks may come late.
                      (or (pair? pools)
                          (pair? (imported-pools zpool command-timeout))))
                 (null? missing))
             (values pools missing))
            ((and (pair? names)
                  (every (lambda (name)
                           (any (lambda (pool)
                                  (and ((same-name? name) pool)
                                       (hopeless? pool)))
                                pools))
                         missing))
             (values pools missing))
            (last-chance?
             (values pools missing))
            (else
             (sleep 1)
             (wait)))))

  (unless (file-exists? "/etc/zfs")
    ;; Where the kernel writes zpool.cache.
    (mkdir "/etc/zfs"))
  (and (load-module command-timeout)
       (imported-pools zpool command-timeout)
       (let ((pools missing (wait)))
         (if (null? names)
             (begin
               (say "Imported pools: ~a."
                    (match (imported-pools zpool command-timeout)
                      ((or #f ()) "none")
                      (names (string-join names ", "))))
               (for-each report pools))
             (for-each (cut report-missing <> pools) missing))
         (null? missing))))

(define* (export-pools zpool zfs #:key timeout)
  "Unmount all datasets and export all pools within TIMEOUT seconds."
  (define deadline (+ (uptime) timeout))

  (define (left)
    (max 1 (inexact->exact (floor (- deadline (uptime))))))

  (or (not (file-exists? "/sys/module/zfs"))
      (begin
        (run (left) zfs "unmount" "-a")
        (run (left) zpool "export" "-a"))
      (begin
        (say "Writing out what is in memory instead.")
        (run (left) zpool "sync")
        #f)))


;;;
;;; Datasets.
;;;

(define (locked-datasets zfs seconds)
  "Return the datasets whose key is to be loaded: each a list of its name and
of where its key is."
  (and=> (rows seconds 4 zfs "list" "-H" "-t" "filesystem,volume"
               "-o" "name,encryptionroot,keystatus,keylocation")
         (cut filter-map (match-lambda
                           ((name root "unavailable" location)
                            (and (string=? name root)
                                 (list name location)))
                           (_ #f))
              <>)))

(define* (load-keys zfs #:key command-timeout prompt-timeout locations)
  "Load the key of each dataset that has one, from files if LOCATIONS has
'files', from addresses if it has 'addresses', and from the console, waiting
PROMPT-TIMEOUT seconds for an answer, if that is not 0."
  (define (ask dataset)
    (let ((console (false-if-exception
                    (open "/dev/console" (logior O_RDWR O_NOCTTY)))))
      (cond ((and console (isatty? console))
             (format console "~%The key of dataset '~a' is asked for; \
the system goes on without it in ~a seconds.~%" dataset prompt-timeout)
             (force-output console)
             (let ((status _ (run-command prompt-timeout
                                          (list zfs "load-key" dataset)
                                          #:terminal console)))
               (close-port console)
               (unless (eqv? 0 status)
                 (say "The key of '~a' was not given on the console." dataset))
               (eqv? 0 status)))
            (else
             (say "The key of '~a' cannot be asked for: no console." dataset)
             #f))))

  (define load-key
    (match-lambda
      ((dataset location)
       (define known? (cut string-prefix? <> location))
       (cond ((known? "file://")
              (or (not (memq 'files locations))
                  (run command-timeout zfs "load-key" dataset)))
             ((or (known? "https://") (known? "http://"))
              (or (not (memq 'addresses locations))
                  (run command-timeout zfs "load-key" dataset)))
             ((not (memq 'files locations))
              #t)
             ((zero? prompt-timeout)
              (say "Dataset '~a' stays locked, since its key is to be typed: \
run 'zfs load-key ~a', then 'zfs mount -a'." dataset dataset)
              #f)
             (else
              (ask dataset))))))

  (match (locked-datasets zfs command-timeout)
    (#f #f)
    (datasets
     ;; All of them, whatever comes of the first.
     (every identity (map load-key datasets)))))

(define (mount-datasets zfs seconds)
  (run seconds zfs "mount" "-a"))

(define (unmount-datasets zfs seconds)
  (run seconds zfs "unmount" "-a"))

(define (share-datasets zfs seconds)
  (run seconds zfs "share" "-a"))

(define (unshare-datasets zfs seconds)
  (run seconds zfs "unshare" "-a"))

(define (wait-for-volumes zfs seconds)
  "Wait at most SECONDS for the links to volumes in /dev/zvol."
  (define deadline (+ (uptime) seconds))

  (define (missing)
    (filter-map (match-lambda
                  ((name volmode keystatus)
                   (let ((link (string-append "/dev/zvol/"
                                              ;; As zvol_id writes it.
                                              (string-map
                                               (lambda (chr)
                                                 (if (char=? chr #\space)
                                                     #\+
                                                     chr))
                                               name))))
                     (and (not (string=? volmode "none"))
                          (not (string=? keystatus "unavailable"))
                          (not (file-exists? link))
                          link))))
                (or (rows seconds 3 zfs "list" "-H" "-t" "volume"
                          "-o" "name,volmode,keystatus")
                    '())))

  (let loop ()
    (match (missing)
      (() #t)
      (links
       (if (< (uptime) deadline)
           (begin
             (usleep 200000)
             (loop))
           (begin
             (say "These volumes have no link after ~a seconds: ~a."
                  seconds (string-join links ", "))
             #f))))))


;;;
;;; Events.
;;;

(define (make-zed-directory directory booted settings)
  "Make DIRECTORY for the event daemon: links to the zedlets in BOOTED, and
SETTINGS, the text of its zed.rc."
  (define (make-directories name)
    (unless (file-exists? name)
      (make-directories (dirname name))
      (mkdir name #o755)))

  (make-directories directory)
  (for-each (lambda (name)
              (delete-file (string-append directory "/" name)))
            (scandir directory (negate (cut member <> '("." "..")))))
  (match (scandir booted (negate (cut member <> '("." ".." "zed.rc"))))
    (#f
     (say "There is no ~a: the booted ZFS has no event scripts." booted)
     #f)
    (names
     (for-each (lambda (name)
                 (symlink (canonicalize-path (string-append booted "/" name))
                          (string-append directory "/" name)))
               names)
     (call-with-output-file (string-append directory "/zed.rc")
       (cut display settings <>))
     #t)))
