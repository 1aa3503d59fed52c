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

(define-module (zfs-guix services zfs)
  #:use-module (gnu packages admin)
  #:use-module (gnu packages base)
  #:use-module (gnu packages curl)
  #:use-module (gnu packages gawk)
  #:use-module (gnu packages linux)
  #:use-module (gnu packages mail)
  #:use-module (gnu services)
  #:use-module (gnu services base)
  #:use-module (gnu services configuration)
  #:use-module (gnu services linux)
  #:use-module (gnu services shepherd)
  #:use-module (gnu system file-systems)
  #:use-module (gnu system mapped-devices)
  #:use-module (guix diagnostics)
  #:use-module (guix gexp)
  #:use-module (guix i18n)
  #:use-module (guix modules)
  #:use-module (guix packages)
  #:use-module (guix records)
  #:use-module (ice-9 match)
  #:use-module (ice-9 regex)
  #:use-module (srfi srfi-1)
  #:use-module (srfi srfi-26)
  #:use-module (srfi srfi-34)
  #:use-module (srfi srfi-35)
  #:use-module ((zfs-guix build datasets)
                #:select (%system-directories %system-places))
  #:use-module ((zfs-guix build mounts) #:select (below?))
  #:use-module (zfs-guix packages compatibility)
  #:use-module (zfs-guix packages status)
  #:use-module (zfs-guix packages zfs)
  #:use-module (zfs-guix services parameters)
  #:export (zfs-configuration
            zfs-configuration?
            zfs-pool
            zfs-pool?
            zfs-snapshot
            zfs-snapshot?
            %zfs-snapshots
            %zfs-datasets
            %zfs-volumes
            after-zfs-mount

            zfs-service-type))

;;; Commentary:
;;;
;;; A system with ZFS: the module of its kernel, its pools imported, their
;;; keys loaded, their datasets mounted before anybody can log in, and all of
;;; it undone in order when it stops.  What the services do is in the modules
;;; below (zfs-guix build).
;;;
;;; Code:


;;;
;;; Configuration.
;;;

