import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { makeFixture, manifest, removeFixture, type Entry, type Fixture } from "../support/wrapper";

const kernel = (version: string): Entry => ({ name: "linux-libre", version, item: `/gnu/store/linux-${version}` });

describe("zfs-guix-status", () => {
  let fixture: Fixture;
  beforeAll(() => {
    fixture = makeFixture();
  });
  afterAll(() => removeFixture(fixture));

  const zfs = (version: string): Entry => ({
    name: "zfs-for-linux-6.12",
    version,
    item: fixture.item(`zfs-for-linux-6.12-${version}`),
  });
  const profile = (linux: string, ...others: Entry[]) => manifest(4, [kernel(linux), ...others]);
  /** Undefined: there is no such file. */
  const write = (file: string, text: string | undefined) =>
    text === undefined ? rmSync(file, { force: true }) : writeFileSync(file, text);
  const run = () => {
    const { status, stdout, stderr } = spawnSync(fixture.command("zfs-guix-status"), { env: {}, encoding: "utf8" });
    expect(stderr).toBe("");
    return { status, stdout: stdout.replaceAll(fixture.folder, "") };
  };

  beforeEach(() => {
    write(fixture.running, "6.12.30-gnu\n");
    write(fixture.loaded, "2.4.3-1\n");
    write(fixture.booted, profile("6.12.30", zfs("2.4.3")));
    write(fixture.current, profile("6.12.30", zfs("2.4.3")));
  });

  test("all agree", () => {
    expect(run()).toEqual({
      status: 0,
      stdout: `           kernel       ZFS
loaded     6.12.30-gnu  2.4.3-1
booted     6.12.30      2.4.3    zfs-for-linux-6.12
next boot  6.12.30      2.4.3    zfs-for-linux-6.12

The loaded module and the commands are of the same release.
The next boot changes neither kernel nor ZFS release.
`,
    });
  });

  test("the next boot changes both", () => {
    write(fixture.current, profile("6.12.31", zfs("2.4.4")));
    const { status, stdout } = run();
    expect(status).toBe(1);
    expect(stdout).toMatch(/^The loaded module and the commands are of the same release\.$/mu);
    expect(stdout).toMatch(/^The next boot changes the kernel from 6\.12\.30 to 6\.12\.31\.\nThe next boot changes ZFS from 2\.4\.3 to 2\.4\.4\.$/mu);
  });

  test("the next boot has no ZFS", () => {
    write(fixture.current, profile("6.18.1"));
    const { status, stdout } = run();
    expect(status).toBe(1);
    expect(stdout).toMatch(/^next boot +6\.18\.1 +none +add zfs-for-linux-6\.18 to 'kernel-loadable-modules'$/mu);
    expect(stdout).toMatch(/^The next boot changes ZFS from 2\.4\.3 to none\.$/mu);
  });

  test("another module is loaded", () => {
    write(fixture.loaded, "2.3.4-1\n");
    expect(run()).toMatchObject({ status: 1, stdout: expect.stringMatching(/are of different releases: reboot\./u) });
  });

  test("another kernel runs", () => {
    write(fixture.running, "6.12.29-gnu\n");
    expect(run()).toMatchObject({ status: 1, stdout: expect.stringMatching(/running kernel is not the one of the booted/u) });
  });

  test.each([
    ["6.12.30-gnu", "6.12.30", "2.4.3-1", "2.4.3", 0],
    ["6.12.30", "6.12.30", "2.4.3-dist", "2.4.3", 0],
    ["6.12.0-gnu", "6.12", "2.4.3-1", "2.4.3", 0],
    ["6.12.10", "6.12.1", "2.4.3-1", "2.4.3", 1],
    ["6.12.30", "6.12.30", "2.4.0-rc1", "2.4.0-rc1", 0],
    ["6.12.30", "6.12.30", "2.4.0-rc1", "2.4.0-rc2", 1],
    ["6.12.30", "6.12.30", "2.4.0-1", "2.4.0-rc2", 1],
    ["6.12.30", "6.12.30", "2.4.0-1", "2.4.0-0.1234567", 0],
  ])("running %s of %s, loaded %s of %s: %i", (running, linux, loaded, release, status) => {
    write(fixture.running, `${running}\n`);
    write(fixture.loaded, `${loaded}\n`);
    for (const file of [fixture.booted, fixture.current]) write(file, profile(linux, zfs(release)));
    expect(run().status).toBe(status);
  });

  test("the module is not loaded", () => {
    write(fixture.loaded, undefined);
    const { status, stdout } = run();
    expect(status).toBe(2);
    expect(stdout).toMatch(/^loaded +6\.12\.30-gnu +none +the module is not loaded; 'modprobe zfs' loads it$/mu);
  });

  test("a module is loaded that the booted system does not have", () => {
    write(fixture.booted, profile("6.12.30"));
    write(fixture.current, profile("6.12.30"));
    expect(run().status).toBe(1);
  });

  test("no ZFS anywhere", () => {
    write(fixture.loaded, undefined);
    write(fixture.booted, profile("6.12.30"));
    write(fixture.current, profile("6.12.30"));
    expect(run().status).toBe(2);
  });

  test.each([
    ["is missing", undefined, /^booted +unknown +unknown +there is no \/booted-manifest, /mu],
    ["is nonsense", "(", /^booted +unknown +unknown +\/booted-manifest is not a profile's manifest/mu],
  ])("the booted manifest %s", (_, text, says) => {
    write(fixture.booted, text);
    const { status, stdout } = run();
    expect(status).toBe(2);
    expect(stdout).toMatch(says);
    expect(stdout).toMatch(/^Whether module and commands agree cannot be told\.$/mu);
  });

  test("the booted system has two ZFS", () => {
    write(fixture.booted, profile("6.12.30", zfs("2.4.3"), zfs("2.4.4")));
    const { status, stdout } = run();
    expect(status).toBe(2);
    expect(stdout).toMatch(/^booted +6\.12\.30 +unknown +\/booted-manifest lists two different ZFS/mu);
  });

  test("text from outside is shown so that no terminal obeys it", () => {
    write(fixture.loaded, "\x1b]0;x\x07\n");
    expect(run().stdout).toMatch(/^[\x20-\x7e\n]*$/u);
  });
});
