import { readFileSync } from "node:fs";
import { shippedFile } from "../../src/files";
import type { Machine } from "./machine";
import type { Check, Scenario } from "./scenario";
import { checkLogin, ok } from "./scenarios";

/** The commands of an installation, as the manual has them: those for a disk, for the pool, and at the end. */
const [PARTITION, POOL, INIT, END] = [
  ...readFileSync(shippedFile("doc/root.md"), "utf8").matchAll(/^```sh\n([^]*?)^```$/gm),
].map(([, commands]) => commands!) as [string, string, string, string];

/**
 * What `guix system init` does: the store, and the menu.  GRUB's name among
 * UEFI's variables is lost with the machine, so that it is put where UEFI looks
 * where it knows none.
 */
const INSTALL = `
cp -ax / /mnt
ln -sfn $root /mnt/var/guix/profiles/system-1-link
ln -sfn system-1-link /mnt/var/guix/profiles/system
mkdir -p /mnt/var/guix/gcroots
mountpoint -q /sys/firmware/efi/efivars || mount -t efivarfs none /sys/firmware/efi/efivars
$init
mkdir -p /mnt/boot/EFI/BOOT
cp /mnt/boot/EFI/Guix/grubx64.efi /mnt/boot/EFI/BOOT/BOOTX64.EFI
`;

/** The installation of the manual on DISKS, the first of which has /boot, with EDIT made to the commands for the pool. */
function installation(disks: readonly string[], edit: (commands: string) => string): string {
  return [
    "set -e",
    ...disks.map((disk, index) =>
      PARTITION.replaceAll("$disk", disk).replace("ESP", index === 0 ? "ESP" : `ESP${index + 1}`),
    ),
    edit(POOL).replaceAll("$disk", disks[0]!),
    INIT.replace("guix system init config.scm /mnt\n", INSTALL),
    END.replace("zpool export tank\nreboot\n", ""),
  ].join("\n");
}

const MIRROR = installation(["$a", "$b"], (commands) =>
  commands.replace("tank $disk-part2", "tank mirror $a-part2 $b-part2"),
);

const ENCRYPTED = installation(["$a"], (commands) =>
  commands.replace(
    "zpool create ",
    "echo 'a long phrase' | zpool create -O encryption=on -O keyformat=passphrase ",
  ),
);

const KEY_FILE = installation(
  ["$a"],
  (commands) => `
echo 'a long phrase' > /run/tank.key
${commands.replace(
  "zpool create ",
  "zpool create -O encryption=on -O keyformat=passphrase -O keylocation=file:///run/tank.key ",
)}
cp /run/tank.key /mnt/boot
zfs set keylocation=file:///boot/tank.key tank
`,
);

const SYSTEMS = ["root", "next-root", "init", "reconfigure", "roll-back", "delete-generations"];

const MIRRORED = {
  systems: SYSTEMS,
  disks: ["a", "b"],
  size: "4G",
  firmware: true,
  prepare: MIRROR,
} as const;

/** Waits for a system whose root is on the pool, and looks at what everybody expects of one. */
async function checkRoot(
  machine: Machine,
  check: Check,
  system = "root",
  nextBoot = "neither kernel nor ZFS release",
): Promise<void> {
  await machine.ready();
  const services = await machine.settled();
  check(
    "the root file system is the dataset",
    await machine.sh("findmnt --noheadings --output SOURCE,FSTYPE /"),
    /^tank\/root +zfs$/m,
  );
  check(
    `the system is "${system}"`,
    await machine.sh("readlink -f /run/booted-system"),
    machine.system(system),
  );
  check(
    "/home is a dataset, which the service mounted",
    await machine.sh("findmnt --noheadings --output SOURCE /home"),
    "tank/home",
  );
  // Debian's kernel is of another point release than Guix's, in whose place it is.
  await machine.sh(
    `echo ${machine.kernelOf(system)}-gnu > /run/release && mount --bind /run/release /proc/sys/kernel/osrelease`,
  );
  check(
    `zfs-guix-status says that the next boot changes ${nextBoot}, and nothing else`,
    await machine.sh("zfs-guix-status | sed '1,/of the same release\\.$/d'"),
    `The next boot changes ${nextBoot}.`,
  );
  checkLogin(services, check);
}

