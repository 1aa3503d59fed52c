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

(define-module (zfs-guix build events)
  #:use-module (zfs-guix build commands)
  #:use-module (zfs-guix build report)
  #:use-module (ice-9 ftw)
  #:use-module (ice-9 match)
  #:use-module (srfi srfi-26)
  #:export (make-zed-directory))

;;; Commentary:
;;;
;;; What the event daemon runs.
;;;
;;; Code:

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
