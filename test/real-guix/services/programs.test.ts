import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { onRealGuix, SLOW } from "../../support/real-guix";
import { bootWith, lower, type Seen } from "./lowered";
import { system, withFields } from "./systems";

const brief = "(import-timeout 2) (command-timeout 3) (shutdown-timeout 4)";
const systems = {
  one: system(withFields(`${brief} (pools '("tank"))`)),
  known: system(withFields(brief)),
  readOnly: system(
    withFields(`${brief} (pools (list (zfs-pool (name "backup") (read-only? #t))))`),
  ),
  twice: system(withFields(`${brief} (pools '("tank" 1))`)),
  left: system(
    withFields(`${brief} (pools (list (zfs-pool (name "backup") (mount? #f))))
      (legacy-mounts '(("backup/x" . "/x") ("gone/y" . "/y")))`),
  ),
  legacy: system(
    withFields(`${brief} (pools '("tank"))
      (legacy-mounts '(("tank/my data" . "/Bücher/my data") ("tank/off" . "/off")))`),
  ),
  asked: system(
    withFields(`${brief} (pools '("tank")) (prompt-timeout 0)
      (ask-for-keys '("tank/a/below" "tank/nowhere"))`),
  ),
  snapshots: system(
    withFields(`${brief} (trim "0 3 * * 0")
      (snapshots (list (zfs-snapshot (label "all") (keep 2) (schedule "0 0 * * *"))))`),
  ),
};

