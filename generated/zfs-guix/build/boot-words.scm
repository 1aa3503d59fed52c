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

(define-module (zfs-guix build boot-words)
  #:use-module (zfs-guix build commands)
  #:use-module (zfs-guix build report)
  #:use-module (srfi srfi-26)
  #:export (%force-import
            kernel-word?
            report-unknown-words
            %way-in
            %modules
            without-zfs?))

;;; Commentary:
;;;
;;; The way in: words on the kernel's command line, and systems that do without
;;; ZFS.
;;;
;;; Code:

(define %skip
  "zfs-guix=skip")

(define %force-import
  "zfs-guix=force-import")

(define (kernel-word? word)
  "Return true if WORD is on the kernel's command line."
  (member word
          (string-tokenize (read-text "/proc/cmdline"))))

(define %nearly-a-word
  ;; Parameters of the module begin with "zfs.".
  (make-regexp
   "^['\"]?(zfs[-_.:]?guix|guix[-_.:]?zfs|zfs[^.]*(skip|force))"
   regexp/icase))

(define (report-unknown-words console?)
  "Tell of words on the kernel's command line that are nearly one of these."
  (for-each (lambda (word)
              (unless (member word (list %skip %force-import))
                (problem "'~a' on the kernel's command line means nothing: \
the words are '~a' and '~a'." word %skip %force-import)
                (when console?
                  (tell-console "'~a' means nothing: the words are '~a' and \
'~a'." word %skip %force-import))))
            (filter (cut regexp-exec %nearly-a-word <>)
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
