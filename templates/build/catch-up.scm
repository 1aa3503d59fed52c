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


(define-module (zfs-guix build catch-up)
  #:use-module (zfs-guix build commands)
  #:use-module (zfs-guix build pools)
  #:use-module (zfs-guix build snapshots)
  #:use-module (zfs-guix build upkeep)
  #:use-module (ice-9 match)
  #:use-module (ice-9 regex)
  #:use-module (srfi srfi-1)
  #:use-module (srfi srfi-26)
  #:use-module (srfi srfi-71)
  #:export (last-scrub
            last-trim
            catch-up))

;;; Commentary:
;;;
;;; What a timer missed while the machine was off or asleep.  When a pool was
;;; scrubbed or trimmed last, and when there was a snapshot, ZFS knows: nothing
;;; of it is kept anywhere else.
;;;
;;; Code:

(define %calm
  ;; Seconds after the boot in which people log in and nothing is made up.
  300)

(define (date->seconds text)
  "Return what TEXT, a date as ctime writes it, is in seconds since 1970."
  (let ((time (car (strptime "%a %b %e %H:%M:%S %Y" text))))
    (set-tm:isdst time -1)
    (car (mktime time))))

(define %date
  "([A-Z][a-z][a-z] [A-Z][a-z][a-z] [ 0-9][0-9] [0-9:]+ [0-9]+)")

(define (last-scrub scans created)
  "Return when a pool was scrubbed last by SCANS, what its fields 'scan' say;
CREATED, in seconds too, where it never was, or they tell of a resilver alone,
and #f while one is going on."
  (define (going-on? scan)
    (string-match "^(scrub|resilver) (in progress|paused)" scan))

  (if (any going-on? scans)
      #f
      (match (filter-map
              (lambda (scan)
                (and=> (string-match (string-append
                                      "^scrub (repaired|canceled) .*on "
                                      %date "$")
                                     scan)
                       (cut match:substring <> 2)))
              scans)
        (() created)
        ((date . _) (date->seconds date)))))

(define (last-trim status created)
  "Return when a pool was trimmed last by STATUS, what 'zpool status -t' says;
CREATED where it never was, and #f while that is going on or cannot be."
  (define dates
    (map (cut match:substring <> 1)
         (list-matches (string-append "trimmed, completed at " %date "\\)")
                       status)))

  (cond ((string-match "trimmed, (suspended, )?started at " status) #f)
        ((pair? dates) (apply max (map date->seconds dates)))
        ((string-contains status "(untrimmed)") created)
        (else #f)))

(define* (catch-up zpool zfs missed? #:key scrubs trims snapshots
                   command-timeout)
  "Make up for what was missed: start SCRUBS and TRIMS, lists of pairs of names
of pools, or () for all, and an event, and take SNAPSHOTS, lists of an event, a
label, the names of datasets, whether others are to opt in, and a procedure
that takes them.  MISSED? takes an event and when that was done last."
  (define pools
    (or (writable-pools zpool command-timeout) '()))

  (define creations
    ;; In seconds, by pool.
    (if (null? pools)
        '()
        (map (match-lambda
               ((pool seconds) (cons pool (string->number seconds))))
             (or (apply rows command-timeout 2 zfs "get" "-H" "-p"
                        "-o" "name,value" "creation" pools)
                 '()))))

  (define scans
    (if (null? scrubs)
        '()
        (or (pool-scans zpool command-timeout) '())))

  (define (scrubbed pool)
    (and=> (assoc-ref scans pool)
           (cut last-scrub <> (assoc-ref creations pool))))

  (define (trimmed pool)
    (let ((status text (run-command command-timeout
                                    (list zpool "status" "-t" pool))))
      (and (eqv? 0 status)
           (last-trim text (assoc-ref creations pool)))))

  (define (start action last)
    (match-lambda
      ((names . event)
       (match (filter (lambda (pool)
                        (and (or (null? names) (member pool names))
                             (and=> (last pool) (cut missed? event <>))))
                      pools)
         (() #t)
         (names
          (say "The time for '~a' of ~a has passed." action
               (string-join names ", "))
          (start-on-pools zpool action #:names names
                          #:command-timeout command-timeout))))))

  (define take
    (match-lambda
      ((event label datasets default-exclude? take)
       (match (newest-snapshot zpool zfs label datasets command-timeout
                               #:default-exclude? default-exclude?)
         (#f #t)
         (seconds
          (or (not (missed? event seconds))
              (begin
                (say "The time for the ~a snapshots has passed." label)
                (take))))))))

  (or (< (uptime) %calm)
      (every identity
             (append (map (start "scrub" scrubbed) scrubs)
                     (map (start "trim" trimmed) trims)
                     (map take snapshots)))))
