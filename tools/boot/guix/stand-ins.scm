;;; Builds operating-systems with Guix's own daemon where no package can be
;;; built: what Guix makes itself (profiles, service files, boot scripts, …) is
;;; built from its derivations, and each package below is taken to be there
;;; already, as links to Debian's files at the store path that Guix computed.
(define-module (stand-ins)
  #:use-module ((guix build store-copy) #:select (store-info))
  #:use-module (guix derivations)
  #:use-module (guix store)
  #:use-module (guix store database)
  #:use-module ((guix build utils) #:select (delete-file-recursively
                                             mkdir-p
                                             package-name->name+version))
  #:use-module (ice-9 match)
  #:use-module (ice-9 rdelim)
  #:use-module (ice-9 regex)
  #:use-module (srfi srfi-1)
  #:export (build-with-stand-ins))

(define %debian-packages
  ;; By the name of the Guix package, Debian's packages whose files stand in
  ;; for it; of most packages it is the one of the same name.
  '(("bash" "bash")
    ("bash-minimal" "bash")
    ("bash-static" "bash")
    ("binutils" "binutils" "binutils-x86-64-linux-gnu")
    ("eudev" "udev")
    ("findutils" "findutils")
    ("fuse" "fuse3")
    ("gcc" "gcc" "gcc-x86-64-linux-gnu" "cpp")
    ("glibc" "nscd" "libc6" "libc-bin")
    ("guile" "guile-3.0" "guile-3.0-libs")
    ("guile-fibers" "guile-fibers")
    ("inetutils" "inetutils-ping")
    ("linux-pam" "libpam-modules" "libpam0g" "libpam-modules-bin")
    ("net-base" "netbase")
    ("shadow" "passwd" "login" "util-linux" "uidmap")
    ("libcap" "libcap2-bin")
    ("util-linux" "util-linux" "mount" "login" "fdisk")
    ("util-linux-with-udev" "util-linux" "mount" "login" "fdisk")
    ("xz" "xz-utils")))

(define %links
  ;; By the name of the Guix package, further links.
  '(("eudev" ("sbin/udevd" . "/usr/lib/systemd/systemd-udevd"))
    ("gawk" ("bin/awk" . "/usr/bin/awk") ("bin/gawk" . "/usr/bin/awk"))
    ("guile" ("bin/guile" . "/usr/bin/guile") ("bin/guild" . "/usr/bin/guild"))
    ("shepherd" ("sbin/halt" . "/usr/libexec/shepherd/sbin/halt")
                ("sbin/reboot" . "/usr/libexec/shepherd/sbin/reboot"))
    ("bash-minimal" ("bin/sh" . "/bin/sh"))
    ("bash" ("bin/sh" . "/bin/sh"))))

(define (debian-files package)
  "Return the files of PACKAGE, a string; none where it is not installed."
  (let ((list (find file-exists?
                    (map (lambda (suffix)
                           (string-append "/var/lib/dpkg/info/" package
                                          suffix ".list"))
                         '("" ":amd64")))))
    (if list
        (remove (lambda (file)
                  (eq? 'directory (and=> (stat file #f) stat:type)))
                (string-split (call-with-input-file list read-string)
                              #\newline))
        '())))

(define %folders
  ;; Where the files of a Debian package go in an output.
  '(("^(/usr)?/s?bin/([^/]+)$" "bin/" "sbin/")
    ("^/usr/lib/x86_64-linux-gnu/(.+)$" "lib/")
    ("^(/usr)?/lib/(.+)$" "lib/")
    ("^/etc/(.+)$" "etc/")
    ("^/usr/share/((guile|zoneinfo|consolefonts|keymaps)/.+)$" "share/")))

(define (places file)
  (or (any (match-lambda
             ((pattern . folders)
              (and=> (string-match pattern file)
                     (lambda (found)
                       (let ((rest (match:substring
                                    found
                                    (if (string-prefix? "^(/usr)?" pattern) 2 1))))
                         (map (lambda (folder)
                                (string-append folder rest))
                              folders))))))
           %folders)
      '()))

(define (make-stand-in name output)
  "Make OUTPUT, a store file name, from Debian's files for the package NAME."
  (define (link place file)
    (let ((place (string-append output "/" place)))
      (mkdir-p (dirname place))
      (unless (false-if-exception (lstat place))
        ;; The daemon wants a builder to be in the store, links followed, and
        ;; the system links /bin/sh and /usr/bin/env to these in turn.
        (if (any (lambda (name)
                   (string-suffix? name place))
                 '("/bin/guile" "/bin/sh" "/bin/env"))
            (copy-file file place)
            (symlink file place)))))

  (mkdir-p output)
  (for-each (match-lambda ((place . file) (link place file)))
            (or (assoc-ref %links name) '()))
  (for-each (lambda (file)
              (for-each (lambda (place) (link place file))
                        (places file)))
            (append-map debian-files
                        (or (assoc-ref %debian-packages name)
                            (list name)))))

(define (package-derivation? name)
  ;; Only packages have a version.  Debian's 'udevadm hwdb' has other options.
  (string-match "(-[0-9]+(\\.[0-9]+)*[^ ]*|^hwdb\\.bin)\\.drv$" name))

(define (build-with-stand-ins store derivations ours special)
  "Build DERIVATIONS.  The packages whose names are in OURS are built, too;
SPECIAL is a list of pairs, a name and the procedure that makes its output, of
packages that Debian has no package for."
  (define seen (make-hash-table))

  (define (stand-in drv name)
    (for-each
     (match-lambda
       ((_ . output)
        (let ((path (derivation-output-path output)))
          (unless (valid-path? store path)
            (when (file-exists? path)
              (delete-file-recursively path))
            ((or (assoc-ref special name)
                 (lambda (path) (make-stand-in name path)))
             path)
            (with-database (store-database-file) db
              (register-items db (list (store-info path #f '()))
                              #:log-port (%make-void-port "w"))))
)))
     (derivation-outputs drv)))

  (define (prepare drv)
    (let* ((file (derivation-file-name drv))
           (full-name (store-path-package-name file)))
      (unless (hash-ref seen file)
        (hash-set! seen file #t)
        (let ((name (package-name->name+version
                     (string-drop-right full-name 4))))
          (if (and (package-derivation? full-name)
                   (not (member name ours)))
              (stand-in drv name)
              (for-each (compose prepare derivation-input-derivation)
                        (derivation-inputs drv)))))))

  (for-each prepare derivations)
  (build-derivations store derivations))