(define-syntax-rule (define-sanitizer name record field valid? expected)
  "Define NAME as the sanitizer of FIELD of RECORD, which takes what VALID?
takes, that is EXPECTED, a string, or a procedure that returns one for a value
that is not valid."
  (define-syntax name
    (lambda (s)
      (syntax-case s ()
        ((_ value)
         #`(check-field 'record 'field valid? expected value
                        (source-properties->location
                         '#,(datum->syntax s (syntax-source #'value)))))
        (id
         #'(lambda (value)
             (check-field 'record 'field valid? expected value #f)))))))

(define (check-field record field valid? expected value location)
  (unless (valid? value)
    (raise (apply make-compound-condition
                  (formatted-message
                   (G_ "~a: invalid value ~s for field '~a': ~a is expected")
                   record value field
                   (if (procedure? expected) (expected value) expected))
                  (if location
                      (list (condition
                             (&error-location (location location))))
                      '()))))
  value)

(define (matches? pattern)
  "Return a predicate for strings that match PATTERN as a whole."
  (let ((rx (make-regexp (string-append "^(" pattern ")$"))))
    (lambda (value)
      (and (string? value)
           (not (string-any #\newline value))
           (regexp-exec rx value)
           #t))))

(define (different? values)
  (= (length values)
     (length (delete-duplicates values))))

(define (seconds? value)
  (and (exact-integer? value) (>= value 0)))

(define (positive-integer? value)
  (and (exact-integer? value) (positive? value)))

(define (hostid? value)
  (or (not value)
      (and ((matches? "[0-9a-fA-F]{8}") value)
           (not (string=? value "00000000")))))

(define (pool-name? value)
  ;; As 'zpool create' has it (module/zcommon/zfs_namecheck.c of OpenZFS).
  (and ((matches? "[a-zA-Z][a-zA-Z0-9_.: -]*") value)
       (< (string-length value) 240)
       (not (any (cut string-prefix? <> value)
                 '("mirror" "raidz" "draid" "spare")))
       (not (string=? value "log"))))

(define (pool-number? value)
  (match value
    ((? positive-integer?) (< value (expt 2 64)))
    ((? (matches? "[1-9][0-9]*")) (pool-number? (string->number value)))
    (_ #f)))

(define (pool? value)
  (or (pool-name? value) (pool-number? value)))

(define (dataset-name? value)
  (and (string? value)
       (match (string-split value #\/)
         ((pool . rest)
          (and (pool-name? pool)
               (every (matches? "[a-zA-Z0-9_.: -]+") rest)
               (not (any (cut member <> '("." "..")) rest)))))))

(define (requirement? value)
  (or (not value)
      (list-of-symbols? value)))

(define (keys? value)
  (or (eq? #t value)
      (and (list? value) (every dataset-name? value))))

(define (directory-name? value)
  "Return true if VALUE is the absolute name of a directory, as short as it can
be."
  (and ((matches? "(/[^/[:cntrl:]]+)+") value)
       (not (any (cut member <> '("." "..")) (string-split value #\/)))))

(define (system-directory? directory)
  (any (cut below? <> directory) %system-directories))

(define (legacy-mounts? value)
  (and (list? value)
       (every (match-lambda
                (((? dataset-name?) . (? directory-name? directory))
                 (not (or (system-directory? directory)
                          (member directory %system-places))))
                (_ #f))
              value)
       (different? (map first value))
       (different? (map cdr value))))

(define (directories? value)
  (and (list? value)
       (every (matches? "/.*") value)))

(define (parameter-value? value bits)
  ;; The module does not load with a number that is too large for it.
  (match value
    ((? seconds?) (< value (expt 2 bits)))
    ((? (matches? "[0-9]+")) (parameter-value? (string->number value) bits))
    ((? (matches? "0x[0-9a-fA-F]+"))
     (parameter-value? (string->number (string-drop value 2) 16) bits))
    (_ #f)))

(define parameter-name?
  ;; Whether there is such a parameter, 'check-parameters' says.
  (matches? "[a-zA-Z][a-zA-Z0-9_]*"))

(define module-option?
  (match-lambda
    (((? parameter-name? name) . setting)
     (match (parameter-bits name)
       (#f
        (or (parameter-value? setting 64)
            ((matches? "[a-zA-Z0-9_.,:/-]+") setting)))
       (bits
        (parameter-value? setting bits))))
    (_ #f)))

(define (module-options? value)
  (and (list? value)
       (every module-option? value)
       (different? (map first value))))

(define %size
  (make-regexp "^([0-9]+(\\.[0-9]+)?) ?([kmgtpe])(i?b)?$" regexp/icase))

(define (module-options-words value)
  "Return what is expected instead of VALUE."
  (define (bytes text)
    (and=> (and (string? text) (regexp-exec %size text))
           (lambda (size)
             (inexact->exact
              (round (* (string->number (match:substring size 1))
                        (expt 1024
                              (+ 1 (string-index
                                    "kmgtpe"
                                    (char-downcase
                                     (string-ref (match:substring size 3)
                                                 0)))))))))))

  (match (and (list? value)
              (find (negate module-option?) value))
    (((? parameter-name? name) . (? bytes size))
     (format #f "(~s . ~a), in bytes as the module has it," name (bytes size)))
    (((? parameter-name? name) . (? boolean? value))
     (format #f "(~s . ~a), a number as the module has it," name
             (if value 1 0)))
    (((? parameter-name? name) . _)
     (match (parameter-bits name)
       (#f
        (format #f "a word or a number from 0 to 2^64 - 1 for ~s" name))
       (bits
        (format #f "a number from 0 to 2^~a - 1 for ~s" bits name))))
    (_ "a list of pairs such as (\"zfs_arc_max\" . 4294967296), each of \
another parameter,")))

(define (email? value)
  ;; The event daemon's scripts give it to a shell to evaluate, so that it can
  ;; have no character that a shell knows.
  (or (not value)
      ((matches? "[a-zA-Z0-9._+-]+(@[a-zA-Z0-9.-]+)?") value)))

(define (program? value)
  (or (file-like? value)
      ((matches? "/[a-zA-Z0-9._/+-]+") value)))

(define (zed-settings? value)
  (and (list? value)
       (every (match-lambda
                (((or "PATH" "ZED_EMAIL_ADDR" "ZED_EMAIL_PROG") . _)
                 #f)
                (("ZED_EMAIL_OPTS" . setting)
                 ;; Evaluated by a shell, too.
                 ((matches? "[a-zA-Z0-9 @'._=-]*") setting))
                (((? (matches? "ZED_[A-Z0-9_]+")) . setting)
                 (or (boolean? setting)
                     (exact-integer? setting)
                     ((matches? "[^[:cntrl:]]*") setting)))
                (_ #f))
              value)))

(define %cron-fields
  ;; What the Shepherd takes: first and last of minute, hour, day of the
  ;; month, month, day of the week.
  '((0 59) (0 23) (1 31) (1 12) (0 6)))

(define (cron-numbers text first last)
  "Return what TEXT, a field of a Vixie cron line, stands for, a list of
numbers from FIRST to LAST, or #f if it is none."
  (define (range from to step)
    (and (every exact-integer? (list from to))
         (<= first from to last)
         (positive-integer? step)
         (iota (ceiling-quotient (+ 1 (- to from)) step) from step)))

  (define (numbers part)
    (match (string-split part #\/)
      ((part)
       (span part 1))
      ((part (= string->number step))
       ;; The Shepherd takes a step of "*" and of a range alone.
       (and (or (string=? part "*") (string-index part #\-))
            (span part step)))
      (_ #f)))

  (define (span part step)
    (match (string-split part #\-)
      (("*")
       (range first last step))
      (((= string->number number))
       (range number number step))
      (((= string->number from) (= string->number to))
       (range from to step))
      (_ #f)))

  (let ((parts (map numbers (string-split text #\,))))
    (and (every list? parts)
         (concatenate parts))))

(define (cron? value)
  (and (string? value)
       (let ((fields (string-tokenize value)))
         (and (= (length fields) (length %cron-fields))
              (match (map (match-lambda*
                            ((field (first last))
                             (cron-numbers field first last)))
                          fields %cron-fields)
                ((minutes hours days months weekdays)
                 (and minutes hours days months weekdays
                      ;; Of two that cron would join by "or", the Shepherd
                      ;; takes the days that are both.
                      (any (lambda (field)
                             (string-prefix? "*" (list-ref fields field)))
                           '(2 4))
                      ;; On the 30th of February the Shepherd waits for ever.
                      (any (lambda (month)
                             (<= (apply min days)
                                 (list-ref '(31 29 31 30 31 30
                                             31 31 30 31 30 31)
                                           (- month 1))))
                           months))))))))

(define (schedule? value)
  (or (gexp? value) (cron? value)))

(define (numbers-for-ranges schedule)
  "Return SCHEDULE, of which a line for cron has numbers in the place of
ranges: of those with a step, as \"9-17/4\", the Shepherd leaves out the last."
  (if (string? schedule)
      (string-join
       (map (match-lambda*
              ((field (first last))
               (if (string-index field #\-)
                   (string-join (map number->string
                                     (cron-numbers field first last))
                                ",")
                   field)))
            (string-tokenize schedule) %cron-fields))
      schedule))

(define (pool-schedule? value)
  (or (not value)
      (schedule? value)
      (and (pair? value) (list? value)
           (every (match-lambda
                    (((? pool-name?) . (? schedule?)) #t)
                    (_ #f))
                  value)
           (different? (map first value)))))

(define %cron-words
  "a line for cron such as \"30 2 1 * *\", with minute, hour, day of the month,
month, and day of the week (0 to 6), of which one of the two days is \"*\", or
a gexp of a calendar event")

(define-sanitizer sanitize-label zfs-snapshot label
  ;; It is part of the name of a property, which has no capital.
  (matches? "[a-z0-9_.:-]+")
  "a string of small letters, digits, and the characters _ . : -")
(define-sanitizer sanitize-keep zfs-snapshot keep positive-integer?
  "a positive integer")
(define-sanitizer sanitize-schedule zfs-snapshot schedule schedule?
  %cron-words)
(define-sanitizer sanitize-datasets zfs-snapshot datasets
  (lambda (value)
    (or (equal? value '("//"))
        (and (pair? value) (list? value) (every dataset-name? value))))
  "a list of names of datasets, such as (\"tank/home\"), or (\"//\") for all")
(define-sanitizer sanitize-default-exclude? zfs-snapshot default-exclude?
  boolean? "#t or #f")
(define-sanitizer sanitize-skip-scrub? zfs-snapshot skip-scrub?
  boolean? "#t or #f")

(define (label? value) (string? value))
(define (datasets? value) (list? value))

(define-configuration/no-serialization zfs-snapshot
  (label
   (label)
   "The name of these snapshots: with @code{\"daily\"}, those of
@code{tank/home} are @samp{tank/home@@zfs-auto-snap_daily-…}."
   (sanitizer sanitize-label))
  (keep
   (positive-integer)
   "How many of them to keep of each dataset."
   (sanitizer sanitize-keep))
  (schedule
   (schedule)
   "When to take them: a line for cron, or a gexp of a calendar event of the
Shepherd (@pxref{Timers,,, shepherd, The GNU Shepherd Manual})."
   (sanitizer sanitize-schedule))
  (datasets
   (datasets '("//"))
   "Of which datasets, and of all below them; @code{'(\"//\")} means all.
Those that have the property @code{com.sun:auto-snapshot}, or
@code{com.sun:auto-snapshot:} and the label, set to @code{false} are left
out."
   (sanitizer sanitize-datasets))
  (default-exclude?
   (boolean #f)
   "Whether to leave out all datasets that have not one of these properties set
to @code{true}."
   (sanitizer sanitize-default-exclude?))
  (skip-scrub?
   (boolean #f)
   "Whether to leave out the datasets of a pool that is being scrubbed."
   (sanitizer sanitize-skip-scrub?)))

(define %zfs-snapshots
  ;; The labels and numbers that zfs-auto-snapshot comes with for cron.
  (list (zfs-snapshot (label "frequent") (keep 4) (schedule "*/15 * * * *"))
        (zfs-snapshot (label "hourly") (keep 24) (schedule "0 * * * *"))
        (zfs-snapshot (label "daily") (keep 31) (schedule "0 0 * * *"))
        (zfs-snapshot (label "weekly") (keep 8) (schedule "0 0 * * 0"))
        (zfs-snapshot (label "monthly") (keep 12) (schedule "0 0 1 * *"))))

(define (snapshots? value)
  (and (list? value)
       (every zfs-snapshot? value)
       (different? (map zfs-snapshot-label value))))

(define (altroot? value)
  (or (not value)
      (and (directory-name? value)
           (not (system-directory? value)))))

(define-sanitizer sanitize-pool zfs-pool name pool?
  "the name of a pool, such as \"tank\", or its number")
(define-sanitizer sanitize-mount? zfs-pool mount? boolean? "#t or #f")
(define-sanitizer sanitize-read-only? zfs-pool read-only? boolean? "#t or #f")
(define-sanitizer sanitize-altroot zfs-pool altroot altroot?
  "the absolute name of a directory that is not the system's own, or #f,")

(define-configuration/no-serialization zfs-pool
  (name
   (pool)
   "The name of the pool, or its number: the @samp{id} of @command{zpool
import}, an integer."
   (sanitizer sanitize-pool))
  (mount?
   (boolean #t)
   "Whether to mount its datasets; those that @code{legacy-mounts} names are
mounted even so."
   (sanitizer sanitize-mount?))
  (read-only?
   (boolean #f)
   "Whether to import it without ever writing to it."
   (sanitizer sanitize-read-only?))
  (altroot
   (altroot #f)
   "The directory below which its datasets are mounted, such as
@file{/media/backup}."
   (sanitizer sanitize-altroot)))

(define (pools? value)
  (and (list? value)
       (every (lambda (value)
                (or (pool? value) (zfs-pool? value)))
              value)
       (different? (map pool-designation value))))

(define (->zfs-pool value)
  (if (zfs-pool? value)
      value
      (zfs-pool (name value))))

(define (pool-designation pool)
  "Return the name or number of POOL, an element of 'pools', as 'zpool' takes
it."
  (match (zfs-pool-name (->zfs-pool pool))
    ((? string? name) name)
    (number (number->string number))))

(define (import-specification pool)
  "Return POOL as 'import-pools' takes it."
  (match-record (->zfs-pool pool) <zfs-pool> (read-only? altroot)
    `(,(pool-designation pool)
      ,@(if read-only? '("-o" "readonly=on") '())
      ,@(if altroot `("-R" ,altroot) '()))))

(define-sanitizer sanitize-zfs-for-kernel zfs-configuration zfs-for-kernel
  procedure?
  "a procedure that takes a kernel and returns its ZFS, both packages,")
(define-sanitizer sanitize-hostid zfs-configuration hostid hostid?
  "a string of eight hexadecimal digits that are not all 0, or #f,")
(define-sanitizer sanitize-pools zfs-configuration pools pools?
  "a list of names of pools, such as (\"tank\"), of their numbers, and of
'zfs-pool' records, each other than the others,")
(define-sanitizer sanitize-devices zfs-configuration devices directories?
  "a list of absolute names of directories")
(define-sanitizer sanitize-import-timeout zfs-configuration import-timeout
  seconds? "a number of seconds, an integer that is not negative,")
(define-sanitizer sanitize-import-requirement zfs-configuration
  import-requirement requirement?
  "a list of names of Shepherd services, such as (device-mapping-data), or #f
for all mapped devices,")
(define-sanitizer sanitize-key-requirement zfs-configuration key-requirement
  requirement?
  "a list of names of Shepherd services, such as (file-system-/key), or #f,")
(define-sanitizer sanitize-ask-for-keys zfs-configuration ask-for-keys keys?
  "#t, or a list of names of datasets, such as (\"tank/home\"),")
(define-sanitizer sanitize-prompt-timeout zfs-configuration prompt-timeout
  seconds? "a number of seconds, an integer that is not negative,")
(define-sanitizer sanitize-legacy-mounts zfs-configuration legacy-mounts
  legacy-mounts?
  "a list of pairs of a dataset and a directory, such as
(\"tank/srv\" . \"/srv\"), each other than the others,")
(define-sanitizer sanitize-address-requirement zfs-configuration
  address-requirement list-of-symbols?
  "a list of names of Shepherd services, such as (networking),")
(define-sanitizer sanitize-required-for-login? zfs-configuration
  required-for-login? boolean? "#t or #f")
(define-sanitizer sanitize-share? zfs-configuration share?
  boolean? "#t or #f")
(define-sanitizer sanitize-share-requirement zfs-configuration
  share-requirement list-of-symbols?
  "a list of names of Shepherd services, such as (nfs),")
(define-sanitizer sanitize-zed? zfs-configuration zed?
  boolean? "#t or #f")
(define-sanitizer sanitize-zed-email zfs-configuration zed-email email?
  "a mail address, or #f,")
(define-sanitizer sanitize-zed-email-program zfs-configuration
  zed-email-program program?
  "a file-like object, or an absolute file name,")
(define-sanitizer sanitize-zed-settings zfs-configuration zed-settings
  zed-settings?
  "a list of pairs such as (\"ZED_NOTIFY_INTERVAL_SECS\" . 3600), where
ZED_EMAIL_ADDR and ZED_EMAIL_PROG are the fields 'zed-email' and
'zed-email-program',")
(define-sanitizer sanitize-scrub zfs-configuration scrub pool-schedule?
  (string-append %cron-words
                 ", or a list of pairs of a pool and one of these, or #f,"))
(define-sanitizer sanitize-trim zfs-configuration trim pool-schedule?
  (string-append %cron-words
                 ", or a list of pairs of a pool and one of these, or #f,"))
(define-sanitizer sanitize-snapshots zfs-configuration snapshots snapshots?
  "a list of 'zfs-snapshot' records, each with another label,")
(define-sanitizer sanitize-module-options zfs-configuration module-options
  module-options? module-options-words)
(define-sanitizer sanitize-command-timeout zfs-configuration command-timeout
  positive-integer? "a number of seconds, a positive integer,")
(define-sanitizer sanitize-shutdown-timeout zfs-configuration
  shutdown-timeout positive-integer?
  "a number of seconds, a positive integer,")

(define-configuration/no-serialization zfs-configuration
  (zfs-for-kernel
   (procedure zfs-for-kernel)
   "The procedure that returns the ZFS for the kernel of the system.  It is not
called if @code{kernel-loadable-modules} has one already."
   (sanitizer sanitize-zfs-for-kernel))
  (hostid
   (hostid #f)
   "The number of this host, eight hexadecimal digits, by which a pool knows
which host uses it; @code{#f} leaves it to @file{/etc/hostid}."
   (sanitizer sanitize-hostid))
  (module-options
   (module-options '())
   "Parameters of the kernel modules @code{zfs} and @code{spl}, such as
@code{'((\"zfs_arc_max\" . 4294967296))}.  One that the ZFS of the system does
not have is an error, and so is a size with a unit: the module takes bytes."
   (sanitizer sanitize-module-options))
  (pools
   (pools '())
   "The pools that are waited for by themselves, so that it is an error if one
does not come: name those that home directories are on.  Each is the name of a
pool, its number, or a @code{zfs-pool} record.  Others are imported, too, if
this system had them when it last ran; no others are."
   (sanitizer sanitize-pools))
  (devices
   (directories '())
   "The directories in which the disks of pools are looked for; with the empty
list, all disks are looked at.  Pools that are made of files need it."
   (sanitizer sanitize-devices))
  (import-timeout
   (seconds 60)
   "How many seconds to wait for disks that come late.  A pool that lacks disks
but can do without them is imported only then."
   (sanitizer sanitize-import-timeout))
  (import-requirement
   (requirement #f)
   "The Shepherd services that must have been started, or have failed, before
pools are looked for; with @code{#f}, those of all mapped devices that the
system declares.  One that waits for the datasets itself, as all do that need
@code{user-processes}, is waited for only if @code{required-for-login?} is
false."
   (sanitizer sanitize-import-requirement))
  (key-requirement
   (requirement #f)
   "The same for keys in files; with @code{#f}, those of all file systems that
the system declares."
   (sanitizer sanitize-key-requirement))
  (ask-for-keys
   (keys #t)
   "The datasets whose keys are asked for on the console, where they are to be
typed; with @code{#t}, those whose keys something needs that is to be mounted,
but for what @command{zfs receive} made with its mount point."
   (sanitizer sanitize-ask-for-keys))
  (prompt-timeout
   (seconds 120)
   "How many seconds to wait on the console for a key that is to be typed;
after one that nobody typed no other is asked for.  Nor is any unless
@code{required-for-login?} is true, since others read from the console then."
   (sanitizer sanitize-prompt-timeout))
  (legacy-mounts
   (legacy-mounts '())
   "Where to mount datasets whose property @code{mountpoint} is
@code{legacy}, such as @code{'((\"tank/var\" . \"/var/lib/data\"))}; it is done
in order with the others."
   (sanitizer sanitize-legacy-mounts))
  (address-requirement
   (list-of-symbols '())
   "The Shepherd services that must be there before keys are fetched from
addresses, such as @code{'(networking)}.  If there are some, such datasets are
mounted later than the others, and logins do not wait for them."
   (sanitizer sanitize-address-requirement))
  (required-for-login?
   (boolean #t)
   "Whether home directories and logins wait for the datasets.  If they do and
a pool of @code{pools} cannot be imported, or a dataset cannot be mounted,
nobody can log in."
   (sanitizer sanitize-required-for-login?))
  (share?
   (boolean #f)
   "Whether to share the datasets that have @code{sharenfs} or
@code{sharesmb}."
   (sanitizer sanitize-share?))
  (share-requirement
   (list-of-symbols '())
   "The Shepherd services that must be there before, such as @code{'(nfs)}."
   (sanitizer sanitize-share-requirement))
  (zed?
   (boolean #t)
   "Whether to run the event daemon, @command{zed}, which puts spares to use
and reports failures."
   (sanitizer sanitize-zed?))
  (zed-email
   (email #f)
   "The address that it reports to."
   (sanitizer sanitize-zed-email))
  (zed-email-program
   (program (file-append mailutils "/bin/mail"))
   "The program that sends these mails; it takes what @command{mail} takes."
   (sanitizer sanitize-zed-email-program))
  (zed-settings
   (zed-settings '())
   "Other settings of the daemon, as in @file{zed.rc}: pairs of a name and a
string, an integer, or a Boolean."
   (sanitizer sanitize-zed-settings))
  (scrub
   (pool-schedule "24 2 8 * *")
   "When to scrub the pools, as a line for cron or a gexp of a calendar event
of the Shepherd; or for single pools, as in
@code{'((\"tank\" . \"0 3 * * 0\") (\"backup\" . \"0 3 1 * *\"))}.  With
@code{#f}, never."
   (sanitizer sanitize-scrub))
  (trim
   (pool-schedule #f)
   "When to tell the disks of the pools which blocks are free; as above."
   (sanitizer sanitize-trim))
  (snapshots
   (snapshots '())
   "Which snapshots to take, a list of @code{zfs-snapshot} records.
@code{%zfs-snapshots} has those that are usual."
   (sanitizer sanitize-snapshots))
  (command-timeout
   (positive-integer 300)
   "How many seconds one command of ZFS may take before it is stopped."
   (sanitizer sanitize-command-timeout))
  (shutdown-timeout
   (positive-integer 60)
   "How many seconds unmounting and exporting may take together."
   (sanitizer sanitize-shutdown-timeout)))


;;;
;;; The kernel's side.
;;;

(define (listed-zfs modules)
  "Return the packages among MODULES, those of 'kernel-loadable-modules', that
are a ZFS, whatever their name.  Raise an error if one comes without its
commands or without its module."
  (define (refuse package what)
    (raise-with-hint
     (formatted-message
      (G_ "kernel-loadable-modules: ~a comes without its ~a: leave it out, \
since zfs-service-type adds the ZFS for the kernel, or list one of \
(zfs-guix packages zfs), such as zfs-for-linux-6.12")
      (package-name package) what)
     (format #f "To have the service use what ~a is made of, set its field
@code{zfs-for-kernel} to @code{(lambda (kernel) (zfs-for-kernel kernel #:zfs
~a))}." (package-name package) (package-name package))))

  (filter-map (match-lambda
                ((or (? package? package)
                     ((? package? package) "out"))
                 (cond ((zfs-series package) package)
                       ((zfs? package) (refuse package "kernel module"))
                       (else #f)))
                (((? package? package) . _)
                 (and (zfs? package) (refuse package "commands")))
                (_ #f))
              modules))

(define (check-series zfs kernel where)
  "Raise an error that blames WHERE if ZFS, a variant, is not for KERNEL."
  (let ((series (kernel-series kernel)))
    (unless (or (not series)
                (string=? series (zfs-series zfs)))
      (raise-with-hint
       (formatted-message
        (G_ "~a: ~a is for Linux ~a, and the kernel is ~a ~a") where
        (package-name zfs) (zfs-series zfs)
        (package-name kernel) (package-version kernel))
       "Leave it out: zfs-service-type adds the ZFS for the kernel."))))

(define* (zfs-package config kernel #:optional (who "zfs-configuration"))
  "Return the ZFS for KERNEL that CONFIG, which was given to WHO, asks for."
  (define field
    (string-append "field 'zfs-for-kernel' of " who))

  (match ((zfs-configuration-zfs-for-kernel config) kernel)
    ((? package? package)
     (unless (zfs-series package)
       (raise-with-hint
        (formatted-message
         (G_ "~a: ~a does not bring module and commands together")
         field (package-name package))
        (format #f "Return @code{(zfs-for-kernel kernel #:zfs ~a)}."
                (package-name package))))
     (check-series package kernel field)
     package)
    (other
     (raise (formatted-message
             (G_ "the procedure 'zfs-for-kernel' of ~a returned ~s for ~a, \
where a package is expected")
             who other (package-name kernel))))))

(define (kernel-of-container? kernel)
  "Return true if KERNEL is what containers, Docker and WSL images have."
  (and (package? kernel)
       (string=? "linux-dummy" (package-name kernel))))

(define (add-zfs config)
  "Return the procedure that adds the ZFS for the kernel to its modules."
  (lambda (linux)
    (let ((kernel (linux-builder-configuration-kernel linux))
          (modules (linux-builder-configuration-modules linux)))
      (if (kernel-of-container? kernel)
          ;; There is no kernel to load a module into.
          (linux-builder-configuration
            (inherit linux)
            (modules (remove (cut member <> (listed-zfs modules)) modules)))
          (begin
            (refuse-kernel-with-zfs kernel)
            (match (listed-zfs modules)
              (()
               (let ((zfs (zfs-package config kernel)))
                 (check-parameters config zfs)
                 (linux-builder-configuration
                   (inherit linux)
                   (modules (cons zfs modules)))))
              ((zfs)
               (check-series zfs kernel "kernel-loadable-modules")
               (check-parameters config zfs)
               linux)
              (several
               (raise-with-hint
                (formatted-message
                 (G_ "kernel-loadable-modules: there is more than one ZFS: ~a")
                 (string-join (map package-name several) ", "))
                "Leave them out: zfs-service-type adds the ZFS for the \
kernel."))))))))

(define* (check-parameters config zfs #:optional (who "zfs-configuration"))
  "Raise an error if CONFIG, which was given to WHO, has a parameter that ZFS,
a package, has not, or the number of the host twice."
  (let ((release (package-version zfs)))
    (when (and (zfs-configuration-hostid config)
               (assoc "spl_hostid" (zfs-configuration-module-options config)))
      (raise (formatted-message
              (G_ "~a: the fields 'hostid' and 'module-options' both set \
spl_hostid: leave it out of the second") who)))
    (match (remove (cut parameter-of-release? <> release)
                   (map first (zfs-configuration-module-options config)))
      (() #t)
      (names
       (raise (formatted-message
               (G_ "~a: field 'module-options': OpenZFS ~a has no parameter \
~a; 'man 4 zfs' and 'man 4 spl' list those it has")
               who release (string-join names ", ")))))))

(define (modprobe-files config)
  "Return the entry in /etc for the parameters of the kernel modules."
  (match-record config <zfs-configuration> (hostid module-options)
    (if (or hostid (pair? module-options))
        (list
         `("modprobe.d/zfs.conf"
           ,(plain-file
             "zfs.conf"
             (string-append
              (if hostid
                  (string-append "options spl spl_hostid=0x" hostid "\n")
                  "")
              (string-concatenate
               (map (match-lambda
                      ((name . value)
                       (format #f "options ~a ~a=~a~%"
                               (parameter-module name) name value)))
                    module-options))))))
        '())))

(define (profile-script config)
  ;; Guix's own 'zfs' is in the system profile if a file system of the type
  ;; "zfs" is declared, and before what a service adds to it.
  (list (mixed-text-file "zfs-guix.sh"
                         "export PATH="
                         (file-append zfs-guix-tools "/sbin") ":"
                         (file-append zfs-guix-tools "/bin") ":$PATH\n"
                         ;; An empty part stands for the default.
                         "export MANPATH=/run/booted-system/kernel/share/man"
                         ":$MANPATH\n")))

(define (udev-rules config)
  ;; They are OpenZFS's own.  The paths are those of the booted ZFS: a rule
  ;; with a file of the store would run that of the next generation after a
  ;; reconfiguration.
  (list (udev-rule "60-zvol.rules"
                   "KERNEL==\"zd*\", SUBSYSTEM==\"block\", \
ACTION==\"add|change\", \
PROGRAM=\"/run/booted-system/kernel/lib/udev/zvol_id $devnode\", \
SYMLINK+=\"zvol/%c\"\n")
        ;; The names in /dev/disk/by-vdev, of /etc/zfs/vdev_id.conf.
        (udev-rule "69-vdev.rules"
                   "SUBSYSTEM!=\"block\", GOTO=\"vdev_end\"
TEST!=\"/etc/zfs/vdev_id.conf\", GOTO=\"vdev_end\"
ENV{DEVTYPE}==\"disk|partition\", \
IMPORT{program}=\"/run/booted-system/kernel/lib/udev/vdev_id -d %k\"
ENV{DEVTYPE}==\"disk\", ENV{ID_VDEV}==\"?*\", \
SYMLINK+=\"$env{ID_VDEV_PATH}\"
ENV{DEVTYPE}==\"partition\", ENV{ID_VDEV}==\"?*\", \
SYMLINK+=\"$env{ID_VDEV_PATH}-part%n\"
LABEL=\"vdev_end\"\n")
        ;; Users run 'zpool status'; what else they may do, 'zfs allow' says.
        (udev-rule "90-zfs.rules"
                   "SUBSYSTEM==\"misc\", KERNEL==\"zfs\", MODE=\"0666\"\n")))


;;;
;;; Shepherd services.
;;;

(define %zpool (file-append zfs-guix-tools "/sbin/zpool"))
(define %zfs (file-append zfs-guix-tools "/sbin/zfs"))
(define %zdb (file-append zfs-guix-tools "/sbin/zdb"))
(define %herd "/run/current-system/profile/bin/herd")
(define %mount.zfs (file-append zfs-guix-tools "/sbin/mount.zfs"))
(define %zed (file-append zfs-guix-tools "/sbin/zed"))

(define %build-modules
  (map (lambda (name)
         `(zfs-guix build ,name))
       '(boot-words catch-up events export had-pools import keys mount
         snapshots upkeep volumes)))

(define %build-closure
  (source-module-closure %build-modules
                         #:select? (match-lambda
                                     (('zfs-guix 'build _ ...) #t)
                                     (_ #f))))

(define* (zfs-program name expression #:key always? (modules '()))
  "Return a program that evaluates EXPRESSION, a gexp, with %BUILD-MODULES and
MODULES, and fails if that is false.  Where the system is
to do without ZFS, it does nothing, unless ALWAYS? is true."
  (program-file name
                (with-imported-modules %build-closure
                  #~(begin
                      (use-modules #$@%build-modules #$@modules)
                      ;; Names of files are in UTF-8, wherever this is run.
                      (false-if-exception (setlocale LC_CTYPE "C.UTF-8"))
                      (set-port-encoding! (current-output-port) "UTF-8")
                      (exit #$(if always?
                                  expression
                                  #~(or (without-zfs?) #$expression)))))))

(define %services-of-zfs
  '(zfs-import zfs-load-keys zfs-mount device-mapping-zfs/datasets
    zfs-volumes device-mapping-zfs/volumes
    zfs-load-keys-from-addresses zfs-mount-from-addresses zfs-share
    zfs-late-keys zed))

(define* (start-after services program
                      #:key (needed '()) field declared holder try)
  "Return the 'start' procedure that runs PROGRAM once SERVICES, and those of
FIELD, were started, whatever came of them: the Shepherd's requirements would
not let it run if one of them failed, but what there is of pools and keys is to
be used.  It fails if PROGRAM does, or one of NEEDED, a subset of SERVICES.
With DECLARED, it waits for the services, too, whose names begin with that
string, and not if the program TRY succeeds before; and a service HOLDER makes
sure that they stop after the pools are exported.  Of all these it does not
wait for those that wait for ZFS themselves: their names are the arguments of
PROGRAM."
  #~(lambda _
      (define all
        (let ((all '()))
          (for-each-service (lambda (service)
                              (set! all (cons service all))))
          all))

      (define (provider name)
        (find (lambda (service)
                (memq name (service-provision service)))
              all))

      (define (waits-for-zfs? service)
        (define seen '())

        (define (waits? name)
          (and (not (memq name seen))
               (begin
                 (set! seen (cons name seen))
                 (or (memq name '#$%services-of-zfs)
                     (let ((service (provider name)))
                       (and service
                            (any waits? (service-requirement service))))))))

        (any waits? (append (service-provision service)
                            (service-requirement service))))

      (define (service-name service)
        (symbol->string (service-canonical-name service)))

      (define-values (unwaited declared)
        (partition waits-for-zfs?
                   ;; Nothing lies in a pool, or under one, of what Linux
                   ;; makes.
                   (filter (lambda (service)
                             (let ((name (service-name service)))
                               (and #$declared
                                    (string-prefix? #$(or declared "") name)
                                    (not (any (lambda (directory)
                                                (string-prefix?
                                                 (string-append
                                                  "file-system-" directory
                                                  "/")
                                                 (string-append name "/")))
                                              '#$%system-directories)))))
                           all)))

      (define-values (unwaited-of-field field)
        (partition (lambda (name)
                     (waits-for-zfs? (provider name)))
                   '#$(or field '())))

      (define (last-start services)
        (apply max 0
               (append-map (lambda (service)
                             (filter-map (lambda (change)
                                           (and (eq? 'running (car change))
                                                (cdr change)))
                                         (service-status-changes service)))
                           services)))

      (define (start service others)
        ;; One that failed, so that a passphrase would be asked for twice, only
        ;; if it may have lacked one of OTHERS, as LVM on LUKS does.
        (let ((failures (service-startup-failures service)))
          (and (or (null? failures)
                   (and #$(->bool try)
                        (<= (apply max failures) (last-start others))))
               (start-service service))))

      ;; Not 'filter', which is written in C: nothing may wait inside it.
      (define started
        (map (lambda (name)
               (and (start-service (provider name)) name))
             (append '#$services field)))

      (define enough?
        (and #$try
             (pair? declared)
             (zero? (spawn-command (list #$try)))))

      (define held
        (let loop ((held '()))
          (let ((more (filter identity
                              (map (lambda (service)
                                     (and (not (memq service held))
                                          (or (eq? 'running
                                                   (service-status service))
                                              (and (not enough?)
                                                   (start service held)))
                                          service))
                                   declared))))
            (if (null? more)
                held
                (loop (append held more))))))

      (when (and #$(symbol? holder)
                 (pair? held)
                 (not (lookup-service '#$holder)))
        (register-services
         (list (service '(#$holder)
                        #:documentation
                        "Have ZFS pools exported before what they need stops."
                        #:requirement (map service-canonical-name held)
                        ;; 'guix system reconfigure' stops all others that
                        ;; are not of an operating-system.
                        #:transient? #t
                        #:start (const #t)
                        #:stop (lambda _
                                 (let ((pools (lookup-service 'zfs-pools)))
                                   (unless (service-stopped? pools)
                                     (stop-service pools))
                                   #f))
                        #:respawn? #f)))
        (start-service (lookup-service '#$holder)))

      (and (zero? (spawn-command
                   (cons #$program
                         (append (map symbol->string unwaited-of-field)
                                 (map service-name unwaited)))))
           (lset<= eq? '#$needed started))))

(define (unless-system-stops program)
  "Return the 'stop' procedure that runs PROGRAM, but not while the system
stops: processes may run still, and 'zfs-pools' does it after them."
  #~(lambda _
      (and (not (eq? 'stopping (service-status root-service)))
           (not (zero? (spawn-command (list #$program)))))))

(define %service-modules
  '((shepherd service) (srfi srfi-1)))

(define (pool-shepherd-services config)
  (match-record config <zfs-configuration>
    (pools devices import-timeout import-requirement key-requirement
     ask-for-keys prompt-timeout legacy-mounts address-requirement
     required-for-login? share? share-requirement command-timeout
     shutdown-timeout)

    (define what-to-mount
      (list #:legacy #~'#$legacy-mounts
            #:left #~'#$(map pool-designation
                             (remove (compose zfs-pool-mount? ->zfs-pool)
                                     pools))
            #:command-timeout command-timeout))

    (define (unwaited field)
      ;; See 'start-after'.
      (if field #~(cdr (command-line)) #~'()))

    (define (import name procedure)
      (zfs-program name
                   #~(#$procedure #$%zpool #$%zdb
                                  #:pools '#$(map import-specification pools)
                                  #:unwaited #$(unwaited import-requirement)
                                  #:devices '#$devices
                                  #:timeout #$import-timeout
                                  #:command-timeout #$command-timeout
                                  #:console? #$required-for-login?)
                   #:always? #t))

    (define* (load-keys name locations #:optional field)
      (zfs-program name
                   #~(load-keys #$%zfs #$%zpool
                                #$(file-append coreutils "/bin/stty")
                                #$(file-append curl "/bin/curl")
                                #:locations '#$locations
                                #:unwaited #$(unwaited field)
                                #:ask '#$ask-for-keys
                                #:prompt-timeout
                                #$(if required-for-login? prompt-timeout 0)
                                #$@what-to-mount)))

    (define (mounting name procedure . arguments)
      (zfs-program name
                   #~(#$procedure #$%zfs #$%zpool #$%mount.zfs
                                  #$@arguments
                                  #$@what-to-mount)))

    (define mount
      (mounting "zfs-mount" #~mount-datasets
                #:later
                #~(map (lambda (name)
                         (string-drop name (string-length "file-system-")))
                       (cdr (command-line)))
                #:console? required-for-login?))

    (define pools-service
      ;; A service of its own, which 'user-processes' requires, so that it
      ;; stops after all processes have ended, even if logins do not wait for
      ;; the datasets.
      (shepherd-service
        (documentation "Export the ZFS pools when the system stops.")
        (provision '(zfs-pools))
        (requirement '(root-file-system udev))
        (modules %service-modules)
        (stop #~(lambda _
                  (not (zero?
                        (spawn-command
                         (list #$(zfs-program
                                  "zfs-export"
                                  #~(export-pools
                                     #$%zpool #$%zfs
                                     #:timeout #$shutdown-timeout)
                                  #:always? #t)))))))
        (respawn? #f)))

    (define import-service
      (shepherd-service
        (documentation "Import the ZFS pools.")
        (provision '(zfs-import))
        (requirement '(root-file-system udev zfs-pools))
        (modules %service-modules)
        (start (start-after
                '()
                (import "zfs-import" #~import-pools)
                #:field import-requirement
                #:declared (and (not import-requirement) "device-mapping-")
                #:try (and (not import-requirement)
                           (import "zfs-try-import" #~try-import-pools))
                #:holder 'zfs-mapped-devices))
        (respawn? #f)))

    (define keys-service
      (shepherd-service
        (documentation "Load the keys of encrypted ZFS datasets.")
        (provision '(zfs-load-keys))
        (requirement '(root-file-system udev zfs-pools))
        (modules %service-modules)
        (start (start-after '(zfs-import)
                            (load-keys "zfs-load-keys"
                                       (if (null? address-requirement)
                                           '(files addresses)
                                           '(files))
                                       key-requirement)
                            #:field key-requirement
                            #:declared (and (not key-requirement)
                                            "file-system-")))
        (respawn? #f)))

    (define mount-service
      (shepherd-service
        (documentation "Mount the ZFS datasets.")
        ;; The second name is that of a mapped device: see '%zfs-datasets'.
        (provision '(zfs-mount device-mapping-zfs/datasets))
        (requirement '(root-file-system udev zfs-pools))
        (modules %service-modules)
        (start (start-after '(zfs-import zfs-load-keys) mount
                            #:needed '(zfs-import)
                            #:declared "file-system-"
                            #:holder 'zfs-file-systems))
        (stop (unless-system-stops
               (zfs-program "zfs-unmount"
                            #~(unmount-datasets
                               #$%zfs
                               #$(file-append util-linux "/bin/umount")
                               #$command-timeout
                               #:legacy '#$legacy-mounts))))
        (respawn? #f)))

    (define address-keys-services
      (list
       (shepherd-service
         (documentation "Load the keys of ZFS datasets from addresses.")
         (provision '(zfs-load-keys-from-addresses))
         (requirement `(zfs-pools ,@address-requirement))
         (modules %service-modules)
         (start (start-after '(zfs-mount)
                             (load-keys "zfs-load-keys-from-addresses"
                                        '(addresses))))
         (respawn? #f))
       (shepherd-service
         (documentation "Mount the ZFS datasets with keys from addresses.")
         (provision '(zfs-mount-from-addresses))
         (requirement '(zfs-pools))
         (modules %service-modules)
         (start (start-after '(zfs-load-keys-from-addresses) mount))
         (respawn? #f))))

    (define late-keys-service
      (shepherd-service
        (documentation "Wait for the keys of locked ZFS datasets.")
        (provision '(zfs-late-keys))
        (requirement '(zfs-pools))
        (modules %service-modules)
        (start #~(let ((start (make-forkexec-constructor
                               (list #$(mounting "zfs-late-keys"
                                                 #~wait-for-keys %herd)))))
                   (lambda args
                     (start-service (lookup-service 'zfs-mount))
                     (apply start args)
                     ;; Not the process: it ends once all keys are there, and
                     ;; the Shepherd would disable the service then.
                     #t)))
        ;; What waits ends by itself, or with all other processes.
        (stop #~(const #f))
        (respawn? #f)))

    (define volumes-service
      (shepherd-service
        (documentation "Wait for the links to ZFS volumes in /dev/zvol.")
        ;; The second name is that of a mapped device: see '%zfs-volumes'.
        (provision '(zfs-volumes device-mapping-zfs/volumes))
        (requirement '(root-file-system udev zfs-pools))
        (modules %service-modules)
        (start (start-after '(zfs-import zfs-load-keys)
                            (zfs-program "zfs-volumes"
                                         #~(wait-for-volumes
                                            #$%zfs #$import-timeout))))
        (respawn? #f)))

    (define fields
      (append (or import-requirement '())
              (or key-requirement '())))

    (define requirements-service
      ;; It is never started: Guix checks that what it requires is there, which
      ;; 'start-after' does not require.
      (shepherd-service
        (documentation "Name the services that ZFS is told to wait for.")
        (provision '(zfs-requirements))
        (requirement fields)
        (start #~(const #t))
        (respawn? #f)
        (auto-start? #f)))

    (define share-service
      (shepherd-service
        (documentation "Share the ZFS datasets.")
        (provision '(zfs-share))
        (requirement `(zfs-pools ,@share-requirement))
        (modules %service-modules)
        (start (start-after '(zfs-mount)
                            (zfs-program "zfs-share"
                                         #~(share-datasets
                                            #$%zfs #$command-timeout))))
        (stop #~(lambda _
                  (not (zero?
                        (spawn-command
                         (list #$(zfs-program
                                  "zfs-unshare"
                                  #~(unshare-datasets
                                     #$%zfs #$shutdown-timeout))))))))
        (respawn? #f)))

    `(,pools-service
      ,import-service
      ,keys-service
      ,mount-service
      ,@(if (null? address-requirement) '() address-keys-services)
      ,late-keys-service
      ,volumes-service
      ,@(if (null? fields) '() (list requirements-service))
      ,@(if share? (list share-service) '()))))

(define (remember-pools config)
  "Return what 'guix system reconfigure' does first of all: the generation that
runs may export its pools without writing down which they were."
  ;; At boot there is none yet.
  #~(when (file-exists? "/run/booted-system")
      (system* #$(zfs-program "zfs-remember"
                              #~(remember-pools-once #$%zpool 30)))))

(define %script-path
  ;; Where scripts look for commands: what they know is not there on Guix
  ;; System, and what an operating-system has in its profile is its own choice.
  #~(string-join (list #$@(map (match-lambda
                                 ((package directory)
                                  (file-append package directory)))
                               `((,coreutils "/bin") (,curl "/bin")
                                 (,gawk "/bin") (,grep "/bin")
                                 (,inetutils "/bin") (,sed "/bin")
                                 (,util-linux "/bin") (,util-linux "/sbin")
                                 (,zfs-guix-tools "/sbin"))))
                 ":"))

(define %zed-settings
  ;; Those of OpenZFS's own zed.rc, in the place of which is that of 'zed-rc';
  ;; without the second each snapshot is a line in the log.
  '(("ZED_USE_ENCLOSURE_LEDS" . #t)
    ("ZED_SYSLOG_SUBCLASS_EXCLUDE" . "history_event")))

(define (zed-rc config)
  "Return the settings of the event daemon, which are read by a shell."
  (define (assignment name value)
    (string-append name "='"
                   (string-join (string-split value #\') "'\\''")
                   "'\n"))

  (define setting
    (match-lambda
      ((name . value)
       (assignment name
                   (match value
                     (#t "1")
                     (#f "0")
                     ((? string?) value)
                     ((? number?) (number->string value)))))))

  (match-record config <zfs-configuration>
    (zed-email zed-email-program zed-settings)
    #~(string-append
       "PATH='" #$%script-path "'\n"
       #$(if zed-email
             #~(string-append "ZED_EMAIL_ADDR='" #$zed-email "'\n"
                              "ZED_EMAIL_PROG='" #$zed-email-program "'\n")
             "")
       #$(string-concatenate
          (map setting (append %zed-settings zed-settings))))))

(define (zed-shepherd-service config)
  (define prepare
    (zfs-program "zed-directory"
                 #~(make-zed-directory
                    "/run/zfs-guix/zed.d"
                    ;; Those of the ZFS whose module is loaded.
                    "/run/booted-system/kernel/etc/zfs/zed.d"
                    #$(zed-rc config))))

  (shepherd-service
    (documentation "Run the ZFS event daemon.")
    (provision '(zed))
    (requirement '(user-processes zfs-pools))
    (modules %service-modules)
    (start #~(let ((start (make-forkexec-constructor
                           (list #$%zed "-F"
                                 "-d" "/run/zfs-guix/zed.d"
                                 "-p" "/run/zfs-guix/zed.pid"
                                 "-s" "/run/zfs-guix/zed.state"))))
               (lambda args
                 ;; Events wait for it in the kernel.
                 (start-service (lookup-service 'zfs-import))
                 (and (zero? (spawn-command (list #$prepare)))
                      ;; There is none where the system does without ZFS.
                      (or (not (file-exists? "/run/zfs-guix/zed.d/zed.rc"))
                          (apply start args))))))
    (stop #~(let ((stop (make-kill-destructor)))
              (lambda (running . args)
                (and (process? running)
                     (apply stop running args)))))))

(define* (timer name schedule command #:key documentation)
  "Return the Shepherd service NAME that runs COMMAND, a list of strings and
gexps, on SCHEDULE."
  (define make
    (module-variable (resolve-interface '(gnu services shepherd))
                     'shepherd-timer))

  (unless make
    (raise (formatted-message
            (G_ "zfs-service-type: the Shepherd of this Guix has no timers: \
run 'guix pull', or set 'scrub' and 'trim' to #f and 'snapshots' to '()"))))
  ((variable-ref make) (list (string->symbol name))
                       (numbers-for-ranges schedule) command
   #:requirement '(user-processes zfs-pools)
   #:documentation documentation))

(define (service-name . parts)
  "Return PARTS as the name of a service, which Guix makes the name of a file
in the store, which has neither the space nor the colon of a pool or label.  No
pool or label has what stands for them."
  (string-map (match-lambda
                (#\space #\+)
                (#\: #\=)
                (chr chr))
              (string-concatenate parts)))

(define (pool-timers action schedule config)
  "Return the timers that start ACTION on pools by SCHEDULE."
  (define (pool-timer name schedule pools)
    (timer name schedule
           (list (zfs-program
                  name
                  #~(start-on-pools #$%zpool #$action
                                    #:names '#$pools
                                    #:command-timeout
                                    #$(zfs-configuration-command-timeout
                                       config))))
           #:documentation
           (format #f "Start '~a' of ~a." action
                   (match pools
                     (() "all ZFS pools")
                     ((pool) (format #f "the ZFS pool '~a'" pool))))))

  (match schedule
    (#f '())
    ((? schedule?)
     (list (pool-timer (string-append "zfs-" action) schedule '())))
    (((pools . schedules) ...)
     (map (lambda (pool schedule)
            (pool-timer (service-name "zfs-" action "-" pool) schedule
                        (list pool)))
          pools schedules))))

(define (snapshots-expression snapshot config)
  "Return the gexp that takes SNAPSHOT."
  (match-record snapshot <zfs-snapshot>
    (label keep datasets default-exclude? skip-scrub?)
    #~(take-snapshots #$%zpool #$%zfs
                      #:label #$label
                      #:keep #$keep
                      #:datasets '#$datasets
                      #:default-exclude? #$default-exclude?
                      #:skip-scrub? #$skip-scrub?
                      #:command-timeout
                      #$(zfs-configuration-command-timeout config))))

(define (snapshot-timer snapshot config)
  (match-record snapshot <zfs-snapshot> (label schedule)
    (let ((name (service-name "zfs-snapshot-" label)))
      (timer name schedule
             (list (zfs-program name (snapshots-expression snapshot config)))
             #:documentation
             (format #f "Take the ~a ZFS snapshots." label)))))

(define (shepherd&co)
  "Return the Shepherd and what its modules need, as 'scm->go' does in (gnu
services shepherd)."
  (let ((shepherd (shepherd-configuration-shepherd (shepherd-configuration))))
    (cons shepherd
          (match (lookup-package-input shepherd "guile-fibers")
            (#f '())
            (fibers (list fibers))))))

(define (catch-up-timer config)
  "Return the timer that makes up for what the others missed."
  (define (event schedule)
    (if (string? schedule)
        #~(cron-string->calendar-event #$(numbers-for-ranges schedule))
        schedule))

  (define pools+events
    (match-lambda
      (#f '())
      ((? schedule? schedule)
       (list #~(cons '() #$(event schedule))))
      (((pools . schedules) ...)
       (map (lambda (pool schedule)
              #~(cons '(#$pool) #$(event schedule)))
            pools schedules))))

  (define (snapshots->sexp snapshot)
    (match-record snapshot <zfs-snapshot>
      (label schedule datasets default-exclude?)
      #~(list #$(event schedule) #$label '#$datasets #$default-exclude?
              (lambda ()
                #$(snapshots-expression snapshot config)))))

  (match-record config <zfs-configuration>
    (scrub trim snapshots command-timeout)
    ;; At minutes at which few others are due; ten minutes later, so that they
    ;; come first.
    (timer "zfs-catch-up" "7,22,37,52 * * * *"
           (list
            (zfs-program
             "zfs-catch-up"
             (with-extensions (shepherd&co)
               #~(catch-up #$%zpool #$%zfs
                           (lambda (event last)
                             (<= (+ 600
                                    (time-second
                                     (date->time-utc
                                      (next-calendar-event
                                       event
                                       (time-utc->date
                                        (make-time 'time-utc 0 last))))))
                                 (current-time)))
                           #:scrubs (list #$@(pools+events scrub))
                           #:trims (list #$@(pools+events trim))
                           #:snapshots (list #$@(map snapshots->sexp
                                                     snapshots))
                           #:command-timeout #$command-timeout))
             #:modules '((shepherd service timer)
                         ((srfi srfi-19) #:hide (current-time)))))
           #:documentation
           "Make up for scrubs, trims and snapshots that were missed.")))

(define (zfs-shepherd-services config)
  (match-record config <zfs-configuration> (zed? scrub trim snapshots)
    `(,@(pool-shepherd-services config)
      ,@(if zed? (list (zed-shepherd-service config)) '())
      ,@(pool-timers "scrub" scrub config)
      ,@(pool-timers "trim" trim config)
      ,@(map (cut snapshot-timer <> config) snapshots)
      ,@(if (or scrub trim (pair? snapshots))
            (list (catch-up-timer config))
            '()))))

(define (zfs-device name)
  "Return a mapped device that is opened by another service than its own.  Its
NAME has a slash, which those of Linux cannot have."
  (mapped-device
    (source "none")
    (target name)
    (type (mapped-device-kind
            (open (const #~#t))))))

;; What file systems and swap space have among their 'dependencies' that are
;; on a dataset or on a volume: the Shepherd services of these mapped devices
;; are in truth 'zfs-mount' and 'zfs-volumes'.
(define %zfs-datasets (zfs-device "zfs/datasets"))
(define %zfs-volumes (zfs-device "zfs/volumes"))

(define %barrier
  ;; 'file-systems', for which homes wait, requires the file systems that are
  ;; declared, unless they have requirements other than file systems and mapped
  ;; devices.  So here is a file system, of which nothing is mounted.
  (file-system
    (device "none")
    (mount-point "/run/zfs-guix")
    (type "tmpfs")
    (check? #f)
    (mount? #f)
    (mount-may-fail? #t)
    (create-mount-point? #t)
    (dependencies (list %zfs-datasets))))

(define (after-zfs-mount type)
  "Return the service type TYPE, whose Shepherd services wait for the datasets,
too, even where logins do not."
  (define (wait service)
    (shepherd-service
      (inherit service)
      (requirement (cons 'zfs-mount (shepherd-service-requirement service)))))

  (unless (any (compose (cut eq? shepherd-root-service-type <>)
                        service-extension-target)
               (service-type-extensions type))
    (raise (formatted-message
            (G_ "after-zfs-mount: services of the type '~a' are not started \
by the Shepherd, so that they cannot wait for anything")
            (service-type-name type))))

  (service-type
    (inherit type)
    (extensions
     (map (lambda (extension)
            (if (eq? shepherd-root-service-type
                     (service-extension-target extension))
                (service-extension
                 shepherd-root-service-type
                 (compose (cut map wait <>)
                          (service-extension-compute extension)))
                extension))
          (service-type-extensions type)))))

(define zfs-service-type
  (service-type
    (name 'zfs-guix)
    (extensions
     (list (service-extension linux-builder-service-type add-zfs)
           (service-extension activation-service-type remember-pools)
           (service-extension etc-service-type modprobe-files)
           (service-extension udev-service-type udev-rules)
           (service-extension profile-service-type
                              (const (list zfs-guix-tools
                                           zfs-guix-status
                                           zfs-guix-auto-snapshot)))
           (service-extension etc-profile-d-service-type profile-script)
           (service-extension shepherd-root-service-type
                              zfs-shepherd-services)
           (service-extension user-processes-service-type
                              (const '(zfs-pools)))
           (service-extension file-system-service-type
                              (lambda (config)
                                (if (zfs-configuration-required-for-login?
                                     config)
                                    (list %barrier)
                                    '())))))
    (default-value (zfs-configuration))
    (description
     "Use ZFS: add the module for the kernel of the system, import the pools,
load keys, mount the datasets before home directories and logins, watch, scrub
and snapshot the pools, and export them when the system stops.")))
