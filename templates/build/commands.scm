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

(define-module (zfs-guix build commands)
  #:use-module (ice-9 binary-ports)
  #:use-module (ice-9 iconv)
  #:use-module (ice-9 match)
  #:use-module (ice-9 rdelim)
  #:use-module (srfi srfi-1)
  #:use-module (srfi srfi-26)
  #:use-module (srfi srfi-71)
  #:export (say
            uptime
            read-text
            run-command
            say-indented
            say-result
            run
            rows))

;;; Commentary:
;;;
;;; Commands that are run for a time that is limited: one that hangs in the
;;; kernel, where no signal reaches it, is left behind.
;;;
;;; Code:

(define (say format-string . arguments)
  (apply format #t format-string arguments)
  (newline)
  (force-output))

(define (uptime)
  "Return the seconds since the kernel started: the time of day may jump at
boot."
  (call-with-input-file "/proc/uptime" read))

(define %environment
  ;; The messages that are read here are those of the C locale.
  '("LC_ALL=C" "PATH=/run/current-system/profile/bin"))

(define %grace
  ;; Seconds between SIGTERM and SIGKILL, and from there until a process is
  ;; left behind.
  2)

(define (wait-for pid deadline)
  "Return the exit status of PID, or #f if it is still running at DEADLINE."
  (match (waitpid pid WNOHANG)
    ((0 . _)
     (and (< (uptime) deadline)
          (begin
            (usleep 20000)
            (wait-for pid deadline))))
    ((_ . status)
     (or (status:exit-val status)
         (+ 128 (status:term-sig status))))))

(define (terminate pid)
  (define (signal number)
    (false-if-exception (kill pid number))
    (wait-for pid (+ (uptime) %grace)))

  (or (signal SIGTERM) (signal SIGKILL)))

(define (read-until port deadline)
  "Return what comes from PORT, as a string, until its end or DEADLINE."
  (let loop ((parts '()))
    (let ((seconds (- deadline (uptime))))
      (match (if (> seconds 0)
                 (select (list port) '() '()
                         (inexact->exact (floor seconds))
                         (inexact->exact
                          (floor (* 1e6 (- seconds (floor seconds))))))
                 '(()))
        ((() . _)
         (decode (reverse parts)))
        (_
         (match (get-bytevector-some port)
           ((? eof-object?)
            (decode (reverse parts)))
           (bytes
            (loop (cons bytes parts)))))))))

(define (decode parts)
  "Return PARTS, bytevectors, as one string."
  ;; Any byte is a character of the first encoding; a character of the second
  ;; may begin in one part and end in the next.
  (define bytes
    (string-concatenate (map (cut bytevector->string <> "ISO-8859-1") parts)))

  (bytevector->string (string->bytevector bytes "ISO-8859-1") "UTF-8"
                      'substitute))

(define (read-text file)
  (call-with-input-file file read-string #:encoding "UTF-8"))

(define* (run-command seconds command #:key terminal)
  "Run COMMAND, a list of strings, for at most SECONDS.  Return its exit
status, #f if it was still running then, and what it said.  With TERMINAL, a
port, it talks to that and nothing is returned of what it said."
  (define deadline (+ (uptime) seconds))
  (define null (open-file "/dev/null" "r"))

  (match (pipe)
    ((in . out)
     (let ((pid (catch 'system-error
                  (lambda ()
                    (spawn (first command) command
                           #:input (or terminal null)
                           #:output (or terminal out)
                           #:error (or terminal out)
                           #:search-path? #f
                           #:environment %environment))
                  (lambda args
                    (strerror (system-error-errno args))))))
       (close-port null)
       (close-port out)
       (if (string? pid)
           (begin
             (close-port in)
             (values 127 (string-append (first command) ": " pid "\n")))
           (let* ((text (read-until in deadline))
                  (status (or (wait-for pid deadline)
                              (begin
                                (terminate pid)
                                #f))))
             (close-port in)
             (values status text)))))))

(define (say-indented text)
  (for-each (cut say "  ~a" <>)
            (remove string-null? (string-split text #\newline))))

(define (say-result command seconds status text)
  "Say what COMMAND, which had SECONDS and came to STATUS, said in TEXT."
  (unless (eqv? 0 status)
    (if status
        (say "'~a' failed with status ~a:" (string-join command) status)
        (say "'~a' was stopped after ~a seconds:"
             (string-join command) seconds)))
  (say-indented text))

(define (run seconds . command)
  "Run COMMAND for at most SECONDS, say what went wrong, and return true if
nothing did."
  (let ((status text (run-command seconds command)))
    (say-result command seconds status text)
    (eqv? 0 status)))

(define (rows seconds columns . command)
  "Return the lines that COMMAND prints, each as a list of COLUMNS strings, or
#f if it failed."
  (let ((status text (run-command seconds command)))
    (if (eqv? 0 status)
        (filter (lambda (row)
                  (= columns (length row)))
                (map (cut string-split <> #\tab)
                     (remove string-null? (string-split text #\newline))))
        (begin
          (say "'~a' ~a:" (string-join command)
               (if status
                   (format #f "failed with status ~a" status)
                   (format #f "was stopped after ~a seconds" seconds)))
          (say-indented text)
          #f))))
