;; The kernels for which zfs-guix generates a ZFS package, oldest first.
;;
;; "6.12" is the package linux-libre-6.12 of (gnu packages linux).  A kernel
;; that comes from elsewhere is a list: its series, its variable, its module
;; and the name of the ZFS package for it, which starts with zfs-for-:
;;
;;   ("6.12" linux-6.12 (nongnu packages linux) zfs-for-nongnu-linux-6.12)
;;
;; ("6.6" (zfs "2.3")) holds one to a branch of OpenZFS, (unwanted "5.10") leaves
;; a series out, and (new-series #f) all that Guix will have; see zfs-guix(1).
;;
;; These are the series of GNU Guix of 15 July 2026, and 7.2, which Guix has
;; had since August (commit bdc2710 of nonguix says so).
("5.10"
 "5.15"
 "6.1"
 "6.6"
 "6.12"
 "6.18"
 "6.19"
 "7.0"
 "7.1"
 "7.2")
