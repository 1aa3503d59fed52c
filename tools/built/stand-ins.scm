;;; Has guix-daemon build where no substitute and no source of Guix's own
;;; packages is.  What is ours, and what Guix makes itself (profiles, service
;;; files, boot scripts, ...), is built from its derivations; each package of
;;; Guix is taken to be there already, made of Debian's files at the store path
;;; that Guix computed.
(define-module (stand-ins)
  #:use-module ((guix build store-copy) #:select (store-info))
  #:use-module ((guix build utils) #:select (copy-recursively
                                             delete-file-recursively
                                             elf-file?
                                             find-files
                                             invoke
                                             mkdir-p
                                             package-name->name+version
                                             substitute*))
  #:use-module ((gnu packages linux) #:select (linux-libre))
  #:use-module (guix derivations)
  #:use-module (guix packages)
  #:use-module (guix store)
  #:use-module (guix store database)
  #:use-module (ice-9 ftw)
  #:use-module (ice-9 match)
  #:use-module (ice-9 popen)
  #:use-module (ice-9 rdelim)
  #:use-module (ice-9 regex)
  #:use-module (srfi srfi-1)
  #:use-module (srfi srfi-26)
  #:export (keep-from-gc
            linux-libre-of-series
            register-stand-in
            prepare-stand-ins))

(define (linux-libre-of-series series)
  "Return the kernel of SERIES: Guix's, or one that this Guix does not have."
  (or (false-if-exception
       (module-ref (resolve-interface '(gnu packages linux))
                   (string->symbol (string-append "linux-libre-" series))))
      (package
        (inherit linux-libre)
        (version (string-append series ".0")))))

(define %parts
  ;; What get-kernel and the like have made.
  "/srv/built")

(define %ours
  ;; The beginnings of the names of the packages that the daemon builds.
  '("zfs-for-" "zfs-guix-" "ld-wrapper"))

(define %debian-packages
  ;; By the name of the Guix package, Debian's packages whose files stand in for
  ;; it; of most packages it is the one of the same name.  Of some there is
  ;; none: gcc, python and the linker find these where Debian has them.
  '(("attr" "attr" "libattr1" "libattr1-dev")
    ("bash-minimal" "bash")
    ("bash-static" "bash")
    ("binutils" "binutils" "binutils-x86-64-linux-gnu")
    ("binutils-final" "binutils" "binutils-x86-64-linux-gnu")
    ("coreutils-minimal" "coreutils")
    ("dwarves")
    ("elfutils")
    ("eudev" "libudev1" "libudev-dev")
    ("fuse" "fuse3")
    ("glibc" "libc6" "libc6-dev" "libc-bin" "libc-dev-bin" "nscd")
    ("grub-efi" "grub-efi-amd64-bin" "grub-common" "grub2-common")
    ("guile" "guile-3.0" "guile-3.0-libs")
    ("inetutils" "inetutils-ping")
    ("libaio" "libaio1t64" "libaio-dev")
    ("libcap" "libcap2-bin")
    ("libtirpc" "libtirpc3t64" "libtirpc-dev")
    ("linux-pam" "libpam-modules" "libpam0g" "libpam-modules-bin")
    ("net-base" "netbase")
    ("nfs-utils" "nfs-kernel-server" "nfs-common")
    ("openssl" "openssl" "libssl3t64" "libssl-dev")
    ("perl" "perl" "perl-base")
    ("pkg-config" "pkgconf" "pkgconf-bin")
    ("python" "python3" "python3-minimal")
    ("shadow" "passwd" "login" "util-linux" "uidmap")
    ("util-linux" "util-linux" "mount" "login" "fdisk" "libblkid1"
     "libblkid-dev" "libmount1" "libsmartcols1" "libuuid1" "uuid-dev")
    ("util-linux-with-udev" "util-linux" "mount" "login" "fdisk")
    ("xz" "xz-utils")
    ("zlib" "zlib1g" "zlib1g-dev")))

(define %links
  ;; By the name of the Guix package, further links: the place and the file.
  '(("bash" ("bin/sh" . "bash"))
    ("bash-minimal" ("bin/sh" . "bash"))
    ("bash-static" ("bin/sh" . "bash"))
    ("gawk" ("bin/awk" . "gawk"))
    ("guile" ("bin/guile" . "/usr/bin/guile") ("bin/guild" . "/usr/bin/guild"))
    ("python" ("bin/python3" . "/usr/bin/python3"))
    ("python-wrapper" ("bin/python" . "/usr/bin/python3"))
    ("shepherd" ("sbin/halt" . "/usr/libexec/shepherd/sbin/halt")
                ("sbin/reboot" . "/usr/libexec/shepherd/sbin/reboot"))))

