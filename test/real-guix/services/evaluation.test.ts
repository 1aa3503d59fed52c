import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { read } from "../../../src/read/scheme/read";
import {
  asSymbol,
  children,
  headSymbol,
  isList,
  walk,
  type Datum,
  type ListDatum,
} from "../../../src/read/scheme/datum";
import { onRealGuix, runGuix, SLOW } from "../../support/real-guix";
import { PROJECT } from "../../support/run";
import { system, withFields } from "./systems";

const CHANNEL = join(PROJECT, "generated");
const plain = "(service zfs-service-type)";

/** A kernel as another channel makes it. */
const OTHER = `(define linux
  (package
    (inherit linux-libre-6.12)
    (name "linux")))`;

/** TEXT, a system, with the network. */
const networked = (text: string): string =>
  text.replace(
    "%base-services",
    "(cons (service (@ (gnu services networking) dhcpcd-service-type)) %base-services)",
  );

const systems = {
  defaults: system(plain),
  every: networked(
    system(
      withFields(`
      (zfs-for-kernel (lambda (kernel) (zfs-for-kernel kernel)))
      (hostid "1a2B3c4d")
      (module-options '(("zfs_arc_max" . 4294967296) ("zfs_txg_timeout" . "10")
                        ("spl_kmem_cache_slab_limit" . 0) ("zfs_deadman_failmode" . "panic")))
      (pools (list "tank" "my data" 1234 "5678"
                   (zfs-pool (name "backup") (mount? #f) (read-only? #t) (altroot "/media/backup"))))
      (devices '("/dev/disk/by-partuuid" "/dev/mapper"))
      (import-timeout 0)
      (import-requirement '(networking))
      (key-requirement '(file-system-/dev/shm))
      (ask-for-keys '("tank/home"))
      (legacy-mounts '(("tank/legacy" . "/legacy")))
      (prompt-timeout 0)
      (address-requirement '(networking))
      (required-for-login? #t)
      (share? #t)
      (share-requirement '(networking))
      (zed? #t)
      (zed-email "root@example.org")
      (zed-email-program "/run/current-system/profile/bin/mail")
      (zed-settings '(("ZED_NOTIFY_VERBOSE" . #t) ("ZED_NOTIFY_INTERVAL_SECS" . 60) ("ZED_SYSLOG_TAG" . "it's")))
      (scrub '(("tank" . "0 3 * * 0") ("my data" . "0 4 * * 0")))
      (trim #~(calendar-event #:hours '(4) #:minutes '(0)))
      (snapshots (cons (zfs-snapshot (label "by:hand") (keep 1) (schedule "0 0 1 * *")
                           (datasets '("tank/home")) (default-exclude? #t) (skip-scrub? #t))
             %zfs-snapshots))
      (command-timeout 100)
      (shutdown-timeout 30)`),
      "(kernel linux-libre-6.6)",
    ),
  ),
  other: system(plain, "(kernel linux)", OTHER),
  byHand: system(
    plain,
    "(kernel linux-libre-6.12) (kernel-loadable-modules (list zfs-for-linux-6.12))",
  ),
  ofGuix: system(
    plain,
    '(kernel linux-libre-6.12) (kernel-loadable-modules (list (list zfs "module")))',
  ),
  tooNew: system(
    plain,
    "(kernel linux)",
    OTHER.replace('(name "linux")', '(name "linux") (version "9.9.1")'),
  ),
  data: system(withFields("(required-for-login? #f)")),
  declared: system(plain)
    .replace(
      "%base-file-systems",
      '(file-system (mount-point "/x") (device "tank/x") (type "zfs") (mount? #f)) %base-file-systems',
    )
    .replace("(cons (file-system", "(cons* (file-system"),
  // Names that once became one, and the days of the month that are even and Mondays, as cron has it.
  alike: system(
    withFields(`
      (scrub '(("a b" . "0 3 */2 * 1") ("a-b" . "0 3 * * 0") ("a:b" . "0 3 1 * *")))
      (trim '(("a b" . "0 3 * * 0") ("a-b" . "0 3 * * 0")))
      (snapshots (list (zfs-snapshot (label "a:b") (keep 1) (schedule "0 0 * * *"))
                       (zfs-snapshot (label "a-b") (keep 1) (schedule "0 0 * * *"))))`),
  ),
  luks: system(
    plain,
    `(kernel linux-libre-6.12)
  (mapped-devices
    (list (mapped-device (source "/dev/vda2") (target "zfs") (type luks-device-mapping))
          (mapped-device (source "zfs") (targets '("zfs-guix" "zfs-guix-volumes")) (type lvm-device-mapping))
          (mapped-device (source "guix") (target "zfs-guix") (type lvm-device-mapping))
          (mapped-device (source (list "/dev/vdb" "/dev/vdc")) (target "/dev/md0") (type raid-device-mapping))))
  (swap-devices (list (swap-space (target "/dev/zvol/tank/swap") (dependencies (list %zfs-volumes)))))`,
  ),
  none: system(withFields("(zed? #f) (scrub #f)")),
  afterNothing: system("(service (after-zfs-mount special-files-service-type) '())"),
  container:
    system(plain).replace(
      "(operating-system\n",
      "((@ (gnu system linux-container) containerized-operating-system) (operating-system\n",
    ) + " '())",
} as const;

