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


(define-module (zfs-guix build boot)
  #:use-module ((zfs-guix build mounts) #:select (mounted-on))
  #:use-module (ice-9 ftw)
  #:use-module (ice-9 match)
  #:use-module (ice-9 textual-ports)
  #:use-module (srfi srfi-1)
  #:use-module (srfi srfi-26)
  #:use-module (srfi srfi-34)
  #:use-module (srfi srfi-35)
  #:use-module (srfi srfi-71)
  #:export (%store
            menu-files
            install-menu
            install-loader))

;;; Commentary:
;;;
;;; What GRUB reads, which cannot read the pool: /boot, a file system of its
;;; own, has grub.cfg, and the kernels and initrds that grub.cfg names, under
;;; the names that they have in the store.
;;;
;;; At every moment all that grub.cfg names is there, and whole: a file is
;;; written under another name and flushed before it gets its own; what is new
;;; comes before the menu that names it, and what is old goes after that.
;;;
;;; Code:

(define (refuse format-string . arguments)
  (raise (condition
          (&message
           (message (apply format #f format-string arguments))))))


;;;
;;; Menus.
;;;

(define (read-text file)
  ;; Any byte is a character of this encoding, and is written as it was.
  (call-with-input-file file get-string-all #:encoding "ISO-8859-1"))

(define (text-lines text)
  (string-split text #\newline))

(define %word-characters
  (char-set-complement (char-set #\space #\tab #\; #\")))

(define (line-words line)
  (string-tokenize line %word-characters))

(define %store
  (make-parameter "/gnu/store"))

(define (store-file? word)
  (string-prefix? (string-append (%store) "/") word))

(define (line-files line)
  "Return the files of the store that GRUB reads for LINE of a menu."
  (match (line-words line)
    ;; The arguments are for Linux, which has the pool.
    (("linux" file . _)
     (filter store-file? (list file)))
    ((or ("search" . _) ("set" . _) ("#" . _) ("menuentry" . _))
     '())
    (words
     (filter store-file? words))))

(define (menu-files menu)
  "Return the files of the store that GRUB reads for MENU, the text of a
grub.cfg."
  (delete-duplicates (append-map line-files (text-lines menu))))

(define (without-searches menu)
  "Return MENU without its searches for files of the store on all disks: they
are where the menu is, and another disk, such as that of the installer, may
have the kernel but not the initrd.  Those for the root file system of an older
generation, whose device is \"none\", have GRUB wait after an error."
  (string-join (remove (lambda (line)
                         (match (line-words line)
                           (("search" "--file" "--set" (? store-file?)) #t)
                           (("search" "--label" "--set" "none") #t)
                           (_ #f)))
                       (text-lines menu))
               "\n"))

(define (entries-of menu files)
  "Return MENU without the entries that need others than FILES, and how many of
those that need files are left."
  (let loop ((lines (text-lines menu))
             (kept '())
             (count 0))
    (match lines
      (()
       (values (string-join (reverse kept) "\n") count))
      (((? (cut string-prefix? "menuentry " <>) line) . rest)
       (let* ((body rest (break (cut string=? "}" <>) rest))
              (needed (append-map line-files body)))
         (if (lset<= string=? needed files)
             (loop rest
                   (append (reverse body) (cons line kept))
                   (if (null? needed) count (+ count 1)))
             ;; Without its brace, too.
             (loop (drop rest (min 1 (length rest))) kept count))))
      ((line . rest)
       (loop rest (cons line kept) count)))))


;;;
;;; Files.
;;;

(define (make-directories directory)
  (unless (file-exists? directory)
    (make-directories (dirname directory))
    (mkdir directory)))

(define (flush file)
  (let ((fd (open-fdes file O_RDONLY)))
    (fsync fd)
    (close-fdes fd)))

(define (replace-file file boot write)
  "Have FILE, below BOOT, be what WRITE makes of the name that it is called
with, or be as it was."
  (let ((new (string-append file ".new")))
    (make-directories (dirname file))
    (catch #t
      (lambda ()
        (write new)
        (flush new))
      (lambda arguments
        (false-if-exception (delete-file new))
        (apply throw arguments)))
    (rename-file new file)
    (let loop ((directory (dirname file)))
      (flush directory)
      (unless (string=? directory boot)
        (loop (dirname directory))))))

(define (replace-text file boot text)
  (replace-file file boot
                (lambda (new)
                  (call-with-output-file new
                    (cut display text <>)
                    #:encoding "ISO-8859-1"))))

(define (file-size file)
  "Return the number of bytes of FILE, or #f if there is none."
  (and=> (stat file #f) stat:size))

(define (files-below directory)
  (file-system-fold (const #t)
                    (lambda (file stat result) (cons file result))
                    (lambda (file stat result) result)
                    (lambda (file stat result) result)
                    (lambda (file stat result) result)
                    (lambda (file stat errno result) result)
                    '()
                    directory))


;;;
;;; Installation.
;;;

(define %spare
  ;; Bytes for the menu, for directories, and for what is rounded up.
  (expt 2 20))

(define (check-boot boot)
  (match (mounted-on boot)
    (#f
     (refuse "~a is not mounted: mount the file system there that GRUB is to \
read, and run the command again" boot))
    ((_ "zfs" _)
     (refuse "~a is on a ZFS pool, which GRUB cannot read: mount the EFI \
system partition there, and run the command again" boot))
    (_ #t)))

(define* (install-menu menu root #:key free-space)
  "Have GRUB show MENU, a grub.cfg in the store, and find the files that it
names in /boot of the system at ROOT.  FREE-SPACE returns how many bytes there
are for files in the directory that it is called with.  If there are not
enough, or GRUB could not read /boot, raise an error before anything is
changed."
  (define boot
    (string-append (string-trim-right (canonicalize-path root) #\/) "/boot"))

  (define (below-boot file)
    (string-append boot file))

  (define grub.cfg (below-boot "/grub/grub.cfg"))
  (define old-menu (if (file-exists? grub.cfg) (read-text grub.cfg) ""))
  (define new-menu (without-searches (read-text menu)))
  (define files (menu-files new-menu))

  (define (whole? file)
    (let ((size (file-size (below-boot file))))
      (and size
           (or (not (file-exists? file))
               (= size (file-size file))))))

  (define missing (remove whole? files))

  ;; Those that only the old menu names, and those that none does.
  (define-values (outdated unnamed)
    (partition (cut member <> (menu-files old-menu))
               (lset-difference string=?
                                (map (cut string-drop <> (string-length boot))
                                     (files-below (below-boot (%store))))
                                files)))

  (define (bytes files)
    (reduce + 0 (map file-size files)))

  (define (lacking deleted)
    "Return how many bytes lack once the files DELETED are."
    (- (+ (bytes missing) %spare)
       (+ (free-space boot) (bytes (map below-boot deleted)))))

  (define (delete file)
    (delete-file (below-boot file))
    ;; Its directory may have other files.
    (false-if-exception (rmdir (dirname (below-boot file)))))

  (define (copy file)
    (replace-file (below-boot file) boot (cut copy-file file <>)))

  (define (make-room)
    "Write a menu without the entries whose files are not there yet, if that
makes enough room: generations may have been deleted since there was none."
    (let ((interim entries (entries-of new-menu (filter whole? files))))
      (when (or (zero? entries)
                (> (lacking (append unnamed outdated)) 0))
        (refuse "~a has no room for the kernel and initrd of the new menu, by \
~a MB: delete generations that you can do without, by 'guix system \
delete-generations', and run the command again; what was there is as it was"
                boot (ceiling-quotient (lacking unnamed) (expt 2 20))))
      (replace-text grub.cfg boot interim)
      (for-each delete outdated)))

  (check-boot boot)
  (match (remove file-exists? missing)
    (() #t)
    ((file . _)
     (refuse "the menu has ~a, which is not in the store: delete the \
generation that it is of" file)))
  (when (> (lacking unnamed) 0)
    (make-room))
  (for-each delete unnamed)
  (for-each copy missing)
  (unless (string=? old-menu new-menu)
    (replace-text grub.cfg boot new-menu))
  (for-each delete (filter (compose file-exists? below-boot) outdated)))

(define (install-loader loader root install)
  "Have LOADER, a GRUB in the store, be that of the system at ROOT, by INSTALL,
a procedure without arguments.  That writes over files without which nothing
boots, so that it is called only where another GRUB is, or was begun with."
  (let* ((boot (string-append (string-trim-right root #\/) "/boot"))
         (stamp (string-append boot "/grub/installed")))
    (unless (and (file-exists? stamp)
                 (string=? (read-text stamp) loader))
      (when (file-exists? stamp)
        (delete-file stamp))
      (install)
      (sync)
      (replace-text stamp boot loader))))
