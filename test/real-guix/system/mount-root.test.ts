import { chmodSync, existsSync, mkdirSync, mkdtempSync } from "node:fs";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { onRealGuix, runGuix, SLOW } from "../../support/real-guix";
import { PROJECT } from "../../support/run";

/** What `zpool import` says of a pool that is there. */
const pool = (state: string, { id = "17", name = "tank", more = "" } = {}): string =>
  `   pool: ${name}\n     id: ${id}\n  state: ${state}\n${more}action: The pool can be imported.\n config:\n\n\t${name}  ${state}\n\n`;

const FOREIGN = pool("ONLINE", {
  more: " status: The pool was last accessed by another system.\n",
});

/** An initrd with stand-ins for zpool, zfs, and what it is given, which write down their calls. */
interface Machine {
  /** What `zpool import` says, from the first call to the last one, which stands for all after it. */
  readonly found?: readonly string[];
  /** What is run where `zpool import` is to import; the pool is imported if it succeeds. */
  readonly importing?: string;
  /** Whether somebody has imported the pool. */
  readonly imported?: boolean;
  /** The encryption root, and the status of its key, as for printf. */
  readonly key?: string;
  /** What is run where `zfs load-key` is, and for a mount. */
  readonly loading?: string;
  readonly mounting?: string;
  /** What the administrator does; nothing, so that it ends there. */
  readonly shell?: string;
  readonly timeout?: number;
  /** The seconds that a command may take. */
  readonly patience?: number;
  readonly words?: readonly string[];
}

const refusal = (sentence: string): string => `! echo "cannot import 'tank': ${sentence}"`;
const IMPORT = "zpool import -N -d /dev 17";
const MOUNT = "mount tank/a/root /root zfs zfsutil";
const LOCKED = "tank/a\\nunavailable";
const LOAD = ["keys mount", "zfs load-key tank/a", "keys unmount"];

/** What is there, what is done, and what is said, if anything is. */
const MACHINES: Readonly<Record<string, readonly [Machine, readonly string[], RegExp?]>> = {
  "a pool is imported by its number, and its dataset mounted": [{}, [IMPORT, MOUNT]],
  "one that is imported is left as it is": [{ imported: true }, [MOUNT]],
  "one whose name begins as this one's is another one": [
    { found: [pool("ONLINE", { id: "3", name: "tank2" }) + pool("ONLINE")] },
    [IMPORT, MOUNT],
  ],
  "a pool is waited for": [
    { found: ["", pool("ONLINE")], timeout: 600 },
    [IMPORT, MOUNT],
    /^Waiting at most 600 seconds for the pool 'tank'\.\n$/,
  ],
  "a disk is waited for": [
    { found: [pool("DEGRADED"), pool("ONLINE")], timeout: 600 },
    [IMPORT, MOUNT],
    /^Waiting at most 600 seconds for the pool 'tank'\.\n$/,
  ],
  "a pool does without a disk in the end": [{ found: [pool("DEGRADED")] }, [IMPORT, MOUNT]],
  "one of another host is taken if somebody said so": [
    { found: [FOREIGN], words: ["quiet", "zfs-guix=force-import"] },
    ["zpool import -N -f -d /dev 17", MOUNT],
  ],
  "one of another host is not, and it is said how": [
    {
      found: [FOREIGN],
      importing: refusal("pool was previously in use from another system."),
    },
    [IMPORT, "shell"],
    /^cannot import 'tank'[^]*\nIf no other host uses the pool 'tank' now, start this system once with 'zfs-guix=force-import' on the kernel's command line\.\n/,
  ],
  none: [
    { found: [""], shell: ": > imported" },
    ["shell", MOUNT],
    /^No pool 'tank' was found on the disks within 0 seconds\.\n\nThe root file system, 'tank\/a\/root', is not mounted; /,
  ],
  "two of one name: one is imported by hand": [
    {
      found: [pool("ONLINE") + pool("DEGRADED", { id: "18" })],
      shell: ": > imported",
    },
    ["shell", MOUNT],
    /^There are 2 pools 'tank': run 'zpool import -N NUMBER' for the one of 17, 18 that has/,
  ],
  "too few disks": [
    {
      found: [pool("UNAVAIL")],
      importing: refusal("one or more devices is currently unavailable"),
    },
    [IMPORT, "shell"],
    /^cannot import 'tank': one or more devices is currently unavailable\n/,
  ],
  "a pool that takes its time": [
    { importing: "touch imported; exec sleep 30", patience: 5, shell: "true" },
    [IMPORT, "shell", MOUNT],
    /^The pool 'tank' was not imported within 120 seconds, but may be yet\.\n/,
  ],
  "no such dataset": [
    { mounting: "test -e made", shell: ": > made" },
    [IMPORT, MOUNT, "shell", MOUNT],
    /^There is no dataset 'tank\/a\/root'\.\n/,
  ],
  "a key that is there is left as it is": [{ key: "tank/a\\navailable" }, [IMPORT, MOUNT]],
  "a key is loaded while the files with keys are there": [
    { key: LOCKED, loading: "true" },
    [IMPORT, ...LOAD, MOUNT],
  ],
  "a key that nobody knew is asked for again": [
    { key: LOCKED, loading: "test -e known", shell: ": > known" },
    [IMPORT, ...LOAD, "shell", ...LOAD, MOUNT],
    /^\nThe root file system, 'tank\/a\/root', is not mounted; /,
  ],
};

