;;; Kernels as another channel has them, for the tests: named as nonguix names
;;; its own, and made, as those are, by inheriting Guix's.

(define-module (nongnu packages linux)
  #:use-module (gnu packages linux)
  #:use-module (guix download)
  #:use-module (guix packages))

(define (kernel.org freedo)
  "Return FREEDO, a package of (gnu packages linux), with the source of
kernel.org."
  (package
    (inherit freedo)
    (name "linux")
    (source
     (origin
       (method url-fetch)
       (uri (string-append "mirror://kernel.org/linux/kernel/v6.x/linux-"
                           (package-version freedo) ".tar.xz"))
       ;; Nothing is downloaded.
       (sha256
        (base32 "0000000000000000000000000000000000000000000000000000"))))
    (home-page "https://www.kernel.org/")
    (synopsis "Linux kernel with nonfree binary blobs included")))

(define-public linux-6.6
  (kernel.org linux-libre-6.6))

(define-public linux-6.12
  (kernel.org linux-libre-6.12))

(define-public linux-lts linux-6.12)
