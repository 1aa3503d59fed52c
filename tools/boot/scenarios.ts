import type { Answer, Machine } from "./machine";
import type { Check, Scenario } from "./scenario";

/** A pool on one disk, with the home directories in it. */
const HOMES = `
zpool create -O mountpoint=none tank $a
zfs create -o mountpoint=/home tank/home
echo kept > /home/kept
`;

/** A dataset in that pool with a key, and a file in it. */
const SECRET = `
zfs create -o encryption=on -o keyformat=passphrase -o keylocation=file:///machine/key -o mountpoint=/secret tank/secret
echo secret > /secret/file`;

export const ok = ({ status }: Answer): boolean => status === 0;
const fails = ({ status }: Answer): boolean => status === 1;

/** Whether the home directories are in the pool, and whether people can log in. */
async function checkHomes(machine: Machine, check: Check): Promise<void> {
  const services = await machine.settled();
  check("zfs-mount is started", services.get("zfs-mount") ?? "absent", "started");
  check(
    "/home is the dataset",
    await machine.sh("findmnt --noheadings --output SOURCE /home"),
    "tank/home",
  );
  check("what was in it is there", await machine.sh("cat /home/kept"), "kept");
  check(
    "alice's home was made in it",
    await machine.sh("findmnt --noheadings --output SOURCE --target /home/alice"),
    "tank/home",
  );
  check(
    "nothing lies below the mount",
    await machine.sh(
      "mkdir -p /tmp/root && mount --bind / /tmp/root && ls -A /tmp/root/home && umount /tmp/root",
    ),
    "",
  );
  checkLogin(services, check);
}

async function checkSecret(machine: Machine, check: Check): Promise<void> {
  check(
    "the key is loaded",
    await machine.sh("zfs get -H -o value keystatus tank/secret"),
    "available",
  );
  check("the dataset is mounted", await machine.sh("cat /secret/file"), "secret");
}

export function checkLogin(
  services: ReadonlyMap<string, string>,
  check: Check,
  possible = true,
): void {
  check(
    possible ? "people can log in" : "nobody can log in",
    services.get("term-tty1") ?? "absent",
    (answer) => (answer.output === "started") === possible,
  );
}

/** Waits until SCRIPT succeeds, for as long as timers of a minute may take to fire a few times. */
async function eventually(machine: Machine, script: string): Promise<Answer> {
  return machine.sh(
    `for try in $(seq 200); do (${script}) && exit; sleep 1; done; echo never; exit 1`,
  );
}

