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

;;; This file is written by zfs-guix; an edit here is lost the next time.
;;; Edit kernels.scm or the templates instead, then run 'zfs-guix generate'.

(define-module (zfs-guix packages zfs)
  #:use-module ((gnu packages file-systems)
                #:select (zfs zfs-auto-snapshot))
  #:use-module (gnu packages guile)
  #:use-module (guix build-system gnu)
  #:use-module (guix diagnostics)
  #:use-module (guix download)
  #:use-module (guix gexp)
  #:use-module (guix i18n)
  #:use-module ((guix licenses)
                #:prefix license:)
  #:use-module (guix packages)
  #:use-module (guix utils)
  #:use-module (ice-9 match)
  #:use-module (ice-9 regex)
  #:use-module (srfi srfi-1)
  #:use-module (srfi srfi-26)
  #:use-module (srfi srfi-34)
  #:use-module (srfi srfi-35)
  #:export (zfs-for-kernel))

(define %releases
  ;; The pinned releases of OpenZFS, newest first: version, the oldest and the
  ;; newest Linux that it supports, its hash, and its advisories: how the
  ;; series that one speaks against compare with a given one.
  '(("2.4.4" "4.18" "7.2"
     "1cf893wgqbn93ms3g38ixc0h4lv6mn0hx9lmi9hp3k1pbbap0g1a" ())))

(define (openzfs-source version)
  "Return the source of OpenZFS VERSION, one of %RELEASES."
  (origin
    (method url-fetch)
    (uri (string-append "https://github.com/openzfs/zfs/releases"
                        "/download/zfs-"
                        version
                        "/zfs-"
                        version
                        ".tar.gz"))
    (sha256 (base32 (fourth (assoc version %releases))))))

(define (kernel-of module name)
  "Return the kernel NAME of MODULE, which is loaded no sooner than now; return
#f if this Guix has none."
  ;; Somebody else's module that does not load is no reason to fail here.
  (let ((kernel (false-if-exception (module-ref (resolve-interface module)
                                                name))))
    (and (package? kernel) kernel)))

