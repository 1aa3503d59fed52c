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
  #:use-module (srfi srfi-9)
  #:use-module (srfi srfi-26)
  #:use-module (srfi srfi-71)
  #:export (say
            say-indented
            uptime
            run-command
            run
            rows
            writable-pools
            without-zfs?
            kernel-word?
            %force-import
            parse-importable-pools
            failure-of-import
            remember-pools-once
            try-import-pools
            import-pools
            export-pools
            load-keys
            mount-datasets
            unmount-datasets
            wait-for-keys
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
         (decode (reverse parts)))
        (_
         (match (get-bytevector-some port)
           ((? eof-object?)
            (decode (reverse parts)))
           (bytes
            (loop (cons bytes parts)))))))))

(define (decode parts)
  "Return PARTS, bytevectors, as one string."
  ;; Any byte is a character of the first encoding; a character of the second
  ;; may begin in one part and end in the next.
  (define bytes
    (string-concatenate (map (cut bytevector->string <> "ISO-8859-1") parts)))

  (bytevector->string (string->bytevector bytes "ISO-8859-1") "UTF-8"
                      'substitute))

(define (read-text file)
  (call-with-input-file file read-string #:encoding "UTF-8"))

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

(define (say-result command seconds status text)
  "Say what COMMAND, which had SECONDS and came to STATUS, said in TEXT."
  (unless (eqv? 0 status)
    (if status
        (say "'~a' failed with status ~a:" (string-join command) status)
        (say "'~a' was stopped after ~a seconds:"
             (string-join command) seconds)))
  (say-indented text))

(define (run seconds . command)
  "Run COMMAND for at most SECONDS, say what went wrong, and return true if
nothing did."
  (let ((status text (run-command seconds command)))
    (say-result command seconds status text)
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
;;; The way in, and what is told to whom.
;;;

(define %skip
  "zfs-guix=skip")

(define %force-import
  "zfs-guix=force-import")

(define (kernel-word? word)
  "Return true if WORD is on the kernel's command line."
  (member word
          (string-tokenize (read-text "/proc/cmdline"))))

(define (report-unknown-words console?)
  "Tell of words on the kernel's command line that are nearly one of these."
  (for-each (lambda (word)
              (unless (member word (list %skip %force-import))
                (problem "'~a' on the kernel's command line means nothing: \
the words are '~a' and '~a'." word %skip %force-import)
                (when console?
                  (tell-console "'~a' means nothing: the words are '~a' and \
'~a'." word %skip %force-import))))
            (filter (cut string-match "^['\"]?zfs[-_.]guix" <>)
                    (string-tokenize (read-text "/proc/cmdline")))))

(define %way-in
  (string-append "To start this system without ZFS, add '" %skip
                 "' to the kernel's command line in the boot menu."))

(define %modules
  ;; A container has no kernel; that of Docker and WSL images is empty.
  "/run/booted-system/kernel/lib/modules")

(define (without-zfs?)
  "Return true, and say why, if this system is to do without ZFS."
  (cond ((not (file-exists? %modules))
         (say "This system has no kernel of its own, and so no ZFS.")
         #t)
        ((kernel-word? %skip)
         (say "'~a' is on the kernel's command line." %skip)
         #t)
        (else #f)))

(define (tell-console format-string . arguments)
  "Write a sentence on the console, if there is one."
  (false-if-exception
   (let ((port (open "/dev/console" (logior O_WRONLY O_NOCTTY O_NONBLOCK))))
     (format port "~%~a~%" (apply format #f format-string arguments))
     (close-port port))))

(define (real-name name)
  "Return the absolute NAME as the kernel resolves it, without links, '..' and
doubled slashes, whether there is such a file or not."
  (or (false-if-exception (canonicalize-path name))
      (let* ((name (string-trim-right name #\/))
             (parent (real-name (dirname name))))
        (match (basename name)
          ("." parent)
          (".." (dirname parent))
          (own (string-append (string-trim-right parent #\/) "/" own))))))

(define (make-directories name)
  (unless (file-exists? name)
    (make-directories (dirname name))
    (mkdir name #o755)))

(define (write-lines file lines)
  "Replace FILE by one with LINES, which is whole whenever the power fails."
  (define new (string-append file ".new"))

  (call-with-output-file new
    (lambda (port)
      (for-each (cut format port "~a~%" <>) lines)
      (force-output port)
      (fsync port))
    #:encoding "UTF-8")
  (rename-file new file))

(define %reports
  ;; A file for each service that has to tell something: its lines are
  ;; sentences, after "problem: " or "note: ".  'zfs-guix-status' shows them.
  "/run/zfs-guix/reports")

(define report-lines (make-parameter #f))

(define (tell kind)
  (lambda (format-string . arguments)
    (let ((sentence (apply format #f format-string arguments)))
      (say "~a" sentence)
      (match (report-lines)
        (#f #f)
        (lines
         (set-cdr! lines (cons (string-append kind ": " sentence)
                               (cdr lines))))))))

;; What is to be mended, and what is good to know.
(define problem (tell "problem"))
(define note (tell "note"))

(define (with-report name thunk)
  "Call THUNK and return what it does; write what it tells to the report NAME."
  (parameterize ((report-lines (list name)))
    (let ((result (thunk)))
      (make-directories %reports)
      (write-lines (string-append %reports "/" name)
                   (reverse (cdr (report-lines))))
      result)))


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
name, its numeric identifier, its state, its status, four strings of which the
last may be #f, and the lines about it."
  (define (field name lines)
    ;; The field itself: its name may stand in a comment, too.
    (any (lambda (line)
           (and=> (string-match (string-append "^ *" name ": *(.*)$") line)
                  (cut match:substring <> 1)))
         lines))

  (define (pool-line? line)
    (string-match "^ *pool: " line))

  (define (pool lines)
    `(,@(map (cut field <> lines) '("pool" "id" "state" "status")) ,lines))

  (let loop ((lines (string-split text #\newline))
             (pools '()))
    (match (find-tail pool-line? lines)
      (#f
       (reverse pools))
      ((first . rest)
       (let ((about others (break pool-line? rest)))
         (loop others (cons (pool (cons first about)) pools)))))))

(define %refusals
  ;; Why 'zpool import' does not import a pool that is there: how it is said of
  ;; a pool that was found, and by a command that failed.  The words are those
  ;; of releases 2.1 to 2.4.
  '((foreign "The pool was last accessed by another system"
             "pool was previously in use from another system")
    (active "The pool is currently imported by another system"
            "pool is imported on ")
    (no-hostid "The pool has the multihost property on"
               "pool has the multihost property on")))

(define (refusal text)
  "Return why TEXT, a status or what 'zpool import' said, refuses a pool, a
symbol, or #f."
  (any (match-lambda
         ((reason . beginnings)
          (and (any (cut string-contains text <>) beginnings)
               reason)))
       %refusals))

(define (failure-of-import text)
  "Return why an import failed that said TEXT: a symbol of '%refusals', or
'failed'."
  (or (any (lambda (line)
             ;; What it says of a pool's data is not of interest.
             (and=> (string-match "^[Cc]annot import '[^']*': (.*)$" line)
                    (lambda (found)
                      (refusal (match:substring found 1)))))
           (string-split text #\newline))
      'failed))

(define (writable-pools zpool seconds)
  "Return the names of the pools that are imported, but for those that are so
read-only, or #f."
  (and=> (rows seconds 2 zpool "list" "-H" "-o" "name,readonly")
         (cut filter-map (match-lambda
                           ((name "off") name)
                           (_ #f))
              <>)))

(define (listed-pools zpool seconds)
  "Return the names and numeric identifiers of the pools that are imported,
lists of two strings, or #f."
  (rows seconds 2 zpool "list" "-H" "-o" "name,guid"))


;;;
;;; The pools that this system had when it last ran.  While it runs, the kernel
;;; keeps a list of them in /etc/zfs/zpool.cache, which is there after a power
;;; cut; when they are exported, that list is empty.  So what is written here
;;; is what the kernel's list does not have: all of them while the system
;;; stops, and those that did not come while it runs.
;;;

(define %cache "/etc/zfs/zpool.cache")
(define %had "/etc/zfs/zfs-guix.pools")

(define (read-had)
  "Return the pools of the file '%had': lists of their standing, 'had' or
'missed', their numeric identifier and their name."
  (if (file-exists? %had)
      (filter-map (lambda (line)
                    (match (string-split line #\tab)
                      (((and standing (or "had" "missed")) id name)
                       (list (string->symbol standing) id name))
                      (_ #f)))
                  (string-split (read-text %had) #\newline))
      '()))

(define (write-had pools)
  "Write POOLS, as 'read-had' returns them, to the file '%had'."
  (unless (and (file-exists? %had)
               (equal? pools (read-had)))
    (write-lines %had
                 (map (match-lambda
                        ((standing id name)
                         (format #f "~a\t~a\t~a" standing id name)))
                      pools))))

(define (cached-pools zdb seconds)
  "Return the pools in zpool.cache, as 'read-had' does, by the command ZDB."
  (define (values-of key text)
    ;; Those of a pool itself are indented by four spaces, others by more.
    (map (cut match:substring <> 1)
         (list-matches (make-regexp
                        (string-append "^    " key ": '?([^\n]*[^\n'])'?$")
                        regexp/newline)
                       text)))

  (if (file-exists? %cache)
      (let ((status text (run-command seconds (list zdb "-C" "-U" %cache))))
        (if (eqv? 0 status)
            (map (lambda (id name)
                   (list 'had id name))
                 (values-of "pool_guid" text)
                 (values-of "name" text))
            (begin
              (say-indented text)
              (problem "~a cannot be read, so that pools of this system may \
be left alone: run 'zpool import' for them once." %cache)
              '())))
      '()))

(define (same-id? pool)
  (match pool
    ((_ id _)
     (match-lambda
       ((_ other _) (string=? id other))))))

(define (had-pools zdb seconds)
  "Return the pools that this system had when it last ran, and those that have
not come since, as 'read-had' does."
  (define cached (cached-pools zdb seconds))

  (append cached
          (remove (lambda (pool)
                    (any (same-id? pool) cached))
                  (read-had))))

(define (remember-pools zpool seconds)
  "Write down the pools that are imported, for when they are not any more; but
not those that somebody imported for a while, which the kernel does not write
to zpool.cache, either: 'zpool import -R' and '-o readonly=on'."
  (and=> (rows seconds 4 zpool "list" "-H" "-o" "name,guid,cachefile,readonly")
         (lambda (imported)
           (define had
             (filter-map (match-lambda
                           ((_ _ "none" _) #f)
                           ((_ _ _ "on") #f)
                           ((name id _ _) (list 'had id name)))
                         imported))

           (write-had (append had
                              (remove (lambda (pool)
                                        (any (same-id? pool) had))
                                      (read-had))))
           #t)))

(define (remember-pools-once zpool seconds)
  "Write down the pools that are imported, if that was never done: the services
of a generation before this one may not do it."
  (or (file-exists? %had)
      (not (file-exists? "/sys/module/zfs"))
      (not (file-exists? "/etc/zfs"))
      (remember-pools zpool seconds)))


;;;
;;; Import and export.
;;;

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
                       console? (wait? #t))
  "Import what is this system's: POOLS, a list of pairs of a name or number and
options of 'zpool import', and what it had when it last ran, with the commands
ZPOOL and ZDB, from the disks in DEVICES, a list of directories, or from all if
it is empty.  Wait TIMEOUT seconds for what is missing, if WAIT? is true; with
CONSOLE?, say so on the console.  Return true if all POOLS are imported."
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
    (define (missing)
      (remove (there? (or (listed-pools zpool command-timeout) '()))
              wanted))

    (let ((found (apply look last-chance? directories)))
      (for-each (lambda (wanted)
                  (and=> (choose wanted found last-chance?)
                         (cut import <> (fourth wanted))))
                (missing))
      (let ((imported (or (listed-pools zpool command-timeout) '())))
        (values (remove (match-lambda
                          ((_ id _ ...)
                           (any (match-lambda
                                  ((_ other) (string=? id other)))
                                imported)))
                        found)
                (remove (there? imported) wanted)))))

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
      ((name id state _ _)
       (unless (any (cut designates? <> name id) missing)
         (note "Pool '~a' with the number ~a, which is ~a, is not this \
system's and is left alone.  To have it, run 'zpool import ~a' once, or put \
its name or number into 'pools' of 'zfs-configuration'." name id state id)))))

  (define (finish had found missing)
    (write-had (filter-map
                (match-lambda
                  ((standing (? string? id) (? string? name) _)
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
    (unless (file-exists? "/etc/zfs")
      ;; Where the kernel writes zpool.cache.
      (mkdir "/etc/zfs"))
    (and (load-module command-timeout)
         (listed-pools zpool command-timeout)
         (let* ((had (had-pools zdb command-timeout))
                (wanted (wanted-pools pools had)))
           ;; The first import makes a new zpool.cache.
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
             (import-all))))
        (else
         (import-all))))

(define (mounts)
  "Return what is mounted, in this order: lists of the mount point, the type
and the source."
  (define (decode text)
    ;; The kernel writes a space as "\\040".
    (regexp-substitute/global #f "\\\\([0-7]{3})" text
                              'pre
                              (lambda (found)
                                (string (integer->char
                                         (string->number
                                          (match:substring found 1) 8))))
                              'post))

  (filter-map (lambda (line)
                (match (string-split line #\space)
                  ((_ _ _ _ point _ rest ...)
                   (match (member "-" rest)
                     ((_ type source _ ...)
                      (list (decode point) type (decode source)))
                     (_ #f)))
                  (_ #f)))
              (string-split (read-text "/proc/self/mountinfo") #\newline)))

(define (pool-of dataset)
  (first (string-split dataset #\/)))

(define (root-pool)
  "Return the name of the pool that the root file system is in, or #f."
  (match (find (match-lambda
                 ((point _ _) (string=? "/" point)))
               (reverse (mounts)))
    ((_ "zfs" dataset) (pool-of dataset))
    (_ #f)))

(define* (export-pools zpool zfs #:key timeout)
  "Unmount all datasets and export all pools within TIMEOUT seconds, but not
the pool that the root file system is in: that is written out."
  (define deadline (+ (uptime) timeout))

  (define (left)
    (max 1 (inexact->exact (floor (- deadline (uptime))))))

  (define (export-others root)
    ;; What is left of the pool ROOT is busy.
    (run-command (left) (list zfs "unmount" "-a"))
    (fold (match-lambda*
            (((name _) all?)
             (and (if (string=? name root)
                      (run (left) zpool "sync" root)
                      (run (left) zpool "export" name))
                  all?)))
          #t
          (or (listed-pools zpool (left)) '())))

  (or (not (file-exists? %modules))
      (not (file-exists? "/sys/module/zfs"))
      (begin
        (remember-pools zpool (left))
        (match (root-pool)
          (#f
           (run (left) zfs "unmount" "-a")
           (run (left) zpool "export" "-a"))
          (root
           (export-others root))))
      (begin
        (say "Writing out what is in memory instead.")
        (run (left) zpool "sync")
        #f)))


;;;
;;; Datasets.
;;;

(define-record-type <dataset>
  (make-dataset name place received? mounted? key-root locked? key-location)
  dataset?
  (name         dataset-name)
  (place        dataset-place)        ;where it is to be mounted, or #f
  (received?    dataset-received?)    ;whether a stream brought it: a backup
  (mounted?     dataset-mounted?)
  (key-root     dataset-key-root)     ;the dataset whose key it needs
  (locked?      dataset-locked?)
  (key-location dataset-key-location))

(define* (datasets zfs seconds #:key (legacy '()) (left '()))
  "Return the file systems and volumes of the pools that are imported, or #f.
LEGACY is an alist of datasets with 'mountpoint=legacy' and where to mount
them; of the pools LEFT nothing is to be mounted."
  (define (place name type canmount mountpoint)
    (and (string=? "filesystem" type)
         (not (member (pool-of name) left))
         (cond ((assoc-ref legacy name)
                (and (string=? "legacy" mountpoint)
                     (real-name (assoc-ref legacy name))))
               (else
                (and (string=? "on" canmount)
                     (string-prefix? "/" mountpoint)
                     (real-name mountpoint))))))

  (define received
    (match (rows seconds 1 zfs "get" "-H" "-t" "filesystem"
                 "-s" "received" "-o" "name" "mountpoint")
      ((or #f ()) '())
      (((names) ...) names)))

  (and=> (rows seconds 8 zfs "list" "-H" "-t" "filesystem,volume" "-o"
               "name,type,canmount,mountpoint,mounted,\
encryptionroot,keystatus,keylocation")
         (cut map (match-lambda
                    ((name type canmount mountpoint
                           mounted root status location)
                     (make-dataset name
                                   (place name type canmount mountpoint)
                                   (and (member name received) #t)
                                   (string=? "yes" mounted)
                                   root
                                   (string=? "unavailable" status)
                                   location)))
              <>)))

(define (to-mount datasets)
  "Return those of DATASETS that are to be mounted, each after what it lies in;
of two with one place, a backup is the second."
  (define (before? one other)
    (or (string<? (dataset-place one) (dataset-place other))
        (and (string=? (dataset-place one) (dataset-place other))
             (dataset-received? other)
             (not (dataset-received? one)))))

  (stable-sort (filter (lambda (dataset)
                         (and (dataset-place dataset)
                              (not (dataset-mounted? dataset))))
                       datasets)
               before?))

(define (below? directory name)
  "Return true if the file NAME is DIRECTORY or lies in it."
  (or (string=? "/" directory)
      (string=? directory name)
      (string-prefix? (string-append directory "/") name)))

(define (pools-left zpool designations seconds)
  "Return the names of the pools that DESIGNATIONS, names and numbers, are."
  (if (null? designations)
      '()
      (filter-map (match-lambda
                    ((name id)
                     (and (or (member name designations)
                              (member id designations))
                          name)))
                  (or (listed-pools zpool seconds) '()))))


;;;
;;; Keys.
;;;

(define (key-roots datasets)
  "Return those of DATASETS whose own key is to be loaded."
  (filter (lambda (dataset)
            (and (dataset-locked? dataset)
                 (string=? (dataset-name dataset) (dataset-key-root dataset))))
          datasets))

(define (key-file dataset)
  "Return the name of the file in which the key of DATASET is, or #f."
  (let ((location (dataset-key-location dataset)))
    (and (string-prefix? "file://" location)
         (substring location (string-length "file://")))))

(define (key-address? dataset)
  (let ((location (dataset-key-location dataset)))
    (or (string-prefix? "https://" location)
        (string-prefix? "http://" location))))

(define (needed-keys datasets)
  "Return the names of the datasets whose key something needs that is to be
mounted, but for backups."
  (define occupied (occupied-places))

  (delete-duplicates
   (filter-map (lambda (dataset)
                 (and (dataset-locked? dataset)
                      (not (dataset-received? dataset))
                      (not (refusal-to-mount dataset occupied))
                      (dataset-key-root dataset)))
               (to-mount datasets))))

(define* (load-keys zfs zpool stty #:key command-timeout prompt-timeout
                    locations ask (legacy '()) (left '()))
  "Load the key of each dataset that has one, from files if LOCATIONS has
'files', from addresses if it has 'addresses', and from the console, waiting
PROMPT-TIMEOUT seconds for an answer: those that ASK, a list of datasets, has,
or, if it is #t, those that what is to be mounted needs.  LEGACY and LEFT are
as for 'mount-datasets'."
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

  (define (stays-locked name why)
    (problem "Dataset '~a' stays locked, since ~a: run 'zfs load-key ~a', \
then 'zfs mount ~a'." name why name name)
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

      (cond ((key-file dataset)
             => (lambda (file)
                  (cond ((not (memq 'files locations)) #t)
                        ((file-exists? file) (load))
                        ((find (lambda (other)
                                 (below? (dataset-place other)
                                         (real-name file)))
                               (to-mount all))
                         => (lambda (other)
                              (say "The key of '~a' is to be in '~a', which \
is mounted first." name (dataset-name other))
                              #t))
                        ;; It says what is wrong.
                        (else (load)))))
            ((key-address? dataset)
             (or (not (memq 'addresses locations))
                 (load)
                 (stays-locked name
                               (if (memq 'files locations)
                                   "its key is at an address, which needs \
'address-requirement' of 'zfs-configuration' where the network comes later"
                                   "its key did not come"))))
            ((not (memq 'files locations))
             #t)
            ((member name needed)
             (if (zero? prompt-timeout)
                 (stays-locked name "its key is to be typed")
                 (ask-for name)))
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


;;;
;;; Mounting.
;;;

(define %system-directories
  '("/dev" "/gnu" "/proc" "/run" "/sys"))

(define %system-places
  ;; What Guix fills when it activates the system, which is before anything is
  ;; mounted here.
  '("/bin" "/etc"))

(define (declared-file-systems)
  "Return the file systems of /etc/fstab, those that an operating-system
declares, as 'mounts' does."
  (if (file-exists? "/etc/fstab")
      (filter-map (lambda (line)
                    (match (string-tokenize line)
                      ((source point type _ ...)
                       (and (not (string-prefix? "#" source))
                            (list (if (string-prefix? "/" point)
                                      (real-name point)
                                      point)
                                  type source)))
                      (_ #f)))
                  (string-split (read-text "/etc/fstab") #\newline))
      '()))

(define (of-zfs? mount)
  (string=? "zfs" (second mount)))

(define (occupied-places)
  "Return what is mounted, and what an operating-system declares, as 'mounts'
does."
  (append (mounts) (remove of-zfs? (declared-file-systems))))

(define (refusal-to-mount dataset occupied)
  "Return why DATASET is not to be mounted where it wants to be, the end of a
sentence, or #f."
  ;; What was mounted since may have a link.
  (define place (real-name (dataset-place dataset)))

  (or (and (string=? "/" place)
           "that is the root file system")
      (and (member place %system-places)
           (format #f "~a is the system's own" place))
      (any (lambda (directory)
             (and (below? directory place)
                  (format #f "~a is the system's own" directory)))
           %system-directories)
      (any (match-lambda
             ((point _ source)
              (cond ((string=? point place)
                     (format #f "~a is mounted there, or is to be" source))
                    ((below? place point)
                     (format #f "that would hide ~a on ~a" source point))
                    (else #f))))
           occupied)))

(define* (mount-datasets zfs zpool mount #:key (legacy '()) (left '())
                         command-timeout console?)
  "Mount the datasets that have a place, with the command ZFS and, those of
LEGACY, with MOUNT, 'mount.zfs'; what is to be mounted over something of the
system's is left out.  LEGACY is an alist of datasets with 'mountpoint=legacy'
and where to mount them; nothing is mounted of the pools LEFT, names or
numbers.  Keys that lie in one of the datasets are loaded then.  Return true if
all were mounted that have their key."
  (define (list-datasets)
    (datasets zfs command-timeout
              #:legacy legacy
              #:left (pools-left zpool left command-timeout)))

  (define (mount-it dataset)
    (let ((name (dataset-name dataset))
          (place (dataset-place dataset)))
      (if (assoc-ref legacy name)
          (begin
            (make-directories place)
            (run command-timeout mount name place))
          (run command-timeout zfs "mount" name))))

  (define (never-mounted? dataset)
    ;; It is not whole yet, or belongs to a container: 'zfs mount -a' leaves
    ;; it out.
    (match (rows command-timeout 1 zfs "get" "-H" "-o" "value"
                 "receive_resume_token,redact_snaps,zoned"
                 (dataset-name dataset))
      (#f #f)
      (((values) ...)
       (any (negate (cut member <> '("-" "off" ""))) values))))

  (define (mount-all todo occupied failed)
    ;; Mount TODO; return FAILED and those that could not be.
    (match todo
      (() failed)
      ((dataset . rest)
       (define name (dataset-name dataset))
       (define place (dataset-place dataset))

       (cond ((refusal-to-mount dataset occupied)
              => (lambda (why)
                   (problem "Dataset '~a' is not mounted on ~a: ~a.  Run 'zfs \
set mountpoint=DIRECTORY ~a', or 'zfs set canmount=noauto ~a'."
                            name place why name name)
                   (mount-all rest occupied failed)))
             ((find (lambda (other)
                      (below? (dataset-place other) place))
                    failed)
              => (lambda (other)
                   (problem "Dataset '~a' is not mounted on ~a, since '~a' \
could not be mounted." name place (dataset-name other))
                   (mount-all rest occupied failed)))
             ((mount-it dataset)
              (mount-all rest
                         (cons (list (real-name place) "zfs" name) occupied)
                         failed))
             ((never-mounted? dataset)
              (note "Dataset '~a' is not mounted: it is not received as a \
whole, or belongs to a container." name)
              (mount-all rest occupied failed))
             (else
              (problem "Dataset '~a' could not be mounted on ~a." name place)
              (mount-all rest occupied (cons dataset failed)))))))

  (define (to-come all)
    ;; Those of ALL that are mounted once a file with their key is there.
    (define roots
      (map dataset-name (filter key-file (key-roots all))))

    (define occupied (occupied-places))

    (filter (lambda (dataset)
              (and (dataset-locked? dataset)
                   (member (dataset-key-root dataset) roots)
                   (not (dataset-received? dataset))
                   (not (refusal-to-mount dataset occupied))))
            (to-mount all)))

  (define (load-keys-again all)
    ;; Return true if one of the keys that lie in files is there now.
    (fold (lambda (root any?)
            (or (and (key-file root)
                     (file-exists? (key-file root))
                     (run command-timeout zfs "load-key" (dataset-name root)))
                any?))
          #f
          (key-roots all)))

  (define (mount-in-turns seen failed)
    ;; SEEN are those that were taken care of.
    (match (list-datasets)
      (#f #f)
      (all
       (let* ((locked (to-come all))
              (later todo
                     (partition (lambda (dataset)
                                  ;; It would be hidden.
                                  (any (lambda (other)
                                         (below? (dataset-place other)
                                                 (dataset-place dataset)))
                                       locked))
                                (remove (lambda (dataset)
                                          (or (dataset-locked? dataset)
                                              (member (dataset-name dataset)
                                                      seen)))
                                        (to-mount all))))
              (failed (mount-all todo (occupied-places) failed)))
         (if (load-keys-again all)
             (mount-in-turns (append (map dataset-name todo) seen) failed)
             (finish all failed later))))))

  (define (finish all failed later)
    (for-each (lambda (dataset)
                (note "Dataset '~a' is mounted when that is unlocked which it \
lies in." (dataset-name dataset)))
              later)
    (for-each (lambda (dataset)
                (when (and (dataset-locked? dataset) (key-file dataset))
                  (problem "Dataset '~a' is locked, since its key is not in \
~a; when it is, it is unlocked and mounted."
                           (dataset-name dataset) (key-file dataset))))
              (key-roots all))
    (let ((strange (remove (match-lambda
                             ((name . _)
                              (find (lambda (dataset)
                                      (and (string=? name
                                                     (dataset-name dataset))
                                           (or (dataset-mounted? dataset)
                                               (dataset-place dataset))))
                                    all)))
                           legacy)))
      (for-each (match-lambda
                  ((name . _)
                   (problem "There is no dataset '~a' with \
'mountpoint=legacy': see 'legacy-mounts' of 'zfs-configuration'." name)))
                strange)
      (and (null? failed) (null? strange))))

  (with-report "zfs-mount"
    (lambda ()
      (or (mount-in-turns '() '())
          (begin
            (when console?
              (tell-console "ZFS datasets could not be mounted, so that \
nobody can log in.  ~a" %way-in))
            #f)))))

(define* (unmount-datasets zfs umount seconds #:key (legacy '()))
  "Unmount all datasets, those of LEGACY with the command UMOUNT."
  (define (unmount-legacy)
    ;; The last first; what others lie in is busy.
    (for-each (match-lambda
                ((place "zfs" name)
                 (when (assoc-ref legacy name)
                   (run-command seconds (list umount "--" place))))
                (_ #f))
              (reverse (mounts))))

  (unmount-legacy)
  (let ((unmounted? (run seconds zfs "unmount" "-a")))
    (unmount-legacy)
    unmounted?))

(define* (wait-for-keys zfs zpool mount herd #:rest options)
  "Wait for the files in which the keys of locked datasets are to be, for as
long as there are some; load each that comes and mount what it unlocks, as
'mount-datasets' does with OPTIONS."
  (define seconds 60)

  (define (locked)
    (filter key-file (key-roots (or (datasets zfs seconds) '()))))

  (define (stamp file)
    (let ((info (stat file #f)))
      (and info
           (map (cut <> info) (list stat:dev stat:ino stat:mtime)))))

  (define (device-there? source)
    (match (string-split source #\=)
      (("LABEL" label)
       (file-exists? (string-append "/dev/disk/by-label/" label)))
      (("UUID" uuid)
       (file-exists? (string-append "/dev/disk/by-uuid/" uuid)))
      (_ (file-exists? source))))

  (define (mount-declared file)
    ;; Mount the declared file system that FILE would be in, once its device
    ;; is there: Guix has given up waiting for it.
    (match (find (match-lambda
                   ((point _ source)
                    (and (not (string=? "/" point))
                         (below? point file)
                         (device-there? source)
                         (not (assoc point (mounts))))))
                 (declared-file-systems))
      ((point . _)
       (run seconds herd "start" (string-append "file-system-" point)))
      (#f #f)))

  ;; One that is there already came too late to be looked at before.
  (let wait ((roots (locked))
             (stamps #f))
    (or (null? roots)
        (begin
          (sleep 2)
          (for-each mount-declared
                    (remove file-exists? (map key-file roots)))
          (let ((now (map (compose stamp key-file) roots)))
            (cond ((equal? now (or stamps (map (const #f) now)))
                   (wait roots now))
                  (else
                   (apply mount-datasets zfs zpool mount options)
                   (let ((roots (locked)))
                     (wait roots
                           (map (compose stamp key-file) roots))))))))))

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
