import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadedGuile } from "../support/loaded";
import { PROJECT, type Run } from "../support/run";
import {
  type Entry,
  type Fixture,
  makeFixture,
  makeProfile,
  manifest,
  removeFixture,
} from "../support/emitted";

const kernel = (version: string): Entry => ({
  name: "linux-libre",
  version,
  item: `/gnu/store/linux-${version}`,
});

describe("zfs-guix-status", () => {
  let fixture: Fixture;
  beforeAll(() => {
    fixture = makeFixture();
  });
  afterAll(() => removeFixture(fixture));
  // In the locale, and with all the variables, that it gives itself.
  const loaded = loadedGuile(
    () => [join(PROJECT, "test/tools/status.scm"), fixture.command("zfs-guix-status")],
    { PATH: process.env.PATH },
  );

  const zfs = (version: string, name = "zfs-for-linux-6.12"): Entry => ({
    name,
    version,
    item: fixture.item(`${name}-${version}`),
  });
  const links = (item: string) => ({
    "sbin/zfs": `${item}/sbin/zfs`,
    "sbin/zpool": `${item}/sbin/zpool`,
  });
  /** A kernel with OTHERS, the first of which has the commands. */
  const boot = (profile: string, linux: string, ...others: Entry[]) =>
    makeProfile(
      profile,
      others[0] === undefined ? {} : links(others[0].item),
      manifest(4, [kernel(linux), ...others]),
    );
  /** Undefined: there is no such file. */
  const write = (file: string, text: string | Buffer | undefined) =>
    text === undefined ? rmSync(file, { force: true }) : writeFileSync(file, text);
  const told = ({ status, stdout, stderr }: Run) => {
    expect(stderr).toBe("");
    return { status, stdout: stdout.replaceAll(fixture.folder, "DIR") };
  };
  const run = async () => told(await loaded());
  /** The same, by the program itself. */
  const started = (env: NodeJS.ProcessEnv = {}) =>
    told(spawnSync(fixture.command("zfs-guix-status"), { env, encoding: "utf8" }));
  /** Its status, and what it says of the booted system; the command must agree on whether it can be run. */
  const verdict = async () => {
    const { status, stdout } = await run();
    const command = spawnSync(fixture.command("zpool"), { env: {}, encoding: "utf8" });
    return {
      status,
      runs: command.status === 0,
      says: /^booted: (.*)$/mu.exec(stdout)?.[1],
      stdout,
    };
  };

  beforeEach(() => {
    fixture.emptyStore();
    for (const version of ["2.4.3", "2.4.4"])
      for (const name of ["zfs", "zpool"])
        fixture.addProgram(zfs(version).item, `sbin/${name}`, "#!/bin/sh\n");
    write(fixture.running, "6.12.30-gnu\n");
    write(fixture.loaded, "2.4.3-1\n");
    for (const profile of [fixture.booted, fixture.next]) boot(profile, "6.12.30", zfs("2.4.3"));
  });

  test("what the services tell: a problem is one, a note is none, and no terminal obeys", async () => {
    const said = async (text: string) => {
      mkdirSync(fixture.reports, { recursive: true });
      write(join(fixture.reports, "zfs-import"), text);
      write(join(fixture.reports, "zfs-mount.new"), "problem: half\n");
      const { status, stdout } = await run();
      rmSync(fixture.reports, { recursive: true });
      return { status, said: stdout.split("release.\n").at(-1) };
    };
    expect(await said("note: Pool 'usb' is left alone.\n")).toEqual({
      status: 0,
      said: "Pool 'usb' is left alone.\n",
    });
    expect(await said("note: one\nproblem: tw\u001bo\n")).toEqual({
      status: 1,
      said: "tw\\x1bo\none\n",
    });
    expect(await said("")).toEqual({ status: 0, said: "" });
  });

  test("all agree", async () => {
    const expected = {
      status: 0,
      stdout: `           kernel       ZFS
loaded     6.12.30-gnu  2.4.3-1
booted     6.12.30      2.4.3    zfs-for-linux-6.12
next boot  6.12.30      2.4.3    zfs-for-linux-6.12

The loaded module and the commands are of the same release.
The next boot changes neither kernel nor ZFS release.
`,
    };
    expect(started()).toEqual(expected);
    expect(await run()).toEqual(expected);
  });

  test("the next boot changes both", async () => {
    boot(fixture.next, "6.12.31", zfs("2.4.4"));
    const { status, stdout } = await run();
    expect(status).toBe(1);
    expect(stdout).toMatch(/^The loaded module and the commands are of the same release\.$/mu);
    expect(stdout).toMatch(
      /^The next boot changes the kernel from 6\.12\.30 to 6\.12\.31\.\nThe next boot changes ZFS from 2\.4\.3 to 2\.4\.4\.$/mu,
    );
  });

  test("the next boot has no ZFS", async () => {
    boot(fixture.next, "6.18.1");
    const { status, stdout } = await run();
    expect(status).toBe(1);
    expect(stdout).toMatch(/^next boot +6\.18\.1 +none$/mu);
    expect(stdout).toMatch(/^The next boot changes ZFS from 2\.4\.3 to none\.$/mu);
  });

  test("another module is loaded", async () => {
    write(fixture.loaded, "2.3.4-1\n");
    expect(await run()).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/are of different releases: reboot\./u),
    });
  });

  test("another kernel runs", async () => {
    write(fixture.running, "6.12.29-gnu\n");
    expect(await run()).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/running kernel is not the one of the booted/u),
    });
  });

  test.each([
    ["6.12.30-gnu", "6.12.30", "2.4.3-1", "2.4.3", 0],
    ["6.12.30", "6.12.30", "2.4.3-dist", "2.4.3", 0],
    ["6.12.117+deb13-amd64", "6.12.117", "2.3.9-1", "2.3.9", 0],
    ["6.12.117+deb13-amd64", "6.12.11", "2.3.9-1", "2.3.9", 1],
    ["6.12.0-gnu", "6.12", "2.4.3-1", "2.4.3", 0],
    ["6.12.30-rt5", "6.12.30", "2.4.3-1", "2.4.3", 0],
    ["6.12.10", "6.12.1", "2.4.3-1", "2.4.3", 1],
    ["7.0.0-rc2-gnu", "7.0-rc2", "2.4.3-1", "2.4.3", 0],
    ["7.0.0-rc2-gnu", "7.0-rc3", "2.4.3-1", "2.4.3", 1],
    ["custom", "custom", "2.4.3-1", "2.4.3", 0],
    ["6.12.30", "6.12.30", "2.4.0-rc1", "2.4.0-rc1", 0],
    ["6.12.30", "6.12.30", "2.4.0-rc1", "2.4.0-rc2", 1],
    ["6.12.30", "6.12.30", "2.4.0-1", "2.4.0-rc2", 1],
    ["6.12.30", "6.12.30", "2.4.0-1", "2.4.0-0.1234567", 0],
  ])("running %s of %s, loaded %s of %s: %i", async (running, linux, loaded, release, status) => {
    write(fixture.running, `${running}\n`);
    write(fixture.loaded, `${loaded}\n`);
    for (const name of ["zfs", "zpool"])
      fixture.addProgram(zfs(release).item, `sbin/${name}`, "#!/bin/sh\n");
    for (const profile of [fixture.booted, fixture.next]) boot(profile, linux, zfs(release));
    expect((await run()).status).toBe(status);
  });

  test("the module is not loaded", async () => {
    write(fixture.loaded, undefined);
    const { status, stdout } = await run();
    expect(status).toBe(2);
    expect(stdout).toMatch(
      /^loaded +6\.12\.30-gnu +none +the module is not loaded; 'modprobe zfs' loads it$/mu,
    );
  });

  describe("no ZFS is booted", () => {
    beforeEach(() => boot(fixture.booted, "6.12.30"));

    test("and there is one in the next boot", async () => {
      const { status, stdout } = await run();
      expect(status).toBe(1);
      expect(stdout).toMatch(/^The booted system has no ZFS, so no command works: reboot\.$/mu);
      expect(stdout).not.toMatch(/different releases/u);
    });

    test("nor will one be, so that a reboot helps nobody", async () => {
      boot(fixture.next, "6.12.30");
      const { status, stdout } = await run();
      expect(status).toBe(1);
      expect(stdout).toMatch(
        /^The booted system has no ZFS, so no command works: put zfs-for-linux-6\.12, and no other ZFS, into the 'kernel-loadable-modules' of your operating-system, reconfigure and reboot\.$/mu,
      );
    });

    test("nor loaded", async () => {
      boot(fixture.next, "6.12.30");
      write(fixture.loaded, undefined);
      expect((await run()).status).toBe(2);
    });
  });

  test("the kernel is not called after Linux, and ZFS is Guix's own, whose outputs are listed side by side", async () => {
    const own = { ...zfs("2.4.3"), name: "zfs" };
    const entries = [
      { ...own, output: "module", item: fixture.item("zfs-2.4.3-module") },
      { ...kernel("6.12.30"), name: "my-kernel" },
      own,
    ];
    makeProfile(fixture.booted, links(own.item), manifest(3, entries));
    expect((await run()).status).toBe(0);
  });

  test("ZFS is another's propagated input, and repeated", async () => {
    const other = {
      name: "other",
      version: "1",
      item: "/gnu/store/other",
      propagated: [zfs("2.4.3")],
    };
    makeProfile(
      fixture.booted,
      links(zfs("2.4.3").item),
      manifest(4, [kernel("6.12.30"), other, { ...zfs("2.4.3"), repeated: true }]),
    );
    expect((await run()).status).toBe(0);
  });

  describe("manifest and profile disagree:", () => {
    test("two ZFS are listed", async () => {
      for (const other of [
        zfs("2.4.4"),
        zfs("2.4.3", "zfs"),
        { ...zfs("2.4.3"), item: fixture.item("other-build") },
      ]) {
        boot(fixture.booted, "6.12.30", zfs("2.4.3"), other);
        expect(await verdict()).toMatchObject({
          status: 2,
          runs: true,
          says: expect.stringMatching(
            /^DIR\/booted\/manifest lists two different ZFS, zfs-for-linux-6\.12@2\.4\.3 \(DIR.*\) and zfs.*: put zfs-for-linux-6\.12, and no other ZFS, into the 'kernel-loadable-modules' of/u,
          ),
        });
      }
    });

    test("the ZFS that is listed is outside the store", async () => {
      const item = join(fixture.folder, "elsewhere");
      for (const name of ["zfs", "zpool"]) fixture.addProgram(item, `sbin/${name}`, "#!/bin/sh\n");
      boot(fixture.booted, "6.12.30", { ...zfs("2.4.3"), item });
      expect(await verdict()).toMatchObject({
        status: 2,
        runs: false,
        says: "DIR/booted/sbin/zpool leads to what is not below DIR/store: run 'guix system reconfigure' and reboot.",
      });
    });

    test("it is gone", async () => {
      rmSync(zfs("2.4.3").item, { recursive: true });
      expect(await verdict()).toMatchObject({
        status: 2,
        runs: false,
        says: expect.stringMatching(
          /^what DIR\/booted\/sbin\/zpool links to is gone from the store: run 'guix system reconfigure' and reboot\.$/u,
        ),
      });
    });

    test("it is gone, and alone had commands", async () => {
      makeProfile(
        fixture.booted,
        { sbin: `${fixture.item("gone")}/sbin` },
        manifest(4, [kernel("6.12.30"), zfs("2.4.3")]),
      );
      expect(await verdict()).toMatchObject({
        status: 2,
        runs: false,
        says: expect.stringMatching(
          /^what DIR\/booted\/sbin links to is gone from the store: run 'guix system reconfigure' and reboot\.$/u,
        ),
      });
    });

    test("its commands cannot be run", async () => {
      chmodSync(`${zfs("2.4.3").item}/sbin/zpool`, 0o644);
      expect(await verdict()).toMatchObject({
        status: 2,
        runs: false,
        says: "DIR/booted/sbin/zpool is no program that can be run: run 'guix system reconfigure' and reboot.",
      });
    });

    test("its commands are not there, as where only the module is listed", async () => {
      makeProfile(
        fixture.booted,
        {},
        manifest(4, [kernel("6.12.30"), { ...zfs("2.4.3", "zfs"), output: "module" }]),
      );
      expect(await verdict()).toMatchObject({
        status: 2,
        runs: false,
        says: expect.stringMatching(
          /lists zfs@2\.4\.3 \(.*\), but DIR\/booted\/sbin has no zpool and no zfs: put zfs-for-linux-6\.12, and/u,
        ),
      });
    });

    test("the commands are another's", async () => {
      makeProfile(
        fixture.booted,
        links(zfs("2.4.4").item),
        manifest(4, [kernel("6.12.30"), zfs("2.4.3")]),
      );
      expect(await verdict()).toMatchObject({
        status: 2,
        runs: true,
        says: expect.stringMatching(
          /lists zfs-for-linux-6\.12@2\.4\.3 \(.*\), but DIR\/booted\/sbin has the commands of .*-zfs-for-linux-6\.12-2\.4\.4: put/u,
        ),
      });
    });

    test("the commands are those of no ZFS that is listed", async () => {
      makeProfile(fixture.booted, links(zfs("2.4.4").item), manifest(4, [kernel("6.12.30")]));
      expect(await verdict()).toMatchObject({
        status: 2,
        runs: true,
        says: expect.stringMatching(
          /^DIR\/booted\/manifest lists no ZFS, but DIR\/booted\/sbin has the commands of .*-2\.4\.4: put/u,
        ),
      });
    });

    test("the commands are items of the store by themselves", async () => {
      fixture.addProgram(fixture.store, "zpool", "#!/bin/sh\n");
      makeProfile(
        fixture.booted,
        { "sbin/zpool": join(fixture.store, "zpool"), "sbin/zfs": join(fixture.store, "zpool") },
        manifest(4, [kernel("6.12.30"), zfs("2.4.3")]),
      );
      expect(await verdict()).toMatchObject({
        status: 2,
        runs: true,
        says: expect.stringMatching(
          /DIR\/booted\/sbin has the commands of DIR\/store\/zpool: put/u,
        ),
      });
    });

    test("one command is not the other's", async () => {
      makeProfile(
        fixture.booted,
        { ...links(zfs("2.4.3").item), "sbin/zfs": `${zfs("2.4.4").item}/sbin/zfs` },
        manifest(4, [kernel("6.12.30"), zfs("2.4.3")]),
      );
      expect(await verdict()).toMatchObject({
        status: 2,
        runs: true,
        says: "DIR/booted/sbin has zpool and zfs, but not from one package.",
      });
    });
  });

  describe("the manifest", () => {
    test.each([
      ["nothing", ""],
      ["words", "manifest"],
      ["another list", "(manifest)"],
      ["a dotted list", "(manifest (version 4) . packages)"],
      ["another version", "(manifest (version 5) (packages ()))"],
      ["cut off", "(manifest (version 4) (packages (("],
      ["code", "#.(primitive-exit 0)"],
      ["bytes", Buffer.from([0, 255, 254, 128, 40, 7])],
      ["an entry of numbers", "(manifest (version 4) (packages ((1 2 3 4))))"],
      ["a short entry", '(manifest (version 4) (packages (("zfs" "2.4.3"))))'],
      [
        "an entry with a field that is none",
        '(manifest (version 4) (packages (("a" "1" "out" "/x" (propagated-inputs . 3)))))',
      ],
    ])("is none: %s", async (_, text) => {
      makeProfile(fixture.booted, links(zfs("2.4.3").item), text);
      const { status, says, stdout } = await verdict();
      expect({ status, says }).toEqual({
        status: 2,
        says: "DIR/booted/manifest is not a profile's manifest of version 3 or 4: run 'guix system reconfigure' and reboot.",
      });
      expect(stdout).toMatch(/^booted +unknown +unknown$/mu);
      expect(stdout).toMatch(/^Whether module and commands agree cannot be told\.$/mu);
    });

    test("is not there", async () => {
      rmSync(fixture.booted, { recursive: true });
      expect(await verdict()).toMatchObject({
        status: 2,
        runs: false,
        says: expect.stringMatching(
          /^cannot read DIR\/booted\/manifest, where Guix System lists a kernel and its modules: No such file or directory\.$/u,
        ),
      });
    });

    test("cannot be read", async () => {
      makeProfile(fixture.booted, {});
      symlinkSync("manifest", join(fixture.booted, "manifest"));
      expect(await verdict()).toMatchObject({
        status: 2,
        says: expect.stringMatching(
          /^cannot read DIR\/booted\/manifest, .*: Too many levels of symbolic links\.$/u,
        ),
      });
    });
  });

  test("text from outside is shown byte for byte, so that no terminal obeys it and none hides", () => {
    write(fixture.loaded, Buffer.from("\x1b]0;x\x07\xa0\xff\\\xe9\n", "latin1"));
    for (const locale of [{}, { LC_ALL: "C.UTF-8" }])
      expect(started(locale).stdout).toMatch(
        /^loaded +6\.12\.30-gnu +\\x1b\]0;x\\x07\\xa0\\xff\\x5c\\xe9$/mu,
      );
  });

  test("what cannot be printed is no success", () => {
    const failure = (script: string) =>
      spawnSync("/bin/sh", ["-c", script, "sh", fixture.command("zfs-guix-status")], {
        encoding: "utf8",
      });
    expect(failure('exec "$1" >/dev/full')).toMatchObject({
      status: 2,
      stderr: "zfs-guix-status: cannot write: No space left on device.\n",
    });
    expect(failure('exec "$1" >&-')).toMatchObject({
      status: 2,
      stderr: "zfs-guix-status: cannot write: standard output is closed.\n",
    });
    expect(failure('exec "$1" >/dev/full 2>&-')).toMatchObject({ status: 2, stderr: "" });
    expect(failure('exec "$1" --help')).toMatchObject({
      status: 2,
      stdout: "",
      stderr: "zfs-guix-status: expected no arguments.\n",
    });
  });

  test("no variable decides what is run", () => {
    const planted = join(fixture.folder, "planted");
    const evil = '(display "hijacked") (primitive-_exit 3)';
    mkdirSync(join(planted, "ice-9"), { recursive: true });
    for (const module of ["boot-9", "match", "regex", "rdelim", "command-line"]) {
      writeFileSync(join(planted, `ice-9/${module}.scm`), evil);
      writeFileSync(join(planted, `ice-9/${module}.go`), "no ELF");
    }
    for (const name of ["init.scm", ".guile", "guile", "env"])
      writeFileSync(join(planted, name), evil, { mode: 0o755 });
    const names = [
      ...[
        "GUILE_LOAD_PATH",
        "GUILE_LOAD_COMPILED_PATH",
        "GUILE_SYSTEM_PATH",
        "GUILE_SYSTEM_COMPILED_PATH",
      ],
      ...[
        "GUILE_EXTENSIONS_PATH",
        "GUILE_SYSTEM_EXTENSIONS_PATH",
        "LTDL_LIBRARY_PATH",
        "PATH",
        "HOME",
        "LANG",
      ],
      ...[
        "XDG_CACHE_HOME",
        "LC_ALL",
        "GUILE_AUTO_COMPILE",
        "GUILE_INSTALL_LOCALE",
        "GUILE_WARN_DEPRECATED",
      ],
      ...["BASH_ENV", "ENV", "GUILE_JIT_THRESHOLD", "GC_LOG_FILE"],
    ];
    expect(started(Object.fromEntries(names.map((name) => [name, planted])))).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/same release\.$/mu),
    });
  });
});
