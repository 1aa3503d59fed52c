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

(define-module (zfs-guix build volumes)
  #:use-module (zfs-guix build commands)
  #:use-module (ice-9 match)
  #:use-module (srfi srfi-1)
  #:export (wait-for-volumes))

;;; Commentary:
;;;
;;; The links to volumes.
;;;
;;; Code:

(define (parameter name)
  "Return the number that is the parameter NAME of the module, or #f."
  (let ((file (string-append "/sys/module/zfs/parameters/" name)))
    (and (file-exists? file)
         (call-with-input-file file read))))

(define (wait-for-volumes zfs seconds)
  "Wait at most SECONDS for the links to volumes in /dev/zvol, of those that
the module makes a device of, as 'zvol_wait' of OpenZFS knows them."
  (define deadline (+ (uptime) seconds))

  (define no-devices?
    (eqv? 1 (parameter "zvol_inhibit_dev")))

  (define none-by-default?
    (eqv? 3 (parameter "zvol_volmode")))

  (define (missing)
    (filter-map (match-lambda
                  ((name volmode keystatus token redacted)
                   (let ((link (string-append "/dev/zvol/"
                                              ;; As zvol_id writes it.
                                              (string-map
                                               (lambda (chr)
                                                 (if (char=? chr #\space)
                                                     #\+
                                                     chr))
                                               name))))
                     (and (not no-devices?)
                          (not (string=? volmode "none"))
                          (not (and none-by-default?
                                    (string=? volmode "default")))
                          (not (string=? keystatus "unavailable"))
                          ;; It is not received as a whole, or redacted.
                          (string=? "-" token redacted)
                          (not (file-exists? link))
                          link))))
                (or (rows seconds 5 zfs "list" "-H" "-t" "volume" "-o"
                          "name,volmode,keystatus,\
receive_resume_token,redact_snaps")
                    '())))

  (let loop ()
    (match (missing)
      (() #t)
      (links
       (if (< (uptime) deadline)
           (begin
             (usleep 200000)
             (loop))
           (begin
             (say "These volumes have no link after ~a seconds: ~a."
                  seconds (string-join links ", "))
             #f))))))