/** Looks at whether all that the menu names is on /boot, and whole. */
async function checkMenu(machine: Machine, check: Check): Promise<void> {
  check(
    "what the menu names is there, and whole",
    await machine.sh(
      "for file in $(grep -oE '(linux|initrd) /gnu/store/[^ ]+' /boot/grub/grub.cfg | cut -d' ' -f2 | sort -u); do cmp $file /boot$file || exit; echo same; done | sort -u",
    ),
    "same",
  );
}

export const ROOT_SCENARIOS: readonly Scenario[] = [
  {
    ...MIRRORED,
    name: "root",
    expected:
      "GRUB and Guix's own initrd find a root on ZFS, installed as in the manual; what is written stays",
    run: async (machine, check) => {
      await machine.bootDisks();
      await checkRoot(machine, check);
      await checkMenu(machine, check);
      check(
        "the pool is this host's",
        await machine.sh("cat /sys/module/spl/parameters/spl_hostid"),
        String(0x8425e349),
      );
      check(
        "it cannot be suspended to disk",
        await machine.sh("cat /sys/power/state"),
        ({ output }) => !output.includes("disk"),
      );
      await machine.sh("echo kept > /home/kept");
      // A process that writes to the root until it is killed.
      await machine.sh("(while :; do echo more; sleep 0.1; done) > /kept 2>&1 &");
      await machine.halt();
      await machine.bootDisks();
      await checkRoot(machine, check);
      check("what was written is there", await machine.sh("cat /home/kept"), "kept");
      check(
        "so is what was written to the root until the end",
        await machine.sh("tail -n 1 /kept; grep -c 'Service zfs-pools stopped' /var/log/messages"),
        "more\n1",
      );
      check("the pool has no error", await machine.sh("zpool status -x tank"), /is healthy/);
    },
  },
  {
    ...MIRRORED,
    name: "root-encrypted",
    expected:
      "the passphrase of the root is asked for on the console, and may be wrong twice; after that there is a shell",
    disks: ["a"],
    prepare: ENCRYPTED,
    run: async (machine, check) => {
      await machine.bootDisks();
      let asked = 0;
      const answer = async (...phrases: readonly string[]): Promise<void> => {
        for (const phrase of phrases) {
          asked += 1;
          await machine.shows(/Enter passphrase for 'tank'/, asked);
          machine.type(`${phrase}\r`);
        }
      };
      await answer("wrong", "wrong again", "and again");
      for (const [prompt, line] of [
        [/scheme@.*> /, ",bournish"],
        [/bournish@.*> /, "zpool list -H -o name,health"],
        [/tank\s+ONLINE/, ",quit"],
      ] as const) {
        await machine.shows(prompt);
        machine.type(`${line}\r`);
      }
      // All is tried again.
      await answer("wrong", "wrong again", "a long phrase");
      await checkRoot(machine, check);
      check(
        "the passphrase is not shown",
        machine.log(),
        ({ output }) => !output.includes("long phrase"),
      );
      check(
        "the root is encrypted",
        await machine.sh("zfs get -H -o value encryptionroot tank/root"),
        "tank",
      );
    },
  },
  {
    ...MIRRORED,
    name: "root-key-file",
    expected: "the key of the root is read from a file of /boot, and nobody is asked for it",
    disks: ["a"],
    prepare: KEY_FILE,
    run: async (machine, check) => {
      await machine.bootDisks();
      await checkRoot(machine, check);
      check(
        "the root is encrypted, by a key in a file",
        await machine.sh("zfs get -H -o value encryptionroot,keylocation,keystatus tank"),
        "tank\nfile:///boot/tank.key\navailable",
      );
    },
  },
  {
    ...MIRRORED,
    name: "root-mirror",
    expected: "a mirror that has lost a disk is waited for, and then is the root all the same",
    disks: ["a"],
    late: ["b"],
    run: async (machine, check) => {
      await machine.bootDisks();
      await checkRoot(machine, check);
      check("the pool is degraded", await machine.sh("zpool list -H -o health tank"), "DEGRADED");
    },
  },
  {
    ...MIRRORED,
    name: "root-reconfigured",
    expected:
      "after a reconfiguration to another kernel that one boots; the menu has the one before, and a roll-back goes back to it",
    run: async (machine, check) => {
      await machine.bootDisks();
      await checkRoot(machine, check);
      check("the menu is written", await machine.sh(machine.system("reconfigure")), ok);
      await checkMenu(machine, check);
      await machine.sh(
        `cd /var/guix/profiles && ln -sfn ${machine.system("next-root")} system-2-link && ln -sfn system-2-link system`,
      );
      await machine.halt();
      await machine.bootDisks();
      await checkRoot(machine, check, "next-root");
      await machine.halt();
      await machine.bootDisks();
      // Those of before are in a menu of their own, below the first entry.
      await machine.shows(/GNU GRUB/);
      await machine.shows(/old configurations/);
      // Ctrl-n is one byte: what an arrow sends may come apart.
      machine.type("\u000e");
      await machine.shows(/\*GNU system, old configurations/);
      machine.type("\r");
      await machine.shows(/GNU GRUB/, 2);
      machine.type("\r");
      await checkRoot(
        machine,
        check,
        "root",
        `the kernel from ${machine.kernelOf("root")} to ${machine.kernelOf("next-root")}`,
      );
      check(
        "GRUB has nothing to complain about",
        machine.log(),
        ({ output }) => !output.includes("Press any key to continue"),
      );
      check("the roll-back is made", await machine.sh(machine.system("roll-back")), ok);
      await machine.sh("ln -sfn system-1-link /var/guix/profiles/system");
      await checkMenu(machine, check);
      const kernels = "ls -d /boot/gnu/store/*linux-libre* | wc -l";
      check("both kernels are on /boot", await machine.sh(kernels), "2");
      check(
        "the other generation is deleted",
        await machine.sh(machine.system("delete-generations")),
        ok,
      );
      check("and its kernel", await machine.sh(kernels), "1");
      await checkMenu(machine, check);
      await machine.halt();
      await machine.bootDisks();
      await checkRoot(machine, check);
    },
  },
  {
    ...MIRRORED,
    name: "root-power-cut",
    expected: "a power cut while /boot is written leaves a menu that boots",
    run: async (machine, check) => {
      await machine.bootDisks();
      // When the first file is being written, when the menu may be, and in between.
      for (const [until, delay] of [
        ["/boot/gnu/store/*/*.new", 0],
        ["/boot/gnu/store/*/*.new", 2],
        ["/boot/grub/grub.cfg.new", 0],
      ]) {
        await checkRoot(machine, check);
        check(
          "the power is cut while the menu is written",
          await machine.sh(
            `${machine.system("reconfigure")} > /dev/null 2>&1 & (until ls ${until} || ! kill -0 $!; do :; done; sleep ${delay}) > /dev/null 2>&1; echo cut`,
          ),
          "cut",
        );
        await machine.cut();
        await machine.bootDisks();
        await machine.ready();
        await machine.settled();
        await checkMenu(machine, check);
        check("as it was, once more", await machine.sh(machine.system("delete-generations")), ok);
        await machine.halt();
        await machine.bootDisks();
      }
      await checkRoot(machine, check);
    },
  },
  {
    ...MIRRORED,
    name: "root-full",
    expected: "a /boot without room is an error before anything is changed, and boots",
    run: async (machine, check) => {
      await machine.bootDisks();
      await checkRoot(machine, check);
      const before = "cat /boot/grub/grub.cfg; find /boot/gnu -type f | sort | xargs sha256sum";
      await machine.sh(
        "head -c $(($(stat -f -c '%a*%S' /boot) - 5000000)) /dev/zero > /boot/fill; sync",
      );
      const was = await machine.sh(before);
      const answer = await machine.sh(machine.system("reconfigure"));
      check("it is refused", answer, ({ status }) => status !== 0);
      check("it is said what lacks", answer, /has no room for the kernel and initrd[^]*by \d+ MB/);
      check("nothing is changed", await machine.sh(before), was.output.trim());
      await machine.halt();
      await machine.bootDisks();
      await checkRoot(machine, check);
      await machine.sh("rm /boot/fill");
      check("with room it is done", await machine.sh(machine.system("reconfigure")), ok);
      await checkMenu(machine, check);
    },
  },
];
