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

(define-module (zfs-guix build mounts)
  #:use-module (zfs-guix build commands)
  #:use-module (ice-9 match)
  #:use-module (ice-9 regex)
  #:use-module (srfi srfi-1)
  #:export (real-name
            mounts
            mounted-on
            pool-of
            root-pool
            below?
            declared-file-systems
            occupied-places))

;;; Commentary:
;;;
;;; What is mounted where, and what an operating-system declares.
;;;
;;; Code:

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

(define (mounted-on point)
  "Return what is mounted on POINT and not hidden there, as 'mounts' does, or
#f."
  (find (lambda (mount)
          (string=? point (first mount)))
        (reverse (mounts))))

(define (pool-of dataset)
  (first (string-split dataset #\/)))

(define (root-pool)
  "Return the name of the pool that the root file system is in, or #f."
  (match (mounted-on "/")
    ((_ "zfs" dataset) (pool-of dataset))
    (_ #f)))

(define (below? directory name)
  "Return true if the file NAME is DIRECTORY or lies in it."
  (or (string=? "/" directory)
      (string=? directory name)
      (string-prefix? (string-append directory "/") name)))

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

(define* (occupied-places #:optional (later '()))
  "Return what is mounted, as 'mounts' does, and what an operating-system
declares, with a symbol for its type: 'later' for the mount points LATER, where
something is mounted once the datasets are, else 'declared', since it may be
mounted in a dataset."
  (append (mounts)
          (map (lambda (point)
                 (list (real-name point) 'later
                       "a file system that the system declares"))
               later)
          (map (match-lambda
                 ((point _ source) (list point 'declared source)))
               (remove of-zfs? (declared-file-systems)))))
