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

(define-module (zfs-guix build mount)
  #:use-module (zfs-guix build boot-words)
  #:use-module (zfs-guix build commands)
  #:use-module (zfs-guix build datasets)
  #:use-module (zfs-guix build mounts)
  #:use-module (zfs-guix build report)
  #:use-module (ice-9 match)
  #:use-module (srfi srfi-1)
  #:use-module (srfi srfi-26)
  #:use-module (srfi srfi-71)
  #:export (mount-datasets
            unmount-datasets
            wait-for-keys
            share-datasets
            unshare-datasets))

;;; Commentary:
;;;
;;; Mounting of datasets, in order, and over nothing that is the system's.
;;;
;;; Code:

(define* (mount-datasets zfs zpool mount #:key (legacy '()) (left '())
                         (later '()) command-timeout console?)
  "Mount the datasets that have a place, with the command ZFS and, those of
LEGACY, with MOUNT, 'mount.zfs'; what is to be mounted over something of the
system's is left out.  LEGACY is an alist of datasets with 'mountpoint=legacy'
and where to mount them; nothing else is mounted of the pools LEFT, names or
numbers.  On the mount points LATER file systems are mounted that wait for the
datasets.  Keys that lie in one of the datasets are loaded then.  Return true
if all were mounted that have their key."
  (define (list-datasets)
    (datasets zfs command-timeout
              #:legacy legacy
              #:left (pools-left zpool left command-timeout)))

  (define (mount-it dataset)
    (let ((name (dataset-name dataset))
          (place (dataset-place dataset)))
      (if (assoc-ref legacy name)
          (begin
            (make-directories place)
            (run command-timeout mount name place))
          (run command-timeout zfs "mount" name))))

  (define (never-mounted? dataset)
    ;; It is not whole yet, or belongs to a container: 'zfs mount -a' leaves
    ;; it out.
    (match (rows command-timeout 1 zfs "get" "-H" "-o" "value"
                 "receive_resume_token,redact_snaps,zoned"
                 (dataset-name dataset))
      (#f #f)
      (((values) ...)
       (any (negate (cut member <> '("-" "off" ""))) values))))

  (define (mount-all todo occupied failed)
    ;; Mount TODO; return FAILED and those that could not be.
    (match todo
      (() failed)
      ((dataset . rest)
       (define name (dataset-name dataset))
       (define place (dataset-place dataset))

       (cond ((refusal-to-mount dataset occupied)
              => (lambda (why)
                   (problem "Dataset '~a' is not mounted on ~a: ~a.  Run 'zfs \
set mountpoint=DIRECTORY ~a', or 'zfs set canmount=noauto ~a'."
                            name place why name name)
                   (mount-all rest occupied failed)))
             ((find (lambda (other)
                      (below? (dataset-place other) place))
                    failed)
              => (lambda (other)
                   (problem "Dataset '~a' is not mounted on ~a, since '~a' \
could not be mounted." name place (dataset-name other))
                   (mount-all rest occupied failed)))
             ((mount-it dataset)
              (mount-all rest
                         (cons (list (real-name place) "zfs" name) occupied)
                         failed))
             ((never-mounted? dataset)
              (note "Dataset '~a' is not mounted: it is not received as a \
whole, or belongs to a container." name)
              (mount-all rest occupied failed))
             (else
              (problem "Dataset '~a' could not be mounted on ~a." name place)
              (mount-all rest occupied (cons dataset failed)))))))

  (define (to-come all)
    ;; Those of ALL that are mounted once a file with their key is there.
    (define roots
      (map dataset-name (filter key-file (key-roots all))))

    (define occupied (occupied-places later))

    (filter (lambda (dataset)
              (and (dataset-locked? dataset)
                   (member (dataset-key-root dataset) roots)
                   (not (dataset-received? dataset))
                   (not (refusal-to-mount dataset occupied))))
            (to-mount all)))

  (define (load-keys-again all)
    ;; Return true if one of the keys that lie in files is there now.
    (fold (lambda (root any?)
            (or (and (key-file root)
                     (file-exists? (key-file root))
                     (run command-timeout zfs "load-key" (dataset-name root)))
                any?))
          #f
          (key-roots all)))

  (define (mount-in-turns seen failed)
    ;; SEEN are those that were taken care of.
    (match (list-datasets)
      (#f #f)
      (all
       (let* ((locked (to-come all))
              (waiting todo
                     (partition (lambda (dataset)
                                  ;; It would be hidden.
                                  (any (lambda (other)
                                         (below? (dataset-place other)
                                                 (dataset-place dataset)))
                                       locked))
                                (remove (lambda (dataset)
                                          (or (dataset-locked? dataset)
                                              (member (dataset-name dataset)
                                                      seen)))
                                        (to-mount all))))
              (failed (mount-all todo (occupied-places later) failed)))
         (if (load-keys-again all)
             (mount-in-turns (append (map dataset-name todo) seen) failed)
             (finish all failed waiting))))))

  (define (finish all failed waiting)
    (for-each (lambda (dataset)
                (note "Dataset '~a' is mounted when that is unlocked which it \
lies in." (dataset-name dataset)))
              waiting)
    (for-each (lambda (dataset)
                (when (and (dataset-locked? dataset) (key-file dataset))
                  (problem "Dataset '~a' is locked, since its key is not in \
~a; when it is, it is unlocked and mounted."
                           (dataset-name dataset) (key-file dataset))))
              (key-roots all))
    (let ((strange (remove (match-lambda
                             ((name . _)
                              (find (lambda (dataset)
                                      (and (string=? name
                                                     (dataset-name dataset))
                                           (or (dataset-mounted? dataset)
                                               (dataset-place dataset))))
                                    all)))
                           legacy)))
      (define (imported? name)
        (any (lambda (dataset)
               (string=? (pool-of name) (pool-of (dataset-name dataset))))
             all))

      (for-each (match-lambda
                  ((name . _)
                   (problem "There is no dataset '~a' with \
'mountpoint=legacy': see 'legacy-mounts' of 'zfs-configuration'." name)))
                strange)
      ;; Whether its pool must be there, 'pools' says.
      (and (null? failed)
           (not (any (compose imported? first) strange)))))

  (with-report "zfs-mount"
    (lambda ()
      (or (mount-in-turns '() '())
          (begin
            (when console?
              (tell-console "ZFS datasets could not be mounted, so that \
nobody can log in.  ~a" %way-in))
            #f)))))

(define* (unmount-datasets zfs umount seconds #:key (legacy '()))
  "Unmount all datasets, those of LEGACY with the command UMOUNT."
  (define (unmount-legacy)
    ;; The last first; what others lie in is busy.
    (for-each (match-lambda
                ((place "zfs" name)
                 (when (assoc-ref legacy name)
                   (run-command seconds (list umount "--" place))))
                (_ #f))
              (reverse (mounts))))

  (unmount-legacy)
  (let ((unmounted? (run seconds zfs "unmount" "-a")))
    (unmount-legacy)
    unmounted?))

(define* (wait-for-keys zfs zpool mount herd #:rest options)
  "Wait for the files in which the keys of locked datasets are to be, for as
long as there are some; load each that comes and mount what it unlocks, as
'mount-datasets' does with OPTIONS."
  (define seconds 60)

  (define (locked)
    (filter key-file (key-roots (or (datasets zfs seconds) '()))))

  (define (stamp file)
    (let ((info (stat file #f)))
      (and info
           (map (cut <> info) (list stat:dev stat:ino stat:mtime)))))

  (define (device-there? source)
    (match (string-split source #\=)
      (("LABEL" label)
       (file-exists? (string-append "/dev/disk/by-label/" label)))
      (("UUID" uuid)
       (file-exists? (string-append "/dev/disk/by-uuid/" uuid)))
      (_ (file-exists? source))))

  (define (mount-declared file)
    ;; Mount the declared file system that FILE would be in, once its device
    ;; is there: Guix has given up waiting for it.
    (match (find (match-lambda
                   ((point _ source)
                    (and (not (string=? "/" point))
                         (below? point file)
                         (device-there? source)
                         (not (assoc point (mounts))))))
                 (declared-file-systems))
      ((point . _)
       (run seconds herd "start" (string-append "file-system-" point)))
      (#f #f)))

  ;; One that is there already came too late to be looked at before.
  (let wait ((roots (locked))
             (stamps #f))
    (or (null? roots)
        (begin
          (sleep 2)
          (for-each mount-declared
                    (remove file-exists? (map key-file roots)))
          (let ((now (map (compose stamp key-file) roots)))
            (cond ((equal? now (or stamps (map (const #f) now)))
                   (wait roots now))
                  (else
                   (apply mount-datasets zfs zpool mount options)
                   (let ((roots (locked)))
                     (wait roots
                           (map (compose stamp key-file) roots))))))))))

(define (share-datasets zfs seconds)
  (run seconds zfs "share" "-a"))

(define (unshare-datasets zfs seconds)
  (run seconds zfs "unshare" "-a"))
