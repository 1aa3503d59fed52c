import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
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
  one: system(withFields(`${brief} (pools '("tank"))`)),
  numbered: system(
    withFields(`${brief} (pools (list 17
      (zfs-pool (name "backup") (mount? #f) (read-only? #t) (altroot "/media/old"))))`),
  ),
  requirements: system(
    withFields(
      `${brief} (pools '("tank")) (import-requirement '(first)) (key-requirement '(second))`,
    ),
  ),
  circle: system(
    withFields(
      `${brief} (pools '("tank")) (import-requirement '(networking first)) (key-requirement '(networking))`,
    ),
  ),
  ours: system(
    withFields(
      `${brief} (pools '("tank")) (required-for-login? #f)
      (import-requirement '(zed)) (key-requirement '(zfs-late-keys))`,
    ),
  ),
  mounts: system(
    withFields(`${brief} (pools (list "tank" (zfs-pool (name 2) (mount? #f))))
      (legacy-mounts '(("tank/legacy" . "/home/legacy")))`),
  ),
  prompts: system(withFields(`${brief} (pools '("tank")) (prompt-timeout 3)`)),
  asked: system(withFields(`${brief} (pools '("tank")) (ask-for-keys '("tank/off"))`)),
  devices: system(withFields(`${brief} (pools '("tank")) (devices '("/dev/disk/by-id"))`)),
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
      rm $root/state/datasets
      touch $root/key
      dataset tank/home /home tank/home file:///key
      dataset tank/home/below /home/below tank/home
      printf 'tank\\t-\\t-\\n' >$root/state/filesystems
      boot
      wait_for login zed zfs-share zfs-trim-tank
      wait_for_log 'zpool scrub data' 'zpool trim tank' 'zfs snapshot'
      herd restart zfs-import
      herd status
      cat $root/run/zfs-guix/zed.d/zed.rc
      halt`,
      );
      // The disks of pool 1 come two seconds after those of pool 2.
      expectOrder(log, ["zpool import", "zpool import -N 2", "zfs load-key tank/home"]);
      expectOrder(log, [
        "start udev",
        "zpool import",
        "zpool import -N 1",
        "zfs load-key tank/home",
        "zfs mount tank/home",
        "zfs mount tank/home/below",
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
      expectOrder(log, ["zpool import -N 1", "zed -F -d /run/zfs-guix/zed.d", "zpool export -a"]);
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
      expect(said).toContain("ZED_SYSLOG_SUBCLASS_EXCLUDE='history_event'");
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
        "zpool import -N 1",
        "zpool import -N 2",
        "zfs mount tank/home",
        "start login",
      ]);
      expect(at("zpool import -N 2")).toBeGreaterThanOrEqual(4);
      expect(said).toContain("Importing pool 'data', which is DEGRADED.");
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
      expect(log).toContain("zpool import -N 1");
      expect(log).not.toContain("zpool import -N 2");
      expect(log).toContain("zfs mount tank/home");
      expect(log).not.toContain("start login");
      expect(log).not.toContain("start user-homes");
      expect(said).toContain("Pool 'data' was last used by another host and is not imported.");
      expect(said).toContain("run 'zpool import -f 2' once");
      expect(said).toMatch(/Failed to start:\n ! zfs-import\n ! zfs-mount\n/);
      expectOrder(log, ["zfs mount tank/home", "zfs unmount -a", "zpool export -a"]);
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
      expect(said).toContain("No pool 'data' was found in /dev within 4 seconds.");
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
      dataset tank/a /a tank/a file:///key
      dataset tank/b /b tank/b prompt
      boot
      wait_for login
      herd status
      halt`,
      );
      expect(said).toContain("Key load error: Failed to open key material file");
      expect(said).toContain("The key of 'tank/b' cannot be asked for: no console.");
      expect(said).toMatch(/Failed to start:\n ! zfs-load-keys\n/);
      expectOrder(log, ["zfs load-key tank/a", "zfs mount tank/home", "start login"]);
    },
    SLOW,
  );

  test(
    "a key is typed on the console",
    () => {
      const { log, said } = boot(
        "named",
        `${healthy}
      dataset tank/b /b tank/b prompt
      console
      boot
      wait_for_log 'zfs load-key tank/b'
      echo secret >&5
      wait_for login
      halt`,
      );
      expectOrder(log, [
        "zfs load-key tank/b",
        "typed secret",
        "zfs mount tank/home",
        "start login",
      ]);
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
      echo 'zfs mount tank/home' >$root/state/fail
      boot
      wait_for login
      halt`,
      );
      expect(said).toContain("/sbin/zfs mount tank/home' failed with status 1:");
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
      had tank 1; had usb 2; had old 3
      echo 'zfs mount tank/home' >$root/state/hang
      boot
      wait_for login zfs-mount zed
      herd status
      halt`,
      );
      expectOrder(log, [
        "start login",
        "zfs mount tank/home",
        "stop login",
        "stop user-homes",
        "zfs unmount -a",
        "zpool export -a",
        "stop root-file-system",
      ]);
      expect(said).toContain("Pool 'usb' was last used by another host and is not imported.");
      expect(said).toContain("Pool 'old' is UNAVAIL and is not imported:");
      expect(said).not.toContain("is not this system's");
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
      had tank 1
      boot
      wait_for zfs-mount login
      herd stop zfs-mount
      herd start zfs-mount
      halt`,
      );
      expect(log.filter((line) => /^zfs (un)?mount/.test(line))).toEqual([
        "zfs mount tank/home",
        "zfs unmount -a",
        "zfs mount tank/home",
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
      mkdir -p $root/state/web/example.org
      printf '\\xff\\xfe secret' >$root/state/web/example.org/key[1]
      touch $root/key
      dataset tank/a /a tank/a file:///key
      dataset tank/b /b tank/b https://example.org/key[1]
      boot
      wait_for login zfs-mount-from-addresses
      ls $root/dev
      halt`,
      );
      expectOrder(log, [
        "zfs load-key tank/a",
        "zfs mount tank/home",
        "start networking",
        "curl ",
        "zfs load-key -L file:///dev/zfs-guix-",
        // As many bytes as there were, and only for root.
        "key 600 \ufffd\ufffd secret",
        "zfs mount tank/b",
      ]);
      expect(log).toContainEqual(
        expect.stringMatching(/^curl --disable --globoff .* https:\/\/example\.org\/key\[1\]$/),
      );
      expect(said).not.toMatch(/^zfs-guix-/m);
      expect(said).not.toContain("could not be started");
    },
    SLOW,
  );

  describe("whose pool", () => {
    const three = `
      printf 'tank 1 ONLINE 0\\nusb 2 ONLINE 0\\n' >$root/state/pools
      mkdir -p $root/etc/zfs`;
    const remembered =
      "sort $root/etc/zfs/zfs-guix.pools; cat $root/run/zfs-guix/reports/zfs-import";

    test(
      "a pool that nobody knows is left alone and told of, and nothing is waited for",
      () => {
        const { log, said } = boot(
          "all",
          `${three}
        boot
        wait_for zfs-mount
        halt
        ${remembered}`,
        );
        expect(log.filter((line) => line.startsWith("zpool import -N"))).toEqual([]);
        expect(log.filter((line) => line === "zpool import")).toHaveLength(1);
        expect(said).toContain(
          "note: Pool 'usb' with the number 2, which is ONLINE, is not this system's and is left alone.  To have it, run 'zpool import 2' once, or put its name or number into 'pools' of 'zfs-configuration'.",
        );
        expect(said).not.toContain("could not be started");
      },
      SLOW,
    );

    test(
      "those that this system had are waited for and imported, after a stop and after a power cut",
      () => {
        const { log, said } = boot(
          "all",
          `
        printf 'tank 1 ONLINE 2\\ncut 3 ONLINE 0\\nusb 2 ONLINE 0\\n' >$root/state/pools
        had tank 1
        cached cut 3
        boot
        wait_for zfs-mount
        cat $root/etc/zfs/zfs-guix.pools
        echo "== while it runs"
        halt
        ${remembered}`,
        );
        expectOrder(log, ["zpool import -N 3", "zpool import -N 1", "zfs mount tank/home"]);
        expect(log).not.toContain("zpool import -N 2");
        // While it runs, the kernel's own list has them.
        expect(said).toMatch(/^== while it runs/);
        expect(said).toContain("had\t1\ttank\nhad\t3\tcut\nnote: Pool 'usb'");
      },
      SLOW,
    );

    test(
      "what was imported by hand is this system's, what was exported by hand is not",
      () => {
        const { said } = boot(
          "all",
          `${three}
        had tank 1
        boot
        wait_for zfs-mount
        printf 'usb\\t2\\n' >$root/state/imported
        halt
        ${remembered}`,
        );
        expect(said).toMatch(/^had\t2\tusb\nnote: /);
      },
      SLOW,
    );

    test(
      "one that does not come keeps nobody out, is told of, and is not waited for again",
      () => {
        const script = `${three}
        had gone 7
        boot
        wait_for login zfs-mount
        halt
        ${remembered}`;
        const { log, said, at } = boot(
          "named",
          script.replace("tank 1 ", "tank 1 ONLINE 0\\ndata 4 "),
        );
        expect(at("start login")).toBeGreaterThanOrEqual(4);
        expect(log).toContain("start login");
        expect(said).toMatch(/had\t1\ttank\nhad\t4\tdata\nmissed\t7\tgone\n/);
        expect(said).toContain(
          "problem: Pool 'gone', which this system had, did not come within 4 seconds.",
        );
        const again = boot(
          "all",
          `mkdir -p $root/etc/zfs
        printf 'missed\\t7\\tgone\\nmissed\\t8\\tback\\n' >$root/etc/zfs/zfs-guix.pools
        echo 'back 8 ONLINE 0' >$root/state/pools
        boot
        wait_for zfs-mount
        halt
        ${remembered}`,
        );
        expect(again.log.filter((line) => line === "zpool import")).toHaveLength(1);
        expect(again.log).toContain("zpool import -N 8");
        expect(again.said).toContain(
          "had\t8\tback\nmissed\t7\tgone\nnote: Pool 'gone', which this system had, is not there.",
        );
      },
      SLOW,
    );

    test(
      "a pool by its number, read-only, below another directory",
      () => {
        const { log } = boot(
          "numbered",
          `
        printf 'tank 17 ONLINE 0\\nbackup 2 ONLINE 0\\n' >$root/state/pools
        boot
        wait_for login
        halt`,
        );
        expectOrder(log, [
          "zpool import -N 17",
          "zpool import -N -o readonly=on -R /media/old 2",
          "start login",
        ]);
      },
      SLOW,
    );

    test.each([
      [
        "of which one can be imported",
        "tank 1 UNAVAIL 0\\ntank 5 ONLINE 0\\ndata 2 ONLINE 0\\n",
        "",
        5,
      ],
      [
        "of which this system had one",
        "tank 1 ONLINE 0\\ntank 5 ONLINE 0\\ndata 2 ONLINE 0\\n",
        "had tank 1",
        1,
      ],
    ])(
      "two pools of one name, %s",
      (_, pools, had, id) => {
        const { log, said } = boot(
          "named",
          `
        printf '${pools}' >$root/state/pools
        ${had}
        boot
        wait_for login
        halt`,
        );
        expect(log.filter((line) => /^zpool import -N [15]$/.test(line))).toEqual([
          `zpool import -N ${id}`,
        ]);
        expect(log).toContain("start login");
        expect(said).toMatch(new RegExp(`Pool 'tank' with the number ${6 - id}, .* is left alone`));
      },
      SLOW,
    );

    test(
      "two pools of one name that can both be imported: neither is, and both are named",
      () => {
        const { log, said } = boot(
          "named",
          `
        printf 'tank 1 ONLINE 0\\ntank 5 ONLINE 0\\ndata 2 ONLINE 0\\n' >$root/state/pools
        boot
        wait_for login
        halt`,
        );
        expect(log).not.toContain("start login");
        expect(said).toContain("There are 2 pools 'tank'; run 'zpool import NUMBER' for one");
      },
      SLOW,
    );

    test(
      "disks that are not in 'devices'",
      () => {
        const { log, said } = boot(
          "devices",
          `
        echo 'tank 1 ONLINE 0 elsewhere' >$root/state/pools
        boot
        wait_for login
        halt`,
        );
        expect(log).toContain("zpool import -d /dev/disk/by-id");
        expect(log).not.toContain("start login");
        expect(said).toContain(
          "Pool 'tank' is not in /dev/disk/by-id, but on other disks: leave the field 'devices'",
        );
      },
      SLOW,
    );

    test.each([
      [
        "tank 1 ONLINE 0 foreign",
        "run 'zpool import -f 1' once, or start once with 'zfs-guix=force-import'",
      ],
      ["tank 1 UNAVAIL 0 active", "Export it there, then run 'zpool import 1'"],
      ["tank 1 UNAVAIL 0 multihost", "this host has no number: set 'hostid'"],
    ])(
      "%s: what to do about it is said at once",
      (pool, advice) => {
        const { log, said } = boot(
          "one",
          `
        echo '${pool}' >$root/state/pools
        boot
        wait_for login
        halt`,
        );
        expect(said).toContain(advice);
        expect(said.includes("import -f")).toBe(pool.endsWith("foreign"));
        expect(log.filter((line) => line === "zpool import")).toHaveLength(1);
        expect(log).not.toContain("start login");
      },
      SLOW,
    );

    test(
      "a comment of a pool decides nothing",
      () => {
        const { log } = boot(
          "one",
          `
        echo 'tank 1 ONLINE 0' >$root/state/pools
        echo 'moved here from another system, hostid 7: status: The pool was last accessed by another system' >$root/state/comment
        boot
        wait_for login
        halt`,
        );
        expectOrder(log, ["zpool import -N 1", "start login"]);
      },
      SLOW,
    );
  });

  describe("a word on the kernel's command line", () => {
    test(
      "lets people log in without ZFS, and forgets no pool",
      () => {
        const { log, said } = boot(
          "named",
          `
        had tank 1
        cached data 2
        echo 'tank 1 ONLINE 0 foreign' >$root/state/pools
        command_line zfs-guix=skip
        boot
        wait_for login
        printf 'usb\\t3\\n' >$root/state/imported
        halt
        sort $root/etc/zfs/zfs-guix.pools`,
        );
        expect(log).toContain("start login");
        expect(log.filter((line) => /^zpool import|^zfs (mount|load)/.test(line))).toEqual([]);
        expect(said).toMatch(/^had\t1\ttank\nhad\t2\tdata\nhad\t3\tusb\n/);
        // What was imported by hand is exported.
        expect(log).toContain("zpool export -a");
      },
      SLOW,
    );

    test(
      "forces the import of this system's pools, and of no others",
      () => {
        const { log } = boot(
          "one",
          `
        printf 'tank 1 ONLINE 0 foreign\\nusb 2 ONLINE 0 foreign\\n' >$root/state/pools
        command_line zfs-guix=force-import
        boot
        wait_for login
        halt`,
        );
        expectOrder(log, ["zpool import -N -f 1", "start login"]);
        expect(log).not.toContain("zpool import -N -f 2");
      },
      SLOW,
    );
  });

  test(
    "a container, which has no kernel of its own",
    () => {
      const { log, said } = boot(
        "named",
        `
      rm -r $root/run/booted-system/kernel/lib
      boot
      wait_for login zed zfs-share
      herd status
      halt`,
      );
      expect(log).toContain("start login");
      expect(log.filter((line) => /^(zpool|zfs|zdb|zed) /.test(line))).toEqual([]);
      expect(said).not.toMatch(/could not be started|Failed to start/);
      expect(said).toContain("This system has no kernel of its own, and so no ZFS.");
    },
    SLOW,
  );

  describe("what waits for what", () => {
    test(
      "a pool on a mapped device waits for a passphrase, and is exported before that is closed",
      () => {
        const { log, said } = boot(
          "one",
          `
        declared 8 device-mapping-data udev
        declared 0 device-mapping-other udev
        declared 0 file-system-/srv udev
        declared 2 file-system-/development udev
        echo 'tank 1 ONLINE 7' >$root/state/pools
        boot
        wait_for login
        for name in mapped-devices file-systems; do herd status zfs-$name; done
        halt`,
        );
        // 'shepherd-service-upgrade' of Guix: others that the next system does not have are stopped.
        expect(said.match(/It is transient, running since/g)).toHaveLength(2);
        expectOrder(log, ["start device-mapping-data", "zpool import -N 1", "start login"]);
        expectOrder(log, ["stop login", "zpool export -a", "stop device-mapping-data"]);
        expectOrder(log, ["start file-system-/srv", "zfs mount tank/home"]);
        expectOrder(log, ["start file-system-/development", "zfs mount tank/home"]);
        expectOrder(log, ["stop login", "zpool export -a", "stop file-system-/srv"]);
        expectOrder(log, ["stop login", "zpool export -a", "stop device-mapping-other"]);
        expect(said).not.toContain("could not be started");
      },
      SLOW,
    );

    test(
      "a mapped device on another one, which failed before that was opened, is opened then",
      () => {
        const { log, said } = boot(
          "one",
          `
        declared 0 device-mapping-lvm udev
        declared 3 device-mapping-luks udev
        declared 0 device-mapping-on-lvm udev
        printf '%s\\n' 'device-mapping-lvm device-mapping-luks' 'device-mapping-on-lvm device-mapping-lvm' >$root/state/lacks
        echo 'tank 1 ONLINE 4' >$root/state/pools
        boot
        wait_for login
        halt`,
        );
        expectOrder(log, [
          "fail device-mapping-lvm",
          "start device-mapping-luks",
          "start device-mapping-lvm",
          "start device-mapping-on-lvm",
          "zpool import -N 1",
          "start login",
        ]);
        expectOrder(log, ["stop login", "zpool export -a", "stop device-mapping-luks"]);
        expect(said).not.toContain("Service login depends on");
      },
      SLOW,
    );

    test(
      "a mapped device that fails is not tried again for nothing",
      () => {
        const { log } = boot(
          "one",
          `
        declared 0 device-mapping-luks udev
        declared 0 device-mapping-other udev
        echo 'device-mapping-luks device-mapping-none' >$root/state/lacks
        declared 0 device-mapping-none no-such-device
        echo 'no-such-device file-system-/nowhere' >>$root/state/lacks
        declared 0 file-system-/nowhere no-such-device
        echo 'tank 1 ONLINE 2' >$root/state/pools
        boot
        wait_for login
        halt`,
        );
        expect(log.filter((line) => line === "fail device-mapping-luks").length).toBeLessThan(3);
        expect(log).toContain("start login");
      },
      SLOW,
    );

    test(
      "nobody waits for a mapped device that no pool is on",
      () => {
        const { log } = boot(
          "one",
          `
        declared 40 device-mapping-data udev
        echo 'tank 1 ONLINE 0' >$root/state/pools
        boot
        wait_for login
        halt`,
        );
        expectOrder(log, ["zpool import -N 1", "zfs mount tank/home", "start device-mapping-data"]);
      },
      SLOW,
    );

    test(
      "what waits for ZFS is not waited for",
      () => {
        const { log, said } = boot(
          "one",
          `
        declared 0 file-system-/photos device-mapping-zfs/datasets
        declared 0 file-system-/below file-system-/photos
        declared 0 swap-/dev/zvol/tank/swap device-mapping-zfs/volumes
        declared 0 file-system-/nfs networking
        echo 'tank 1 ONLINE 0' >$root/state/pools
        boot
        wait_for login file-system-/below swap-/dev/zvol/tank/swap file-system-/nfs
        halt`,
        );
        expectOrder(log, [
          "zfs mount tank/home",
          "start file-system-/photos",
          "start file-system-/below",
        ]);
        expectOrder(log, [
          "stop file-system-/below",
          "stop file-system-/photos",
          "zpool export -a",
        ]);
        expectOrder(log, ["zpool import -N 1", "start swap-/dev/zvol/tank/swap"]);
        expectOrder(log, ["stop swap-/dev/zvol/tank/swap", "zpool export -a"]);
        expect(said).not.toContain("could not be started");
      },
      SLOW,
    );

    test(
      "services that the fields name",
      () => {
        const { log } = boot(
          "requirements",
          `
        declared 3 first udev
        declared 3 second udev first
        rm $root/state/datasets
        touch $root/key
        dataset tank/home /home tank/home file:///key
        echo 'tank 1 ONLINE 0' >$root/state/pools
        boot
        wait_for login
        halt`,
        );
        expectOrder(log, ["start first", "zpool import", "zfs load-key tank/home"]);
        expectOrder(log, ["start second", "zfs load-key tank/home", "zfs mount tank/home"]);
      },
      SLOW,
    );
  });

  describe("what waits for ZFS", () => {
    test(
      "is not waited for where a field names it, and is told of",
      () => {
        const { log, said } = boot(
          "circle",
          `
        declared 2 first udev
        echo 'tank 1 ONLINE 0' >$root/state/pools
        boot
        wait_for login networking
        cat $root/run/zfs-guix/reports/zfs-{import,load-keys}
        halt`,
        );
        expectOrder(log, [
          "start first",
          "zpool import -N 1",
          "zfs mount tank/home",
          "start networking",
        ]);
        expect(log).toContain("start login");
        for (const field of ["import-requirement", "key-requirement"])
          expect(said).toContain(
            `problem: 'networking' was not waited for, since it waits for ZFS itself: take it out of '${field}' of 'zfs-configuration', or set 'required-for-login?' there to #f.`,
          );
        expect(said).not.toContain("'first' was not");
      },
      SLOW,
    );

    test(
      "what starts ZFS without that it is required is not waited for either",
      () => {
        const { log, said } = boot(
          "ours",
          `
        echo 'tank 1 ONLINE 0' >$root/state/pools
        boot
        wait_for zfs-mount zfs-late-keys zed
        cat $root/run/zfs-guix/reports/zfs-{import,load-keys}
        halt`,
        );
        expectOrder(log, ["zpool import -N 1", "zfs mount tank/home"]);
        expect(log).not.toContainEqual(expect.stringContaining("neither started nor failed"));
        for (const name of ["zed", "zfs-late-keys"])
          expect(said).toContain(`problem: '${name}' was not waited for`);
      },
      SLOW,
    );

    test(
      "a file system may lie in a dataset, and no dataset where that would be hidden",
      () => {
        const { log, said } = boot(
          "one",
          `
        declared 0 file-system-/srv/photos device-mapping-zfs/datasets
        declared 0 file-system-/home/ann/vm device-mapping-zfs/volumes
        printf '/dev/zvol/tank/vm\t/home/ann/vm\text4\n' >$root/etc/fstab
        dataset tank/srv /srv
        dataset tank/photos /srv/photos
        dataset tank/below /srv/photos/below
        dataset tank/beside /srv/photos2
        echo 'tank 1 ONLINE 0' >$root/state/pools
        boot
        wait_for login file-system-/srv/photos
        halt`,
        );
        expect(log.filter((line) => line.startsWith("zfs mount"))).toEqual([
          "zfs mount tank/home",
          "zfs mount tank/srv",
          "zfs mount tank/beside",
        ]);
        for (const words of [
          "'tank/photos' is not mounted on /srv/photos: a file system that the system declares is mounted there, or is to be.",
          "'tank/below' is not mounted on /srv/photos/below: a file system that the system declares is mounted on /srv/photos after it and would hide it.",
        ])
          expect(said).toContain(words);
        expectOrder(log, ["zfs mount tank/srv", "start file-system-/srv/photos"]);
        expect(log).toContain("start login");
      },
      SLOW,
    );
  });

  describe("what is mounted", () => {
    const one = "echo 'tank 1 ONLINE 0' >$root/state/pools";

    test(
      "nothing over what is the system's",
      () => {
        const { log, said } = boot(
          "one",
          `${one}
        for place in / /gnu/store /run/x /dev/shm /proc /sys/fs /srv /declared /opt /boot /usr/bin /var /var/guix /var/run; do
          dataset tank$place $place
        done
        dataset tank/runner /runner
        dataset tank/var/log /var/log
        dataset tank/usr/local /usr/local
        dataset tank/off /off - none off
        dataset tank/noauto /noauto - none noauto
        dataset tank/none none
        dataset tank/legacy legacy
        mkdir -p $root/srv $root/opt/db $root/etc
        mount -t tmpfs tmpfs $root/srv
        mount -t tmpfs tmpfs $root/opt/db
        printf '# by hand\n/dev/x\t/declared\text4\n' >$root/etc/fstab
        boot
        wait_for login
        halt
        cat $root/run/zfs-guix/reports/zfs-mount`,
        );
        expect(log.filter((line) => line.startsWith("zfs mount"))).toEqual([
          "zfs mount tank/home",
          "zfs mount tank/runner",
          "zfs mount tank/usr/local",
          "zfs mount tank/var/log",
        ]);
        expect(log).toContain("start login");
        for (const [place, why] of [
          ["/", "that is the root file system"],
          ["/gnu/store", "/gnu is the system's own"],
          ["/run/x", "/run is the system's own"],
          ["/dev/shm", "/dev is the system's own"],
          ["/proc", "/proc is the system's own"],
          ["/sys/fs", "/sys is the system's own"],
          ["/srv", "tmpfs is mounted there, or is to be"],
          ["/declared", "/dev/x is mounted there, or is to be"],
          ["/opt", "that would hide tmpfs on /opt/db"],
          ...["/boot", "/usr/bin", "/var", "/var/guix", "/var/run"].map(
            (place) => [place, `${place} is the system's own`] as const,
          ),
        ])
          expect(said).toContain(
            `problem: Dataset 'tank${place}' is not mounted on ${place}: ${why}.`,
          );
      },
      SLOW,
    );

    test(
      "two for one place: a backup is the second; legacy datasets in order; nothing of a pool left alone",
      () => {
        const { log, said } = boot(
          "mounts",
          `
        printf 'tank 1 ONLINE 0\nbackup 2 ONLINE 0\n' >$root/state/pools
        dataset backup/x /x
        dataset a/home /home
        dataset a/home/ann /home/legacy/ann
        dataset a/own /own
        printf 'a/home\na/home/ann\ta/home\na/own\ta\n' >$root/state/received
        dataset tank/ann /home/legacy/ann
        dataset tank/legacy legacy
        dataset tank/partial /partial
        echo tank/partial >$root/state/partial
        boot
        wait_for login
        halt`,
        );
        expect(log.filter((line) => /^(zfs )?mount/.test(line))).toEqual([
          "zfs mount tank/home",
          "mount.zfs tank/legacy /home/legacy",
          "zfs mount tank/ann",
          "zfs mount a/own",
          "zfs mount tank/partial",
        ]);
        expect(said).toContain(
          "Dataset 'a/home' is not mounted on /home: tank/home is mounted there, or is to be.",
        );
        expect(log).toContain("start login");
      },
      SLOW,
    );

    test(
      "what lies in a dataset that could not be mounted is not, and all else is",
      () => {
        const { log, said } = boot(
          "one",
          `${one}
        dataset tank/home/ann /home/ann
        dataset tank/srv /srv
        echo 'zfs mount tank/home' >$root/state/fail
        boot
        wait_for login
        halt`,
        );
        expect(log).toContain("zfs mount tank/srv");
        expect(log).not.toContain("zfs mount tank/home/ann");
        expect(log).not.toContain("start login");
        expect(said).toContain("'tank/home/ann' is not mounted on /home/ann, since 'tank/home'");
      },
      SLOW,
    );
  });

  describe("keys", () => {
    const one = "echo 'tank 1 ONLINE 0' >$root/state/pools";

    test(
      "one that lies in another dataset",
      () => {
        const { log, said } = boot(
          "one",
          `${one}
        dataset tank/keys /keys
        dataset tank/a /a tank/a file:///keys/a
        dataset tank/b /b tank/b file:///a/b
        mkdir -p $root/state/brings/tank
        echo /keys/a >$root/state/brings/tank/keys
        echo /a/b >$root/state/brings/tank/a
        boot
        wait_for login
        halt`,
        );
        expectOrder(log, [
          "zfs mount tank/keys",
          "zfs load-key tank/a",
          "zfs mount tank/a",
          "zfs load-key tank/b",
          "zfs mount tank/b",
          "start login",
        ]);
        expect(said).not.toContain("could not be started");
      },
      SLOW,
    );

    test(
      "one that comes after the boot",
      () => {
        const { log } = boot(
          "one",
          `${one}
        dataset tank/a /a tank/a file:///media/key
        boot
        wait_for login zfs-late-keys
        mkdir $root/media
        touch $root/media/key
        wait_for_log 'zfs mount tank/a'
        halt`,
        );
        // It is tried for the first time where there is no stick yet.
        expectOrder(log, ["zfs load-key tank/a", "start login", "zfs mount tank/a"]);
        const later = log.slice(log.findIndex((line) => line.startsWith("start login")));
        expectOrder(later, ["zfs load-key tank/a", "zfs mount tank/a"]);
      },
      SLOW,
    );

    test(
      "only what is to be mounted is asked for, nothing after one that nobody types, and the console echoes again",
      () => {
        const { log, said } = boot(
          "prompts",
          `${one}
        for number in 1 2 3; do dataset tank/$number /$number tank/$number prompt; done
        dataset tank/off /off tank/off prompt off
        dataset tank/0backup /backup tank/0backup prompt
        echo tank/0backup >$root/state/received
        console
        boot
        wait_for login
        stty -F $(cat $root/tty) -a
        halt`,
        );
        expect(log.filter((line) => line.startsWith("zfs load-key"))).toEqual([
          "zfs load-key tank/1",
        ]);
        expect(log).toContain("start login");
        expect(said).toMatch(/ echo /);
        expect(said).toContain(
          "Dataset 'tank/2' stays locked, since nobody typed the key before it",
        );
        expect(said).toContain("The key of 'tank/off' is not asked for: nothing");
      },
      SLOW,
    );

    test(
      "those that a field names",
      () => {
        const { log } = boot(
          "asked",
          `${one}
        dataset tank/1 /1 tank/1 prompt
        dataset tank/off none tank/off prompt
        console
        boot
        wait_for_log 'zfs load-key tank/off'
        echo secret >&5
        wait_for login
        halt`,
        );
        expect(log.filter((line) => line.startsWith("zfs load-key"))).toEqual([
          "zfs load-key tank/off",
        ]);
        expect(log).toContain("typed secret");
      },
      SLOW,
    );
  });
});
