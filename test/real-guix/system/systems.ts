/** The field `targets` of a bootloader. */
export const target = (...targets: readonly string[]): string =>
  `(targets '(${targets.map((one) => `"${one}"`).join(" ")}))`;

/** An operating-system whose root is on ZFS, in Scheme. */
export function zfsRoot({
  initrd = '(zfs-initrd "tank/root")',
  kernel = "linux-libre-6.12",
  root = "zfs-root-file-system",
  targets = target("/boot"),
  fileSystems = '(file-system (mount-point "/boot") (device (file-system-label "ESP")) (type "vfat"))',
  fields = "",
  definitions = "",
}: {
  readonly initrd?: string;
  readonly kernel?: string;
  readonly root?: string;
  /** The field of the bootloader. */
  readonly targets?: string;
  /** Those beside the root. */
  readonly fileSystems?: string;
  /** Other fields. */
  readonly fields?: string;
  /** What stands before it. */
  readonly definitions?: string;
} = {}): string {
  return `(use-modules (gnu) (gnu system mapped-devices) (guix packages) (zfs-guix packages zfs)
             (zfs-guix services zfs) (zfs-guix system root))
(use-package-modules linux)
${definitions}
(operating-system
  (host-name "tank")
  (timezone "Europe/Berlin")
  (bootloader (bootloader-configuration
                (bootloader grub-efi-zfs-bootloader)
                ${targets}))
  (kernel ${kernel})
  (initrd ${initrd})
  (file-systems (cons* ${root} ${fileSystems} %base-file-systems))
  ${fields}
  (services (cons (service zfs-service-type) %base-services)))
`;
}
