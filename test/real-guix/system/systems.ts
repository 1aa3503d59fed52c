/** An operating-system whose root is on ZFS, in Scheme. */
export function zfsRoot({
  initrd = '(zfs-initrd "tank/root")',
  kernel = "linux-libre-6.12",
  root = "zfs-root-file-system",
  target = "/boot",
  fileSystems = '(file-system (mount-point "/boot") (device (file-system-label "ESP")) (type "vfat"))',
}: {
  readonly initrd?: string;
  readonly kernel?: string;
  readonly root?: string;
  /** What is between the quotes of the only one of `targets`. */
  readonly target?: string;
  /** Those beside the root. */
  readonly fileSystems?: string;
} = {}): string {
  return `(use-modules (gnu) (guix packages) (zfs-guix packages zfs) (zfs-guix services zfs) (zfs-guix system root))
(use-package-modules linux)
(operating-system
  (host-name "tank")
  (timezone "Europe/Berlin")
  (bootloader (bootloader-configuration
                (bootloader grub-efi-zfs-bootloader)
                (targets '("${target}"))))
  (kernel ${kernel})
  (initrd ${initrd})
  (file-systems (cons* ${root} ${fileSystems} %base-file-systems))
  (services (cons (service zfs-service-type) %base-services)))
`;
}
