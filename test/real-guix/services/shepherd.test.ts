import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { onRealGuix, SLOW } from "../../support/real-guix";
import { bootWith, lower, type Seen } from "./lowered";
import { system, withFields } from "./systems";

/** Fires every second. */
const always = "#~(calendar-event #:seconds (iota 60))";
const brief = "(import-timeout 4) (command-timeout 3) (shutdown-timeout 4)";
const systems = {
  named: system(
    withFields(`${brief} (pools '("tank" "data")) (share? #t)
      (scrub ${always}) (trim (list (cons "tank" ${always})))
      (snapshots (list (zfs-snapshot (label "often") (keep 3) (schedule ${always}))))`),
  ),
  all: system(withFields(`${brief} (required-for-login? #f)`)),
  addresses: system(withFields(`${brief} (address-requirement '(networking))`)),
};
type System = keyof typeof systems;

/** Asserts that lines that start with these are in LOG, in this order. */
function expectOrder(log: string[], beginnings: string[]): void {
  const found = beginnings.map((beginning) => log.findIndex((line) => line.startsWith(beginning)));
  expect(found.map((index, i) => (index < 0 ? `no ${beginnings[i]}` : beginnings[i]))).toEqual(
    beginnings,
  );
  expect(found).toEqual([...found].sort((a, b) => a - b));
}

const healthy = `
  printf 'tank 1 ONLINE 2\\ndata 2 ONLINE 0\\n' >$root/state/pools
`;