(define (zfs-variant-phases phases series)
  "Return PHASES, those of 'zfs', changed to build it for Linux SERIES alone
and to install the kernel module in the \"out\" output."
  (define check-kernel-series
    ;; Guix System rebuilds what 'kernel-loadable-modules' lists for the kernel
    ;; of the system, whichever kernel a package asks for.
    #~(lambda* (#:key inputs #:allow-other-keys)
        (let* ((build (search-input-directory inputs "lib/modules/build"))
               (file (string-append build "/include/config/kernel.release"))
               (release (call-with-input-file file
                          (@ (ice-9 rdelim) read-line)))
               (end (string-length #$series)))
          (unless (and (string-prefix? #$series release)
                       ;; 6.1 is not 6.12.
                       (not (string-index release char-numeric? end
                                          (min (string-length release)
                                               (+ end 1)))))
            (display (string-append "error: this package is ZFS for Linux "
                      #$series
                      ", but it is being built for Linux "
                      release
                      "; in 'kernel-loadable-modules', list the"
                      " package for the kernel of the system.\n")
                     (current-error-port))
            (force-output (current-error-port))
            ;; Leave at once: a backtrace would bury the sentence.
            (primitive-exit 1)))))

  (define merge-module
    #~(lambda _
        (let ((modules (string-append #$output:module "/lib/modules"))
              (lib (string-append #$output "/lib")))
          (mkdir-p lib)
          (rename-file modules
                       (string-append lib "/modules"))
          (symlink (string-append lib "/modules") modules))))

  ;; The "module" output stays, since PHASES refer to it and since somebody's
  ;; configuration may name it.
  #~(modify-phases #$phases
      (add-before 'configure 'check-kernel-series
        #$check-kernel-series)
      #$@(if (member "module"
                     (package-outputs zfs))
             #~((add-after 'install
                           'merge-module
                           #$merge-module))
             #~())))

(define (make-zfs-for-linux series release kernel name)
  "Return the ZFS package NAME: OpenZFS RELEASE built for Linux SERIES.  KERNEL
is a promise of its kernel, which may not be looked at before it is needed."
  (package
    (inherit zfs)
    (name name)
    (version release)
    (source
     (openzfs-source version))
    (arguments
     (substitute-keyword-arguments (package-arguments zfs)
       ((#:linux _ #f)
        (force kernel))
       ((#:phases phases)
        (zfs-variant-phases phases series))))))

;;;
;;; The kernels of kernels.scm.
;;;

(define %variants
  ;; The name of each variant below, its series, and the module and the
  ;; variable of its kernel; the last comes first.
  '())

(define-syntax-rule (define-zfs-variant name series
                                        (_ release)
                                        (_ variable module))
  "Define NAME as the ZFS package for Linux SERIES."
  (begin
    (define-public name
      (make-zfs-for-linux series release
                          (delay (kernel-of 'module
                                            'variable))
                          (symbol->string 'name)))
    (set! %variants
          (cons '(name series module variable) %variants))))

(define-zfs-variant zfs-for-linux-5.10 "5.10"
                    (version "2.4.4")
                    (kernel linux-libre-5.10
                            (gnu packages linux)))

(define-zfs-variant zfs-for-linux-5.15 "5.15"
                    (version "2.4.4")
                    (kernel linux-libre-5.15
                            (gnu packages linux)))

(define-zfs-variant zfs-for-linux-6.1 "6.1"
                    (version "2.4.4")
                    (kernel linux-libre-6.1
                            (gnu packages linux)))

(define-zfs-variant zfs-for-linux-6.6 "6.6"
                    (version "2.4.4")
                    (kernel linux-libre-6.6
                            (gnu packages linux)))

(define-zfs-variant zfs-for-linux-6.12 "6.12"
                    (version "2.4.4")
                    (kernel linux-libre-6.12
                            (gnu packages linux)))

(define-zfs-variant zfs-for-linux-6.18 "6.18"
                    (version "2.4.4")
                    (kernel linux-libre-6.18
                            (gnu packages linux)))

(define-zfs-variant zfs-for-linux-6.19 "6.19"
                    (version "2.4.4")
                    (kernel linux-libre-6.19
                            (gnu packages linux)))

(define-zfs-variant zfs-for-linux-7.0 "7.0"
                    (version "2.4.4")
                    (kernel linux-libre-7.0
                            (gnu packages linux)))

(define-zfs-variant zfs-for-linux-7.1 "7.1"
                    (version "2.4.4")
                    (kernel linux-libre-7.1
                            (gnu packages linux)))

(define-zfs-variant zfs-for-linux-7.2 "7.2"
                    (version "2.4.4")
                    (kernel linux-libre-7.2
                            (gnu packages linux)))

;;;
;;; Kernels that this Guix does not have.
;;;

(define (raise-with-hint message hint)
  "Raise an error that the commands of Guix report as MESSAGE and HINT."
  (raise (make-compound-condition message
                                  (condition (&fix-hint (hint hint))))))

(define (raise-missing-kernel name module kernel)
  "Raise an error that says that package NAME has no KERNEL in MODULE."
  (raise-with-hint (formatted-message (G_ "~a: ~a has no ~a") name
                                      (object->string module) kernel)
   "Choose a kernel that this Guix has and the package for that one.  If the
kernel is newer than this Guix, run @command{guix pull}; if it is from another
channel, see whether you use that channel and whether its module loads."))

;; A channel outlives the Guix that it was written for: kernels come and go.
;; A package whose kernel is missing cannot even be listed, and one such
;; package would break 'guix pull' for everybody; so it is taken away again.
(define withdraw-without-kernel
  (match-lambda
    ((name _ module kernel)
     (unless (kernel-of module kernel)
       (eval `(define-syntax ,name
                (identifier-syntax (raise-missing-kernel ',name
                                                         ',module
                                                         ',kernel)))
             (current-module))))))

;;;
;;; Other kernels.
;;;

(define (kernel-series kernel)
  "Return the series of KERNEL, a package: \"6.12\" for Linux 6.12.77.  Return
#f if its version does not start with one."
  (and=> (string-match "^[0-9]+\\.[0-9]+"
                       (package-version kernel)) match:substring))

(define (speaks-against? advisory series)
  "Return true if ADVISORY, of an element of %RELEASES, is about SERIES."
  (match advisory
    ((comparison other)
     (eq? comparison
          (version-compare series other)))))

(define (supports? release series)
  "Return true if RELEASE, an element of %RELEASES, supports Linux SERIES."
  (match release
    ((_ oldest newest _ advisories)
     (and (version>=? series oldest)
          (version>=? newest series)
          (not (any (cut speaks-against? <> series) advisories))))))

(define (series-on-offer)
  "Return the list of the series for which this module has a package."
  (define series-if-available
    (match-lambda
      ((_ series module kernel)
       (and (kernel-of module kernel) series))))

  (delete-duplicates (filter-map series-if-available
                                 (reverse %variants))))

(define (release-range release)
  "Return what RELEASE, an element of %RELEASES, supports, in words."
  (match release
    ((version oldest newest _ _)
     (format #f "OpenZFS ~a supports Linux ~a to ~a" version oldest newest))))

(define (zfs-for-kernel kernel)
  "Return the ZFS package for KERNEL, a package of the Linux kernel: one of
Guix, of another channel, or your own.  Raise an error if no pinned release of
OpenZFS supports it."
  (unless (package? kernel)
    (raise-with-hint (formatted-message (G_ "zfs-for-kernel: ~a is no package")
                                        (object->string kernel))
                     "Pass it the kernel of your system, for example
@code{(zfs-for-kernel linux-libre-lts)}."))
  (unless (kernel-series kernel)
    (raise-with-hint (formatted-message (G_ "~a: version ~a has no series")
                                        (package-name kernel)
                                        (package-version kernel))
                     "Give it a version that starts with its series, such as
@code{6.12.77}."))
  (let* ((series (kernel-series kernel))
         (release (find (cut supports? <> series) %releases)))
    (unless release
      (raise-with-hint (formatted-message (G_ "no ZFS for ~a ~a: ~a")
                                          (package-name kernel)
                                          (package-version kernel)
                                          (string-join (map release-range
                                                            %releases) ", "))
                       (format #f
                               "Choose a kernel of one of the series ~a, or
run @command{guix pull} for a newer release."
                               (string-join (series-on-offer) ", "))))
    (make-zfs-for-linux series
                        (first release)
                        (delay kernel)
                        (string-append "zfs-for-linux-" series))))

;;;
;;; Commands that go with the booted kernel.
;;;

(define %zfs-commands
  ;; The commands of an OpenZFS, by folder; no release has all.
  '(("sbin" "fsck.zfs"
     "mount.zfs"
     "zdb"
     "zed"
     "zfs"
     "zfs_ids_to_path"
     "zgenhostid"
     "zhack"
     "zinject"
     "zpool"
     "zstream"
     "zstreamdump"
     "ztest")
    ("bin" "arc_summary"
     "arcstat"
     "dbufstat"
     "raidz_test"
     "zarcstat"
     "zarcsummary"
     "zilstat"
     "zvol_wait")))

(define %zfs-guix-start
  ;; Guile takes its own start-up code from where GUILE_LOAD_PATH and others
  ;; say, complains of locales that are not there, and takes words apart by the
  ;; locale.  So this C program, compiled with GUILE and CODE, keeps arguments
  ;; and environment in a file in memory, where no other user sees them, and
  ;; runs CODE in GUILE without them; compiled without, it is what CODE runs to
  ;; become a program with them.
  "#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void
fail (const char *name, const char *what, const char *why)
{
  fprintf (stderr, \"%s: cannot run %s: %s.\\n\", name, what, why);
  exit (127);
}

#ifdef GUILE

static void
keep (FILE *file, char **words)
{
  for (; *words != NULL; words++)
    fwrite (*words, 1, strlen (*words) + 1, file);
}

int
main (int argc, char *argv[])
{
  /* The file that was run; argv[0] is only what the caller says.  */
  char *command = (char *) getauxval (AT_EXECFN);
  int fd = memfd_create (\"words\", 0);
  FILE *file = fd < 0 ? NULL : fdopen (fd, \"w\");
  if (file == NULL)
    fail (command, GUILE, strerror (errno));
  keep (file, argv);
  keep (file, environ);
  if (fflush (file) != 0)
    fail (command, GUILE, strerror (errno));

  char number[16], count[16];
  snprintf (number, sizeof number, \"%d\", fd);
  snprintf (count, sizeof count, \"%d\", argc);
  char *words[] = { GUILE, \"--no-auto-compile\", \"-c\", CODE,
                    command, number, count, NULL };
  /* Without HOME, Guile would ask the system for one; the other two keep it
     from preparing for more than the few milliseconds that it has.  */
  char *fixed[] = { \"HOME=/homeless-shelter\", \"GC_MARKERS=1\",
                    \"GUILE_JIT_THRESHOLD=-1\", NULL };
  execve (GUILE, words, fixed);
  fail (command, GUILE, strerror (errno));
}

#else

/* NAME PROGRAM FD COUNT: become PROGRAM with the words in FD, of which COUNT
   are arguments.  */
int
main (int argc, char *argv[])
{
  struct stat status;
  int fd = argc == 4 ? atoi (argv[2]) : -1;
  if (fstat (fd, &status) != 0)
    fail (argv[0], argv[1], strerror (errno));

  size_t size = status.st_size, total = 0;
  char *text = mmap (NULL, size + 1, PROT_READ, MAP_PRIVATE, fd, 0);
  char **words = calloc (size + 2, sizeof *words);
  if (text == MAP_FAILED || words == NULL)
    fail (argv[0], argv[1], strerror (errno));
  close (fd);

  char **environment = NULL;
  for (size_t at = 0; ; at += strlen (text + at) + 1)
    {
      if (environment == NULL && total == (size_t) atoi (argv[3]))
        {
          words[total++] = NULL;
          environment = words + total;
        }
      if (at >= size)
        break;
      words[total++] = text + at;
    }
  execve (argv[1], words, environment);
  /* It was there a moment ago.  */
  fail (argv[0], argv[1], errno == ENOENT
        ? \"its interpreter is not there\" : strerror (errno));
}

#endif
")

(define %booted-zfs
  '(
    ;; Which ZFS the booted system has: what zfs-guix's commands and its status
    ;; have in common.  These run as root, early and often: Guile's core has to
    ;; do, and no module is loaded.

    (define %store "/gnu/store")
    (define %booted-manifest "/run/booted-system/kernel/manifest")

    ;; In bytes; a kernel's profile takes a few thousand.
    (define %largest-manifest 1000000)

    ;; What a user can mend is thrown as a problem: a sentence without the name
    ;; of the command in front and without its full stop.
    (define (problem . strings)
      (throw 'problem (apply string-append strings)))

    (define (shown string)
      ;; Text of a stranger's, in a form that no terminal obeys.
      (if (string-every (char-set-intersection char-set:ascii char-set:graphic)
                        string)
          string
          (object->string string)))

    (define (thrown-errno arguments)
      ;; Of a 'system-error' that was thrown with ARGUMENTS.
      (car (list-ref arguments 3)))


    ;;; The manifest.

    (define (read-datum file)
      ;; The datum in FILE, or #f when it is no file of a sensible size: do not
      ;; wait for a pipe, do not read without end.
      (let* ((port (open file (logior O_RDONLY O_NONBLOCK O_CLOEXEC)))
             (status (stat port))
             (datum (and (eq? 'regular (stat:type status))
                         (<= (stat:size status) %largest-manifest)
                         (begin
                           (set-port-encoding! port "ISO-8859-1")
                           (read port)))))
        (close-port port)
        datum))

    (define (entry-sexps datum)
      ;; The entries in the manifest DATUM, or #f when it is something else.
      (and (list? datum)
           (= 3 (length datum))
           (equal? 'manifest (car datum))
           (member (cadr datum) '((version 3) (version 4)))
           (let ((packages (caddr datum)))
             (and (list? packages)
                  (= 2 (length packages))
                  (equal? 'packages (car packages))
                  (list? (cadr packages))
                  (cadr packages)))))

    (define (propagated sexp)
      (let ((field (assq 'propagated-inputs (filter pair? (cddddr sexp)))))
        (if (and field (list? field) (= 2 (length field)) (list? (cadr field)))
            (cadr field)
            '())))

    (define (all-entries sexps rest)
      ;; SEXPS as a list of (NAME VERSION OUTPUT ITEM), propagated inputs
      ;; included, followed by REST.  A repeated entry does not tell its
      ;; output, which is #f here.
      (if (null? sexps)
          rest
          (let ((sexp (car sexps))
                (rest (all-entries (cdr sexps) rest)))
            (cond ((not (and (list? sexp) (>= (length sexp) 4)))
                   rest)
                  ((eq? 'repeated (car sexp))
                   (cons (list (cadr sexp) (caddr sexp) #f (cadddr sexp))
                         rest))
                  (else
                   (cons (list-head sexp 4)
                         (all-entries (propagated sexp) rest)))))))

    (define (well-formed? entry)
      (and (string? (car entry))
           (string? (cadr entry))
           (or (not (caddr entry)) (string? (caddr entry)))
           (string? (cadddr entry))))

    (define (with-outputs entries)
      ;; ENTRIES, each repeated one replaced by that which it repeats.
      (map (lambda (entry)
             (let ((same (filter (lambda (other)
                                   (and (caddr other)
                                        (string=? (cadddr entry)
                                                  (cadddr other))))
                                 entries)))
               (if (or (caddr entry) (null? same))
                   entry
                   (car same))))
           entries))

    (define (unreadable file errno)
      (if (= ENOENT errno)
          (problem "there is no " file ", where Guix System lists a kernel"
                   " with its modules: run this on Guix System, outside any"
                   " container")
          (problem "cannot read " file ", where Guix System lists a kernel"
                   " with its modules: " (strerror errno))))

    (define (manifest-entries file)
      (let ((sexps (catch #t
                     (lambda ()
                       (entry-sexps (read-datum file)))
                     (lambda (key . arguments)
                       (and (eq? key 'system-error)
                            (unreadable file (thrown-errno arguments)))))))
        (if sexps
            (with-outputs (filter well-formed? (all-entries sexps '())))
            (problem file " is not a profile's manifest of version 3 or 4: run"
                     " 'guix system reconfigure' and reboot"))))


    ;;; The ZFS in it.

    (define (zfs? entry)
      (or (string=? "zfs" (car entry))
          (string-prefix? "zfs-for-" (car entry))))

    (define (kernel entries)
      ;; The entry of the Linux kernel, or #f.  Guix lists it first; one not
      ;; called after Linux is somebody's own.
      (let* ((others (filter (lambda (entry)
                               (and (equal? "out" (caddr entry))
                                    (not (zfs? entry))))
                             entries))
             (kernels (filter (lambda (entry)
                                (string-prefix? "linux" (car entry)))
                              others)))
        (cond ((pair? kernels) (car kernels))
              ((pair? others) (car others))
              (else #f))))

    (define (variant entries)
      ;; The package to recommend for the kernel in ENTRIES.
      (let* ((entry (kernel entries))
             (parts (if entry (string-split (cadr entry) #\.) '())))
        (if (and (> (length parts) 1)
                 (string-every char-set:digit (car parts)))
            (shown (string-append "zfs-for-linux-" (car parts) "."
                                  (car (string-split (cadr parts) #\-))))
            "the zfs-for-linux package of your kernel's series")))

    (define (described entry)
      (shown (string-append (car entry) "@" (cadr entry))))

    (define (usable? entry)
      ;; Whether the commands are in the output that ENTRY stands for.
      (member (caddr entry) '("out" #f)))

    (define (select-zfs entries file)
      ;; The entry of the only ZFS in ENTRIES, those of the manifest FILE, that
      ;; has the commands; or #f when there is no ZFS.
      (let* ((all (filter zfs? entries))
             (sorted (append (filter usable? all)
                             (filter (lambda (entry) (not (usable? entry)))
                                     all)))
             (first (and (pair? sorted) (car sorted)))
             ;; The outputs of one package may be listed side by side.
             (others (filter (lambda (entry)
                               (not (and (string=? (described entry)
                                                   (described first))
                                         (or (not (usable? entry))
                                             (string=? (cadddr entry)
                                                       (cadddr first))))))
                             sorted)))
        (cond ((pair? others)
               (problem file " lists two different ZFS, "
                        (described first) " (" (shown (cadddr first)) ") and "
                        (described (car others)) " ("
                        (shown (cadddr (car others))) "): leave one in the"
                        " 'kernel-loadable-modules' of your operating-system,"
                        " reconfigure and reboot"))
              ((or (not first) (usable? first))
               first)
              (else
               (problem file " lists only the output \"" (shown (caddr first))
                        "\" of " (described first) ", and the commands are in"
                        " another: put " (variant entries) " in its place in"
                        " the 'kernel-loadable-modules' of your"
                        " operating-system, reconfigure and reboot")))))


    ;;; Failing.

    (define (give-up name status message)
      ;; End with STATUS; standard error may be closed.
      (catch #t
        (lambda ()
          (let ((port (current-error-port)))
            (display (string-append (shown name) ": " message ".\n") port)
            (force-output port)))
        (const #f))
      (primitive-_exit status))

    (define (run name status thunk)
      ;; Call THUNK; whatever it throws is a sentence and STATUS in the end.
      (catch #t
        thunk
        (lambda (key . arguments)
          (give-up name status
                   (if (eq? key 'problem)
                       (car arguments)
                       (string-append
                        "unexpected error "
                        (object->string (cons key arguments))))))))
    ))

(define %zfs-guix-command
  '(
    ;; A command of zfs-guix-tools: become the program of the same name of the
    ;; booted ZFS.  %zfs-commands, %become and the forms of booted-zfs.scm come
    ;; before.

    ;; Commands that changed their name: a release has one or the other.
    (define %aliases
      '(("arc_summary" . "zarcsummary") ("zarcsummary" . "arc_summary")
        ("arcstat" . "zarcstat") ("zarcstat" . "arcstat")))

    (define %item-characters
      (string->char-set
       "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-._?="))

    (define %hash-characters
      (string->char-set "0123456789abcdfghijklmnpqrsvwxyz"))

    (define (store-item? path)
      ;; Whether PATH is directly below the store: HASH-NAME.
      (and (string-prefix? (string-append %store "/") path)
           (let ((base (substring path (+ 1 (string-length %store)))))
             (and (> (string-length base) 33)
                  (string-every %hash-characters base 0 32)
                  (char=? #\- (string-ref base 32))
                  (string-every %item-characters base)))))

    (define (booted-zfs)
      (let* ((entries (manifest-entries %booted-manifest))
             (zfs (select-zfs entries %booted-manifest)))
        (cond ((not zfs)
               (problem %booted-manifest " lists no ZFS: add "
                        (variant entries) " to the 'kernel-loadable-modules'"
                        " of your operating-system, reconfigure and reboot"))
              ((not (store-item? (cadddr zfs)))
               (problem %booted-manifest " says that " (described zfs) " is "
                        (shown (cadddr zfs)) ", which is not an item of "
                        %store ": run 'guix system reconfigure' and reboot"))
              (else zfs))))


    ;;; Becoming the program.

    (define (folders name)
      ;; The folders that have the command NAME: one, or none if it is none.
      (map car (filter (lambda (folder)
                         (member name (cdr folder)))
                       %zfs-commands)))

    (define (become name . words)
      ;; Replace this process by NAME of the booted system.  WORDS say where
      ;; zfs-guix-start has kept the arguments and the environment for it.
      (let* ((zfs (booted-zfs))
             (item (cadddr zfs))
             (alias (assoc-ref %aliases name))
             (programs (map (lambda (name)
                              (string-append item "/" (car (folders name))
                                             "/" name))
                            (if alias (list name alias) (list name))))
             (present (filter file-exists? programs)))
        (cond ((pair? present)
               (catch 'system-error
                 (lambda ()
                   (apply execle %become '() name (car present) words))
                 (lambda (key . arguments)
                   (problem "cannot run " %become ": "
                            (strerror (thrown-errno arguments))))))
              ((file-exists? item)
               (problem "OpenZFS " (shown (cadr zfs)) ", the release that "
                        %booted-manifest " lists, has no " name ": boot a"
                        " system whose release has it"))
              (else
               (problem item ", which " %booted-manifest " lists, is gone"
                        " from the store: run 'guix system reconfigure' and"
                        " reboot")))))

    (let ((name (basename (cadr (command-line)))))
      (run name 127
        (lambda ()
          (if (null? (folders name))
              (problem "zfs-guix-tools has no such command: call one of its"
                       " commands by its own name"))
          (apply become name (cddr (command-line))))))
    ))

(define %zfs-guix-status
  '(
    ;; zfs-guix-status: whether the loaded ZFS module, the ZFS of the booted
    ;; system, and that of the next boot agree.  The forms of booted-zfs.scm
    ;; come before.

    (define %current-manifest "/run/current-system/kernel/manifest")
    (define %loaded-version "/sys/module/zfs/version")
    (define %running-kernel "/proc/sys/kernel/osrelease")

    (define (first-word file)
      ;; The text of FILE up to white space, or #f when it cannot be read.
      (catch 'system-error
        (lambda ()
          (call-with-input-file file
            (lambda (port)
              (let loop ((characters '()))
                (let ((character (read-char port)))
                  (if (or (eof-object? character)
                          (char-whitespace? character))
                      (shown (list->string (reverse characters)))
                      (loop (cons character characters))))))
            #:encoding "ISO-8859-1"))
        (const #f)))

    (define (release version)
      ;; VERSION without what a build appends to it, '-1', '-gnu' or '-dist'; a
      ;; release candidate is another release.  6.12 and 6.12.0 are one.
      (let* ((parts (string-split version #\-))
             (candidate (filter (lambda (part) (string-prefix? "rc" part))
                                (cdr parts)))
             (base (if (and (string-suffix? ".0" (car parts))
                            (= 3 (length (string-split (car parts) #\.))))
                       (string-drop-right (car parts) 2)
                       (car parts))))
        (string-join (cons base candidate) "-")))

    ;; A state is (KERNEL ZFS NOTE): version, #f for none, or '? for not known.

    (define (loaded-state)
      (let ((kernel (first-word %running-kernel))
            (zfs (first-word %loaded-version)))
        (list (or kernel '?) zfs
              (if zfs
                  ""
                  "the module is not loaded; 'modprobe zfs' loads it"))))

    (define (profile-state manifest)
      (catch 'problem
        (lambda ()
          (let* ((entries (manifest-entries manifest))
                 (linux (kernel entries))
                 (version (if linux (shown (cadr linux)) '?)))
            (catch 'problem
              (lambda ()
                (let ((zfs (select-zfs entries manifest)))
                  (if zfs
                      (list version (shown (cadr zfs)) (shown (car zfs)))
                      (list version #f (string-append "add " (variant entries)
                                                      " to 'kernel-loadable-"
                                                      "modules'")))))
              (lambda (key message)
                (list version '? message)))))
        (lambda (key message)
          (list '? '? message))))

    (define (compare left right)
      ;; 'same, 'different or 'unknown, for two versions.
      (cond ((or (eq? '? left) (eq? '? right)) 'unknown)
            ((and (not left) (not right)) 'same)
            ((not (and left right)) 'different)
            ((string=? (release left) (release right)) 'same)
            (else 'different)))

    (define (text version none)
      (cond ((eq? '? version) "unknown")
            ((not version) none)
            (else version)))

    (define (print-table rows)
      (let ((widths (map (lambda (column)
                           (apply max (map (lambda (row)
                                             (string-length
                                              (list-ref row column)))
                                           rows)))
                         '(0 1 2))))
        (for-each (lambda (row)
                    (display
                     (string-trim-right
                      (string-append
                       (string-join
                        (map string-pad-right (list-head row 3) widths)
                        "  ")
                       "  " (list-ref row 3))))
                    (newline))
                  rows)))

    (define (verdict loaded booted next)
      ;; The exit status and the lines that explain it.
      (let* ((loaded-zfs (cadr loaded))
             (module (if loaded-zfs
                         (compare loaded-zfs (cadr booted))
                         'unknown))
             (zfs (compare (cadr booted) (cadr next)))
             (linux (compare (car booted) (car next)))
             (running (compare (car loaded) (car booted))))
        (define (line state . strings)
          (if state (list (apply string-append strings)) '()))
        (define (both what left right)
          (string-append what " " (text left "none") " to "
                         (text right "none") "."))
        (values
         (cond ((memq 'different (list module zfs linux running)) 1)
               ((and (not loaded-zfs) (not (cadr booted)) (not (cadr next))) 2)
               ((memq 'unknown (list module zfs linux running)) 2)
               (else 0))
         (append
          (line (eq? 'different running)
                "The running kernel is not the one of the booted system.")
          (line (eq? 'different module)
                "The loaded module and the commands are of different releases:"
                " reboot.")
          (line (eq? 'same module)
                "The loaded module and the commands are of the same release.")
          (line (eq? 'unknown module)
                "Whether module and commands agree cannot be told.")
          (line (eq? 'different linux)
                (both "The next boot changes the kernel from"
                      (car booted) (car next)))
          (line (eq? 'different zfs)
                (both "The next boot changes ZFS from"
                      (cadr booted) (cadr next)))
          (line (and (eq? 'same linux) (eq? 'same zfs))
                "The next boot changes neither kernel nor ZFS release.")
          (line (or (eq? 'unknown linux) (eq? 'unknown zfs))
                "What the next boot changes cannot be told.")))))

    (define (print-status)
      ;; Return the exit status.
      (let ((loaded (loaded-state))
            (booted (profile-state %booted-manifest))
            (next (profile-state %current-manifest)))
        (define (row title state)
          (list title (text (car state) "none") (text (cadr state) "none")
                (caddr state)))
        (print-table (list (list "" "kernel" "ZFS" "")
                           (row "loaded" loaded)
                           (row "booted" booted)
                           (row "next boot" next)))
        (newline)
        (call-with-values
            (lambda () (verdict loaded booted next))
          (lambda (status lines)
            (for-each (lambda (line) (display line) (newline)) lines)
            status))))

    (run "zfs-guix-status" 2
      (lambda ()
        (let ((status (print-status)))
          (force-output)
          (primitive-_exit status))))
    ))

(define-public zfs-guix-tools
  (package
    (name "zfs-guix-tools")
    (version "0.1.0")
    (source
     #f)
    (build-system gnu-build-system)
    (arguments
     (list
      ;; Stripping damages '.go' files.
      #:strip-binaries? #f
      #:phases
      #~(modify-phases %standard-phases
          (delete 'unpack)
          (delete 'bootstrap)
          (delete 'configure)
          (delete 'check)
          (replace 'build
            (lambda* (#:key inputs #:allow-other-keys)
              (define guile
                (search-input-file inputs "/bin/guile"))
              (define libexec
                (string-append #$output "/libexec/zfs-guix"))
              (define become
                (string-append libexec "/become"))
              (define (compile-start program . macros)
                (apply invoke
                       #$(cc-for-target)
                       "-O2"
                       "start.c"
                       "-o"
                       program
                       macros))
              (define (macro name value)
                ;; VALUE is a string in C and in Scheme alike.
                (string-append "-D" name "="
                               (object->string value)))
              (define (build name forms)
                ;; Compiled ahead, since expanding FORMS takes longer than
                ;; starting Guile.
                (let* ((source (string-append name ".scm"))
                       (program (string-append libexec "/" name))
                       (code (string-append program ".go"))
                       (load (format #f "(load-compiled ~s)" code)))
                  (call-with-output-file source
                    (lambda (port)
                      (format port "~{~s~%~}" forms)))
                  (invoke "guild"
                          "compile"
                          #$(string-append "--target="
                                           (or (%current-target-system)
                                               (nix-system->gnu-triplet)))
                          "-o"
                          code
                          source)
                  (compile-start program
                                 (macro "GUILE" guile)
                                 (macro "CODE" load))))
              (mkdir-p libexec)
              (call-with-output-file "start.c"
                (lambda (port)
                  (display #$%zfs-guix-start port)))
              (compile-start become)
              (build "command"
                     `((define %zfs-commands
                         '#$%zfs-commands)
                       (define %become
                         ,become)
                       #$@%booted-zfs
                       #$@%zfs-guix-command))
              (build "status"
                     '(#$@%booted-zfs
                       #$@%zfs-guix-status))))
          (replace 'install
            (lambda _
              (define (install folder name program)
                (let ((directory (string-append #$output "/" folder)))
                  (mkdir-p directory)
                  (symlink (string-append "../libexec/zfs-guix/" program)
                           (string-append directory "/" name))))
              (define (install-commands folder . names)
                (for-each (lambda (name)
                            (install folder name "command")) names))
              (for-each (lambda (commands)
                          (apply install-commands commands))
                        '#$%zfs-commands)
              (install "sbin" "zfs-guix-status" "status")))
          (add-after 'install 'check-commands
            ;; Whether the Guile at hand runs them: without a booted system,
            ;; all that they can do is to say so.
            (lambda* (#:key tests? #:allow-other-keys)
              (when tests?
                (invoke "sh" "-c" "! \"$0\" 2>&1 | grep -F 'unexpected error'"
                        (string-append #$output "/sbin/zpool"))))))))
    (native-inputs (list guile-3.0))
    (inputs (list guile-3.0))
    (home-page "https://openzfs.org/")
    (synopsis "OpenZFS commands that go with the booted kernel")
    (description
     "This package provides @command{zpool}, @command{zfs}, and the other
commands of OpenZFS.  Each looks up the OpenZFS package among the loadable
modules of the booted kernel of Guix System, and runs the command of the same
name in it, so that the commands and the kernel module are always of the same
release.  @command{zfs-guix-status} tells which releases are loaded, booted,
and next to boot.")
    (license license:gpl3+)))

(define-public zfs-guix-auto-snapshot
  (package
    (inherit zfs-auto-snapshot)
    (name "zfs-guix-auto-snapshot")
    (inputs (modify-inputs (package-inputs zfs-auto-snapshot)
              (replace "zfs" zfs-guix-tools)))))

;; Last, since it loads the modules of kernels, and one of these may use this
;; module in turn.
(for-each withdraw-without-kernel %variants)
