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

(define-module (zfs-guix build report)
  #:use-module (zfs-guix build commands)
  #:use-module (ice-9 match)
  #:use-module (srfi srfi-1)
  #:use-module (srfi srfi-26)
  #:export (tell-console
            make-directories
            write-lines
            problem
            note
            report-unwaited
            with-report))

;;; Commentary:
;;;
;;; What is told to people: in the log, by 'zfs-guix-status', on the console.
;;;
;;; Code:

(define (tell-console format-string . arguments)
  "Write a sentence on the console, if there is one."
  (false-if-exception
   (let ((port (open "/dev/console" (logior O_WRONLY O_NOCTTY O_NONBLOCK))))
     (format port "~%~a~%" (apply format #f format-string arguments))
     (close-port port))))

(define (make-directories name)
  (unless (file-exists? name)
    (make-directories (dirname name))
    (mkdir name #o755)))

(define (write-lines file lines)
  "Replace FILE by one with LINES, which is whole whenever the power fails, and
return true; where nothing can be written, say so and return false."
  (define new (string-append file ".new"))

  (catch 'system-error
    (lambda ()
      (make-directories (dirname file))
      (call-with-output-file new
        (lambda (port)
          (for-each (cut format port "~a~%" <>) lines)
          (force-output port)
          (fsync port))
        #:encoding "UTF-8")
      (rename-file new file)
      #t)
    (lambda arguments
      (say "~a cannot be written: ~a." file
           (strerror (system-error-errno arguments)))
      #f)))

(define %reports
  ;; A file for each service that has to tell something: its lines are
  ;; sentences, after "problem: " or "note: ".  'zfs-guix-status' shows them.
  "/run/zfs-guix/reports")

(define report-lines (make-parameter #f))

(define (tell kind)
  (lambda (format-string . arguments)
    (let ((sentence (apply format #f format-string arguments)))
      (say "~a" sentence)
      (match (report-lines)
        (#f #f)
        (lines
         (set-cdr! lines (cons (string-append kind ": " sentence)
                               (cdr lines))))))))

;; What is to be mended, and what is good to know.
(define problem (tell "problem"))

(define note (tell "note"))

(define (report-unwaited field services)
  "Tell of SERVICES, names in FIELD, that nothing could wait for."
  (for-each (cut problem "'~a' was not waited for, since it waits for ZFS \
itself: take it out of '~a' of 'zfs-configuration', or set \
'required-for-login?' there to #f." <> field)
            services))

(define (with-report name thunk)
  "Call THUNK and return what it does; write what it tells to the report NAME."
  (parameterize ((report-lines (list name)))
    (let ((result (thunk)))
      (write-lines (string-append %reports "/" name)
                   (reverse (delete-duplicates (cdr (report-lines)))))
      result)))
