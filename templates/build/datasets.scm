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

(define-module (zfs-guix build datasets)
  #:use-module (zfs-guix build commands)
  #:use-module (zfs-guix build mounts)
  #:use-module (zfs-guix build pools)
  #:use-module (ice-9 match)
  #:use-module (srfi srfi-1)
  #:use-module (srfi srfi-9)
  #:use-module (srfi srfi-26)
  #:export (dataset-name
            dataset-place
            dataset-received?
            dataset-mounted?
            dataset-key-root
            dataset-locked?
            %system-directories
            %system-places
            datasets
            to-mount
            pools-left
            refusal-to-mount
            to-be-mounted
            key-roots
            key-file
            key-address
            needed-keys))

;;; Commentary:
;;;
;;; Datasets, where they are to be mounted, and which keys they need.
;;;
;;; Code:

(define-record-type <dataset>
  (make-dataset name place received? mounted? key-root locked? key-location)
  dataset?
  (name         dataset-name)
  (place        dataset-place)        ;where it is to be mounted, or #f
  (received?    dataset-received?)    ;whether a stream brought it: a backup
  (mounted?     dataset-mounted?)
  (key-root     dataset-key-root)     ;the dataset whose key it needs
  (locked?      dataset-locked?)
  (key-location dataset-key-location))

(define* (datasets zfs seconds #:key (legacy '()) (left '()))
  "Return the file systems and volumes of the pools that are imported, or #f.
LEGACY is an alist of datasets with 'mountpoint=legacy' and where to mount
them; of the pools LEFT nothing else is to be mounted."
  (define (place name type canmount mountpoint)
    (and (string=? "filesystem" type)
         (cond ((assoc-ref legacy name)
                (and (string=? "legacy" mountpoint)
                     (real-name (assoc-ref legacy name))))
               (else
                (and (not (member (pool-of name) left))
                     (string=? "on" canmount)
                     (string-prefix? "/" mountpoint)
                     (real-name mountpoint))))))

  (define received
    ;; What lies in it inherits the mount point that was received.
    (let* ((sources (or (rows seconds 2 zfs "get" "-H" "-t" "filesystem"
                              "-s" "received,inherited"
                              "-o" "name,source" "mountpoint")
                        '()))
           (origins (cons "received"
                          (filter-map (match-lambda
                                        ((name "received")
                                         (string-append "inherited from "
                                                        name))
                                        (_ #f))
                                      sources))))
      (filter-map (match-lambda
                    ((name source)
                     (and (member source origins) name)))
                  sources)))

  (and=> (rows seconds 8 zfs "list" "-H" "-t" "filesystem,volume" "-o"
               "name,type,canmount,mountpoint,mounted,\
encryptionroot,keystatus,keylocation")
         (cut map (match-lambda
                    ((name type canmount mountpoint
                           mounted root status location)
                     (make-dataset name
                                   (place name type canmount mountpoint)
                                   (and (member name received) #t)
                                   (string=? "yes" mounted)
                                   root
                                   (string=? "unavailable" status)
                                   location)))
              <>)))

(define (to-mount datasets)
  "Return those of DATASETS that are to be mounted, each after what it lies in;
of two with one place, a backup is the second."
  (define (before? one other)
    (or (string<? (dataset-place one) (dataset-place other))
        (and (string=? (dataset-place one) (dataset-place other))
             (dataset-received? other)
             (not (dataset-received? one)))))

  (stable-sort (filter (lambda (dataset)
                         (and (dataset-place dataset)
                              (not (dataset-mounted? dataset))))
                       datasets)
               before?))

(define (pools-left zpool designations seconds)
  "Return the names of the pools that DESIGNATIONS, names and numbers, are."
  (if (null? designations)
      '()
      (filter-map (match-lambda
                    ((name id)
                     (and (or (member name designations)
                              (member id designations))
                          name)))
                  (or (listed-pools zpool seconds) '()))))

(define %system-directories
  '("/dev" "/gnu" "/proc" "/run" "/sys"))

(define %system-places
  ;; What Guix fills before anything is mounted here: /bin/sh, /usr/bin/env,
  ;; GRUB's menu, the profiles and the data base of the daemon, without which
  ;; nothing in the store would be in use, and the socket of the Shepherd.
  '("/bin" "/boot" "/etc" "/usr" "/usr/bin" "/var" "/var/guix" "/var/run"))

(define (refusal-to-mount dataset occupied)
  "Return why DATASET is not to be mounted where it wants to be, the end of a
sentence, or #f."
  ;; What was mounted since may have a link.
  (define place (real-name (dataset-place dataset)))

  (or (and (string=? "/" place)
           "that is the root file system")
      (and (member place %system-places)
           (format #f "~a is the system's own" place))
      (any (lambda (directory)
             (and (below? directory place)
                  (format #f "~a is the system's own" directory)))
           %system-directories)
      (any (match-lambda
             ((point type source)
              (cond ((string=? point place)
                     (format #f "~a is mounted there, or is to be" source))
                    ((and (eq? 'later type) (below? point place))
                     (format #f "~a is mounted on ~a after it and would hide \
it" source point))
                    ((and (string? type) (below? place point))
                     (format #f "that would hide ~a on ~a" source point))
                    (else #f))))
           occupied)))

(define (key-roots datasets)
  "Return those of DATASETS whose own key is to be loaded."
  (filter (lambda (dataset)
            (and (dataset-locked? dataset)
                 (string=? (dataset-name dataset) (dataset-key-root dataset))))
          datasets))

(define (key-file dataset)
  "Return the name of the file in which the key of DATASET is, or #f."
  (let ((location (dataset-key-location dataset)))
    (and (string-prefix? "file://" location)
         (substring location (string-length "file://")))))

(define (key-address dataset)
  "Return the address at which the key of DATASET is, or #f."
  (let ((location (dataset-key-location dataset)))
    (and (or (string-prefix? "https://" location)
             (string-prefix? "http://" location))
         location)))

(define (to-be-mounted datasets)
  "Return those of 'to-mount' that are not refused."
  (define occupied (occupied-places))

  (remove (cut refusal-to-mount <> occupied)
          (to-mount datasets)))

(define (needed-keys datasets)
  "Return the names of the datasets whose key something needs that is to be
mounted, but for backups."
  (delete-duplicates
   (filter-map (lambda (dataset)
                 (and (dataset-locked? dataset)
                      (not (dataset-received? dataset))
                      (dataset-key-root dataset)))
               (to-be-mounted datasets))))
