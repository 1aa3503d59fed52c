import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { onRealGuix, SLOW } from "../../support/real-guix";
import { bootWith, lower } from "./lowered";
import { system, withFields } from "./systems";

/** A snapshot with LABEL that was taken now, as a regular expression. */
const now = (label: string): string =>
  String.raw`zfs-auto-snap_${label}-${new Date().getUTCFullYear()}-\d\d-\d\d-\d{4}`;

/** The snapshots of the system, by their labels. */
const LABELS = {
  all: "",
  home: '(datasets \'("tank/home"))',
  missing: '(datasets \'("tank/nome" "tank/home/ann"))',
  optin: "(default-exclude? #t)",
  calm: "(skip-scrub? #t)",
};

const SYSTEM = system(
  withFields(`(command-timeout 3)
    ;; Sundays, of which the Shepherd makes no day.
    (scrub '(("tank" . "0 3 * * 0-1/5") ("already" . "0 3 * * 0")))
    (trim "0 3 * * 0")
    (snapshots (list ${Object.entries(LABELS)
      .map(
        ([label, fields]) =>
          `(zfs-snapshot (label "${label}") (keep 2) (schedule "0 0 * * *") ${fields})`,
      )
      .join("\n")}))`),
);

/** As `zfs list` has them: the name, the property for all snapshots and that of the label. */
const homes = (excluded = "-", own = "-"): string =>
  [
    "tank\t-\t-",
    "tank/home\t-\t-",
    "tank/home/ann\t-\t-",
    "tank/home/bob\t-\t-",
    "tank/home/bob/films\t-\t-",
    `tank/home/carl\t${excluded}\t${own}`,
    "tank/homework\t-\t-",
    "data\t-\t-",
  ].join("\n");

/** What `zpool scrub` or `zpool trim` says, and whether something is wrong with it. */
const WORDS: readonly (readonly [program: string, said: string, status: 0 | 1])[] = [
  // lib/libzfs/libzfs_util.c of 2.1.16; 2.2 has dropped the word "current".
  [
    "scrub-tank",
    "cannot scrub tank: currently scrubbing; use 'zpool scrub -s' to cancel current scrub",
    0,
  ],
  ["scrub-tank", "cannot scrub tank: currently scrubbing; use 'zpool scrub -s' to cancel scrub", 0],
  ["scrub-tank", "cannot scrub tank: currently resilvering", 0],
  // 2.2 to 2.4
  [
    "scrub-tank",
    "cannot scrub tank: currently error scrubbing; use 'zpool scrub -s' to cancel error scrub",
    0,
  ],
  // Nobody goes on with it.
  [
    "scrub-tank",
    "cannot scrub tank: error scrub is paused; use 'zpool scrub -e' to resume error scrub",
    1,
  ],
  ["scrub-tank", "cannot scrub tank: pool I/O is currently suspended", 1],
  ["scrub-tank", "cannot scrub tank: pool is read-only", 1],
  ["scrub-tank", "cannot open 'tank': no such pool", 1],
  // The name of a pool is no reason.
  ["scrub-already", "cannot open 'already': no such pool", 1],
  ["scrub-already", "cannot scrub already: currently resilvering", 0],
  ["trim", "cannot trim '/dev/disk/by-id/a-part1': currently trimming", 0],
  [
    "trim",
    String.raw`cannot trim '/dev/vda1': currently trimming\ncannot trim '/dev/vdb1': currently trimming`,
    0,
  ],
  ["trim", "cannot trim: no devices in pool support trim operations", 0],
  ["trim", "cannot trim '/dev/vda1': trim operations are not supported by this device", 0],
  [
    "trim",
    String.raw`cannot trim '/dev/vda1': currently trimming\ncannot trim '/dev/vdb1': device is currently unavailable`,
    1,
  ],
  ["trim", "operation failed: pool is read-only", 1],
];

