import { spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { temporaryDirectory } from "../../support/directory";
import { onRealGuix, runGuix, SLOW } from "../../support/real-guix";
import { PROJECT } from "../../support/run";
import { target, zfsRoot } from "./systems";

const CHANNEL = join(PROJECT, "generated");
const ESP = '(file-system (mount-point "/boot") (device (file-system-label "ESP")) (type "vfat"))';

const systems = {
  plain: zfsRoot(),
  every: zfsRoot({
    initrd: `(zfs-initrd "tank/a/root"
      #:hostid "1a2b3c4d"
      #:timeout 10
      #:module-options '(("zfs_arc_max" . 4294967296) ("spl_panic_halt" . 1))
      #:key-file-system ${ESP}
      #:zfs-for-kernel (lambda (kernel) (zfs-for-kernel kernel)))`,
    kernel: "linux-libre-6.6",
    fields: '(keyboard-layout (keyboard-layout "de"))',
  }),
  below: zfsRoot({
    targets: target("/boot/efi"),
    fileSystems: `${ESP.replace('"vfat"', '"ext4"').replace("ESP", "boot")} ${ESP.replace("/boot", "/boot/efi")}`,
  }),
} as const;

/** The operating-systems of the manual. */
const EXAMPLES = [
  ...readFileSync(join(PROJECT, "doc/root.md"), "utf8").matchAll(/^```scheme\n([^]*?)^```$/gm),
].map(([, text]) => text!);

/** What is wrong with a system, and what is said of it. */
const MISTAKES: readonly (readonly [string, string, RegExp])[] = [
  ...[
    '"tank/"',
    '"/tank/root"',
    '"tank/root@monday"',
    '"tank/../root"',
    '"1/root"',
    "'tank",
    '""',
  ].map(
    (name) =>
      [
        `the dataset ${name}`,
        zfsRoot({ initrd: `(zfs-initrd ${name})` }),
        /zfs-initrd: invalid value .* for field 'dataset': the name of a dataset, such as "tank\/root", is expected/,
      ] as const,
  ),
  [
    "a number of the host that is none",
    zfsRoot({ initrd: '(zfs-initrd "tank/root" #:hostid "tank")' }),
    /zfs-initrd: invalid value "tank" for field 'hostid': a string of eight hexadecimal digits/,
  ],
  [
    "a time that is none",
    zfsRoot({ initrd: '(zfs-initrd "tank/root" #:timeout -1)' }),
    /zfs-initrd: invalid value -1 for field 'timeout': a number of seconds/,
  ],
  [
    "an option that is none",
    zfsRoot({ initrd: '(zfs-initrd "tank/root" #:module-options \'(zfs_arc_max))' }),
    /zfs-initrd: invalid value \(zfs_arc_max\) for field 'module-options': a list of pairs such as/,
  ],
  [
    "a size with a unit",
    zfsRoot({
      initrd: '(zfs-initrd "tank/root" #:module-options \'(("zfs_arc_max" . "4G")))',
    }),
    /zfs-initrd: .* for field 'module-options': \("zfs_arc_max" \. 4294967296\), in bytes/,
  ],
  [
    "an option that this release does not have",
    zfsRoot({
      initrd: '(zfs-initrd "tank/root" #:module-options \'(("zfs_arc_mxa" . 1)))',
    }),
    /zfs-initrd: field 'module-options': OpenZFS \S+ has no parameter zfs_arc_mxa;/,
  ],
  [
    "the number of the host twice",
    zfsRoot({
      initrd:
        '(zfs-initrd "tank/root" #:hostid "1a2b3c4d" #:module-options \'(("spl_hostid" . 1)))',
    }),
    /zfs-initrd: the fields 'hostid' and 'module-options' both set spl_hostid/,
  ],
  [
    "keys that are nowhere",
    zfsRoot({ initrd: '(zfs-initrd "tank/root" #:key-file-system "/boot")' }),
    /zfs-initrd: invalid value "\/boot" for field 'key-file-system': a file-system/,
  ],
  [
    "keys that are on a pool",
    zfsRoot({
      initrd: `(zfs-initrd "tank/root"
        #:key-file-system (file-system (mount-point "/keys") (device "tank/keys") (type "zfs")))`,
    }),
    /zfs-initrd: invalid value .* for field 'key-file-system': a file-system of another type/,
  ],
  [
    "keys that are on a mapped device",
    zfsRoot({
      initrd: `(zfs-initrd "tank/root"
        #:key-file-system (file-system (mount-point "/keys") (device "/dev/mapper/keys") (type "ext4")
                            (dependencies %devices)))`,
      fields: "(mapped-devices %devices)",
      definitions: `(define %devices
        (list (mapped-device (source "/dev/sdb1") (target "keys") (type luks-device-mapping))))`,
    }),
    /zfs-initrd: invalid value .* for field 'key-file-system': .*, on no mapped device, or/,
  ],
  [
    "a ZFS in the place of what returns one",
    zfsRoot({ initrd: '(zfs-initrd "tank/root" #:zfs-for-kernel zfs-for-linux-6.12)' }),
    /zfs-initrd: invalid value .* for field 'zfs-for-kernel': a procedure that takes a kernel/,
  ],
  [
    "a procedure that returns none",
    zfsRoot({ initrd: '(zfs-initrd "tank/root" #:zfs-for-kernel (const #f))' }),
    /the procedure 'zfs-for-kernel' of zfs-initrd returned #f for linux-libre, where a package/,
  ],
  [
    "the ZFS of another kernel",
    zfsRoot({
      initrd: '(zfs-initrd "tank/root" #:zfs-for-kernel (const zfs-for-linux-6.6))',
    }),
    /field 'zfs-for-kernel' of zfs-initrd: zfs-for-linux-6\.6 is for Linux 6\.6, and the kernel is/,
  ],
  [
    "a kernel without a ZFS",
    zfsRoot({ kernel: '(package (inherit linux-libre-6.12) (version "9.9.1"))' }),
    /no ZFS for linux-libre 9\.9\.1: OpenZFS/,
  ],
  [
    "a second root",
    zfsRoot({
      fileSystems: `${ESP} (file-system (mount-point "/") (device (file-system-label "x")) (type "ext4"))`,
    }),
    /zfs-initrd: there are 2 file systems with the mount point "\/": leave only 'zfs-root-file-system'/,
  ],
  [
    "another root",
    zfsRoot({
      root: '(file-system (mount-point "/") (device "tank/root") (type "zfs"))',
    }),
    /zfs-initrd: the file system with the mount point "\/" is another one: put 'zfs-root-file-system'/,
  ],
  [
    "a store of its own",
    zfsRoot({
      fileSystems: `${ESP} (file-system (mount-point "/gnu/store") (device (file-system-label "x")) (type "ext4"))`,
    }),
    /zfs-initrd: "\/gnu\/store" cannot be a file system of its own: the store is on the dataset/,
  ],
  [
    "a dataset that Guix is to mount",
    zfsRoot({
      fileSystems: `${ESP} (file-system (mount-point "/var") (device "tank/var") (type "zfs") (needed-for-boot? #t))`,
    }),
    /zfs-initrd: "\/var" cannot be a file system of its own/,
  ],
  [
    "a pool on a mapped device",
    zfsRoot({
      fileSystems: `${ESP} (file-system (mount-point "/var") (device "/dev/mapper/data") (type "ext4")
        (needed-for-boot? #t) (dependencies %devices))`,
      fields: "(mapped-devices %devices)",
      definitions: `(define %devices
        (list (mapped-device (source "/dev/sdb1") (target "data") (type luks-device-mapping))))`,
    }),
    /zfs-initrd: the root pool cannot be on mapped devices/,
  ],
  [
    "the initrd of Guix",
    zfsRoot({ initrd: "base-initrd" }),
    /grub-efi-zfs-bootloader: the field 'initrd' is Guix's own, which knows no pool: put \(zfs-initrd/,
  ],
  [
    "no target",
    zfsRoot({ targets: "" }),
    /grub-efi-zfs-bootloader: the field 'targets' is \(\): put into it the mount point/,
  ],
  [
    "an EFI system partition where grub.cfg would not be",
    zfsRoot({ targets: target("/boot/efi"), fileSystems: ESP.replace("/boot", "/boot/efi") }),
    /grub-efi-zfs-bootloader: GRUB reads \/boot\/grub\/grub\.cfg, and cannot read the pool: put a file system with the mount point "\/boot"/,
  ],
  [
    "a /boot on the pool",
    zfsRoot({
      fileSystems: '(file-system (mount-point "/boot") (device "tank/boot") (type "zfs"))',
    }),
    /grub-efi-zfs-bootloader: \/boot is on a pool, which GRUB cannot read/,
  ],
  [
    "a target that is no EFI system partition",
    zfsRoot({ targets: target("/dev/sda") }),
    /grub-efi-zfs-bootloader: the target "\/dev\/sda" is not the EFI system partition/,
  ],
  [
    "a target of another type",
    zfsRoot({ fileSystems: ESP.replace("vfat", "ext4") }),
    /grub-efi-zfs-bootloader: the target "\/boot" is not the EFI system partition/,
  ],
  [
    "two targets",
    zfsRoot({ targets: target("/boot", "/boot2") }),
    /grub-efi-zfs-bootloader: the field 'targets' is \("\/boot" "\/boot2"\)/,
  ],
];

onRealGuix((guix) => {
  let directory = "";
  const facts = new Map<string, Map<string, string[]>>();

  const repl = (script: string, ...words: readonly string[]) =>
    runGuix(guix, [CHANNEL], "repl", "-q", "--", join(PROJECT, "test/real-guix", script), ...words);

  const files = (texts: Readonly<Record<string, string>>): readonly string[] =>
    Object.entries(texts).map(([name, text]) => {
      writeFileSync(join(directory, name), text);
      return join(directory, name);
    });

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "zfs-guix-"));
    const { status, stdout, stderr } = repl(
      "services/evaluate.scm",
      ...files({
        ...systems,
        ...Object.fromEntries(EXAMPLES.map((text, index) => [`example-${index}`, text])),
        ...Object.fromEntries(MISTAKES.map(([, text], index) => [`mistake-${index}`, text])),
      }),
    );
    expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
    for (const line of stdout.trim().split("\n")) {
      const [, file = "", what = "", words = ""] = /^(\S+) (\S+) ?(.*)$/.exec(line) ?? [];
      const found = facts.get(basename(file)) ?? new Map<string, string[]>();
      facts.set(basename(file), found.set(what, [...(found.get(what) ?? []), words]));
    }
  }, SLOW);

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test.each([...Object.keys(systems), ...EXAMPLES.map((_, index) => `example-${index}`)])(
    "%s: a system, and a menu",
    (name) => {
      expect(facts.get(name)?.get("error")).toBeUndefined();
      expect(facts.get(name)?.get("system")).toEqual([expect.stringMatching(/-system\.drv$/)]);
      expect(facts.get(name)?.get("menu")).toEqual([expect.stringMatching(/-grub\.cfg\.drv$/)]);
    },
  );

  describe("a mistake is refused with a sentence:", () => {
    test.each(MISTAKES.map(([what, , said], index) => [what, said, index] as const))(
      "%s",
      (_, said, index) => {
        const found = facts.get(`mistake-${index}`);
        expect(found?.get("error")?.join() ?? [...(found?.keys() ?? [])].join()).toMatch(said);
      },
    );
  });

  test(
    "nothing that has the module can be substituted",
    () => {
      const { status, stdout, stderr } = repl(
        "system/graph.scm",
        ...files({ plain: systems.plain, every: systems.every }),
      );
      expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
      for (const [name, series] of [
        ["plain", "6.12"],
        ["every", "6.6"],
      ]) {
        const lines = stdout
          .split("\n")
          .filter((line) => line.startsWith(`${join(directory, name!)} `))
          .map((line) => line.split(" ").slice(1));
        const variant = lines.map(([one]) => one!).find((one) => one.startsWith("zfs-for-linux-"));
        expect(variant).toMatch(new RegExp(`^zfs-for-linux-${series}-`));
        const inputs = new Map(lines.map(([one, , ...others]) => [one!, others]));
        // This is what has it, from the package to the initrd.
        expect(inputs.get("linux+zfs")).toEqual([variant]);
        expect(inputs.get("linux-modules")).toEqual(["linux+zfs"]);
        expect(inputs.get("raw-initrd")).toEqual(["init"]);
        expect(lines.map(([one]) => one)).toEqual(expect.arrayContaining(["system", "grub.cfg"]));
        const builder = (what: string): string =>
          new RegExp(`^${join(directory, name!)}/${what} (.*)$`, "m").exec(stdout)![1]!;
        // What was written before the pool was imported would not fit it.
        expect(builder("grub.cfg")).toContain('"nohibernate"');
        if (name === "every") {
          // Or a passphrase would be typed on another keyboard.
          expect(builder("init")).toMatch(/"PATH" \S+ .*-loadkeys-static-/);
          for (const parameter of [
            '("spl" "spl_hostid" "0x1a2b3c4d")',
            '("zfs" "zfs_arc_max" 4294967296)',
            '("spl" "spl_panic_halt" 1)',
          ])
            expect(builder("init")).toContain(parameter);
          // It is not checked, since what checks it is not there.
          expect(builder("init")).toMatch(
            /\(file-system-label "ESP"\) "\/boot" "vfat" \(read-only\) #f #f #f /,
          );
        }
        // The directory of a system holds links alone.
        expect(
          lines.filter(([, substitutable]) => substitutable !== "no").map(([one]) => one),
        ).toEqual(["system"]);
      }
    },
    SLOW,
  );

  test(
    "Guix's own program installs the menu and what it names, with GRUB's installer and without it",
    () => {
      // Files of the store, such as they are: /boot has room for some.
      const [kernel, initrd, ...others] = readdirSync("/gnu/store")
        .filter((name) => name.endsWith("-builder") && statSync(`/gnu/store/${name}`).isFile())
        .slice(0, 400)
        .map((name) => `/gnu/store/${name}`);
      const menu = (...initrds: readonly string[]): string =>
        `menuentry "GNU" {\n  linux ${kernel} quiet\n  initrd ${initrds.join(" ")}\n}\n`;
      const root = temporaryDirectory({
        "boot/.keep": "",
        "var/guix/gcroots/.keep": "",
        first: menu(initrd!),
        second: menu(others[0]!),
        large: menu(...others),
        // What there is when it is called.
        "grub/sbin/grub-install": `#!/bin/sh\ncat "$(dirname "$0")/../../boot/grub/grub.cfg" >> "$0.log"\n`,
      });
      const grub = join(root, "grub/sbin/grub-install");
      chmodSync(grub, 0o755);
      const run = (...menus: readonly string[]) =>
        [
          ...["guix repl -q -L", CHANNEL, "--", join(import.meta.dirname, "install.scm")],
          ...[root, join(root, "grub"), ...menus.map((name) => name)],
        ].join(" ");
      const { status, stdout, stderr } = spawnSync(
        "unshare",
        [
          ...(process.getuid?.() === 0 ? [] : ["--map-root-user"]),
          ...["--mount", "--propagation", "unchanged", "sh", "-ec"],
          `cd ${root}
mount -t tmpfs -o size=1200k boot boot
${run(...["first", "yes", "first", "yes", "second", "no", "large", "yes"].map((word) => (word.length > 3 ? join(root, word) : word)))}
find boot -type f | sort
cat boot/grub/grub.cfg
umount boot
${run(join(root, "first"), "yes")}`,
        ],
        { encoding: "utf8", timeout: SLOW },
      );
      expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toMatch(
        new RegExp(
          `^done
done
done
${root}/boot has no room for the kernel and initrd of the new menu, by \\d MB: .*
${["boot/grub/installed", "boot/grub/grub.cfg", `boot${kernel}`, `boot${others[0]}`].sort().join("\n")}
${menu(others[0]!)}${root}/boot is not mounted: .*
$`.replace(/[{}]/g, "\\$&"),
        ),
      );
      // Once, with the menu that is there by then.
      expect(readFileSync(`${grub}.log`, "utf8")).toBe(menu(initrd!));
    },
    SLOW,
  );
});
