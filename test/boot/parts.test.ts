import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { parseHerdStatus } from "../../tools/boot/herd";
import { parseOptions } from "../../tools/boot/main";
import { MUTANTS, SERVICE } from "../../tools/boot/mutants";
import { SCENARIOS } from "../../tools/boot/scenarios";
import { mutate } from "../../tools/mutate";
import { differing, parseResults } from "../../tools/boot/zts/results";
import { temporaryDirectory } from "../support/directory";
import { PROJECT } from "../support/run";

test("the services and their states are read from herd status", () => {
  // As herd of the Shepherd 1.0.9 prints it.
  const services = parseHerdStatus(
    "Started:\n + root\n + udev\nRunning timers:\n + zfs-scrub\nStarting:\n ^ zfs-import\nStopped:\n - term-tty1\nOne-shot:\n * pam\nFailed to start:\n ! zfs-load-keys\n",
  );
  expect(Object.fromEntries(services)).toEqual({
    root: "started",
    udev: "started",
    "zfs-scrub": "running timers",
    "zfs-import": "starting",
    "term-tty1": "stopped",
    pam: "one-shot",
    "zfs-load-keys": "failed to start",
  });
  expect(
    parseHerdStatus("error: connect: /run/shepherd/socket: No such file or directory\n").size,
  ).toBe(0);
});

test("the results of OpenZFS's tests are compared by name", () => {
  const log = (result: string): ReadonlyMap<string, string> =>
    parseResults(`[2026-11-25T10:45:50.871008] Test: /usr/share/zfs/zfs-tests/tests/functional/cli_root/zfs_mount/setup (run as root) [00:02] [PASS]
Test: /usr/share/zfs/zfs-tests/tests/functional/cli_root/zfs_mount/zfs_mount_001_pos (run as root) [01:12] [${result}]
Results Summary`);
  expect(log("PASS").get("cli_root/zfs_mount/zfs_mount_001_pos")).toBe("PASS");
  expect(log("PASS").size).toBe(2);
  expect(differing(log("PASS"), log("PASS"))).toEqual([]);
  expect(differing(log("PASS"), log("FAIL"))).toEqual([
    "cli_root/zfs_mount/zfs_mount_001_pos: PASS with the real commands, FAIL with the wrapped ones",
  ]);
  expect(differing(log("PASS"), new Map())).toHaveLength(2);
});

test("options are checked before anything is set up", () => {
  expect(
    parseOptions(["--only", "homes", "--only", "mirror", "--json", "--cache", "/c"]),
  ).toMatchObject({
    only: ["homes", "mirror"],
    json: true,
    mutants: false,
    zts: false,
    cache: "/c",
  });
  expect(() => parseOptions(["--only", "home"])).toThrow(
    /there is no "home"; expected one of homes, /,
  );
  expect(() => parseOptions(["--onyl"])).toThrow(/usage: npm run boot/);
});

test("no two scenarios have one name", () => {
  const names = [...SCENARIOS, ...MUTANTS].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

test.each(MUTANTS)(
  "$name changes the service as it is today, for a scenario that is there",
  (mutant) => {
    expect(SCENARIOS.map(({ name }) => name)).toContain(mutant.scenario);
    const service = readFileSync(join(PROJECT, "generated", SERVICE), "utf8");
    const file = join(temporaryDirectory({ service }), "service");
    mutate(mutant, file);
    expect(readFileSync(file, "utf8")).not.toBe(service);
    expect(() => mutate({ ...mutant, edits: [["(no such form)", ""]] }, file)).toThrow(/has no/);
  },
);
