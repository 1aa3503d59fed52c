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


(define-module (zfs-guix packages status)
  #:use-module (gnu packages base)
  #:use-module (gnu packages guile)
  #:use-module (guix build-system trivial)
  #:use-module (guix gexp)
  #:use-module ((guix licenses)
                #:prefix license:)
  #:use-module (guix packages)
  #:use-module (zfs-guix packages zfs))

(define-public zfs-guix-status
  (package
    (name "zfs-guix-status")
    (version (package-version zfs-guix-tools))
    (source
     (local-file "zfs-guix-status.in"))
    (build-system trivial-build-system)
    (arguments
     (list
      #:modules '((guix build utils))
      #:builder
      #~(begin
          (use-modules (guix build utils))
          (define program
            (string-append #$output "/sbin/zfs-guix-status"))
          (mkdir-p (dirname program))
          (copy-file #$source program)
          (substitute* program
            (("@ENV@")
             #$(file-append coreutils-minimal "/bin/env"))
            (("@GUILE@")
             #$(file-append guile-3.0 "/bin/guile"))
            (("@STORE@")
             (%store-directory)))
          (chmod program #o555))))
    (home-page "https://openzfs.org/")
    (synopsis "Tell whether module and commands of OpenZFS agree")
    (description
     "This package provides @command{zfs-guix-status}, which tells whether the
loaded kernel module of OpenZFS, its commands and those of the next boot are of
one release, and which services of ZFS failed.")
    (license license:gpl3+)))
