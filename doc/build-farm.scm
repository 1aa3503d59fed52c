;; The packages of this channel, for Cuirass and 'guix build -m'.

(use-modules (guix discovery)
             (guix packages)
             (guix profiles))

(packages->manifest
 (fold-module-public-variables (lambda (object packages)
                                 (if (package? object)
                                     (cons object packages)
                                     packages))
                               '()
                               (map resolve-interface
                                    '((zfs-guix packages zfs)
                                      (zfs-guix packages status)))))
