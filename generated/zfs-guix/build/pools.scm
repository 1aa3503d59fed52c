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

(define-module (zfs-guix build pools)
  #:use-module (zfs-guix build commands)
  #:use-module (ice-9 match)
  #:use-module (ice-9 rdelim)
  #:use-module (ice-9 regex)
  #:use-module (srfi srfi-1)
  #:use-module (srfi srfi-26)
  #:use-module (srfi srfi-71)
  #:export (load-module
            parse-importable-pools
            refusal
            failure-of-import
            writable-pools
            listed-pools))

;;; Commentary:
;;;
;;; Pools, as 'zpool' speaks of them.
;;;
;;; Code:

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