export const SCENARIOS: readonly Scenario[] = [
  {
    name: "homes",
    expected: "a pool is imported, and mounted before homes and logins",
    systems: ["default"],
    disks: ["a"],
    prepare: HOMES,
    run: async (machine, check) => {
      await machine.boot("default");
      await checkHomes(machine, check);
      // An import that waits for its pool succeeds even where it began too early.
      check(
        "the import begins when udev has named the disks",
        await machine.sh(
          "grep -vE 'localhost (linux: )?\\[' /var/log/messages | grep -oE 'Service udev has been started|Starting service zfs-import' | head -n 2",
        ),
        "Service udev has been started\nStarting service zfs-import",
      );
      check("zfs-guix-status says nothing is wrong", await machine.sh("zfs-guix-status"), ok);
      check(
        "the console does not say that there is no ZFS",
        machine.log(),
        ({ output }) => !output.includes("no ZFS"),
      );
    },
  },
  {
    name: "key-file",
    expected: "a dataset whose key is in a file is unlocked and mounted",
    systems: ["default"],
    disks: ["a"],
    prepare: `${HOMES}${SECRET}`,
    run: async (machine, check) => {
      await machine.boot("default");
      await checkHomes(machine, check);
      await checkSecret(machine, check);
    },
  },
  {
    name: "key-missing",
    expected:
      "a dataset whose key is missing stays locked; the boot goes on, and its status says so",
    systems: ["default"],
    disks: ["a"],
    prepare: `${HOMES}
cp /machine/key /tmp/key
zfs create -o encryption=on -o keyformat=passphrase -o keylocation=file:///tmp/key -o mountpoint=/secret tank/secret
zfs set keylocation=file:///machine/missing tank/secret`,
    run: async (machine, check) => {
      await machine.boot("default");
      await checkHomes(machine, check);
      const services = await machine.settled();
      check(
        "the service of keys failed",
        services.get("zfs-load-keys") ?? "absent",
        /stopped|failed/,
      );
      const status = await machine.sh("zfs-guix-status");
      check(
        "zfs-guix-status names the service",
        status,
        (answer) => fails(answer) && answer.output.includes("zfs-load-keys"),
      );
      check("zfs-guix-status names the dataset", status, /tank\/secret/);
      check(
        "the dataset is locked",
        await machine.sh("zfs get -H -o value keystatus tank/secret"),
        "unavailable",
      );
    },
  },
  {
    name: "key-address",
    expected: "a dataset whose key is at an address is unlocked once its server is there",
    systems: ["key-address"],
    disks: ["a"],
    prepare: `${HOMES}${SECRET}
zfs set keylocation=http://127.0.0.1/key tank/secret`,
    run: async (machine, check) => {
      await machine.boot("key-address");
      await checkHomes(machine, check);
      await checkSecret(machine, check);
      check("the key is left nowhere", await machine.sh("ls /dev | grep zfs-guix; true"), "");
    },
  },
  {
    name: "late-disk",
    expected: "a disk that comes ten seconds late is waited for",
    systems: ["default"],
    disks: [],
    late: ["a"],
    prepare: HOMES,
    run: async (machine, check, late) => {
      await machine.boot("default");
      await eventually(machine, "herd status zfs-import | grep -q starting");
      await machine.sh("sleep 10");
      check("homes wait", await machine.sh("ls -A /home"), "");
      await late("a");
      await checkHomes(machine, check);
    },
  },
  {
    name: "mirror",
    expected: "a mirror that has lost a disk is imported, degraded, after the time to wait",
    systems: ["short-wait"],
    disks: ["a"],
    late: ["b"],
    prepare: HOMES.replace("tank $a", "tank mirror $a $b"),
    run: async (machine, check) => {
      await machine.boot("short-wait");
      await checkHomes(machine, check);
      check("the pool is degraded", await machine.sh("zpool list -H -o health tank"), "DEGRADED");
    },
  },
  {
    name: "other-host",
    expected:
      "a pool that another host used last is left alone, what to do is said, and the boot goes on",
    systems: ["data-pool"],
    disks: ["a"],
    prepare: `echo 195951310 > /sys/module/spl/parameters/spl_hostid\n${HOMES}`,
    abandoned: true,
    run: async (machine, check) => {
      await machine.boot("data-pool");
      const services = await machine.settled();
      check("the pool is not imported", await machine.sh("zpool list -H -o name"), "");
      check("it is said what to do", await machine.sh("zfs-guix-status"), /zpool import -f/);
      checkLogin(services, check);
    },
  },
  {
    name: "words",
    expected:
      "a pool of another host keeps everybody out: one word on the command line lets people in, another imports it once",
    systems: ["default"],
    disks: ["a"],
    prepare: `echo 195951310 > /sys/module/spl/parameters/spl_hostid\n${HOMES}`,
    abandoned: true,
    run: async (machine, check) => {
      await machine.boot("default", { words: "zfs-guix=skip" });
      checkLogin(await machine.settled(), check);
      check("no pool is imported", await machine.sh("zpool list -H -o name"), "");
      await machine.sh("rm -r /home/alice");
      await machine.halt();
      await machine.boot("default");
      checkLogin(await machine.settled(), check, false);
      check("the console names the word", machine.log(), /add 'zfs-guix=skip' to the kernel's/);
      await machine.halt();
      await machine.boot("default", { words: "zfs-guix=force-import" });
      await checkHomes(machine, check);
      await machine.halt();
      await machine.boot("default");
      await checkHomes(machine, check);
    },
  },
  {
    name: "stranger",
    expected:
      "with one line, a stick is left alone; a pool that was imported once comes again, after a stop and after a power cut",
    systems: ["one-line"],
    disks: ["a", "b"],
    prepare: `zpool create -R /mnt -O mountpoint=/etc usb $b
zpool export usb
${HOMES}`,
    run: async (machine, check) => {
      const imported = "zpool list -H -o name";
      await machine.boot("one-line");
      checkLogin(await machine.settled(), check);
      check("no pool is imported", await machine.sh(imported), "");
      check(
        "it is said that they are there",
        await machine.sh("cat /run/zfs-guix/reports/zfs-import"),
        /'tank' with the number [^]*'usb' with the number/,
      );
      await machine.sh("rm -r /home/alice; zpool import tank");
      await machine.halt();
      for (const end of ["stop", "power cut"]) {
        await machine.boot("one-line");
        await checkHomes(machine, check);
        check(`after a ${end}, the other one is left alone`, await machine.sh(imported), "tank");
        await machine.cut();
      }
      await machine.boot("one-line");
      await checkHomes(machine, check);
      await machine.sh("cd /; herd stop term-tty1; zpool export -f tank");
      await machine.halt();
      await machine.boot("one-line");
      await machine.settled();
      check("what was exported by hand is left alone", await machine.sh(imported), "");
    },
  },
  {
    name: "no-by-id",
    expected: "a pool on disks that have no name in /dev/disk/by-id is found",
    systems: ["default"],
    disks: ["a", "b"],
    unnamed: true,
    prepare: HOMES.replace("tank $a", "tank mirror $a $b"),
    run: async (machine, check) => {
      await machine.boot("default");
      check(
        "there are no such names",
        await machine.sh("find /dev/disk/by-id -name 'virtio*' 2> /dev/null; true"),
        "",
      );
      await checkHomes(machine, check);
      check("both disks are in it", await machine.sh("zpool list -H -o health tank"), "ONLINE");
    },
  },
  {
    name: "mapped-device",
    expected:
      "a pool on a mapped device is imported when that was opened, late, and exported before it is closed",
    systems: ["mapped-device", "workshop"],
    disks: ["a"],
    prepare: `modprobe loop
losetup --offset 1048576 /dev/loop0 $a
${HOMES.replace("$a", "/dev/loop0")}`,
    run: async (machine, check) => {
      await machine.boot("mapped-device");
      await eventually(machine, "herd status zfs-import | grep -q starting");
      await machine.sh("sleep 15");
      check("homes wait", await machine.sh("ls -A /home"), "");
      await machine.sh("touch /root/typed");
      await checkHomes(machine, check);
      await machine.halt();
      await machine.boot("workshop");
      await machine.settled();
      check(
        "the pool was exported",
        await machine.sh(
          "modprobe loop; losetup --offset 1048576 /dev/loop0 /dev/disk/by-id/virtio-a; zdb -l /dev/loop0",
        ),
        /^ *state: 1$/m,
      );
    },
  },
  {
    name: "container",
    expected: "with the kernel that containers have, all comes up, without ZFS",
    systems: ["container"],
    disks: [],
    run: async (machine, check) => {
      await machine.boot("container");
      const services = await machine.settled();
      checkLogin(services, check);
      check(
        "no service of ZFS failed, or stopped",
        [...services]
          .filter(
            ([name, state]) =>
              // What waits for keys ends where there are none.
              name.startsWith("zfs") && name !== "zfs-late-keys" && /stopped|fail/.test(state),
          )
          .map(([name]) => name)
          .join(" "),
        "",
      );
      check("alice's home was made", await machine.sh("ls -A /home"), "alice");
      check(
        "ZFS is not loaded",
        await machine.sh("ls /sys/module/zfs"),
        ({ status }) => status !== 0,
      );
    },
  },
  {
    name: "no-disk-required",
    expected: "a pool that is needed and does not come: nobody can log in, no home is made",
    systems: ["short-wait"],
    disks: [],
    run: async (machine, check) => {
      await machine.boot("short-wait");
      const services = await machine.settled();
      check("zfs-import failed", services.get("zfs-import") ?? "absent", /stopped|failed/);
      check(
        "zfs-guix-status says which pool",
        await machine.sh("zfs-guix-status"),
        (answer) => fails(answer) && answer.output.includes("No pool 'tank'"),
      );
      checkLogin(services, check, false);
      check("no home was made", await machine.sh("ls -A /home"), "");
    },
  },
  {
    name: "no-disk-data-pool",
    expected: "the same with required-for-login? false: people can log in",
    systems: ["data-pool"],
    disks: [],
    run: async (machine, check) => {
      await machine.boot("data-pool");
      const services = await machine.settled();
      check("zfs-import failed", services.get("zfs-import") ?? "absent", /stopped|failed/);
      checkLogin(services, check);
      check("alice's home was made", await machine.sh("ls -A /home"), "alice");
    },
  },
  {
    name: "timers",
    expected: "scrub and snapshot timers fire, old snapshots go, and zed sees the end of the scrub",
    systems: ["timers"],
    disks: ["a"],
    prepare: HOMES,
    run: async (machine, check) => {
      await machine.boot("timers");
      await checkHomes(machine, check);
      check("zed runs", (await machine.settled()).get("zed") ?? "absent", "started");
      check(
        "the pool was scrubbed",
        await eventually(machine, "zpool status tank | grep 'scrub repaired 0B.* with 0 errors'"),
        ok,
      );
      check(
        "zed saw it",
        await eventually(machine, "grep 'pool-events: .*class=scrub_finish' /var/log/messages"),
        ok,
      );
      check(
        "snapshots were taken",
        await eventually(
          machine,
          "zfs list -H -t snapshot -o name | grep 'tank/home@zfs-auto-snap_often'",
        ),
        ok,
      );
      const first = await machine.sh(
        "zfs list -H -t snapshot -o name -s creation tank/home | head -n 1",
      );
      check(
        "the first one went when there were two newer ones",
        await eventually(
          machine,
          `! zfs list -H -t snapshot -o name tank/home | grep -F '${first.output.trim()}'`,
        ),
        ok,
      );
      check(
        "two are left",
        await machine.sh("zfs list -H -t snapshot -o name tank/home | wc -l"),
        "2",
      );
    },
  },
  {
    name: "snapshots",
    expected:
      "one child excluded and one without room: all the others have snapshots, the timer fails, and the status says so",
    systems: ["upkeep"],
    disks: ["a"],
    prepare: `${HOMES}
for user in ann bob carl; do zfs create tank/home/$user; done
zfs set com.sun:auto-snapshot=false tank/home/carl
# With a reservation of all that it may hold, there is no room to keep what is written over.
zfs create -V 250M tank/home/volume
until [ -b /dev/zd0 ]; do sleep 1; done
dd if=/dev/urandom of=/dev/zd0 bs=1M count=180 conv=fsync`,
    size: "512M",
    run: async (machine, check) => {
      await machine.boot("upkeep");
      await machine.settled();
      const taken = `zfs list -H -t snapshot -o name | grep '@zfs-auto-snap_often'`;
      check("snapshots are taken", await eventually(machine, taken), ok);
      check(
        "of each dataset in turn, where all at once is not possible",
        await eventually(machine, "grep 'There is no snapshot' /var/log/messages"),
        ok,
      );
      const names = await machine.sh(
        `zfs list -H -t snapshot -o name | sed -n 's/@zfs-auto-snap_often.*//p' | sort -u`,
      );
      check(
        "of all but the excluded and the full one",
        names,
        "tank/home\ntank/home/ann\ntank/home/bob",
      );
      const status = await machine.sh("zfs-guix-status");
      check("the status is 1", status, fails);
      check("it names the timer and the dataset", status, (answer) =>
        /The service zfs-snapshot-often failed[^]*tank\/home\/volume/.test(answer.output),
      );
      await machine.sh("zfs set refreservation=none tank/home/volume");
      check(
        "with room, the next ones are taken, at one moment",
        await eventually(
          machine,
          `test "$(zfs list -H -p -t snapshot -o createtxg -s createtxg tank/home tank/home/ann tank/home/volume | tail -n 3 | sort -u | wc -l)" = 1 && zfs list -H -t snapshot tank/home/volume | grep -q .`,
        ),
        ok,
      );
      check(
        "and the timer does not fail any more",
        await eventually(machine, "! zfs-guix-status | grep zfs-snapshot-often"),
        ok,
      );
      await machine.sh("herd stop zfs-snapshot-often");
      check(
        "zfs-auto-snapshot destroys what the timer took",
        await machine.sh(
          "sleep 61; zfs-auto-snapshot --quiet --label=often --keep=1 tank/home && zfs list -H -t snapshot -o name tank/home | grep -c often",
        ),
        "1",
      );
    },
  },
  {
    name: "users",
    expected: "an ordinary user lists pools, snapshots what zfs allow grants, and reads the manual",
    systems: ["default"],
    disks: ["a"],
    prepare: `${HOMES}
zfs allow alice snapshot,mount tank/home`,
    run: async (machine, check) => {
      await machine.boot("default");
      await machine.settled();
      const alice = async (script: string): Promise<Answer> =>
        machine.sh(`su -s /bin/sh alice -c '. /etc/profile; PATH=$PATH:/usr/bin; ${script}'`);
      check("anybody may open /dev/zfs", await machine.sh("stat -L -c %a /dev/zfs"), "666");
      check("zpool status", await alice("zpool status tank"), /state: ONLINE/);
      check("zfs list", await alice("zfs list -H -o name tank/home"), "tank/home");
      check("what is allowed", await alice("zfs snapshot tank/home@mine"), ok);
      check("what is not", await alice("zfs snapshot tank@mine"), /permission denied/);
      check(
        "the manual is that of the booted ZFS, before any other",
        await alice('echo "$MANPATH"; zstd -dc < "${MANPATH%%:*}"/man8/zpool.8.zst | head -c 9999'),
        /^\/run\/booted-system\/kernel\/share\/man:[^]*configure ZFS storage pools/,
      );
      check(
        "a disk has the name of vdev_id.conf",
        await machine.sh(
          "echo 'alias first /dev/disk/by-id/virtio-a' > /etc/zfs/vdev_id.conf; udevadm trigger --subsystem-match=block --action=change; udevadm settle; readlink /dev/disk/by-vdev/first /dev/disk/by-vdev/first-part1",
        ),
        /vd\w\n.*vd\w1/,
      );
    },
  },
  {
    name: "missed",
    expected: "a scrub and snapshots that a switched-off machine missed are made up for",
    systems: ["upkeep"],
    disks: ["a"],
    prepare: HOMES,
    run: async (machine, check) => {
      // It was off for longer than a month.  A running one must not be told of
      // another day: the Shepherd then counts each tick of it.
      const clock = new Date(Date.now() + 40 * 86_400_000);
      clock.setUTCMinutes(14, 0);
      await machine.boot("upkeep", { clock });
      await machine.settled();
      check(
        "nothing is made up while people log in",
        await machine.sh("herd trigger zfs-catch-up; sleep 5; zpool status tank"),
        /scan: none requested|^(?![^]*scan:)/,
      );
      // At 22 minutes past the hour the timer comes by itself.
      await machine.sh("until [ $(date +%M) -ge 22 ]; do sleep 1; done");
      check(
        "the scrub",
        await eventually(machine, "zpool status tank | grep 'scrub repaired 0B.* with 0 errors'"),
        ok,
      );
      check(
        "the daily snapshot",
        await eventually(machine, "zfs list -H -t snapshot -o name | grep tank/home@.*daily"),
        ok,
      );
      const before = await machine.sh("zpool status tank | grep scan:");
      await machine.sh("sleep 2; herd trigger zfs-catch-up; sleep 15");
      check("once", await machine.sh("zpool status tank | grep scan:"), before.output.trim());
      check("zfs-guix-status says nothing is wrong", await machine.sh("zfs-guix-status"), ok);
    },
  },
  {
    name: "rolled-back",
    expected: "after a roll-back, zfs-guix-status tells of what boots next",
    systems: ["default", "next-generation"],
    disks: [],
    run: async (machine, check) => {
      await machine.boot("default");
      await machine.settled();
      // 'guix system roll-back' activates the older generation without saying which.
      await machine.sh(
        `ln -sfn ${machine.system("next-generation")} /var/guix/profiles/system; ln -sfn ${machine.system("default")} /run/current-system; modprobe zfs`,
      );
      const status = await machine.sh("zfs-guix-status");
      check("the status is 1", status, fails);
      check(
        "it names the next ZFS",
        status,
        /The next boot changes ZFS from 2\.[\d.]+ to 9\.9\.9\./,
      );
    },
  },
  {
    name: "volume",
    expected: "a volume has its link in /dev/zvol, and what was on it",
    systems: ["default"],
    disks: ["a"],
    prepare: `${HOMES}
zfs create -V 16M tank/volume
until [ -b /dev/zd0 ]; do sleep 1; done
echo written | dd of=/dev/zd0 conv=fsync`,
    run: async (machine, check) => {
      await machine.boot("default");
      const services = await machine.settled();
      check("zfs-volumes is started", services.get("zfs-volumes") ?? "absent", "started");
      check("the link is there", await machine.sh("readlink /dev/zvol/tank/volume"), /zd0/);
      check(
        "what was written is there",
        await machine.sh("head -c 7 /dev/zvol/tank/volume"),
        "written",
      );
    },
  },
  {
    name: "shutdown",
    expected: "a shutdown ends processes, unmounts, and exports the pool",
    systems: ["default", "workshop"],
    disks: ["a"],
    prepare: HOMES,
    run: async (machine, check) => {
      await machine.boot("default");
      await machine.settled();
      // A process that has a file open and writes until the end.
      await machine.sh(
        "(trap 'echo ended >> /home/log; sync; exit' TERM; while :; do echo more >> /home/log; sleep 0.1; done) > /dev/null 2>&1 &",
      );
      await machine.halt();
      await machine.boot("workshop");
      await machine.settled();
      check(
        "the pool was exported",
        await machine.sh("modprobe zfs; zpool import -d /dev/disk/by-id"),
        (answer) =>
          answer.output.includes("pool: tank") &&
          !/last accessed|in use|hostid/.test(answer.output),
      );
      check(
        "its label says so",
        await machine.sh("zdb -l /dev/disk/by-id/virtio-a-part1"),
        /^ *state: 1$/m,
      );
      await machine.sh("zpool import -d /dev/disk/by-id tank");
      check(
        "the process was told to end, and could write",
        await machine.sh("tail -n 1 /home/log"),
        "ended",
      );
    },
  },
  {
    name: "power-cut",
    expected:
      "after a power cut in the middle of writing, nothing that was synced is lost, and a scrub finds no error",
    systems: ["default"],
    disks: ["a"],
    prepare: HOMES,
    run: async (machine, check) => {
      await machine.boot("default");
      await machine.settled();
      // Nobody waits for this one's writes.
      await machine.sh(
        "(while :; do dd if=/dev/urandom of=/home/unsynced bs=64k count=200; done) > /dev/null 2>&1 &",
      );
      const sums: string[] = [];
      for (let file = 0; file < 20; file += 1) {
        const { output } = await machine.sh(
          `dd if=/dev/urandom of=/home/${file} bs=64k count=4 conv=fsync status=none; sync /home; sha256sum < /home/${file}`,
        );
        sums.push(output.trim());
      }
      await machine.cut();
      await machine.boot("default");
      await checkHomes(machine, check);
      const { output } = await machine.sh(
        `for file in $(seq 0 19); do sha256sum < /home/$file; done`,
      );
      check(
        "all 20 synced files are there",
        output.trim() === sums.join("\n") ? "all" : output,
        "all",
      );
      check(
        "a scrub finds no error",
        await machine.sh("zpool scrub -w tank && zpool status tank"),
        /scrub repaired 0B.* with 0 errors[^]*No known data errors/,
      );
    },
  },
  {
    name: "older-commands",
    expected:
      "commands of an older ZFS than the loaded module: zfs-guix-status ends with 1 and says so",
    systems: ["older-commands"],
    disks: [],
    run: async (machine, check) => {
      await machine.boot("older-commands");
      await machine.settled();
      const loaded = await machine.sh("cat /sys/module/zfs/version");
      const status = await machine.sh("zfs-guix-status");
      check("the status is 1", status, fails);
      check(
        "both releases are named",
        status,
        (answer) =>
          answer.output.includes("2.2.9") && answer.output.includes(loaded.output.split("-")[0]!),
      );
    },
  },
  {
    name: "no-zfs",
    expected: "a kernel without ZFS: the commands say so, and end as one that is not there",
    systems: ["no-zfs"],
    disks: [],
    run: async (machine, check) => {
      await machine.boot("no-zfs");
      checkLogin(await machine.settled(), check);
      const pools = await machine.sh("zpool list");
      check("the status is 127", pools, ({ status }) => status === 127);
      check("it is said in one sentence", pools, /^[^\n]*ZFS[^\n]*\n$/);
    },
  },
  {
    name: "reconfigured",
    expected: "after a reconfiguration to another ZFS, the commands are those of the booted one",
    systems: ["default", "next-generation", "upgrade", "workshop"],
    disks: ["a"],
    prepare: HOMES,
    run: async (machine, check) => {
      await machine.boot("default");
      await machine.settled();
      check(
        "the commands are still those of the booted system",
        await machine.sh(
          `ln -sfn ${machine.system("next-generation")} /run/current-system && zpool list -H -o name`,
        ),
        "tank",
      );
      check("the new services are loaded", await machine.sh(machine.system("upgrade")), ok);
      await checkHomes(machine, check);
      await machine.halt();
      // Restarting zfs-pools would end all processes, ours too: so is a system whose services are new.
      await machine.boot("default", { services: "next-generation" });
      await checkHomes(machine, check);
      await machine.halt();
      check(
        "no command of the next generation was run",
        machine.log(),
        ({ output }) => !output.includes("of the next generation"),
      );
      await machine.boot("workshop");
      await machine.settled();
      check(
        "the pool was exported",
        await machine.sh("zdb -l /dev/disk/by-id/virtio-a-part1"),
        /^ *state: 1$/m,
      );
    },
  },
];

/** The oldest and the newest kernel of which the daemon builds a variant; all others boot 6.12. */
export const OTHER_SERIES: readonly Scenario[] = ["5.10", "7.2"].map((series) => ({
  name: `homes-${series}`,
  expected: `the same with Linux ${series}`,
  systems: [`default-${series}`],
  series,
  disks: ["a"],
  prepare: HOMES,
  run: async (machine, check) => {
    await machine.boot(`default-${series}`);
    await checkHomes(machine, check);
    check("the kernel is of the series", await machine.sh("uname -r"), ({ output }) =>
      output.startsWith(`${series}.`),
    );
    check("zfs-guix-status says nothing is wrong", await machine.sh("zfs-guix-status"), ok);
  },
}));