onRealGuix((guix) => {
  let work = "";
  const boot = (name: System, script: string): Seen => bootWith(join(work, name), script);

  beforeAll(() => {
    work = lower(guix, systems);
  }, SLOW);

  afterAll(() => rmSync(work, { recursive: true, force: true }));

  test(
    "boot, work and stop in order",
    () => {
      const { log, said } = boot(
        "named",
        `${healthy}
      mkdir -p $root/state/keys/tank
      touch $root/state/keys/tank/home
      printf 'tank/home\\ttank/home\\tunavailable\\tfile:///key\\ntank/home/below\\ttank/home\\tunavailable\\tnone\\n' >$root/state/datasets
      printf 'tank\\t-\\t-\\n' >$root/state/filesystems
      boot
      wait_for login zed zfs-share zfs-trim-tank
      wait_for_log 'zpool scrub data' 'zpool trim tank' 'zfs snapshot'
      herd restart zfs-import
      herd status
      halt`,
      );
      // The disks of pool 1 come two seconds after those of pool 2.
      expectOrder(log, [
        "zpool import -d",
        "zpool import -N -d /dev/disk/by-id 2",
        "zfs load-key tank/home",
      ]);
      expectOrder(log, [
        "start udev",
        "zpool import -d /dev/disk/by-id",
        "zpool import -N -d /dev/disk/by-id 1",
        "zfs load-key tank/home",
        "zfs mount -a",
        "start user-homes",
        "start login",
        "stop login",
        "stop user-homes",
        "stop user-file-systems",
        "zfs unmount -a",
        "zpool export -a",
        "stop udev",
        "stop root-file-system",
      ]);
      expectOrder(log, [
        "zpool import -N -d /dev/disk/by-id 1",
        "zed -F -d /run/zfs-guix/zed.d",
        "zpool export -a",
      ]);
      expect(log).toContainEqual(
        expect.stringMatching(
          /^zfs snapshot -o com\.sun:auto-snapshot-desc=- tank@zfs-auto-snap_often-\d{4}-\d\d-\d\d-\d{4}$/,
        ),
      );
      expect(log).toContain("zfs share -a");
      // Nothing is imported twice, nothing of a dataset is done that has no key of its own.
      expect(log.filter((line) => line.startsWith("zpool import -N"))).toHaveLength(2);
      expect(log.filter((line) => line.startsWith("zfs load-key"))).toEqual([
        "zfs load-key tank/home",
      ]);
      expect(log.filter((line) => line === "zfs unmount -a")).toHaveLength(1);
      expect(said).not.toContain("Failed to start:");
    },
    SLOW,
  );

  test(
    "a pool that lacks disks is waited for, then imported as it is",
    () => {
      const { log, said, at } = boot(
        "named",
        `
      printf 'tank 1 ONLINE 0\\ndata 2 DEGRADED 0\\n' >$root/state/pools
      boot
      wait_for login
      halt`,
      );
      expectOrder(log, [
        "zpool import -N -d /dev/disk/by-id 1",
        "zpool import -N -d /dev/disk/by-id 2",
        "zfs mount -a",
        "start login",
      ]);
      expect(at("zpool import -N -d /dev/disk/by-id 2")).toBeGreaterThanOrEqual(4);
      expect(said).toContain("Importing pool 'data', which is DEGRADED.");
    },
    SLOW,
  );

  test(
    "where no pool is there yet, the first is waited for, named or not",
    () => {
      const { log } = boot(
        "all",
        `
      printf 'tank 1 ONLINE 2\\n' >$root/state/pools
      boot
      wait_for zfs-mount
      halt`,
      );
      expectOrder(log, ["zpool import -d", "zpool import -N -d /dev/disk/by-id 1", "zfs mount -a"]);
    },
    SLOW,
  );

  test(
    "a pool of another host is left alone, and what there is is mounted",
    () => {
      const { log, said } = boot(
        "named",
        `
      printf 'tank 1 ONLINE 0\\ndata 2 ONLINE 0 foreign\\n' >$root/state/pools
      boot
      wait_for zfs-mount login
      herd status
      halt`,
      );
      expect(log).toContain("zpool import -N -d /dev/disk/by-id 1");
      expect(log).not.toContain("zpool import -N -d /dev/disk/by-id 2");
      expect(log).toContain("zfs mount -a");
      expect(log).not.toContain("start login");
      expect(log).not.toContain("start user-homes");
      expect(said).toContain("Pool 'data' was last used by another host and is not imported.");
      expect(said).toContain("run 'zpool import -f 2' once");
      expect(said).toMatch(/Failed to start:\n ! zfs-import\n ! zfs-mount\n/);
      expectOrder(log, ["zfs mount -a", "zfs unmount -a", "zpool export -a"]);
    },
    SLOW,
  );

  test(
    "a pool that does not come is named",
    () => {
      const { log, said } = boot(
        "named",
        `
      echo 'tank 1 ONLINE 0' >$root/state/pools
      boot
      wait_for login
      halt`,
      );
      expect(said).toContain("No pool 'data' was found in /dev/disk/by-id within 4 seconds.");
      expect(log).not.toContain("start login");
    },
    SLOW,
  );

  test(
    "a key that is missing, and one that nobody can type, hold up nothing",
    () => {
      const { log, said } = boot(
        "named",
        `${healthy}
      printf 'tank/a\\ttank/a\\tunavailable\\tfile:///key\\ntank/b\\ttank/b\\tunavailable\\tprompt\\n' >$root/state/datasets
      boot
      wait_for login
      herd status
      halt`,
      );
      expect(said).toContain("Key load error: Failed to open key material file");
      expect(said).toContain("The key of 'tank/b' cannot be asked for: no console.");
      expect(said).toMatch(/Failed to start:\n ! zfs-load-keys\n/);
      expectOrder(log, ["zfs load-key tank/a", "zfs mount -a", "start login"]);
    },
    SLOW,
  );

  test(
    "a key is typed on the console",
    () => {
      const { log, said } = boot(
        "named",
        `${healthy}
      printf 'tank/b\\ttank/b\\tunavailable\\tprompt\\n' >$root/state/datasets
      console
      boot
      wait_for_log 'zfs load-key tank/b'
      echo secret >&5
      wait_for login
      halt`,
      );
      expectOrder(log, ["zfs load-key tank/b", "typed secret", "zfs mount -a", "start login"]);
      expect(said).not.toContain("zfs-load-keys could not be started");
    },
    SLOW,
  );

  test(
    "commands that hang are stopped, at boot",
    () => {
      const { log, said } = boot(
        "named",
        `${healthy}
      echo 'zpool import -N' >$root/state/hang
      boot
      wait_for login
      halt`,
      );
      expect(said).toContain("was stopped after 3 seconds");
      expect(log).not.toContain("start login");
    },
    SLOW,
  );

  test(
    "commands that hang are stopped at shutdown, and no signal helps",
    () => {
      const { log, said } = boot(
        "named",
        `${healthy}
      boot
      wait_for login
      printf 'zfs unmount\\nzpool export\\n' >$root/state/hang!
      halt`,
      );
      expectOrder(log, [
        "zfs unmount -a",
        "zpool export -a",
        "zpool sync",
        "stop root-file-system",
      ]);
      expect(said).toContain("Writing out what is in memory instead.");
    },
    SLOW,
  );

  test(
    "a command that is missing",
    () => {
      const { log, said } = boot(
        "named",
        `${healthy}
      rm "$root$tools/sbin/zpool"
      boot
      wait_for login
      halt`,
      );
      expect(said).toMatch(/failed with status 127:\n.*zpool: No such file or directory/);
      expect(log).not.toContain("start login");
      expect(log).toContain("stop root-file-system");
    },
    SLOW,
  );

  test(
    "a dataset that cannot be mounted",
    () => {
      const { log, said } = boot(
        "named",
        `${healthy}
      echo 'zfs mount -a' >$root/state/fail
      boot
      wait_for login
      halt`,
      );
      expect(said).toContain("/sbin/zfs mount -a' failed with status 1:");
      expect(said).toContain("failed, as it should");
      expect(log).not.toContain("start login");
    },
    SLOW,
  );

  test(
    "no module",
    () => {
      const { log, said } = boot(
        "named",
        `${healthy}
      rmdir "$root/sys/module/zfs"
      boot
      wait_for login
      halt`,
      );
      expect(said).toMatch(/modprobe -- zfs' failed with status|This kernel cannot load modules/);
      expect(log.filter((line) => line.startsWith("zpool"))).toEqual([]);
    },
    SLOW,
  );

  test(
    "where logins do not wait, nothing locks them out, and processes still end first",
    () => {
      const { log, said } = boot(
        "all",
        `
      printf 'tank 1 ONLINE 0\\nusb 2 ONLINE 0 foreign\\nold 3 UNAVAIL 0\\n' >$root/state/pools
      echo 'zfs mount -a' >$root/state/hang
      boot
      wait_for login zfs-mount zed
      herd status
      halt`,
      );
      expectOrder(log, [
        "start login",
        "zfs mount -a",
        "stop login",
        "stop user-homes",
        "zfs unmount -a",
        "zpool export -a",
        "stop root-file-system",
      ]);
      expect(said).toContain("Pool 'usb' was last used by another host and is not imported.");
      expect(said).toContain("Pool 'old' is UNAVAIL and is not imported:");
      expect(said).toContain("Imported pools: tank.");
      expect(said).toMatch(/Failed to start:\n ! zfs-mount\n/);
      expect(log.filter((line) => line === "zfs unmount -a")).toHaveLength(1);
    },
    SLOW,
  );

  test(
    "by hand, mounting is undone and done again",
    () => {
      const { log } = boot(
        "all",
        `
      echo 'tank 1 ONLINE 0' >$root/state/pools
      boot
      wait_for zfs-mount login
      herd stop zfs-mount
      herd start zfs-mount
      halt`,
      );
      expect(log.filter((line) => /^zfs (un)?mount/.test(line))).toEqual([
        "zfs mount -a",
        "zfs unmount -a",
        "zfs mount -a",
        "zfs unmount -a",
      ]);
    },
    SLOW,
  );

  test(
    "keys from addresses come after the network, for which no login waits",
    () => {
      const { log, said } = boot(
        "addresses",
        `
      echo 'tank 1 ONLINE 0' >$root/state/pools
      mkdir -p $root/state/keys/tank
      touch $root/state/keys/tank/a $root/state/keys/tank/b
      printf 'tank/a\\ttank/a\\tunavailable\\tfile:///key\\ntank/b\\ttank/b\\tunavailable\\thttps://example.org/key\\n' >$root/state/datasets
      boot
      wait_for login zfs-mount-from-addresses
      halt`,
      );
      expectOrder(log, [
        "zfs load-key tank/a",
        "zfs mount -a",
        "start networking",
        "zfs load-key tank/b",
      ]);
      expect(log.filter((line) => line === "zfs mount -a")).toHaveLength(2);
      expect(said).not.toContain("could not be started");
      expect(log.lastIndexOf("zfs mount -a")).toBeGreaterThan(log.indexOf("zfs load-key tank/b"));
    },
    SLOW,
  );
});
