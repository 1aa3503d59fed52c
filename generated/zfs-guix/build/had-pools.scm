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

(define-module (zfs-guix build had-pools)
  #:use-module (zfs-guix build commands)
  #:use-module (zfs-guix build report)
  #:use-module (ice-9 match)
  #:use-module (ice-9 regex)
  #:use-module (srfi srfi-1)
  #:use-module (srfi srfi-26)
  #:use-module (srfi srfi-71)
  #:export (write-had
            had-pools
            remember-pools
            remember-pools-once))

;;; Commentary:
;;;
;;; The pools that this system had when it last ran.  While it runs, the kernel
;;; keeps a list of them in /etc/zfs/zpool.cache, which is there after a power
;;; cut; when they are exported, that list is empty.  So what is written here
;;; is what the kernel's list does not have: all of them while the system
;;; stops, and those that did not come while it runs.
;;;
;;; Code:

(define %cache "/etc/zfs/zpool.cache")

(define %had "/etc/zfs/zfs-guix.pools")

(define (read-had)
  "Return the pools of the file '%had': lists of their standing, 'had' or
'missed', their numeric identifier and their name."
  (if (file-exists? %had)
      (filter-map (lambda (line)
                    (match (string-split line #\tab)
                      (((and standing (or "had" "missed")) id name)
                       (list (string->symbol standing) id name))
                      (_ #f)))
                  (string-split (read-text %had) #\newline))
      '()))

(define (write-had pools)
  "Write POOLS, as 'read-had' returns them, to the file '%had'."
  (unless (and (file-exists? %had)
               (equal? pools (read-had)))
    (or (write-lines %had
                     (map (match-lambda
                            ((standing id name)
                             (format #f "~a\t~a\t~a" standing id name)))
                          pools))
        ;; On a full disk, and where /etc/zfs is a link into the store.
        (problem "~a cannot be written, so that pools of this system may be \
left alone: name them in 'pools' of 'zfs-configuration'." %had))))

(define (cached-pools zdb seconds)
  "Return the pools in zpool.cache, as 'read-had' does, by the command ZDB."
  (define (values-of key text)
    ;; Those of a pool itself are indented by four spaces, others by more.
    (map (cut match:substring <> 1)
         (list-matches (make-regexp
                        (string-append "^    " key ": '?([^\n]*[^\n'])'?$")
                        regexp/newline)
                       text)))

  (if (file-exists? %cache)
      (let ((status text (run-command seconds (list zdb "-C" "-U" %cache))))
        (if (eqv? 0 status)
            (map (lambda (id name)
                   (list 'had id name))
                 (values-of "pool_guid" text)
                 (values-of "name" text))
            (begin
              (say-indented text)
              (problem "~a cannot be read, so that pools of this system may \
be left alone: run 'zpool import' for them once." %cache)
              '())))
      '()))

(define (same-id? pool)
  (match pool
    ((_ id _)
     (match-lambda
       ((_ other _) (string=? id other))))))

(define (had-pools zdb seconds)
  "Return the pools that this system had when it last ran, and those that have
not come since, as 'read-had' does."
  (define cached (cached-pools zdb seconds))

  (append cached
          (remove (lambda (pool)
                    (any (same-id? pool) cached))
                  (read-had))))

(define (remember-pools zpool seconds)
  "Write down the pools that are imported, for when they are not any more; but
not those that somebody imported for a while, which the kernel does not write
to zpool.cache, either: 'zpool import -R' and '-o readonly=on'."
  (and=> (rows seconds 4 zpool "list" "-H" "-o" "name,guid,cachefile,readonly")
         (lambda (imported)
           (define had
             (filter-map (match-lambda
                           ((_ _ "none" _) #f)
                           ((_ _ _ "on") #f)
                           ((name id _ _) (list 'had id name)))
                         imported))

           (write-had (append had
                              (remove (lambda (pool)
                                        (any (same-id? pool) had))
                                      (read-had))))
           #t)))

(define (remember-pools-once zpool seconds)
  "Write down the pools that are imported, if that was never done: the services
of a generation before this one may not do it."
  (or (file-exists? %had)
      (not (file-exists? "/sys/module/zfs"))
      (not (file-exists? "/etc/zfs"))
      (remember-pools zpool seconds)))