onRealGuix((guix) => {
  let work = "";
  beforeAll(() => {
    work = lower(guix, { system: SYSTEM });
  }, SLOW);
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  /** What happened when SCRIPT was run with the programs of the system, which is not booted. */
  const run = (script: string) => bootWith(join(work, "system"), script);

  /** Takes the snapshots with LABEL of DATASETS, lines of `zfs list`; those that were taken, and the rest. */
  function snapshots(label: keyof typeof LABELS, datasets: string, prepare = "") {
    const { log, said } = run(`printf '%s\\n' '${datasets}' >$root/state/filesystems
      printf 'tank\\ndata\\n' >$root/state/imported
      ${prepare}
      program zfs-snapshot-${label}
      echo "== snapshots"
      sort $root/state/snapshots 2>/dev/null || true`);
    const [words = "", taken = ""] = said.split("== snapshots\n");
    return {
      log,
      words,
      taken: taken
        .trim()
        .split("\n")
        .map((line) => line.replace(new RegExp(`@${now(label)}$`), "@now"))
        .sort(),
    };
  }

  describe("what OpenZFS says", () => {
    let answers: string[] = [];
    beforeAll(() => {
      const one = ([program, words]: (typeof WORDS)[number]): string =>
        `cat >$root/state/says <<'END'
zpool ${program.replace("-", " ")}\t${words}
END
        echo tank >$root/state/imported
        program zfs-${program}
        echo ==`;
      answers = run(WORDS.map(one).join("\n")).said.split("==\n");
    }, SLOW);

    test.each(WORDS.map((row, index) => [...row, index] as const))(
      "%s: %s: %i",
      (program, words, status, index) => {
        expect(answers[index]).toContain(`zfs-${program} ended with ${status}`);
        // Nothing that was said is lost.
        for (const line of words.split(String.raw`\n`)) expect(answers[index]).toContain(line);
      },
    );
  });

  test("a trim that was started, of all pools", () => {
    const { log, said } = run("printf 'tank\\ndata\\n' >$root/state/imported; program zfs-trim");
    expect(log).toEqual(["zpool list -H -o name,readonly", "zpool trim tank", "zpool trim data"]);
    expect(said).toContain("zfs-trim ended with 0");
  });

  describe("snapshots", () => {
    const ALL = ["tank/home", "tank/home/ann", "tank/home/bob", "tank/home/bob/films"];

    test("of a dataset and all below it, at the same moment", () => {
      const { taken, words, log } = snapshots("home", homes());
      expect(taken).toEqual([...ALL, "tank/home/carl"].map((name) => `${name}@now`).sort());
      expect(words).toContain("ended with 0");
      expect(log.filter((line) => line.startsWith("zfs snapshot"))).toHaveLength(1);
    });

    test("with one excluded, of all the others", () => {
      for (const excluded of [homes("false"), homes("-", "false"), homes("true", "FALSE")])
        expect(snapshots("home", excluded).taken).toEqual(ALL.map((name) => `${name}@now`).sort());
    });

    test("of all pools, each at one moment", () => {
      const { taken, log } = snapshots("all", homes("false"));
      expect(taken).toEqual(
        ["data", "tank", ...ALL, "tank/homework"].map((name) => `${name}@now`).sort(),
      );
      expect(log.filter((line) => line.startsWith("zfs snapshot"))).toHaveLength(2);
    });

    test("one that has no room is a failure, and the others are taken", () => {
      const { taken, words } = snapshots(
        "home",
        homes("false"),
        "echo tank/home/bob >$root/state/full",
      );
      expect(taken).toEqual(
        ["tank/home", "tank/home/ann", "tank/home/bob/films"].map((name) => `${name}@now`).sort(),
      );
      expect(words).toMatch(/out of space/);
      // What zfs-guix-status shows are the last lines.
      expect(words.trim().split("\n").slice(-2)).toEqual([
        expect.stringMatching(`^There is no snapshot '${now("home")}' of tank/home/bob\\.$`),
        expect.stringMatching(/ended with 1$/),
      ]);
    });

    test("a name that is not there is a failure, and the others are taken", () => {
      const { taken, words } = snapshots("missing", homes());
      expect(taken).toEqual(["tank/home/ann@now"]);
      expect(words).toContain("There is no dataset tank/nome.\nzfs-snapshot-missing ended with 1");
    });

    test("only of those that opt in", () => {
      const { taken, words } = snapshots(
        "optin",
        "tank\t-\t-\ntank/a\ttrue\t-\ntank/b\t-\ttrue\ntank/c\ttrue\tfalse\ntank/d\tfalse\ttrue",
      );
      expect(taken).toEqual(["tank/a@now", "tank/b@now", "tank/d@now"]);
      expect(words).toContain("ended with 0");
    });

    test("not while a pool is scrubbed", () => {
      const status = (scan: string): string =>
        `printf '  pool: data\\n state: ONLINE\\n  scan: ${scan} since Sun Nov  8 02:24:01 2026\\n\\t1G scanned\\nconfig:\\n\\n\\tNAME\\n\\t scan: x\\n\\n  pool: tank\\n state: ONLINE\\n  scan: scrub repaired 0B in 00:00:01 with 0 errors on Sun Nov  8 02:24:05 2026\\n' >$root/state/status`;
      const { taken, words } = snapshots("calm", homes("false"), status("scrub in progress"));
      expect(taken).toEqual(["tank", ...ALL, "tank/homework"].map((name) => `${name}@now`).sort());
      expect(words).toContain("None of data, whose pool is being scrubbed.");
      expect(words).toContain("ended with 0");
      expect(snapshots("calm", homes("false"), status("scrub paused")).taken).toContain("data@now");
      // The others do not ask.
      expect(snapshots("all", homes(), status("scrub in progress")).taken).toContain("data@now");
    });

    test("a second one in the same minute is there already", () => {
      const { words } = snapshots(
        "home",
        homes(),
        // Where the minute ends between the two, there are two, and nothing is wrong either.
        "program zfs-snapshot-home",
      );
      expect(words.match(/ended with 0/g)).toHaveLength(2);
    });

    test("a command that hangs is stopped, and what it was about is said", () => {
      const { words } = snapshots("all", "tank\t-\t-", "echo 'zfs snapshot' >$root/state/hang");
      expect(words).toContain("The snapshots of pool 'tank' were stopped after 3 seconds.");
      expect(words).toContain("ended with 1");
    });

    test("datasets that cannot be listed are a failure", () => {
      const { words } = snapshots("home", homes(), "echo 'zfs list' >$root/state/fail");
      expect(words).toMatch(
        /failed with status 1:\n {2}failed, as it should\nzfs-snapshot-home ended with 1/,
      );
    });

    test("the oldest go, also those that zfs-auto-snapshot took, and no others", () => {
      const old = [
        ...["tank/home", "tank/home/ann", "tank/home/bob", "tank/home/bob/films"].flatMap(
          (dataset) =>
            // The clock was wrong once: the newest seems to be of 2001.
            ["2099-01-01-0000", "2001-01-02-0000"].map(
              (date) => `${dataset}@zfs-auto-snap_home-${date}`,
            ),
        ),
        "tank/home@zfs-auto-snap_home-by-hand",
        "tank/home@zfs-auto-snap_hourly-2026-01-01-0000",
        "tank/home@my-zfs-auto-snap_home-2026-01-01-0000",
        "tank/home/carl@zfs-auto-snap_home-2099-01-01-0000",
        "tank/homework@zfs-auto-snap_home-2099-01-01-0000",
      ];
      const { taken, words, log } = snapshots(
        "home",
        homes("false"),
        `printf '%s\\n' ${old.join(" ")} >$root/state/snapshots; echo tank/home/ann >$root/state/full`,
      );
      // Where none was taken, none goes.
      const gone = ["tank/home", "tank/home/bob", "tank/home/bob/films"].map(
        (dataset) => `${dataset}@zfs-auto-snap_home-2099-01-01-0000`,
      );
      expect(taken).toEqual(
        [
          ...old.filter((name) => !gone.includes(name)),
          ...["tank/home", "tank/home/bob", "tank/home/bob/films"].map((name) => `${name}@now`),
        ].sort(),
      );
      expect(words).toContain("ended with 1");
      // Few commands: what is below goes with it where it may.
      expect(log.filter((line) => line.startsWith("zfs destroy"))).toEqual([
        "zfs destroy -d tank/home@zfs-auto-snap_home-2099-01-01-0000",
        "zfs destroy -d -r tank/home/bob@zfs-auto-snap_home-2099-01-01-0000",
      ]);
    });
  });

  describe("what was missed", () => {
    const LONG_AGO = "Sun Jan  1 02:24:05 2023";
    const seconds = Math.floor(Date.now() / 1000);
    /** Now, as ctime writes it where there is no time zone. */
    const JUST_NOW = new Date()
      .toUTCString()
      .replace(/^(\w+), (\d+) (\w+) (\d+) ([\d:]+) GMT$/, (_, week, day, month, year, time) =>
        [week, month, String(Number(day)).padStart(2), time, year].join(" "),
      );
    const repaired = (date: string): string =>
      `  scan: scrub repaired 0B in 00:00:01 with 0 errors on ${date}`;
    const done = `  pool: already\n state: ONLINE\n${repaired(JUST_NOW)}\nconfig:\n`;

    /** What was done by a machine that has been up for UPTIME seconds, where tank has the status TANK, what its disks say of trimming TRIM, and the pools and snapshots are of DATE. */
    function made({
      tank = repaired(JUST_NOW),
      trim = "trim unsupported",
      date = seconds,
      uptime = 1000,
    }): string[] {
      const { log, said } = run(`
        echo '${uptime} 0' >$root/uptime
        mount --bind $root/uptime $root/proc/uptime
        printf 'tank\nalready\n' >$root/state/imported
        printf 'tank\t%s\nalready\t%s\n' ${date} ${seconds} >$root/state/creations
        printf 'tank\t-\t-\ntank/home\t-\t-\ntank/home/ann\t-\ttrue\n' >$root/state/filesystems
        for label in ${Object.keys(LABELS).join(" ")}; do
          printf 'tank/home/ann@zfs-auto-snap_%s-2023-01-01-0000\t%s\n' $label ${date}
        done >$root/state/snapshot-dates
        cat >$root/state/status <<'END'
  pool: tank
 state: ONLINE
${tank}
config:

\tNAME        STATE     READ WRITE CKSUM
\ttank        ONLINE       0     0     0
\t  vda       ONLINE       0     0     0  (${trim})

${done}
END
        program zfs-catch-up`);
      expect(said).toMatch(/zfs-catch-up ended with/);
      return log.filter((line) => /^(zpool (scrub|trim)|zfs snapshot) /.test(line));
    }

    test("nothing, where all was done", () => {
      expect(made({ trim: `100% trimmed, completed at ${JUST_NOW}` })).toEqual([]);
    });

    test("a scrub, of the pool alone that missed it", () => {
      expect(made({ tank: repaired(LONG_AGO) })).toEqual(["zpool scrub tank"]);
      expect(made({ tank: `  scan: scrub canceled on ${LONG_AGO}` })).toEqual(["zpool scrub tank"]);
      // A resilver hides when the last scrub was, and is none.
      expect(
        made({
          tank: `  scan: resilvered 1G in 00:00:01 with 0 errors on ${JUST_NOW}`,
          date: 1672531200,
        }).filter((line) => line.includes("scrub")),
      ).toEqual(["zpool scrub tank"]);
      expect(made({ tank: "", date: 1672531200 }).filter((line) => line.includes("scrub"))).toEqual(
        ["zpool scrub tank"],
      );
    });

    test("no scrub of a pool that is younger, or at work", () => {
      expect(made({ tank: "  scan: none requested" })).toEqual([]);
      for (const scan of ["scrub in progress", "scrub paused", "resilver in progress"])
        expect(
          made({
            tank: `${repaired(LONG_AGO)}\n  scan: ${scan} since ${LONG_AGO}`,
          }),
        ).toEqual([]);
    });

    test("a trim", () => {
      expect(made({ trim: `100% trimmed, completed at ${LONG_AGO}` })).toEqual([
        "zpool trim tank",
        "zpool trim already",
      ]);
      expect(made({ trim: `50% trimmed, started at ${LONG_AGO}` })).toEqual([]);
      expect(made({ trim: "untrimmed" })).toEqual([]);
    });

    test("snapshots", () => {
      expect(
        made({ date: 1672531200 }).map((line) => line.replace(/-\d{4}-\d\d-\d\d-\d{4}/g, "")),
      ).toEqual(
        [
          ["all", "tank", "tank/home", "tank/home/ann"],
          ["home", "tank/home", "tank/home/ann"],
          ["missing", "tank/home/ann"],
          ["optin", "tank/home/ann"],
          ["calm", "tank", "tank/home", "tank/home/ann"],
        ].map(
          ([label, ...datasets]) =>
            `zfs snapshot -o com.sun:auto-snapshot-desc=- ${datasets.map((name) => `${name}@zfs-auto-snap_${label}`).join(" ")}`,
        ),
      );
    });

    test("not while people log in", () => {
      expect(made({ tank: repaired(LONG_AGO), date: 1672531200, uptime: 200 })).toEqual([]);
    });
  });
});