// What the programs of the services do, each by itself.
onRealGuix((guix) => {
  let work = "";
  const run = (name: keyof typeof systems, script: string): Seen =>
    bootWith(join(work, name), script);
  const began = ({ log }: Seen, beginning: RegExp): string[] =>
    log.filter((line) => beginning.test(line));

  beforeAll(() => {
    work = lower(guix, systems);
  }, SLOW);

  afterAll(() => rmSync(work, { recursive: true, force: true }));

  describe("import", () => {
    test(
      "a pool that somebody imported for a while, read-only or below another directory, is not this system's",
      () => {
        const { said } = run(
          "known",
          `mkdir -p $root/etc/zfs
          printf 'tank\\t1\\n''old\\t2\\tnone\\toff\\n''broken\\t3\\t-\\ton\\n''cluster\\t4\\tnone\\n' >$root/state/imported
          program zfs-export
          cat $root/etc/zfs/zfs-guix.pools`,
        );
        expect(said).toMatch(/^had\t1\ttank\n(?!had|missed)/m);
      },
      SLOW,
    );

    test(
      "a stranger's pool of the same name does not come before this system's, whose disks are late",
      () => {
        const seen = run(
          "one",
          `had tank 1
          printf 'tank 5 ONLINE 0\\ntank 1 ONLINE 1\\n' >$root/state/pools
          program zfs-import`,
        );
        expect(began(seen, /^zpool import -N/)).toEqual(["zpool import -N 1"]);
        expect(seen.said).toMatch(/Pool 'tank' with the number 5, .* is left alone/);
        expect(seen.said).toContain("zfs-import ended with 0");
      },
      SLOW,
    );

    test(
      "a pool that was made anew under its name comes in the end",
      () => {
        const seen = run(
          "one",
          `had tank 1
          printf 'tank 5 ONLINE 0\\n' >$root/state/pools
          program zfs-import`,
        );
        expect(began(seen, /^zpool import -N/)).toEqual(["zpool import -N 5"]);
        expect(seen.said).toContain("zfs-import ended with 0");
      },
      SLOW,
    );

    test(
      "what is said not to be importable is tried in the end, since options may help",
      () => {
        const seen = run(
          "readOnly",
          `printf 'backup 2 UNAVAIL 0\\n' >$root/state/pools
          program zfs-import`,
        );
        expect(began(seen, /^zpool import -N/)).toEqual(["zpool import -N -o readonly=on 2"]);
        expect(seen.said).toContain("zfs-import ended with 0");
      },
      SLOW,
    );

    // The status of a pool that was resilvered says nothing else (check_status of libzfs_status.c).
    test.each([
      ["pool was previously in use from another system.", "run 'zpool import -f 1' once"],
      ["pool is imported on other (hostid: 0x1)", "is in use by another host now"],
      [
        "pool is imported on host 'other' (hostid=1).\\\\nExport the pool",
        "is in use by another host now",
      ],
      [
        "pool has the multihost property on and the\\\\nsystem's hostid is not set.",
        "set 'hostid' in",
      ],
      ["one or more devices is currently unavailable", "could not be imported: see 'zpool import'"],
    ])(
      "why not, as the import itself says it: %s",
      (words, advice) => {
        const { said } = run(
          "one",
          `echo 'tank 1 DEGRADED 0' >$root/state/pools
          printf '%s\\t%s\\n' 'zpool import -N 1' "cannot import 'tank': ${words}" >$root/state/says
          program zfs-import`,
        );
        expect(said).toContain(advice);
        expect(said).toContain("zfs-import ended with 1");
      },
      SLOW,
    );

    test(
      "a pool that is named by its name and by its number is imported once",
      () => {
        const seen = run(
          "twice",
          `echo 'tank 1 ONLINE 0' >$root/state/pools
          program zfs-import`,
        );
        expect(began(seen, /^zpool import -N/)).toEqual(["zpool import -N 1"]);
        expect(seen.said).not.toContain("failed");
        expect(seen.said).toContain("zfs-import ended with 0");
      },
      SLOW,
    );

    test(
      "what to do for a stranger's pool is what that needs, '-f' for one that another host had alone",
      () => {
        const { said } = run(
          "known",
          `printf '%s\\n' 'a 1 ONLINE 0 foreign' 'b 2 UNAVAIL 0 active' 'c 3 UNAVAIL 0 multihost' 'd 4 ONLINE 0' 'e 5 DEGRADED 0' >$root/state/pools
          program zfs-import`,
        );
        const notes = said.split("\n").filter((line) => line.includes("is left alone"));
        expect(notes).toEqual([
          expect.stringContaining("if no other host uses it now, run 'zpool import -f 1' once."),
          expect.stringContaining(
            "export it on the host that uses it now, then run 'zpool import 2' once.",
          ),
          expect.stringContaining("set 'hostid' in 'zfs-configuration', since it has"),
          expect.stringContaining("run 'zpool import 4' once, or put"),
          expect.stringContaining("run 'zpool import 5' once, or put"),
        ]);
        expect(said).toContain("zfs-import ended with 0");
      },
      SLOW,
    );

    // As where a configuration has (etc-service-type `(("zfs/vdev_id.conf" …))).
    test(
      "where /etc/zfs is a link into the store, pools are imported, and it is told of once",
      () => {
        const seen = run(
          "one",
          `mkdir -p $root/gnu/store/etc/zfs
          mount -t tmpfs -o ro tmpfs $root/gnu/store/etc/zfs
          ln -s /gnu/store/etc/zfs $root/etc/zfs
          echo 'tank 1 ONLINE 0' >$root/state/pools
          program zfs-import
          cat $root/run/zfs-guix/reports/zfs-import`,
        );
        expect(began(seen, /^zpool import -N/)).toEqual(["zpool import -N 1"]);
        expect(seen.said).toContain("zfs-guix.pools cannot be written: Read-only file system.");
        expect(seen.said).toContain("zfs-import ended with 0");
        expect(seen.said.match(/^problem: .*zfs-guix\.pools cannot be written, so/gm)).toHaveLength(
          1,
        );
      },
      SLOW,
    );

    test(
      "a zpool.cache that cannot be read is told of",
      () => {
        const { said } = run(
          "known",
          `cached tank 1
          echo zdb >$root/state/fail
          program zfs-import
          cat $root/run/zfs-guix/reports/zfs-import`,
        );
        expect(said).toMatch(/^problem: \/etc\/zfs\/zpool\.cache cannot be read/m);
      },
      SLOW,
    );

    test.each([
      "zfs-guix=Skip",
      "ZFS-GUIX=SKIP",
      "zfs_guix=skip",
      "zfsguix=skip",
      "guix-zfs=skip",
      "zfs=skip",
      "zfs-skip",
      "zfs_force=1",
      "zfs-guix.skip",
      "zfs-guix",
      "zfs-guix=force",
      "zfs-guix=skipp",
      "zfs-guix=skip,force-import",
      '"zfs-guix=skip"',
    ])(
      "%s on the kernel's command line is told of, and does nothing",
      (word) => {
        const seen = run(
          "one",
          `echo 'tank 1 ONLINE 0' >$root/state/pools
          command_line '${word}'
          mount --bind $root/cmdline $root/proc/cmdline
          program zfs-import`,
        );
        expect(seen.said).toContain(
          `'${word}' on the kernel's command line means nothing: the words are 'zfs-guix=skip' and 'zfs-guix=force-import'.`,
        );
        expect(began(seen, /^zpool import -N/)).toEqual(["zpool import -N 1"]);
      },
      SLOW,
    );

    test(
      "parameters of the module are no words",
      () => {
        const { said } = run(
          "one",
          `echo 'tank 1 ONLINE 0' >$root/state/pools
          command_line 'zfs.vdev_validate_skip=1 zfs.metaslab_force_ganging=1 spl.spl_hostid=1 root=zfs:tank fsck.mode=skip'
          mount --bind $root/cmdline $root/proc/cmdline
          program zfs-import`,
        );
        expect(said).not.toContain("means nothing");
        expect(said).toContain("zfs-import ended with 0");
      },
      SLOW,
    );

    test(
      "both words among others",
      () => {
        const seen = run(
          "one",
          `echo 'tank 1 ONLINE 0' >$root/state/pools
          command_line 'console="ttyS0 zfs-guix=ship" zfs.zfs_arc_max=1 zfs-guix=force-import zfs-guix=skip'
          mount --bind $root/cmdline $root/proc/cmdline
          program zfs-import`,
        );
        expect(began(seen, /^zpool import/)).toEqual([]);
        expect(seen.said).toContain("zfs-import ended with 0");
      },
      SLOW,
    );
  });

  describe("mount", () => {
    test(
      "a place is what the kernel makes of it",
      () => {
        const seen = run(
          "one",
          `rm $root/state/datasets
          mkdir -p $root/srv $root/etc $root/data
          mount -t tmpfs tmpfs $root/srv
          ln -s run $root/link
          ln -s ../gnu $root/data/gnu
          rm $root/bin
          mkdir $root/bin
          mount --bind /usr/bin $root/bin
          printf '/dev/x\\t/Bücher/\\text4\\n' >$root/etc/fstab
          number=0
          for place in // /gnu/ /gnu//store /srv/ /srv/../proc/x /link/x /link /data/gnu/x /. /new/../etc /etc/ /bin /Bücher; do
            number=$((number + 1))
            dataset tank/$number $place
          done
          dataset tank/etc/nix /etc/nix
          dataset tank/home /home/
          dataset tank/link /data/link
          program zfs-mount`,
        );
        expect(began(seen, /^zfs mount/)).toEqual([
          "zfs mount tank/link",
          "zfs mount tank/etc/nix",
          "zfs mount tank/home",
        ]);
        expect(seen.said.match(/^Dataset 'tank\/\d+' is not mounted on/gm)).toHaveLength(13);
        expect(seen.said).toContain("on /run/x: /run is the system's own.");
        expect(seen.said).toContain("on /Bücher: /dev/x is mounted there, or is to be.");
        expect(seen.said).toContain("zfs-mount ended with 0");
      },
      SLOW,
    );

    test(
      "legacy datasets whose name, and whose directory, has a space or is not in ASCII",
      () => {
        const seen = run(
          "legacy",
          `dataset "tank/my data" legacy
          dataset tank/off legacy '' none off
          program zfs-mount
          (cd $root && ls -d B*/*)`,
        );
        expect(began(seen, /^(mount\.zfs|zfs mount)/)).toEqual([
          "mount.zfs tank/my data /Bücher/my data",
          "zfs mount tank/home",
          "mount.zfs tank/off /off",
        ]);
        expect(seen.said).toContain("Bücher/my data\n");
      },
      SLOW,
    );

    test(
      "a legacy dataset of a pool that is not mounted else, and one of a pool that is not there",
      () => {
        const seen = run(
          "left",
          `rm $root/state/datasets
          printf 'backup\\t1\\n' >$root/state/imported
          dataset backup /backup
          dataset backup/x legacy
          program zfs-mount
          sed -i '/x/d' $root/state/datasets
          program zfs-mount`,
        );
        expect(began(seen, /^(mount\.zfs|zfs mount)/)).toEqual(["mount.zfs backup/x /x"]);
        // Whether a pool must be there, 'pools' says.
        expect(seen.said).toMatch(
          /no dataset 'gone\/y'[^]*zfs-mount ended with 0[^]*no dataset 'backup\/x'[^]*zfs-mount ended with 1/,
        );
      },
      SLOW,
    );

    test(
      "what lies in a dataset whose key is to come is mounted after it",
      () => {
        const seen = run(
          "one",
          `dataset tank/a /a tank/a file:///Schlüssel
          dataset tank/a/below /a/below
          dataset tank/b /a tank/b file:///b
          dataset tank/c /c tank/c prompt
          dataset tank/c/below /c/below
          echo tank/b >$root/state/received
          program zfs-mount
          touch $root/Schlüssel
          program zfs-mount`,
        );
        expect(began(seen, /^zfs (mount|load-key)/)).toEqual([
          "zfs mount tank/c/below",
          "zfs mount tank/home",
          "zfs load-key tank/a",
          "zfs mount tank/a",
          "zfs mount tank/a/below",
        ]);
        expect(seen.said).toContain("Dataset 'tank/a/below' is mounted when that is unlocked");
      },
      SLOW,
    );
  });

  describe("keys", () => {
    test(
      "one is asked for by what needs it; what is not there is told of",
      () => {
        const { said } = run(
          "asked",
          `dataset tank/a none tank/a prompt
          dataset tank/a/below none tank/a prompt
          program zfs-load-keys`,
        );
        expect(said).toContain("Dataset 'tank/a' stays locked, since its key is to be typed");
        expect(said).toContain("There is no dataset 'tank/nowhere': see 'ask-for-keys'");
        expect(said).not.toContain("is not asked for");
      },
      SLOW,
    );

    test(
      "one of what 'zfs receive' made is not asked for, and it is said how it would be",
      () => {
        const { said } = run(
          "one",
          `dataset tank/moved /moved tank/moved prompt
          dataset tank/moved/below /moved/below tank/moved
          dataset tank/set-aside none tank/set-aside prompt
          printf '%s\\n' tank/moved 'tank/moved/below\ttank/moved' tank/set-aside >$root/state/received
          program zfs-load-keys
          cat $root/run/zfs-guix/reports/zfs-load-keys`,
        );
        expect(said).toMatch(/^note: The key of 'tank\/moved' .* into 'ask-for-keys'/m);
        expect(said).toContain("'tank/set-aside' is not asked for: nothing that is to be mounted");
        expect(said).toContain("zfs-load-keys ended with 0");
      },
      SLOW,
    );

    test(
      "one at an address that cannot be had names the field",
      () => {
        const { said } = run(
          "one",
          `dataset tank/a /a tank/a https://example.org/key
          program zfs-load-keys`,
        );
        expect(said).toMatch(/'tank\/a' stays locked, since .* needs 'address-requirement'/);
        expect(said).toContain("zfs-load-keys ended with 1");
      },
      SLOW,
    );

    test(
      "one that would lie in a dataset that is not mounted is missing",
      () => {
        const { said } = run(
          "one",
          `dataset tank/old /
          dataset tank/keys /keys
          dataset tank/a /a tank/a file:///root/a
          dataset tank/b /b tank/b file:///keys/b
          program zfs-load-keys`,
        );
        expect(said).toContain("Failed to open key material file");
        expect(said).not.toContain("'tank/old', which is mounted first");
        expect(said).toContain("The key of 'tank/b' is to be in 'tank/keys', which is mounted");
        expect(said).toContain("zfs-load-keys ended with 1");
      },
      SLOW,
    );

    test(
      "one in a file whose name is not in ASCII",
      () => {
        const seen = run(
          "one",
          `mkdir -p "$root/media/Ünser Stick"
          touch "$root/media/Ünser Stick/key"
          dataset tank/a /a tank/a "file:///media/Ünser Stick/key"
          program zfs-load-keys`,
        );
        expect(began(seen, /load-key/)).toEqual(["zfs load-key tank/a"]);
        expect(seen.said).toContain("zfs-load-keys ended with 0");
      },
      SLOW,
    );
  });

  test(
    "the pool that the root file system is in is written out, and the others are exported",
    () => {
      const seen = run(
        "known",
        `printf 'rpool\\t1\\n''tank\\t2\\n' >$root/state/imported
        cp /proc/uptime /proc/cmdline $root/tmp
        umount $root/proc
        mkdir $root/proc/self $root/etc/zfs
        cp $root/tmp/* $root/proc
        printf '%s\\n' '1 1 0:1 / / rw - rootfs none rw' '2 1 0:2 / / rw - zfs rpool/ROOT/guix rw' >$root/proc/self/mountinfo
        program zfs-export`,
      );
      expect(seen.log.filter((line) => !line.startsWith("zpool list"))).toEqual([
        "zfs unmount -a",
        "zpool sync rpool",
        "zpool export tank",
      ]);
      expect(seen.said).toContain("zfs-export ended with 0");
    },
    SLOW,
  );

  test(
    "on a full disk, datasets are mounted, and pools are exported, although neither can be written down",
    () => {
      const seen = run(
        "known",
        `printf 'tank\\t1\\n' >$root/state/imported
        mkdir -p $root/etc/zfs $root/run/zfs-guix
        for directory in /etc/zfs /run/zfs-guix; do
          mount -t tmpfs -o size=4k tmpfs $root$directory
          head -c 4096 /dev/zero >$root$directory/full
        done
        dataset tank/dev /dev
        program zfs-mount
        program zfs-export`,
      );
      expect(began(seen, /^(zfs (un)?mount|zpool export)/)).toEqual([
        "zfs mount tank/home",
        "zfs unmount -a",
        "zpool export -a",
      ]);
      expect(seen.said).toContain("zfs-guix.pools cannot be written: No space left on device.");
      expect(seen.said).toContain("zfs-mount ended with 0");
      expect(seen.said).toContain("zfs-export ended with 0");
    },
    SLOW,
  );

  describe("volumes", () => {
    const VOLUMES = [
      "tank/hidden\tnone\t-\t-\t-",
      "tank/locked\tdefault\tunavailable\t-\t-",
      "tank/partial\tdefault\t-\t1-token\t-",
      "tank/redacted\tdefault\t-\t-\t123",
      "tank/my vm\tdefault\t-\t-\t-",
      "tank/vm\tfull\t-\t-\t-",
    ].join("\n");

    test.each([
      ["", "/dev/zvol/tank/my+vm, /dev/zvol/tank/vm"],
      ["echo 3 >$parameters/zvol_volmode", "/dev/zvol/tank/vm"],
      ["echo 1 >$parameters/zvol_inhibit_dev", undefined],
    ])(
      "those are waited for that have a device, %s",
      (parameter, awaited) => {
        const { said } = run(
          "one",
          `parameters=$root/sys/module/zfs/parameters
          mkdir $parameters
          echo 1 >$parameters/zvol_volmode
          echo 0 >$parameters/zvol_inhibit_dev
          ${parameter}
          printf '%s\\n' '${VOLUMES}' >$root/state/volumes
          program zfs-volumes`,
        );
        expect(/These volumes have no link after 2 seconds: (.*)\./.exec(said)?.[1]).toBe(awaited);
        expect(said).toContain(`zfs-volumes ended with ${awaited === undefined ? 0 : 1}`);
      },
      SLOW,
    );
  });

  test(
    "what cannot be written to is not trimmed, nor are snapshots taken of it",
    () => {
      const seen = run(
        "snapshots",
        `printf 'tank\\t1\\n''old\\t2\\tnone\\ton\\n' >$root/state/imported
        printf '%s\\t-\\t-\\n' tank old old/x >$root/state/filesystems
        program zfs-trim
        program zfs-snapshot-all`,
      );
      expect(began(seen, /^zpool trim|^zfs snapshot/)).toEqual([
        "zpool trim tank",
        expect.stringMatching(/-desc=- tank@zfs-auto-snap_all-\S+$/),
      ]);
      expect(seen.said).toContain("zfs-trim ended with 0");
      expect(seen.said).toContain("zfs-snapshot-all ended with 0");
    },
    SLOW,
  );
});
