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

(define-module (zfs-guix build export)
  #:use-module (zfs-guix build boot-words)
  #:use-module (zfs-guix build commands)
  #:use-module (zfs-guix build had-pools)
  #:use-module (zfs-guix build mounts)
  #:use-module (zfs-guix build pools)
  #:use-module (ice-9 match)
  #:use-module (srfi srfi-1)
  #:export (export-pools))

;;; Commentary:
;;;
;;; Export of all pools, when the system stops.
;;;
;;; Code:

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
