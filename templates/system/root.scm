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


(define-module (zfs-guix system root)
  #:use-module (gnu bootloader)
  #:use-module (gnu bootloader grub)
  #:use-module (gnu packages elf)
  #:use-module (gnu packages linux)
  #:use-module (gnu system)
  #:use-module (gnu system file-systems)
  #:use-module (gnu system linux-initrd)
  #:use-module (gnu system mapped-devices)
  #:use-module (guix diagnostics)
  #:use-module (guix gexp)
  #:use-module (guix i18n)
  #:use-module (guix modules)
  #:use-module ((guix store) #:select (%store-prefix))
  #:use-module (guix utils)
  #:use-module (ice-9 match)
  #:use-module (srfi srfi-1)
  #:use-module (srfi srfi-26)
  #:use-module (srfi srfi-34)
  #:use-module (zfs-guix packages zfs)
  #:use-module (zfs-guix services parameters)
  #:use-module (zfs-guix services zfs)
  #:export (zfs-initrd
            zfs-root-file-system
            grub-efi-zfs-bootloader))

;;; Commentary:
;;;
;;; A system whose root file system, and the store with it, is a dataset of
;;; ZFS.  This is experimental, and for x86_64 with UEFI.
;;;
;;;   (operating-system
;;;     (bootloader (bootloader-configuration
;;;                   (bootloader grub-efi-zfs-bootloader)
;;;                   (targets '("/boot"))))
;;;     (initrd (zfs-initrd "tank/root"))
;;;     (file-systems (cons* zfs-root-file-system
;;;                          (file-system
;;;                            (mount-point "/boot")
;;;                            (device (file-system-label "ESP"))
;;;                            (type "vfat"))
;;;                          %base-file-systems))
;;;     …)
;;;
;;; The kernel's module of ZFS may be built, and not distributed: no derivation
;;; with it in its output can be substituted.
;;;
;;; Code:

(define-syntax-rule (refuse message argument ...)
  (raise (formatted-message (G_ message) argument ...)))

(define zfs-root-file-system
  ;; The initrd has mounted the dataset when this is remounted, which needs
  ;; neither a device nor the real type: Guix would look for the one, and add
  ;; its own 'zfs' for the other.
  (file-system
    (mount-point "/")
    (device "none")
    (type "overlay")
    (flags '(remount))
    (check? #f)))


;;;
;;; The initrd.
;;;

(define (modules-importable? name)
  (match name
    (('zfs-guix 'build _ ...) #t)
    (_ (guix-module-name? name))))

(define %build-modules
  (source-module-closure '((zfs-guix build boot)
                           (zfs-guix build root))
                         #:select? modules-importable?))

(define (not-substitutable file)
  "Return FILE, a computed-file or a file in one, as one that is always built
where it is used."
  (match file
    ((? file-append?)
     (apply file-append (not-substitutable (file-append-base file))
            (file-append-suffix file)))
    ((? computed-file?)
     (computed-file (computed-file-name file) (computed-file-gexp file)
                    #:options `(#:substitutable? #f
                                ,@(computed-file-options file))))))

(define (linux+zfs linux zfs)
  "Return a directory with the modules of LINUX and of ZFS."
  ;; No 'union-build': links to directories are not followed when a module is
  ;; looked for.
  (computed-file "linux+zfs"
                 (with-imported-modules '((guix build utils))
                   #~(begin
                       (use-modules (guix build utils))
                       (define (link package)
                         (lambda (file)
                           (let ((link (string-append
                                        #$output
                                        (string-drop
                                         file (string-length package)))))
                             (mkdir-p (dirname link))
                             (unless (file-exists? link)
                               (symlink file link)))))

                       (for-each (lambda (package)
                                   (for-each (link package)
                                             (find-files
                                              (string-append
                                               package "/lib/modules"))))
                                 '(#$linux #$zfs))))
                 #:options '(#:substitutable? #f)))

(define (zfs-commands zfs)
  "Return a directory with 'zpool' and 'zfs' of ZFS and the libraries that they
need, and with no reference to more: ZFS itself has Python in its closure."
  (define build
    (with-imported-modules (source-module-closure '((guix build gremlin)
                                                    (guix build utils)))
      #~(begin
          (use-modules (guix build gremlin)
                       (guix build utils)
                       (ice-9 popen)
                       (ice-9 rdelim)
                       (srfi srfi-1)
                       (srfi srfi-71))

          (define patchelf #+(file-append patchelf "/bin/patchelf"))
          (define library (string-append #$output "/lib/"))
          (define programs
            (map (lambda (name)
                   (string-append #$zfs "/sbin/" name))
                 '("zpool" "zfs")))

          (define loader
            (let* ((port (open-pipe* OPEN_READ patchelf
                                     "--print-interpreter" (first programs)))
                   (line (read-line port)))
              (close-pipe port)
              line))

          (define (libraries program)
            ;; Those of libc have no RUNPATH, and are found beside the loader.
            (let* ((needed missing (file-needed/recursive program))
                   (found lost (partition file-exists?
                                          (map (lambda (name)
                                                 (string-append
                                                  (dirname loader) "/" name))
                                               missing))))
              (unless (null? lost)
                (error "libraries not found:" program (map basename lost)))
              (append needed found)))

          (define (take file directory)
            (let ((copy (string-append directory (basename file))))
              (unless (file-exists? copy)
                (copy-file file copy)
                (chmod copy #o755)
                (remove-store-references copy)
                (unless (string=? (basename file) (basename loader))
                  (invoke patchelf "--set-rpath" library copy)))
              copy))

          (mkdir-p library)
          (for-each (lambda (file)
                      (take file library))
                    (append (list loader)
                            (append-map libraries programs)
                            ;; What ends a thread is loaded when one ends.
                            (or (and=> (search-path
                                        (append-map file-runpath programs)
                                        "libgcc_s.so.1")
                                       list)
                                '())))
          (mkdir (string-append #$output "/sbin"))
          (for-each (lambda (program)
                      (invoke patchelf "--set-interpreter"
                              (string-append library (basename loader))
                              (take program
                                    (string-append #$output "/sbin/"))))
                    programs))))

  (computed-file "zfs-commands" build
                 #:options '(#:substitutable? #f
                             #:allowed-references ("out"))))

(define (check-root file-systems mapped-devices)
  "Raise an error unless ZFS-ROOT-FILE-SYSTEM is the root among FILE-SYSTEMS,
those that are needed for boot, and neither they nor it need MAPPED-DEVICES."
  (define (root? file-system)
    (string=? "/" (file-system-mount-point file-system)))

  (match (filter root? file-systems)
    ((root)
     (unless (and (equal? (file-system-device root)
                          (file-system-device zfs-root-file-system))
                  (memq 'remount (file-system-flags root)))
       (refuse "zfs-initrd: the file system with the mount point \"/\" is \
another one: put 'zfs-root-file-system' into the field 'file-systems' in its \
place ('guix system image', 'vm' and 'container' have one of their own: give \
them a system with 'base-initrd' and 'grub-efi-bootloader')")))
    (roots
     (refuse "zfs-initrd: there are ~a file systems with the mount point \
\"/\": leave only 'zfs-root-file-system' in the field 'file-systems'"
             (length roots))))
  (for-each (lambda (file-system)
              (when (or (string=? "zfs" (file-system-type file-system))
                        (and (string-prefix? (file-system-mount-point
                                              file-system)
                                             (%store-prefix))
                             (not (root? file-system))))
                (refuse "zfs-initrd: ~s cannot be a file system of its own: \
the store is on the dataset of the root, and ZFS mounts others by their \
property 'mountpoint'" (file-system-mount-point file-system))))
            file-systems)
  (unless (null? mapped-devices)
    (refuse "zfs-initrd: the root pool cannot be on mapped devices: use the \
encryption of ZFS in their place")))

(define (key-file-system-modules file-system)
  "Return the kernel modules that FILE-SYSTEM, one with keys, needs."
  (if (string=? "vfat" (file-system-type file-system))
      '("vfat" "nls_cp437" "nls_iso8859-1")
      (file-system-modules (list file-system))))

(define (for-reading keys)
  "Return KEYS, a file system, as one that can be mounted without the program
that checks it, since it is not written to."
  (file-system
    (inherit keys)
    (flags (cons 'read-only (file-system-flags keys)))
    (check? #f)))

(define* (zfs-initrd dataset
                     #:key hostid (timeout 30) (module-options '())
                     key-file-system
                     (zfs-for-kernel zfs-for-kernel))
  "Return a procedure for the field 'initrd' of an operating-system whose root
file system is DATASET, such as \"tank/root\".

HOSTID, eight hexadecimal digits, is the number of this host; give it to
zfs-configuration, too.  TIMEOUT is how many seconds to wait for disks that are
missing; a pool that can do without them is imported only then.
MODULE-OPTIONS, like that of zfs-configuration, has parameters of the module,
which was loaded long before that service starts.  KEY-FILE-SYSTEM is a
file-system that is mounted while a key is read from a file of it, such as the
one of /boot.  ZFS-FOR-KERNEL returns the ZFS of a kernel."
  (define-syntax-rule (private name)
    (@@ (zfs-guix services zfs) name))

  (define (check keyword value valid? expected)
    ((private check-field) 'zfs-initrd keyword valid? expected value #f))

  (check 'dataset dataset (private dataset-name?)
         "the name of a dataset, such as \"tank/root\",")
  (check 'hostid hostid (private hostid?)
         "a string of eight hexadecimal digits that are not all 0, or #f,")
  (check 'timeout timeout (private seconds?)
         "a number of seconds, an integer that is not negative,")
  (check 'module-options module-options (private module-options?)
         (private module-options-words))
  (check 'key-file-system key-file-system
         (lambda (value)
           (or (not value)
               (and (file-system? value)
                    (not (string=? "zfs" (file-system-type value)))
                    (not (any mapped-device?
                              (file-system-dependencies value))))))
         "a file-system of another type than \"zfs\", on no mapped device, \
or #f,")
  (check 'zfs-for-kernel zfs-for-kernel procedure?
         "a procedure that takes a kernel and returns its ZFS, both packages,")
  (lambda* (file-systems #:key linux (linux-modules '()) (mapped-devices '())
                         keyboard-layout volatile-root? (on-error 'debug)
                         #:allow-other-keys)
    (check-root file-systems mapped-devices)
    (when volatile-root?
      (refuse "zfs-initrd: the root pool cannot be volatile"))

    (let* ((config (zfs-configuration
                     (hostid hostid)
                     (module-options module-options)
                     (zfs-for-kernel zfs-for-kernel)))
           (zfs ((private zfs-package) config linux "zfs-initrd"))
           (commands (zfs-commands zfs))
           (directory (not-substitutable
                       ((@@ (gnu system linux-initrd)
                            flat-linux-module-directory)
                        (linux+zfs linux zfs) '("zfs"))))
           (parameters (map (match-lambda
                              ((name . value)
                               (list (parameter-module name) name value)))
                            (if hostid
                                (acons "spl_hostid"
                                       (string-append "0x" hostid)
                                       module-options)
                                module-options))))
      ((private check-parameters) config zfs "zfs-initrd")

      (define call-with-keys
        (if key-file-system
            #~(lambda (load)
                (define point
                  #$(file-system-mount-point key-file-system))

                (define mounted?
                  (catch #t
                    (lambda ()
                      ((@ (gnu build file-systems) mount-file-system)
                       (spec->file-system
                        '#$(file-system->spec (for-reading key-file-system)))
                       #:root "")
                      #t)
                    (lambda (key . arguments)
                      ;; The key may be somewhere else.
                      (format #t "The file system of '~a' is not mounted: "
                              point)
                      (print-exception (current-output-port) #f key arguments)
                      #f)))

                (let ((loaded? (load)))
                  (when mounted?
                    ((@ (guix build syscalls) umount) point))
                  loaded?))
            #~(lambda (load)
                (load))))

      (define pre-mount
        (with-imported-modules %build-modules
          #~(let ()
              (setenv "PATH" (string-append #$commands "/sbin:"
                                            (or (getenv "PATH") "")))
              ((@ (gnu build linux-modules) load-linux-modules-from-directory)
               '("zfs") #$directory)
              ((@ (zfs-guix build root) set-parameters) '#$parameters)
              (mkdir-p "/root")
              ((@ (zfs-guix build root) mount-root)
               #$dataset
               #:zpool #$(file-append commands "/sbin/zpool")
               #:zfs #$(file-append commands "/sbin/zfs")
               #:timeout #$timeout
               #:call-with-keys #$call-with-keys
               #:mount (@ (guix build syscalls) mount)
               #:shell (@ (system repl repl) start-repl)))))

      (not-substitutable
       (raw-initrd file-systems
                   #:linux linux
                   #:linux-modules
                   `(,@linux-modules
                     ,@(file-system-modules file-systems)
                     ,@(if key-file-system
                           (key-file-system-modules key-file-system)
                           '()))
                   #:keyboard-layout keyboard-layout
                   #:helper-packages
                   `(,@(file-system-packages file-systems)
                     ,@(if keyboard-layout (list loadkeys-static) '()))
                   #:on-error on-error
                   #:pre-mount pre-mount)))))


;;;
;;; The bootloader.
;;;

(define (entry-system entry)
  "Return the operating-system that ENTRY, a menu entry, boots; or #f, if it is
of an older generation."
  (any (lambda (argument)
         (and (gexp? argument)
              (find operating-system?
                    (map gexp-input-thing
                         ((@@ (guix gexp) gexp-references) argument)))))
       (menu-entry-linux-arguments entry)))

(define (check-boot file-systems target)
  "Raise an error unless FILE-SYSTEMS has a /boot that GRUB can read, and the
EFI system partition at TARGET."
  (define (file-system-at point)
    (find (lambda (file-system)
            (string=? point (file-system-mount-point file-system)))
          file-systems))

  (match (file-system-at "/boot")
    (#f
     (refuse "grub-efi-zfs-bootloader: GRUB reads /boot/grub/grub.cfg, and \
cannot read the pool: put a file system with the mount point \"/boot\", such \
as the EFI system partition, into the field 'file-systems'"))
    (boot
     (when (string=? "zfs" (file-system-type boot))
       (refuse "grub-efi-zfs-bootloader: /boot is on a pool, which GRUB \
cannot read: put the EFI system partition there, or another file system"))))
  (match (file-system-at target)
    ((and (? file-system?) (= file-system-type "vfat")) #t)
    (_
     (refuse "grub-efi-zfs-bootloader: the target ~s is not the EFI system \
partition: put a file system with this mount point and the type \"vfat\" into \
the field 'file-systems'" target))))

(define (check-system os targets)
  "Raise an error unless OS, with TARGETS, can be booted with this bootloader
and 'zfs-initrd'."
  (when (eq? base-initrd (operating-system-initrd os))
    (refuse "grub-efi-zfs-bootloader: the field 'initrd' is Guix's own, which \
knows no pool: put (zfs-initrd \"tank/root\") into it, with the name of your \
dataset"))
  (match targets
    (((? string? target))
     (check-boot (operating-system-file-systems os) target))
    (targets
     (refuse "grub-efi-zfs-bootloader: the field 'targets' is ~s: put into it \
the mount point of the EFI system partition, such as (\"/boot\"), and nothing \
else" (if (equal? '(#f) targets) '() targets)))))

(define (without-hibernation entry)
  "Return ENTRY, that of a system, such that it neither hibernates nor
resumes: the pool is imported and written to before Guix would do that, and
what is in memory then does not fit the pool any more, which destroys it."
  (menu-entry
    (inherit entry)
    (linux-arguments (cons "nohibernate" (menu-entry-linux-arguments entry)))))

(define* (grub-configuration-file config entries
                                  #:key locale (old-entries '())
                                  #:allow-other-keys #:rest rest)
  "Return the grub.cfg for CONFIG, ENTRIES, of which the first is that of a
system, and OLD-ENTRIES."
  (and=> (any entry-system entries)
         ;; None has it where Guix writes a menu only.
         (cut check-system <> (bootloader-configuration-targets config)))
  (apply (bootloader-configuration-file-generator grub-efi-bootloader)
         config
         (cons (without-hibernation (first entries)) (cdr entries))
         #:old-entries (map without-hibernation old-entries)
         ;; Its translations are not copied: GRUB speaks English.
         (strip-keyword-arguments '(#:locale #:old-entries) rest)))

(define install-menu
  ;; Guix writes a menu before it calls the installer, which it does not call
  ;; at all for 'roll-back', 'switch-generation' and 'delete-generations'.
  ;; What it always does is to ask for the name of the file of the menu.  So
  ;; this writes the menu where GRUB reads it, and what that names, and leaves
  ;; to Guix a copy that nobody reads.  The variable is one of
  ;; 'install-bootloader-program', which has just made the link that it names.
  (with-imported-modules %build-modules
    #~(let ((root (string-drop-right
                   new-gc-root
                   (string-length "/var/guix/gcroots/bootcfg.new"))))
        ((@ (zfs-guix build boot) install-menu)
         (readlink new-gc-root) root
         #:free-space (@ (guix build syscalls) free-disk-space))
        "/var/lib/zfs-guix/grub.cfg")))

(define install-loader
  (with-imported-modules %build-modules
    #~(lambda (grub esp root)
        ((@ (zfs-guix build boot) install-loader)
         (string-append grub " " esp) root
         (lambda ()
           (#$(bootloader-installer grub-efi-bootloader) grub esp root))))))

(define grub-efi-zfs-bootloader
  (bootloader
    (inherit grub-efi-bootloader)
    ;; By which Guix finds it, in (gnu bootloader zfs-guix).
    (name 'grub-efi-zfs)
    (configuration-file install-menu)
    (configuration-file-generator grub-configuration-file)
    (installer install-loader)))