(define %copied
  ;; The daemon wants a builder in the store, links followed, and the system
  ;; links /bin/sh and /usr/bin/env to these.
  '("bash" "env" "guile"))

(define %folders
  ;; Debian's folders, those of an output, and whether to copy what is there: a
  ;; library must be in the store itself, or ld-wrapper adds no -rpath.
  '(("^(/usr)?/s?bin/([^/]+)$" ("bin/" "sbin/") #f)
    ("^(/usr)?/lib/x86_64-linux-gnu/([^/]+\\.(so|so\\..*|a|o|pc))$" ("lib/") #t)
    ("^(/usr)?/lib/x86_64-linux-gnu/(pkgconfig/[^/]+)$" ("lib/") #t)
    ("^(/usr)?/lib64/(ld-linux[^/]+)$" ("lib/") #t)
    ("^(/usr)?/lib/x86_64-linux-gnu/(.+)$" ("lib/") #f)
    ("^(/usr)?/lib/(.+)$" ("lib/") #f)
    ("^(/usr)?/include/x86_64-linux-gnu/(.+)$" ("include/") #t)
    ("^(/usr)?/include/(.+)$" ("include/") #t)
    ("^(/usr)?/etc/(.+)$" ("etc/") #f)
    ("^(/usr)/share/((guile|zoneinfo|consolefonts|keymaps)/.+)$" ("share/") #f)))

(define (debian-files package)
  "Return the files of PACKAGE, a string, or #f where it is not installed."
  (and=> (find file-exists?
               (map (lambda (suffix)
                      (string-append "/var/lib/dpkg/info/" package suffix
                                     ".list"))
                    '("" ":amd64")))
         (lambda (list)
           (remove (lambda (file)
                     (eq? 'directory (and=> (stat file #f) stat:type)))
                   (string-split (call-with-input-file list read-string)
                                 #\newline)))))

(define (put-file file place copy?)
  "Put FILE at PLACE, unless something is there."
  (mkdir-p (dirname place))
  (unless (false-if-exception (lstat place))
    (cond ((not (or copy? (member (basename place) %copied)))
           (symlink file place))
          ((and (string-prefix? "/" file)
                (eq? 'symlink (stat:type (lstat file)))
                (not (string-index (readlink file) #\/)))
           (symlink (readlink file) place))
          ((file-exists? file)
           (copy-file file place)
           (chmod place #o755)))))

(define (put-debian-file file output)
  "Put FILE, a file of a Debian package, to its places in OUTPUT."
  (any (match-lambda
         ((pattern folders copy?)
          (and=> (string-match pattern file)
                 (lambda (found)
                   (for-each
                    (lambda (folder)
                      (put-file file
                                (string-append output "/" folder
                                               (match:substring found 2))
                                copy?))
                    folders)
                   #t))))
       %folders))

(define (make-from-debian name output glibc)
  "Make OUTPUT of Debian's files for the package NAME, which is built with GLIBC,
an output or #f."
  (mkdir-p output)
  (for-each (match-lambda
              ((place . file)
               (put-file file (string-append output "/" place) #f)))
            (or (assoc-ref %links name) '()))
  (for-each (lambda (file)
              (put-debian-file file output))
            (append-map (lambda (package)
                          (or (debian-files package) '()))
                        (or (assoc-ref %debian-packages name)
                            (list name))))
  ;; gcc finds Debian's headers, and those of the kernel, by itself.
  (when (and (string=? name "glibc")
             (file-exists? (string-append output "/include")))
    (delete-file-recursively (string-append output "/include")))
  (let ((directory (string-append output "/lib")))
    (when (and (file-exists? directory) (not (string=? name "glibc")))
      (set-runpaths directory glibc)))
  (name-store output))

(define (set-runpaths directory glibc)
  "Have the libraries in DIRECTORY find what they need by their RUNPATH, as with
Guix's: copies of it in DIRECTORY, and GLIBC, an output or #f."
  (define (libraries)
    (filter (lambda (file)
              (and (eq? 'regular (stat:type (lstat file)))
                   (elf-file? file)))
            (find-files directory "\\.so(\\.|$)")))

  (let ((directories (cons directory
                           (if glibc
                               (list (string-append glibc "/lib"))
                               '()))))
    (for-each (lambda (file)
                (unless (search-path directories (basename file))
                  (copy-file file (string-append directory "/"
                                                 (basename file)))))
              (append-map shared-libraries (libraries)))
    (for-each (lambda (library)
                (chmod library #o755)
                (invoke "patchelf" "--set-rpath"
                        (string-join directories ":") library))
              (libraries))))

(define (name-store output)
  "Have what pkg-config and the linker read in OUTPUT name OUTPUT."
  (for-each (lambda (file)
              (substitute* file
                (("/lib/x86_64-linux-gnu") "/lib")
                (("/include/x86_64-linux-gnu") "/include")
                (("=/usr") (string-append "=" output))))
            (find-files output "\\.pc$"))
  ;; Those of glibc are scripts; the linker would search Debian's own folders
  ;; before LIBRARY_PATH.
  (for-each (lambda (file)
              (unless (or (eq? 'symlink (stat:type (lstat file)))
                          (elf-file? file))
                (substitute* file
                  (("(/usr)?/lib(/x86_64-linux-gnu|64)/")
                   (string-append output "/lib/")))))
            (find-files output "^lib(c|m)\\.so$")))

(define (make-gcc output glibc)
  "Make OUTPUT a gcc that runs Debian's, whose programs have the loader of GLIBC,
an output, and the libgcc_s of the store, as with the real one."
  (mkdir-p (string-append output "/bin"))
  (mkdir-p (string-append output "/lib"))
  (for-each (lambda (file)
              (copy-file file (string-append output "/lib/" (basename file))))
            '("/usr/lib/gcc/x86_64-linux-gnu/14/libgcc_s.so"
              "/usr/lib/x86_64-linux-gnu/libgcc_s.so.1"))
  (for-each
   (match-lambda
     ((name command options ...)
      (let ((file (string-append output "/bin/" name)))
        (call-with-output-file file
          (lambda (port)
            (format port "#!/usr/bin/bash~%exec ~a~{ ~a~} \"$@\"~%"
                    command options)))
        (chmod file #o555))))
   (let ((options (list (string-append "-L" output "/lib")
                        (string-append "-Wl,-dynamic-linker=" glibc
                                       "/lib/ld-linux-x86-64.so.2"))))
     `(("gcc" "/usr/bin/gcc-14" ,@options)
       ("cc" "/usr/bin/gcc-14" ,@options)
       ("cpp" "/usr/bin/cpp-14")))))

(define (make-guile-static output)
  "Make OUTPUT a Guile that needs nothing else, for an initrd.  Debian has no
static one: this is its own with the libraries, and with the one primitive of
Guix's patches for which there is no other way."
  (define (put-program file text)
    (let ((file (string-append output "/" file)))
      (call-with-output-file file
        (cut display text <>))
      (chmod file #o555)))

  (for-each (lambda (directory)
              (mkdir-p (string-append output "/" directory)))
            '("bin" "lib" "libexec"))
  (for-each (lambda (file)
              (copy-file file (string-append output "/lib/" (basename file))))
            (shared-libraries "/usr/bin/guile"))
  ;; Guile converts its strings from this.
  (mkdir (string-append output "/lib/gconv"))
  (for-each (lambda (name)
              (copy-file (string-append "/usr/lib/x86_64-linux-gnu/gconv/" name)
                         (string-append output "/lib/gconv/" name)))
            '("gconv-modules" "ISO8859-1.so"))
  (copy-file "/usr/bin/guile" (string-append output "/libexec/guile"))
  (copy-file "/usr/bin/busybox" (string-append output "/libexec/busybox"))
  (for-each (match-lambda
              ((from . to)
               (copy-recursively from (string-append output "/" to)
                                 #:log (%make-void-port "w")
                                 #:keep-mtime? #t)))
            '(("/usr/share/guile/3.0" . "share/guile/3.0")
              ("/usr/lib/x86_64-linux-gnu/guile/3.0/ccache"
               . "lib/guile/3.0/ccache")
              ("/usr/lib/locale/C.utf8" . "lib/locale/C.utf8")))
  (copy-file (string-append (dirname (search-path %load-path "stand-ins.scm"))
                            "/primitives.scm")
             (string-append output "/libexec/primitives.scm"))
  (put-program "bin/guile"
               (string-append "#!" output "/libexec/busybox sh
GUILE_SYSTEM_PATH=" output "/share/guile/3.0
GUILE_SYSTEM_COMPILED_PATH=" output "/lib/guile/3.0/ccache
GUILE_AUTO_COMPILE=0
GCONV_PATH=" output "/lib/gconv
LOCPATH=" output "/lib/locale
LC_ALL=C.UTF-8
export GUILE_SYSTEM_PATH GUILE_SYSTEM_COMPILED_PATH GUILE_AUTO_COMPILE
export GCONV_PATH LOCPATH LC_ALL
exec " output "/lib/ld-linux-x86-64.so.2 --library-path " output "/lib \\
  " output "/libexec/guile -l " output "/libexec/primitives.scm \"$@\"
")))

(define (shared-libraries program)
  "Return the libraries of PROGRAM, and what loads them."
  (let* ((port (open-pipe* OPEN_READ "ldd" program))
         (text (read-string port)))
    (close-pipe port)
    (map match:substring
         (list-matches "/[^ \n]+" text))))

(define (copy-part part output)
  (copy-recursively (string-append %parts "/" part) output
                    #:log (%make-void-port "w")
                    #:keep-mtime? #t))

(define (kernel-part version part)
  "Return PART of the kernel that stands in for Linux VERSION; see get-kernel."
  (string-append "kernels/"
                 (match:substring (string-match "^[0-9]+\\.[0-9]+" version))
                 "/" part))

(define (make-stand-in name version output-name output glibc)
  "Make OUTPUT, the store file name of the output OUTPUT-NAME of the package
NAME, which is built with GLIBC."
  (match name
    ("linux-libre-module-builder"
     (copy-part (kernel-part version "build")
                (string-append output "/lib/modules/build")))
    ("linux-libre"
     (copy-part (kernel-part version "kernel") output))
    ("zfs-auto-snapshot"                ;its source
     (copy-part "auto-snapshot" output))
    ;; Debian's 'udevadm hwdb' has other options.
    ("hwdb.bin" (mkdir-p output))
    ("eudev"
     (copy-part "udev" output)
     (make-from-debian name output glibc))
    ("guile-static-initrd" (make-guile-static output))
    ("gcc" (if (and glibc (string=? output-name "out"))
               (make-gcc output glibc)
               (make-from-debian "libgcc-s1" output glibc)))
    ;; Other outputs have nothing that is looked for.
    (_ (make-from-debian (if (member output-name '("out" "lib"))
                             name
                             "")
                         output glibc))))

(define (canonicalize file)
  "Make FILE as what the daemon builds is: read-only, and of 1970."
  (let ((st (lstat file)))
    (unless (eq? 'symlink (stat:type st))
      (when (eq? 'directory (stat:type st))
        (for-each (lambda (name)
                    (canonicalize (string-append file "/" name)))
                  (scandir file (negate (lambda (name)
                                          (member name '("." "..")))))))
      (chmod file (logand (stat:perms st) #o555))
      (utime file 1 1))))

(define* (register-stand-in output #:optional (references '()))
  "Register OUTPUT, a store file name that has been made, which refers to
REFERENCES."
  (canonicalize output)
  (with-database (store-database-file) db
    (register-items db (list (store-info output #f references))
                    #:log-port (%make-void-port "w"))))

(define (keep-from-gc store root path)
  "Keep PATH from 'guix gc' by the link ROOT, in the place of what it kept."
  (when (false-if-exception (lstat root))
    (delete-file root))
  (symlink path root)
  (add-indirect-root store root))

(define (name+version drv)
  "Return the name and the version of DRV; the latter is #f where DRV is not a
package's."
  (call-with-values
      (lambda () (package-name->name+version (derivation-name drv)))
    list))

(define (of-guix? drv)
  "Return true if DRV is that of a package of Guix, and not of one of ours, nor
of the source of one: a source that is not there cannot be had."
  (match (name+version drv)
    ((name version)
     ;; Debian's 'udevadm hwdb' has other options.
     (or (string=? "hwdb.bin" name)
         (and version
              (not (string=? "zfs" name))
              (not (any (cut string-prefix? <> name) %ours)))))))

(define* (prepare-stand-ins store derivations #:optional (special '()))
  "Register a stand-in for each package of Guix that has to be there for
DERIVATIONS to be built.  SPECIAL is a list of pairs, the beginning of a name,
with the version, and a procedure that makes and registers that output.  Return
the list of all that are needed, had nothing been built yet: a name and a
version each."
  (define seen (make-hash-table))

  (define (built? drv)
    (every (match-lambda
             ((_ . output)
              (valid-path? store (derivation-output-path output))))
           (derivation-outputs drv)))

  (define (glibc-of drv)
    (any (lambda (input)
           (and (string-prefix? "glibc-2" (store-path-package-name
                                           (derivation-input-path input)))
                (derivation->output-path (derivation-input-derivation input))))
         (derivation-inputs drv)))

  (define (special-procedure drv)
    (any (match-lambda
           ((prefix . make)
            (and (string-prefix? prefix (derivation-name drv)) make)))
         special))

  (define (prepare drv make)
    (for-each (match-lambda
                ((name . output)
                 (let ((path (derivation-output-path output)))
                   (unless (valid-path? store path)
                     (when (false-if-exception (lstat path))
                       (delete-file-recursively path))
                     (make name path)))))
              (derivation-outputs drv)))

  (define (stand-in drv glibc)
    (match (name+version drv)
      ((name version)
       (prepare drv
                (lambda (output-name path)
                  (make-stand-in name version output-name path glibc)
                  (register-stand-in path))))))

  ;; What is needed only by something that is there need not be there.
  (define (visit drv needed? glibc found)
    (let ((needed? (and needed? (not (built? drv))))
          (file (derivation-file-name drv)))
      (match (hash-ref seen file 'no)
        ((or #t (? (cut eq? needed? <>)))
         found)
        (_
         (hash-set! seen file needed?)
         (visit-inputs drv needed? glibc found)))))

  (define (visit-inputs drv needed? glibc found)
    (cond ((special-procedure drv)
           => (lambda (make)
                (when needed?
                  (prepare drv (lambda (_ path) (make path))))
                found))
          ((of-guix? drv)
           (when needed?
             (stand-in drv glibc))
           (cons (name+version drv) found))
          (else
           (fold (cut visit <> needed? (or (glibc-of drv) glibc) <>)
                 found
                 (map derivation-input-derivation (derivation-inputs drv))))))

  (delete-duplicates (fold (cut visit <> #t #f <>) '() derivations)))
