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


(define-module (zfs-guix build upkeep)
  #:use-module (zfs-guix build commands)
  #:use-module (zfs-guix build pools)
  #:use-module (ice-9 match)
  #:use-module (ice-9 regex)
  #:use-module (srfi srfi-1)
  #:use-module (srfi srfi-26)
  #:use-module (srfi srfi-71)
  #:export (parse-scans
            pool-scans
            start-on-pools))

;;; Commentary:
;;;
;;; What the timers do to pools: scrub and trim.
;;;
;;; Code:

(define (parse-scans text)
  "Return the pools in TEXT, which 'zpool status' printed: each a list of its
name and of what its fields 'scan' say."
  (define (field name line)
    ;; What belongs to another field begins with a tab.
    (and=> (string-match (string-append "^ *" name ": (.*)$") line)
           (cut match:substring <> 1)))

  (let loop ((lines (string-split text #\newline))
             (pools '()))
    (match lines
      (()
       (reverse (map reverse pools)))
      ((line . rest)
       (match (list (field "pool" line) (field "scan" line) pools)
         (((? string? name) _ _)
          (loop rest (cons (list name) pools)))
         ((_ (? string? scan) (pool . others))
          (loop rest (cons (cons scan pool) others)))
         (_
          (loop rest pools)))))))

(define (pool-scans zpool seconds)
  "Return what 'parse-scans' does of all pools, or #f."
  (let ((status text (run-command seconds (list zpool "status"))))
    (if (eqv? 0 status)
        (parse-scans text)
        (begin
          (say "What is being scrubbed cannot be told:")
          (say-indented text)
          #f))))

(define (nothing-wrong? action pool line)
  "Return true if LINE, which 'zpool ACTION POOL' printed, is why there was
nothing to start, in the words of OpenZFS 2.1 to 2.4 (lib/libzfs/libzfs_util.c
and libzfs_pool.c)."
  (let ((said (string-match
               (match action
                 ("scrub"
                  (string-append "^cannot scrub " (regexp-quote pool) ": "))
                 ("trim"
                  "^cannot trim( '.*')?: "))
               line)))
    (and said
         (any (cut string-prefix? <> (match:suffix said))
              '("currently scrubbing"
                "currently resilvering"
                "currently error scrubbing"
                "currently trimming"
                "no devices in pool support trim operations"
                "trim operations are not supported by this device")))))

(define* (start-on-pools zpool action #:key names command-timeout)
  "Start ACTION, \"scrub\" or \"trim\", on the pools NAMES, or, if that is
empty, on all that can be written to.  Return true if it goes on, or cannot,
on each."
  (define (start pool)
    (let* ((status text (run-command command-timeout
                                     (list zpool action pool)))
           (lines (remove string-null? (string-split text #\newline))))
      (cond ((eqv? 0 status)
             (say "Started '~a' of pool '~a'." action pool)
             #t)
            ((and status
                  (pair? lines)
                  (every (cut nothing-wrong? action pool <>) lines))
             (say-indented text)
             #t)
            (else
             (say "'~a' of pool '~a' could not be started:" action pool)
             (if status
                 (say-indented text)
                 (say "  It was stopped after ~a seconds." command-timeout))
             #f))))

  (match (if (null? names)
             (writable-pools zpool command-timeout)
             names)
    (#f #f)
    (pools
     (every identity (map start pools)))))
