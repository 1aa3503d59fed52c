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


(define-module (zfs-guix build snapshots)
  #:use-module (zfs-guix build commands)
  #:use-module (zfs-guix build mounts)
  #:use-module (zfs-guix build pools)
  #:use-module (zfs-guix build upkeep)
  #:use-module (ice-9 match)
  #:use-module (ice-9 regex)
  #:use-module (srfi srfi-1)
  #:use-module (srfi srfi-2)
  #:use-module (srfi srfi-26)
  #:use-module (srfi srfi-71)
  #:export (wanted-datasets
            newest-snapshot
            old-snapshots
            together
            take-snapshots))

;;; Commentary:
;;;
;;; Snapshots that bear the names of those of zfs-auto-snapshot 1.2.4, and obey
;;; the same properties, so that either keeps and destroys what the other took.
;;; That program itself is not run: named a dataset with one excluded below it,
;;; it leaves out all the others below; it ends with 0 whatever failed, and
;;; stops at the first name that it does not find.
;;;
;;; Code:

(define (at-or-below? dataset)
  "Return a predicate for the names of DATASET and of all that is below it."
  (lambda (name)
    (or (string=? name dataset)
        (string-prefix? (string-append dataset "/") name))))

(define* (wanted-datasets rows datasets #:key default-exclude?)
  "Return the names of ROWS of which snapshots are to be taken: those that are
in DATASETS, a list of names or (\"//\") for all, and those below them.  A row
is a name and the values of com.sun:auto-snapshot and of the same for the
label: where either is \"false\" there is none, and with DEFAULT-EXCLUDE?
only where one is \"true\"."
  (define named?
    (match datasets
      (("//") (const #t))
      (_ (lambda (name)
           (any (lambda (dataset) ((at-or-below? dataset) name))
                datasets)))))

  (filter-map (match-lambda
                ((name general own)
                 (define (either? value)
                   (or (string-ci=? value general) (string-ci=? value own)))

                 (and (named? name)
                      (if default-exclude?
                          (and (either? "true")
                               (not (string-ci=? "false" own)))
                          (not (either? "false")))
                      name)))
              rows))

(define (snapshot-prefix label)
  (string-append "zfs-auto-snap_" label "-"))

(define (split-snapshot name)
  "Return the two parts of the NAME of a snapshot, of its dataset and its own."
  (let ((at (string-index name #\@)))
    (values (string-take name at) (string-drop name (+ 1 at)))))

(define (dataset-of name)
  (let ((dataset _ (split-snapshot name)))
    dataset))

(define (own-name name)
  (let ((_ own (split-snapshot name)))
    own))

(define (labelled label)
  "Return a predicate for the names of snapshots that were taken as LABEL."
  (let ((rx (make-regexp
             (string-append "@" (regexp-quote (snapshot-prefix label))
                            "[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9]{4}$"))))
    (lambda (name)
      (regexp-exec rx name))))

(define (group key items)
  "Return ITEMS, strings, as lists of those with the same KEY, each behind it,
all in their order."
  (let ((table (make-hash-table)))
    (for-each (lambda (item)
                (hash-set! table (key item)
                           (cons item (hash-ref table (key item) '()))))
              items)
    (map (lambda (key)
           (cons key (reverse (hash-ref table key))))
         (delete-duplicates (map key items)))))

(define (old-snapshots snapshots label keep datasets)
  "Return those of SNAPSHOTS, names with the newest first, that were taken of
DATASETS as LABEL and are older than the newest KEEP of each."
  (append-map (match-lambda
                ((dataset . names)
                 (if (member dataset datasets)
                     (drop names (min keep (length names)))
                     '())))
              (group dataset-of (filter (labelled label) snapshots))))

(define (together old snapshots)
  "Return how to destroy OLD, some of the names SNAPSHOTS, with few commands:
each a name, and whether to destroy what has the same name below its dataset."
  (define (parent-first? name other)
    (string<? (dataset-of name) (dataset-of other)))

  (define existing
    (group own-name snapshots))

  (append-map
   (match-lambda
     ((own . names)
      (let loop ((names (sort names parent-first?))
                 (commands '()))
        (match names
          (()
           (reverse commands))
          ((name . rest)
           (let* ((below? (compose (at-or-below? (dataset-of name))
                                   dataset-of))
                  (all? (lset<= string=?
                                (filter below? (assoc-ref existing own))
                                names)))
             (loop (if all? (remove below? rest) rest)
                   (cons (list name all?) commands))))))))
   (group own-name old)))

(define (datasets-with-properties zpool zfs label seconds)
  "Return the rows that 'wanted-datasets' takes, of the pools that can be
written to, or #f."
  (and-let* ((pools (writable-pools zpool seconds))
             (rows (rows seconds 3 zfs "list" "-H" "-t" "filesystem,volume"
                         "-s" "name" "-o"
                         (string-append
                          "name,com.sun:auto-snapshot,com.sun:auto-snapshot:"
                          label))))
    (filter (match-lambda
              ((name _ _) (member (pool-of name) pools)))
            rows)))

(define (snapshots-newest-first zfs seconds)
  "Return the names of all snapshots, or #f."
  ;; Not by their creation, since a clock can be wrong: the new one would be
  ;; destroyed for those that seem to come after it.
  (and=> (rows seconds 1 zfs "list" "-H" "-t" "snapshot" "-S" "createtxg"
               "-o" "name")
         (cut map first <>)))

(define* (newest-snapshot zpool zfs label datasets seconds
                          #:key default-exclude?)
  "Return when the newest snapshot was taken as LABEL of DATASETS or one below
them, in seconds since 1970: 0 if there is none, and #f if none is to be."
  (match (or (and=> (datasets-with-properties zpool zfs label seconds)
                    (cut wanted-datasets <> datasets
                         #:default-exclude? default-exclude?))
             '())
    (() #f)
    (wanted
     (and=> (rows seconds 2 zfs "list" "-H" "-p" "-t" "snapshot"
                  "-o" "name,creation")
            (cut fold (lambda (row newest)
                        (match row
                          ((name (= string->number creation))
                           (if (and ((labelled label) name)
                                    (member (dataset-of name) wanted))
                               (max creation newest)
                               newest))))
                 0 <>)))))

(define* (take-snapshots zpool zfs #:key label keep datasets default-exclude?
                         skip-scrub? command-timeout)
  "Take a snapshot as LABEL of DATASETS and all below them, of all datasets of
a pool at the same moment, and destroy all but the newest KEEP of each.  Return
true if there is a snapshot of each."
  (define name
    (string-append (snapshot-prefix label)
                   (strftime "%Y-%m-%d-%H%M" (gmtime (current-time)))))

  (define scrubbed-pools
    (if skip-scrub?
        (filter-map (match-lambda
                      ((pool . scans)
                       (and (any (cut string-prefix? "scrub in progress" <>)
                                 scans)
                            pool)))
                    (or (pool-scans zpool command-timeout) '()))
        '()))

  (define (scrubbed? dataset)
    (member (pool-of dataset) scrubbed-pools))

  (define (take datasets)
    "Return those of DATASETS, all of one pool, that have no snapshot now."
    (let ((status text
                  (run-command command-timeout
                               `(,zfs "snapshot"
                                 "-o" "com.sun:auto-snapshot-desc=-"
                                 ,@(map (cut string-append <> "@" name)
                                        datasets)))))
      (cond ((eqv? 0 status)
             '())
            ((not status)
             (say "The snapshots of pool '~a' were stopped after ~a seconds."
                  (pool-of (first datasets)) command-timeout)
             datasets)
            ((pair? (cdr datasets))
             ;; One that has no room is no reason to have none of the others.
             (append-map (compose take list) datasets))
            ((string-prefix? (string-append "cannot create snapshot '"
                                            (first datasets) "@" name
                                            "': dataset already exists\n")
                             text)
             ;; It was taken in the same minute.
             '())
            (else
             (say-indented text)
             datasets))))

  (define (destroy command)
    (match command
      ((snapshot recursive?)
       (apply run command-timeout zfs "destroy" "-d"
              `(,@(if recursive? '("-r") '()) ,snapshot)))))

  (define (prune datasets)
    (match (snapshots-newest-first zfs command-timeout)
      (#f #f)
      (snapshots
       (every identity
              (map destroy
                   (together (old-snapshots snapshots label keep datasets)
                             snapshots))))))

  (match (datasets-with-properties zpool zfs label command-timeout)
    (#f #f)
    (rows
     (let* ((unknown (remove (cut member <> (cons "//" (map first rows)))
                             datasets))
            (wanted (wanted-datasets rows datasets
                                     #:default-exclude? default-exclude?))
            (later now (partition scrubbed? wanted))
            (failed (append-map (match-lambda ((_ . datasets) (take datasets)))
                                (group pool-of now)))
            (taken (lset-difference string=? now failed))
            (pruned? (or (null? taken) (prune taken))))
       (say "Took ~a snapshots '~a'." (length taken) name)
       (unless (null? later)
         (say "None of ~a, whose pool is being scrubbed."
              (string-join later ", ")))
       ;; What went wrong comes last: 'zfs-guix-status' shows the last lines.
       (unless (null? unknown)
         (say "There is no dataset ~a." (string-join unknown ", ")))
       (unless (null? failed)
         (say "There is no snapshot '~a' of ~a." name
              (string-join failed ", ")))
       (and (null? unknown) (null? failed) pruned?)))))