function write(directory: string, machine: Machine): void {
  const {
    found = [pool("ONLINE")],
    imported = false,
    timeout = 0,
    patience = 120,
    words = [],
  } = machine;
  const programs = {
    zpool: `case $* in
"list "*) exec test -e imported ;;
"import -d /dev")
  n=$(cat n 2>/dev/null || echo 0)
  echo $((n + 1)) > n
  test -e found-$n || n=${found.length - 1}
  exec cat found-$n ;;
esac
{ ${machine.importing ?? "true"}; } && : > imported`,
    zfs: `case $1 in
get) printf '${machine.key ?? "-\\n-"}\\n' ;;
load-key) ${machine.loading ?? "false"} ;;
esac`,
    keys: "",
    mount: machine.mounting ?? "true",
    shell: machine.shell ?? "false",
  };
  mkdirSync(directory);
  for (const [name, text] of Object.entries(programs)) {
    const head = `#!/bin/sh\nexport PATH='${process.env.PATH!}'\ncd ${directory}\necho "${name} $*" >> calls\n`;
    writeFileSync(join(directory, name), `${head}${text}\n`);
    chmodSync(join(directory, name), 0o755);
  }
  for (const [index, text] of found.entries())
    writeFileSync(join(directory, `found-${index}`), text);
  if (imported) writeFileSync(join(directory, "imported"), "");
  writeFileSync(
    join(directory, "options"),
    `(${timeout} ${patience} ${words.map((word) => JSON.stringify(word)).join(" ")})`,
  );
}

// What the initrd does: where its keys, its disks or its host are not what they were.
onRealGuix((guix) => {
  let work = "";
  const read = (name: string, file: string): string => {
    const path = join(work, String(Object.keys(MACHINES).indexOf(name)), file);
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  };

  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), "zfs-guix-"));
    const directories = Object.values(MACHINES).map(([machine], index) => {
      const directory = join(work, String(index));
      write(directory, machine);
      return directory;
    });
    const { status, stderr } = runGuix(
      guix,
      [join(PROJECT, "generated")],
      "repl",
      ...["-q", "--", join(import.meta.dirname, "mount-root.scm"), ...directories],
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  }, SLOW);

  afterAll(() => rmSync(work, { recursive: true, force: true }));

  test.each(Object.entries(MACHINES))("%s", (name, [, deeds, said = /^$/]) => {
    expect(read(name, "said")).toMatch(said);
    // But for what only asks.
    const calls = read(name, "calls")
      .split("\n")
      .map((call) => call.trimEnd())
      .filter((call) => !/^zpool (list|import -d)|^zfs get|^$/.test(call));
    expect(calls).toEqual(deeds);
    expect(read(name, "status")).toBe(deeds.at(-1) === MOUNT ? "0" : "1");
  });
});
