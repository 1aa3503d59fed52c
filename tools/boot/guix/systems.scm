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
  #:use-module (zfs-guix packages zfs)
  #:use-module (zfs-guix services zfs)
  #:use-module (ice-9 ftw)
  #:use-module (ice-9 regex)
  #:export (%systems))

;; Debian's kernel is of another point release than Guix's, which
;; zfs-guix-status would say.
(define %kernel
  (package
    (inherit linux-libre-6.12)
    (version (match:substring
              (string-match "^[0-9.]+"
                            (car (scandir "/srv/boot/parts/kernel/lib/modules"
                                          (lambda (name)
                                            (string-prefix? "6.12." name)))))))))

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

(define* (machine services #:key (modules '()) (devices '()))
  (operating-system
    (mapped-devices devices)
    (host-name "machine")
    (timezone "Etc/UTC")
    (kernel %kernel)
    (kernel-loadable-modules modules)
    (firmware '())
    ;; This one is made of Debian's kernel: see make-parts.
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
    (packages (list kmod zfs-guix-tools))
    ;; Nothing is built in the machine.
    (services (append services
                      (modify-services %base-services
                        (delete guix-service-type))))))

(define (older-zfs kernel)
  ;; What is said to be 2.2.9 is the 2.3.9 of the others.
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
    ("named-pool" . ,(with-zfs (pools '("tank"))))
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
    ("upkeep" . ,(with-zfs (scrub "0 3 1 * *")
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
    ;; Here the pools of the scenarios are made, by hand.
    ("workshop" . ,(machine '() #:modules (list (zfs-for-kernel %kernel))))))