/** A mistake in `zfs-configuration`, and what is said of it. */
const MISTAKES: readonly (readonly [string, RegExp])[] = [
  [
    '(hostid "1234")',
    /zfs-configuration: invalid value "1234" for field 'hostid': a string of eight hexadecimal digits .* is expected/,
  ],
  ['(hostid "00000000")', /field 'hostid'/],
  ["(hostid 12345678)", /invalid value 12345678 for field 'hostid'/],
  [
    '(pools \'("mirror-a"))',
    /invalid value \("mirror-a"\) for field 'pools': a list of names of pools/,
  ],
  ['(pools \'("a/b"))', /field 'pools'/],
  ['(pools \'("-f"))', /field 'pools'/],
  ['(pools "tank")', /invalid value "tank" for field 'pools'/],
  ["(pools '(0))", /field 'pools'/],
  ['(pools \'("017"))', /field 'pools'/],
  ['(pools (list (zfs-pool (name "raidz"))))', /zfs-pool: invalid value "raidz" for field 'name'/],
  ['(pools (list (zfs-pool (name "a") (mount? "no"))))', /zfs-pool: .* for field 'mount\?'/],
  ["(pools (list (zfs-pool (name 1) (read-only? 'yes))))", /zfs-pool: .* for field 'read-only\?'/],
  ['(pools (list (zfs-pool (name 1) (altroot "media"))))', /zfs-pool: .* for field 'altroot'/],
  ['(pools (list (zfs-pool (name 1) (altroot "/media/../etc"))))', /field 'altroot'/],
  ['(devices \'("disk"))', /field 'devices'.*absolute/],
  [
    "(import-timeout -1)",
    /invalid value -1 for field 'import-timeout': a number of seconds, an integer that is not negative, is expected/,
  ],
  ["(import-timeout 1.5)", /field 'import-timeout'/],
  ['(pools (list "tank" (zfs-pool (name "tank") (mount? #f))))', /field 'pools'.* each other than/],
  ['(pools \'(17 "17"))', /field 'pools'/],
  ["(pools '(18446744073709551616))", /field 'pools'/],
  ["(command-timeout 0)", /invalid value 0 for field 'command-timeout'/],
  ["(shutdown-timeout #f)", /field 'shutdown-timeout'/],
  ["(prompt-timeout #t)", /invalid value #t for field 'prompt-timeout'/],
  ["(required-for-login? 1)", /field 'required-for-login\?': #t or #f is expected/],
  [
    "(import-requirement 'udev)",
    /field 'import-requirement': a list of names of Shepherd services/,
  ],
  ['(key-requirement \'("udev"))', /field 'key-requirement'/],
  [
    "(ask-for-keys #f)",
    /invalid value #f for field 'ask-for-keys': #t, or a list of names of datasets/,
  ],
  ['(legacy-mounts \'(("tank/a" . "a")))', /field 'legacy-mounts': a list of pairs/],
  ['(legacy-mounts \'(("tank/a" . "/a") ("tank/b" . "/a")))', /field 'legacy-mounts'/],
  ['(pools (list (zfs-pool (name 1) (altroot "/run/media"))))', /field 'altroot'/],
  ...[
    "/gnu",
    "/run/x",
    "/etc",
    "/boot",
    "/usr",
    "/var",
    "/var/guix",
    "/a/",
    "/a//b",
    "/a/../gnu",
    "/",
  ].map(
    (place) =>
      [
        `(legacy-mounts '(("tank/a" . "${place}")))`,
        /field 'legacy-mounts': a list of pairs/,
      ] as const,
  ),
  ["(share? '())", /field 'share\?': #t or #f is expected/],
  ['(zed? "yes")', /field 'zed\?': #t or #f is expected/],
  ['(zed-email-program "mail")', /invalid value "mail" for field 'zed-email-program'/],
  [
    "(zfs-for-kernel zfs)",
    /invalid value #<package zfs@.*> for field 'zfs-for-kernel': a procedure that takes a kernel/,
  ],
  [
    "(zfs-for-kernel (const 1))",
    /'zfs-for-kernel' of zfs-configuration returned 1 for linux-libre, where a package is expected/,
  ],
  ['(scrub "every day")', /invalid value "every day" for field 'scrub': a line for cron such as/],
  ['(scrub "0 24 * * *")', /field 'scrub'/],
  ['(scrub "0 0 30 2 *")', /field 'scrub'/],
  ['(scrub "0 0 * * 7")', /field 'scrub'/],
  // cron would scrub on each first of a month, and on each Monday.
  ['(scrub "0 3 1 * 1")', /field 'scrub'.*of which one of the two days is "\*"/],
  ['(scrub "0 3 1-7 * 1-5")', /field 'scrub'/],
  ['(scrub \'(("tank" . "0 3 */2 * 1") ("data" . "0 3 1 * 1")))', /field 'scrub'/],
  ['(scrub "*/0 0 * * *")', /field 'scrub'/],
  ['(trim \'(("tank" . "0 0 * *")))', /field 'trim'/],
  ['(trim \'(("a" . "0 0 * * *") ("a" . "0 1 * * *")))', /field 'trim'/],
  ["(snapshots '(daily))", /field 'snapshots'/],
  [
    '(snapshots (list (zfs-snapshot (label "a b") (keep 1) (schedule "0 0 * * *"))))',
    /zfs-snapshot: invalid value "a b" for field 'label'/,
  ],
  [
    '(snapshots (list (zfs-snapshot (label "Daily") (keep 1) (schedule "0 0 * * *"))))',
    /invalid value "Daily" for field 'label': a string of small letters/,
  ],
  [
    '(snapshots (list (zfs-snapshot (label "a") (keep 1) (schedule "0 0 * * *") (default-exclude? "yes"))))',
    /field 'default-exclude\?': #t or #f is expected/,
  ],
  [
    '(snapshots (list (zfs-snapshot (label "a") (keep 1) (schedule "0 0 * * *") (skip-scrub? 1))))',
    /field 'skip-scrub\?': #t or #f is expected/,
  ],
  [
    '(snapshots (list (zfs-snapshot (label "a") (keep 0) (schedule "0 0 * * *"))))',
    /zfs-snapshot: invalid value 0 for field 'keep'/,
  ],
  [
    '(snapshots (list (zfs-snapshot (label "a") (keep 1) (schedule "daily"))))',
    /zfs-snapshot: invalid value "daily" for field 'schedule'/,
  ],
  [
    '(snapshots (list (zfs-snapshot (label "a") (keep 1) (schedule "0 0 * * *") (datasets \'("tank/../x")))))',
    /field 'datasets'/,
  ],
  ['(module-options \'(("zfs_arc_max" . "1 spl_hostid=1")))', /field 'module-options'/],
  ["(module-options '((zfs_arc_max . 1)))", /field 'module-options'.* a list of pairs/],
  // The module would ignore the unit, or all of it, and say so nowhere but in the kernel's log.
  ...(
    [
      ["4G", 4294967296],
      ["512m", 536870912],
      ["1.5GiB", 1610612736],
      ["64 KB", 65536],
      ["1T", 1099511627776],
    ] as const
  ).map(
    ([size, bytes]) =>
      [
        `(module-options '(("zfs_txg_timeout" . 5) ("zfs_arc_max" . "${size}")))`,
        new RegExp(
          `field 'module-options': \\("zfs_arc_max" \\. ${bytes}\\), in bytes .*is expected`,
        ),
      ] as const,
  ),
  [
    '(module-options \'(("zfs_arc_min" . -1)))',
    /a number from 0 to 2\^64 - 1 for "zfs_arc_min" is expected/,
  ],
  ['(module-options \'(("zfs_arc_max" . "-1")))', /a number from 0 to/],
  ['(module-options \'(("zfs_arc_max" . "50%")))', /a number from 0 to/],
  // The module would not load, and of two of one name the last one counts.
  ['(module-options \'(("zfs_arc_max" . 18446744073709551616)))', /a number from 0 to 2\^64 - 1/],
  ['(module-options \'(("zfs_arc_max" . "0x10000000000000000")))', /a number from 0 to 2\^64 - 1/],
  [
    '(module-options \'(("zfs_txg_timeout" . 4294967296)))',
    /a number from 0 to 2\^32 - 1 for "zfs_txg_timeout"/,
  ],
  [
    '(module-options \'(("zfs_dmu_offset_next_sync" . "2147483648")))',
    /a number from 0 to 2\^31 - 1 for "zfs_dmu_offset_next_sync"/,
  ],
  ['(module-options \'(("zfs_arc_max" . 1) ("zfs_arc_max" . 2)))', /each of another parameter/],
  [
    '(hostid "1a2b3c4d") (module-options \'(("spl_hostid" . "0x1")))',
    /the fields 'hostid' and 'module-options' both set spl_hostid/,
  ],
  ['(module-options \'(("zfs_arc_max" . 1.5)))', /a number from 0 to/],
  [
    '(module-options \'(("zfs_prefetch_disable" . #t)))',
    /field 'module-options': \("zfs_prefetch_disable" \. 1\), a number as the module has it,/,
  ],
  ['(module-options \'(("ZFS_ARC_MAX" . 1)))', /has no parameter ZFS_ARC_MAX/],
  ['(module-options \'(("zfs.zfs_arc_max" . 1)))', /a list of pairs such as/],
  ['(module-options \'(("zfs_txg_timeout" . "soon")))', /a number from 0 to/],
  [
    '(module-options \'(("zfs_arc_mxa" . 1) ("zfs_txg_timeout" . 5)))',
    /field 'module-options': OpenZFS \d+\.\d+\.\d+ has no parameter zfs_arc_mxa; 'man 4 zfs'/,
  ],
  // 2.2 has dropped it.
  ['(module-options \'(("zfs_arc_meta_limit" . 1)))', /has no parameter zfs_arc_meta_limit/],
  ['(module-options \'(("spl_max_show_tasks" . 1)))', /has no parameter spl_max_show_tasks/],
  ['(zed-email "$(reboot)")', /field 'zed-email'/],
  ['(zed-settings \'(("PATH" . "/")))', /field 'zed-settings'/],
  ['(zed-settings \'(("ZED_EMAIL_OPTS" . "`reboot`")))', /field 'zed-settings'/],
  ["(share-requirement 'nfs)", /field 'share-requirement'/],
  ['(address-requirement \'("networking"))', /field 'address-requirement'/],
  // What is never started would be waited for in vain.
  [
    "(import-requirement '(device-mapping-dta))",
    /requires 'device-mapping-dta', which is not provided by any service/,
  ],
  [
    "(key-requirement '(file-system-/kez))",
    /requires 'file-system-\/kez', which is not provided by any service/,
  ],
  ['(scrub "1.5 0 * * *")', /field 'scrub'/],
  ['(scrub "1e1 0 * * *")', /field 'scrub'/],
  ['(scrub "@daily")', /field 'scrub'/],
  ['(scrub "0 0 * jan *")', /field 'scrub'/],
  ['(scrub "5/15 0 * * *")', /field 'scrub'/],
  ['(scrub "30-10 0 * * *")', /field 'scrub'/],
  ['(scrub "0 0 31 4,6 *")', /field 'scrub'/],
  ["(trim (lambda (date) date))", /field 'trim'.*or a gexp of a calendar event/],
  ["(hostId #f)", /extraneous field initializers \(hostId\)/],
  [
    "(address-requirement '(no-such-service))",
    /requires 'no-such-service', which is not provided by any service/,
  ],
];

const SHOWN = [
  ...readFileSync(join(PROJECT, "doc/service.md"), "utf8").matchAll(/^```scheme\n([^]*?)^```$/gm),
].map(([, text]) => text!);

/** The image of doc/service.md. */
const IMAGE = SHOWN.find((text) => text.includes("\n(image\n"))!;

/** The examples of doc/service.md: operating-systems, some of their fields, and services. */
const EXAMPLES = SHOWN.filter((text) => text !== IMAGE).map((text) => {
  if (text.startsWith("(service ")) return networked(system(text));
  const [, fields] = /^\(operating-system-fields\n([^]*)\)\n$/.exec(text) ?? [];
  return fields === undefined ? text : withOwnFields(fields);
});

/** An operating-system with FIELDS, in Scheme, instead of those that it would have. */
function withOwnFields(fields: string): string {
  const [start, rest] = system(plain).split("  (file-systems ") as [string, string];
  const [fileSystems] = rest.split("  (kernel ") as [string];
  return `${start}
  (kernel linux-libre-6.12)
  ${fields.includes("(file-systems") ? "" : `(file-systems ${fileSystems}`}
  ${fields})
`.replace(
    "(use-package-modules linux file-systems)",
    "(use-package-modules linux file-systems databases)\n(use-service-modules databases dbus desktop docker networking nfs)",
  );
}

/** The atoms of FORMS. */
const atoms = (forms: readonly Datum[]): string[] =>
  forms.flatMap((form) => [...walk(form)]).flatMap((datum) => asSymbol(datum) ?? []);

// A field that one of these forgets would pass all that Guix is asked below.
describe("each field of the service", () => {
  const { forms } = read(readFileSync(join(PROJECT, "templates/services/zfs.scm"), "utf8"));
  const sanitizers = new Map(
    forms
      .filter((form) => isList(form, "define-sanitizer"))
      .map(({ items }) => [asSymbol(items[1]), atoms(items.slice(2, 4)).join(" ")]),
  );
  const records = forms.filter((form) => isList(form, "define-configuration/no-serialization"));
  const used = atoms(forms.filter((form) => !records.includes(form as ListDatum)));
  const fields = records.flatMap(({ items }) =>
    items.slice(2).map((field) => [asSymbol(items[1])!, headSymbol(field)!, field] as const),
  );

  test.each(fields)("%s, %s", (record, name, field) => {
    const of = [...walk(field)].find((datum) => isList(datum, "sanitizer"))!;
    expect(sanitizers.get(asSymbol(children(of)[1]))).toBe(`${record} ${name}`);
    // In its sanitizer, where it is taken out of the record, and where it is of use; or by its accessor.
    const uses = used.filter((atom) => atom === name).length;
    expect(uses > 2 || used.includes(`${record}-${name}`)).toBe(true);
    const values = MISTAKES.filter(([, said]) =>
      said.source.includes(`field '${name.replace("?", "\\?")}'`),
    );
    expect(values).not.toEqual([]);
    if (record === "zfs-configuration") expect(systems.every).toContain(`(${name} `);
  });
});

onRealGuix((guix) => {
  let directory = "";
  const facts = new Map<string, Map<string, string[]>>();

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "zfs-guix-"));
    const all = {
      ...systems,
      ...Object.fromEntries(EXAMPLES.map((text, index) => [`example-${index}`, text])),
      ...Object.fromEntries(
        MISTAKES.map(([fields], index) => [`mistake-${index}`, system(withFields(fields))]),
      ),
    };
    const files = Object.entries(all).map(([name, text]) => {
      writeFileSync(join(directory, name), text);
      return join(directory, name);
    });
    const { status, stdout, stderr } = runGuix(
      guix,
      [CHANNEL],
      "repl",
      "-q",
      "--",
      join(import.meta.dirname, "evaluate.scm"),
      ...files,
    );
    expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
    for (const line of stdout.trim().split("\n")) {
      const [, file = "", what = "", words = ""] = /^(\S+) (\S+) ?(.*)$/.exec(line) ?? [];
      const found = facts.get(basename(file)) ?? new Map<string, string[]>();
      facts.set(basename(file), found.set(what, [...(found.get(what) ?? []), words]));
    }
  }, SLOW);

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const of = (name: keyof typeof systems, what: string): string[] =>
    facts.get(name)?.get(what) ?? [];

  /** Whether a service needs another one, be it through others. */
  function needs(name: keyof typeof systems, service: string, other: string): boolean {
    const required = new Map(
      of(name, "service").map((line) => [line.split(" ")[0]!, line.split(" ").slice(1)]),
    );
    const seen = new Set<string>();
    const visit = (one: string): boolean =>
      one === other || (!seen.has(one) && (seen.add(one), (required.get(one) ?? []).some(visit)));
    return required.has(service) && visit(service);
  }

  test.each(["defaults", "every", "other", "byHand", "data", "alike", "none"] as const)(
    "%s: a system, with the ZFS for its kernel and no second one",
    (name) => {
      expect(of(name, "error")).toEqual([]);
      expect(of(name, "system")).toEqual([expect.stringMatching(/^\/gnu\/store\/.*-system\.drv$/)]);
      const modules = of(name, "module");
      expect(modules).toHaveLength(1);
      expect(modules[0]!.split(" ")[0]).toBe(
        name === "every" ? "zfs-for-linux-6.6" : "zfs-for-linux-6.12",
      );
      expect(modules[0]!.split(" ")[1]).toBe(of(name, "variant")[0]);
    },
  );

  test("homes and logins wait for the datasets, unless they are told not to", () => {
    for (const name of ["defaults", "every", "other"] as const)
      for (const service of ["user-homes", "term-tty1", "user-processes"])
        expect([name, service, needs(name, service, "zfs-mount")]).toEqual([name, service, true]);
    for (const service of ["user-homes", "term-tty1", "user-processes"])
      expect(needs("data", service, "zfs-mount")).toBe(false);
  });

  test("all that uses pools, and all processes, stop before they are exported", () => {
    for (const name of ["defaults", "every", "data"] as const)
      for (const service of [
        "zfs-import",
        "zfs-load-keys",
        "zfs-mount",
        "zed",
        "user-processes",
        "term-tty1",
        ...(name === "every"
          ? [
              "zfs-share",
              "zfs-late-keys",
              "zfs-scrub-tank",
              "zfs-scrub-my+data",
              "zfs-trim",
              "zfs-snapshot-daily",
            ]
          : ["zfs-volumes", "zfs-scrub"]),
      ])
        expect([name, service, needs(name, service, "zfs-pools")]).toEqual([name, service, true]);
    expect(needs("defaults", "zfs-pools", "root-file-system")).toBe(true);
    expect(needs("defaults", "zfs-import", "udev")).toBe(true);
  });

  test("nothing waits for itself", () => {
    for (const name of ["defaults", "every", "data"] as const)
      for (const line of of(name, "service")) {
        const [service, ...required] = line.split(" ");
        expect(required.filter((other) => needs(name, other, service!))).toEqual([]);
      }
  });

  test("in a container there is no ZFS, and all else", () => {
    expect(of("container", "error")).toEqual([]);
    expect(of("container", "system")).toHaveLength(1);
    expect(of("container", "module")).toEqual([]);
    expect(needs("container", "user-homes", "zfs-mount")).toBe(true);
  });

  test("what is switched off is not there", () => {
    const names = of("none", "service").map((line) => line.split(" ")[0]!);
    expect(names.filter((name) => /^(zed|zfs-.*)$/.test(name))).toEqual(
      expect.arrayContaining([
        "zfs-pools",
        "zfs-import",
        "zfs-load-keys",
        "zfs-mount",
        "zfs-late-keys",
        "zfs-volumes",
      ]),
    );
    expect(names.filter((name) => /^(zed|zfs-.*)$/.test(name))).toHaveLength(6);
  });

  test("hostid and module options go to modprobe", () => {
    expect(of("every", "modprobe")).toEqual([
      "options spl spl_hostid=0x1a2B3c4d",
      "options zfs zfs_arc_max=4294967296",
      "options zfs zfs_txg_timeout=10",
      "options spl spl_kmem_cache_slab_limit=0",
      "options zfs zfs_deadman_failmode=panic",
    ]);
    expect(of("defaults", "modprobe")).toEqual([]);
  });

  test("the commands are in the profile, and first on PATH even where Guix's own are there", () => {
    expect(of("defaults", "profile")[0]!.split(" ")).toEqual(
      expect.arrayContaining(["zfs-guix-tools", "zfs-guix-auto-snapshot"]),
    );
    // Guix's own comes before what services add, where a file system is declared.
    expect(of("declared", "profile")[0]!.split(" ")).toEqual(
      expect.arrayContaining(["zfs", "zfs-guix-tools"]),
    );
    expect(of("declared", "login").join()).toMatch(
      /"export PATH=" ".*-zfs-guix-tools-[^"]*\/sbin" ":" ".*-zfs-guix-tools-[^"]*\/bin" ":\$PATH\\n" "export MANPATH=\/run\/booted-system\/kernel\/share\/man" ":\$MANPATH\\n"/,
    );
  });

  test("udev's rules name what is booted, and users may ask", () => {
    const rules = of("defaults", "udev").join("\n");
    for (const rule of ["60-zvol", "69-vdev", "90-zfs"]) expect(rules).toContain(`${rule}.rules`);
    expect(rules).toContain("/run/booted-system/kernel/lib/udev/zvol_id $devnode");
    expect(rules).toContain("/run/booted-system/kernel/lib/udev/vdev_id -d %k");
    expect(rules).toContain('KERNEL=="zfs", MODE="0666"');
    expect(rules).not.toContain("/gnu/store");
  });

  test("mapped devices may be called what ZFS's services are", () => {
    expect(of("luks", "error")).toEqual([]);
    expect(of("luks", "system")).toHaveLength(1);
  });

  test("what a switched-off machine missed is made up for", () => {
    expect(needs("defaults", "zfs-catch-up", "zfs-pools")).toBe(true);
    expect(needs("defaults", "zfs-catch-up", "user-processes")).toBe(true);
  });

  test("a kernel that is too new is refused with the sentence of zfs-for-kernel", () => {
    expect(of("tooNew", "error").join()).toMatch(
      /no ZFS for linux 9\.9\.1: OpenZFS \d+\.\d+\.\d+ supports Linux/,
    );
  });

  test("what the Shepherd does not start cannot wait for the datasets", () => {
    expect(of("afterNothing", "error").join()).toContain(
      "after-zfs-mount: services of the type 'special-files' are not started by the Shepherd",
    );
  });

  test("a ZFS without commands is refused", () => {
    expect(of("ofGuix", "error").join()).toMatch(
      /kernel-loadable-modules: zfs comes without its commands: leave it out, .* such as zfs-for-linux-6\.12/,
    );
  });

  describe("a mistake is an error with field, value and what is expected", () => {
    test.each(MISTAKES.map(([fields, said], index) => [fields, said, index] as const))(
      "%s",
      (_, said, index) => {
        expect(
          (
            facts.get(`mistake-${index}`)?.get("error") ?? [
              `none: ${[...(facts.get(`mistake-${index}`)?.keys() ?? [])].join()}`,
            ]
          ).join(),
        ).toMatch(said);
      },
    );
  });

  test("the examples of the manual are systems", () => {
    expect(EXAMPLES.length).toBeGreaterThan(3);
    for (const index of EXAMPLES.keys())
      expect([
        index,
        facts.get(`example-${index}`)?.get("error"),
        facts.get(`example-${index}`)?.get("system")?.length,
      ]).toEqual([index, undefined, 1]);
  });

  test("no login waits for the stick of the manual", () => {
    const index = EXAMPLES.findIndex((text) => text.includes('"/media/key"'));
    const services = new Map(
      facts
        .get(`example-${index}`)
        ?.get("service")
        ?.map((line) => [line.split(" ")[0]!, line.split(" ").slice(1)]),
    );
    expect(services.get("file-system-/media/key")).toContain("udev");
    expect(services.get("user-processes")).toContain("file-systems");
    expect(
      [...services].filter(([, required]) => required.includes("file-system-/media/key")),
    ).toEqual([]);
  });

  test(
    "the image of the manual is not substitutable",
    () => {
      writeFileSync(join(directory, "image.scm"), IMAGE);
      const { status, stdout, stderr } = runGuix(
        guix,
        [CHANNEL],
        "system",
        "image",
        "--no-grafts",
        "-d",
        join(directory, "image.scm"),
      );
      expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
      expect(readFileSync(stdout.trim(), "utf8")).toContain('("allowSubstitutes","0")');
    },
    SLOW,
  );

  test.each([
    ["vm", ["vm"], /^\/gnu\/store\/.*-run-vm\.sh\.drv\n$/],
    ["container", ["container"], /^\/gnu\/store\/.*-run-container\.drv\n$/],
    ["docker", ["image", "--image-type=docker"], /^\/gnu\/store\/.*-docker-image\.tar\.gz\.drv\n$/],
    ["wsl2", ["image", "--image-type=wsl2"], /^\/gnu\/store\/.*-image\.tar\.gz\.drv\n$/],
  ])(
    "guix system: %s",
    (name, action, made) => {
      // Newer Guix refuses a machine with the bootloader of an EFI and disks without.
      const text = systems.defaults.replace("grub-efi-bootloader", "grub-bootloader");
      writeFileSync(join(directory, `${name}.scm`), text);
      const { status, stdout, stderr } = runGuix(
        guix,
        [CHANNEL],
        "system",
        ...action,
        "--no-grafts",
        "-d",
        join(directory, `${name}.scm`),
      );
      expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toMatch(made);
    },
    SLOW,
  );
});
