/**
 * An operating-system with ZFS, in Scheme.
 * @param service what follows `(services (cons …` instead of `(service zfs-service-type)`
 */
export function system(
  service: string,
  fields = "(kernel linux-libre-6.12)",
  definitions = "",
): string {
  return `(use-modules (gnu) (zfs-guix packages zfs) (zfs-guix services zfs) (guix packages) (guix gexp))
(use-package-modules linux file-systems)
${definitions}
(operating-system
  (host-name "tank")
  (timezone "Europe/Berlin")
  (bootloader (bootloader-configuration
                (bootloader grub-efi-bootloader)
                (targets '("/boot/efi"))))
  (file-systems (cons (file-system
                        (mount-point "/")
                        (device (file-system-label "root"))
                        (type "ext4"))
                      %base-file-systems))
  ${fields}
  (services (cons ${service} %base-services)))
`;
}

/** A service with fields of `zfs-configuration`, in Scheme. */
export const withFields = (fields: string): string =>
  `(service zfs-service-type (zfs-configuration ${fields}))`;
