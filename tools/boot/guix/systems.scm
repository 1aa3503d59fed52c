;;; The operating-systems that are booted: %base-services and zfs-service-type,
;;; with what a scenario is about.
(define-module (systems)
  #:use-module (gnu)
  #:use-module (gnu bootloader grub)
  #:use-module (gnu packages linux)
  #:use-module (gnu services base)
  #:use-module (gnu services shepherd)
  #:use-module (gnu system mapped-devices)
  #:use-module (guix gexp)
  #:use-module (guix packages)
  #:use-module (stand-ins)
  #:use-module (zfs-guix packages zfs)
  #:use-module (zfs-guix services zfs)
  #:use-module (zfs-guix system root)
  #:use-module (ice-9 rdelim)
  #:export (%kernel
            %menus
            %systems))

(define %kernel linux-libre-6.12)

(define %alice
  (user-account
    (name "alice")
    (group "users")))

(define %modprobe (file-append kmod "/bin/modprobe"))
(define %losetup (file-append util-linux "/sbin/losetup"))

(define %late-device
  ;; Opened once /root/typed is there, which stands for a passphrase.
  (mapped-device
    (source "/dev/disk/by-id/virtio-a")
    (target "late")
    (type (mapped-device-kind
            (open (lambda (source targets)
                    #~(let wait ()
                        (if (file-exists? "/root/typed")
                            (and (zero? (system* #$%modprobe "loop"))
                                 (zero? (system* #$%losetup "--offset" "1048576"
                                                 "/dev/loop0" #$source)))
                            (begin
                              ((@ (fibers) sleep) 1)
                              (wait))))))
            (close (lambda (source targets)
                     #~(zero? (system* #$%losetup "--detach"
                                       "/dev/loop0"))))))))

;; It has /machine/key at an address.
(define %key-server
  (simple-service 'key-server shepherd-root-service-type
                  (list (shepherd-service
                          (provision '(key-server))
                          (one-shot? #t)
                          (start #~(lambda ()
                                     (define (busybox . arguments)
                                       (zero? (apply system* "/bin/busybox"
                                                     arguments)))

                                     (and (busybox "ip" "link" "set" "lo" "up")
                                          (busybox "httpd" "-p" "127.0.0.1:80"
                                                   "-h" "/machine"))))))))

(define* (machine services #:key (kernel %kernel) (modules '()) (devices '()))
  (operating-system
    (mapped-devices devices)
    (host-name "machine")
    (timezone "Etc/UTC")
    (kernel kernel)
    (kernel-loadable-modules modules)
    (firmware '())
    ;; This one is made of Debian's kernel: see make-initrd.
    (initrd (lambda _ (plain-file "initrd" "")))
    (bootloader (bootloader-configuration
                  (bootloader grub-bootloader)
                  (targets '("/dev/vda"))))
    (file-systems (cons (file-system
                          (device (file-system-label "machine"))
                          (mount-point "/")
                          (type "ext4")
                          (check? #f))
                        %base-file-systems))
    (users (cons %alice %base-user-accounts))
    ;; Guix's kernel asks the modprobe of the system's profile; of
    ;; %base-packages that is all that is needed.
    (packages (list eudev kmod zfs-guix-tools))
    ;; Nothing is built in the machine.
    (services (append services
                      (modify-services %base-services
                        (delete guix-service-type))))))

(define (older-zfs kernel)
  ;; What is said to be 2.2.9 is the release of the others: see build.scm.
  (package
    (inherit (zfs-for-kernel kernel))
    (version "2.2.9")))

(define (next-zfs kernel)
  ;; That of the next generation, whose commands fail: see build.scm.
  (package
    (inherit (zfs-for-kernel kernel))
    (version "9.9.9")))

(define-syntax-rule (with-zfs field ...)
  (machine (list (service zfs-service-type (zfs-configuration field ...)))))

(define %unused
  (call-with-input-file "/srv/built/boot/machine/unused" read-line))

(define %agent
  ;; In other systems the initrd starts it, which is not Guix's there.
  (simple-service 'agent shepherd-root-service-type
                  (list (shepherd-service
                          (provision '(agent))
                          (start #~(make-forkexec-constructor
                                    '("/machine/agent")))))))

(define (next-point-release kernel)
  ;; Its files, and those of its ZFS, are the same: see build.scm.
  (package
    (inherit kernel)
    (version (string-append (package-version kernel) ".1"))))

(define %esp
  (file-system
    (mount-point "/boot")
    (device (file-system-label "ESP"))
    (type "vfat")))

(define* (root-machine #:key (kernel %kernel))
  "Return a system whose root is on ZFS, as in the manual."
  (operating-system
    (inherit (machine (list %agent
                            (service zfs-service-type
                                     (zfs-configuration
                                       (hostid "8425e349"))))
                      #:kernel kernel))
    (kernel-arguments (cons* "console=ttyS0" "panic=-1"
                             (string-append "module_blacklist=" %unused)
                             %default-kernel-arguments))
    (initrd (zfs-initrd "tank/root"
                        #:hostid "8425e349"
                        #:timeout 20
                        #:key-file-system
                        (file-system
                          (inherit %esp)
                          ;; Debian's kernel would take one whose module it
                          ;; asks modprobe for.
                          (options "iocharset=iso8859-1"))))
    (initrd-modules '("virtio_pci" "virtio_blk"))
    (bootloader (bootloader-configuration
                  (bootloader grub-efi-zfs-bootloader)
                  (targets '("/boot"))
                  ;; Guix's own image would have to be downloaded.
                  (theme (grub-theme (inherit (grub-theme)) (image #f)))
                  (terminal-inputs '(serial))
                  (terminal-outputs '(serial))))
    (file-systems (cons* zfs-root-file-system %esp %base-file-systems))))

(define %menus
  ;; Menus of boot: the name, the systems, what boots by itself first, where
  ;; the root is, and whether GRUB is installed, too, as by 'guix system' with
  ;; the words "init", "reconfigure", "roll-back" and "delete-generations".
  '(("init" ("root") "/mnt" #t)
    ("reconfigure" ("next-root" "root") "/" #t)
    ("roll-back" ("root" "next-root") "/" #f)
    ("delete-generations" ("root") "/" #f)))

(define (container os)
  "Return OS with the kernel that containers have."
  (operating-system
    (inherit os)
    (kernel %dummy-linux-kernel-for-container)))

(define %systems
  `(("default" . ,(with-zfs (pools '("tank"))))
    ("one-line" . ,(with-zfs))
    ("container" . ,(container (with-zfs)))
    ("mapped-device" . ,(machine (list (service zfs-service-type
                                                (zfs-configuration
                                                  (pools '("tank"))
                                                  (import-timeout 5))))
                                 #:devices (list %late-device)))
    ("key-address" . ,(machine (list %key-server
                                     (service zfs-service-type
                                              (zfs-configuration
                                                (pools '("tank"))
                                                (address-requirement
                                                 '(key-server)))))))
    ("short-wait" . ,(with-zfs (pools '("tank"))
                               (import-timeout 5)))
    ("data-pool" . ,(with-zfs (pools '("tank"))
                              (import-timeout 5)
                              (required-for-login? #f)))
    ("timers" . ,(with-zfs (pools '("tank"))
                           (scrub "* * * * *")
                           (zed-settings
                            '(("ZED_SYSLOG_TAG" . "pool-events")))
                           (snapshots
                            (list (zfs-snapshot (label "often")
                                                (keep 2)
                                                (schedule "* * * * *"))))))
    ("upkeep" . ,(with-zfs (pools '("tank"))
                           (scrub "0 3 1 * *")
                           (snapshots
                            (list (zfs-snapshot (label "often")
                                                (keep 2)
                                                (schedule "* * * * *")
                                                (datasets '("tank/home")))
                                  (zfs-snapshot (label "daily")
                                                (keep 2)
                                                (schedule "0 0 * * *")
                                                (datasets '("tank/home")))))))
    ("older-commands" . ,(with-zfs (zfs-for-kernel older-zfs)))
    ("next-generation" . ,(with-zfs (zfs-for-kernel next-zfs)))
    ("no-zfs" . ,(machine '()))
    ,@(map (lambda (series)
             (cons (string-append "default-" series)
                   (machine (list (service zfs-service-type
                                           (zfs-configuration
                                             (pools '("tank")))))
                            #:kernel (linux-libre-of-series series))))
           '("5.10" "6.1" "7.2"))
    ("root" . ,(root-machine))
    ("next-root" . ,(root-machine #:kernel (next-point-release %kernel)))
    ;; Here the pools of the scenarios are made, by hand.
    ("workshop" . ,(machine '() #:modules (list (zfs-for-kernel %kernel))))))
