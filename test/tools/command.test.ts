import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { absolute, compileC, GUILE, makeFixture, manifest, removeFixture, type Entry, type Fixture } from "../support/wrapper";

const KERNEL: Entry = { name: "linux-libre", version: "6.12.30", item: "/gnu/store/kernel" };

describe("a command of zfs-guix-tools", () => {
  let fixture: Fixture;
  let zfs: Entry;
  let recorder: Buffer;

  beforeAll(() => {
    fixture = makeFixture();
    recorder = compileC("test/tools/recorder.c", join(fixture.folder, "recorder"));
  });
  afterAll(() => removeFixture(fixture));

  beforeEach(() => {
    zfs = { name: "zfs-for-linux-6.12", version: "2.4.3", item: fixture.item("zfs-for-linux-6.12-2.4.3") };
    rmSync(fixture.store, { recursive: true, force: true });
    mkdirSync(fixture.store);
    install("sbin/zpool", recorder);
    boot(manifest(4, [KERNEL, zfs]));
  });

  const install = (path: string, program: Buffer | string, mode?: number) =>
    fixture.addProgram(zfs.item, path, program, mode);
  const boot = (text: string | Buffer) => {
    rmSync(fixture.booted, { recursive: true, force: true });
    writeFileSync(fixture.booted, text);
  };
  const run = (name: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) => {
    const { status, stdout, stderr } = spawnSync(fixture.command(name), args, { env, encoding: "latin1" });
    return { status, stdout, stderr };
  };
  /** Runs NAME, which must fail as every failure does; the sentence after the name. */
  const failure = (name = "zpool", env: NodeJS.ProcessEnv = {}) => {
    const { status, stdout, stderr } = run(name, [], env);
    expect({ status, stdout }).toEqual({ status: 127, stdout: "" });
    expect(stderr).toMatch(new RegExp(`^${name}: [\\x20-\\x7e]*\\.\\n$`, "u"));
    return stderr.slice(name.length + 2);
  };
  const runs = () => expect(run("zpool", ["0"])).toMatchObject({ status: 0, stderr: "" });

  describe("becomes the real program", () => {
    test("with its exit status, working directory, arguments and environment", () => {
      const { stdout, status } = spawnSync("./sbin/zpool", ["42", "", "-v", "a b\n"], {
        cwd: fixture.folder,
        env: { B: "2", A: "", PATH: "/nowhere" },
        encoding: "utf8",
      });
      expect(stdout.split("\0")).toEqual([
        ...["arg ./sbin/zpool", "arg 42", "arg ", "arg -v", "arg a b\n"],
        ...["env B=2", "env A=", "env PATH=/nowhere"],
        ...[`cwd ${fixture.folder}`, ""],
      ]);
      expect(status).toBe(42);
    });

    test("with arguments and variables that are not UTF-8, in any locale", () => {
      const command = `V=$(printf '\\376'); export V; exec "$1" 0 "$(printf '\\377\\200x')" "$(printf '\\303\\251')"`;
      for (const locale of [{}, { LC_ALL: "C" }, { LC_ALL: "C.UTF-8" }, { LC_ALL: "xx_YY.UTF-8" }, { LANG: "xx" }]) {
        const { stdout, stderr } = spawnSync("/bin/sh", ["-c", command, "sh", fixture.command("zpool")], {
          env: locale,
          encoding: "latin1",
        });
        expect(stderr).toBe("");
        const words = stdout.split("\0");
        expect(words.slice(1, 4)).toEqual(["arg 0", "arg \xff\x80x", "arg \xc3\xa9"]);
        expect(words).toContain("env V=\xfe");
        for (const [name, value] of Object.entries(locale)) expect(words).toContain(`env ${name}=${value}`);
      }
    });

    test("with an empty environment", () => {
      expect(run("zpool").stdout).not.toMatch(/env /u);
    });

    test("with more arguments than a page of memory holds", () => {
      const many = Array.from({ length: 20_000 }, (_, index) => `pool/dataset-${index}`);
      const words = run("zpool", ["0", ...many]).stdout.split("\0");
      expect(words.slice(2, -2)).toEqual(many.map((name) => `arg ${name}`));
    });

    test("with the same signals, limits and open files", () => {
      install("sbin/zpool", "#!/bin/sh\ngrep Sig /proc/self/status; ls /proc/$$/fd; umask; ulimit -a; cat\n");
      const observe = (program: string) =>
        spawnSync("/bin/sh", ["-c", 'trap "" PIPE HUP; umask 027; exec "$1" 7</dev/null', "sh", program], {
          env: { PATH: "/usr/bin:/bin" },
          input: "standard input",
          encoding: "utf8",
        }).stdout.replace(/SigQ.*/u, "");
      const direct = observe(`${zfs.item}/sbin/zpool`);
      expect(direct).toMatch(/standard input$/u);
      expect(observe(fixture.command("zpool"))).toBe(direct);
    });

    test("in the same process, so that a signal is its own", () => {
      install("sbin/zpool", "#!/bin/sh\nkill -TERM $$\n");
      expect(spawnSync(fixture.command("zpool")).signal).toBe("SIGTERM");
    });
  });

  describe("loads nothing and obeys no variable", () => {
    const strace = absolute("strace");

    // Guile's own start-up opens compiled files: the same as a bare Guile's.
    (strace === undefined ? test.skip : test)("opens only what a bare Guile opens", () => {
      const opened = (...command: string[]) =>
        spawnSync(strace!, ["-f", "-e", "trace=open,openat", ...command], { env: {}, encoding: "utf8" })
          .stderr.split("\n")
          .filter((line) => /\.(?:go|scm)"/u.test(line) && !line.includes("ENOENT"))
          .map((line) => /"(.*)"/u.exec(line)![1]!)
          .filter((file) => !file.startsWith(fixture.folder));
      const bare = opened(GUILE, "--no-auto-compile", "-c", "0");
      expect(bare.length).toBeGreaterThan(3);
      expect(opened(fixture.command("zpool"))).toEqual(bare);
      boot("()");
      expect(opened(fixture.command("zpool"))).toEqual(bare);
    });

    // Some modules are there in a bare Guile of one version and not of another.
    test.each(["command", "status"] as const)("names no module: %s", (script) => {
      expect(readFileSync(fixture.source(`${script}.scm`), "utf8")).not.toMatch(/use-modules|define-module|resolve-|module-ref|\(@|\(import |autoload|load-from-path|load-path/u);
    });

    // Where there is no strace, Guile itself has to tell.
    test.each(["command", "status"])("leaves no module behind that a bare Guile does not have: %s", (script) => {
      const tell = `(let all ((module (resolve-module '() #f #:ensure #f)) (path '()))
                      (hash-for-each (lambda (name child)
                                       (format #t "~%module ~a~%" (cons name path))
                                       (all child (cons name path)))
                                     (module-submodules module)))`;
      const modules = (code: string) =>
        spawnSync(GUILE, ["--no-auto-compile", "-c", code, "zilstat", "0"], { env: {}, encoding: "utf8" })
          .stdout.split("\n")
          .filter((line) => line.startsWith("module "))
          .sort();
      const bare = modules(tell);
      expect(bare.length).toBeGreaterThan(3);
      // Both scripts end the process, which is where the list is wanted.
      const load = `(load-compiled ${JSON.stringify(join(fixture.folder, `libexec/zfs-guix/${script}.go`))})`;
      expect(modules(`(begin (set! primitive-_exit (lambda _ ${tell} (primitive-exit 0))) ${load})`)).toEqual(bare);
    });

    test("whatever the environment plants", () => {
      const planted = join(fixture.folder, "planted");
      const evil = '(display "hijacked") (primitive-_exit 3)';
      mkdirSync(join(planted, "ice-9"), { recursive: true });
      for (const module of ["boot-9", "eval", "psyntax-pp", "posix", "match", "command-line"]) {
        writeFileSync(join(planted, `ice-9/${module}.scm`), evil);
        writeFileSync(join(planted, `ice-9/${module}.go`), "no ELF");
      }
      for (const name of ["init.scm", ".guile", "zpool", "guile"]) writeFileSync(join(planted, name), evil, { mode: 0o755 });
      const names = [
        ...["GUILE_LOAD_PATH", "GUILE_LOAD_COMPILED_PATH", "GUILE_SYSTEM_PATH", "GUILE_SYSTEM_COMPILED_PATH"],
        ...["GUILE_EXTENSIONS_PATH", "GUILE_SYSTEM_EXTENSIONS_PATH", "LTDL_LIBRARY_PATH", "PATH", "HOME", "LANG"],
        ...["XDG_CACHE_HOME", "LC_ALL", "GUILE_AUTO_COMPILE", "GUILE_INSTALL_LOCALE", "GUILE_WARN_DEPRECATED"],
        ...["BASH_ENV", "ENV", "GUILE_JIT_THRESHOLD", "GC_LOG_FILE"],
      ];
      for (const set of [...names.map((name) => [name]), names]) {
        const env = Object.fromEntries(set.map((name) => [name, planted]));
        const { stdout, stderr, status } = run("zpool", ["0"], env);
        expect({ set, stderr, status }).toEqual({ set, stderr: "", status: 0 });
        const variables = stdout.split("\0").filter((word) => word.startsWith("env "));
        expect(variables).toEqual(set.map((name) => `env ${name}=${planted}`));
      }
    });

    test("and shows it to nobody: arguments are for every user to see, an environment is not", () => {
      const file = join(fixture.folder, "start");
      compileC(fixture.source("start.c"), file, { GUILE: join(fixture.folder, "recorder"), CODE: "code" });
      const { stdout } = spawnSync(file, ["list"], { env: { SECRET: "passphrase" }, encoding: "utf8" });
      expect(stdout).toContain("arg code\0");
      expect(stdout).not.toContain("passphrase");
    });
  });

  test("leaves no file open that the caller did not", () => {
    install("sbin/zpool", '#!/bin/sh\nexec ls -l /proc/self/fd\n');
    const direct = spawnSync(join(zfs.item, "sbin/zpool"), { encoding: "utf8" }).stdout;
    const count = (listing: string) => listing.split("\n").length;
    expect(count(run("zpool", [], { PATH: process.env["PATH"] }).stdout)).toBe(count(direct));
  });

  describe.each([3, 4] as const)("reads a manifest of version %i", (version) => {
    test("with the ZFS of the operating system's list", () => {
      boot(manifest(version, [KERNEL, zfs]));
      runs();
    });

    test("with Guix's own zfs", () => {
      const own = { ...zfs, name: "zfs" };
      boot(manifest(version, [{ ...own, output: "module", item: fixture.item("zfs-2.4.3-module") }, KERNEL, own]));
      runs();
    });

    test("with ZFS as another's propagated input", () => {
      boot(manifest(version, [KERNEL, { name: "other", version: "1", item: "/gnu/store/other", propagated: [zfs] }]));
      runs();
    });

    test("where the same ZFS is listed twice", () => {
      const again = version === 4 ? { ...zfs, repeated: true } : zfs;
      boot(manifest(version, [{ name: "other", version: "1", item: "/gnu/store/other", propagated: [zfs] }, again]));
      runs();
    });

    test("where only the module of a ZFS is repeated", () => {
      const module = { ...zfs, name: "zfs", output: "module", item: fixture.item("zfs-2.4.3-module") };
      const other = { name: "other", version: "1", item: "/gnu/store/other", propagated: [module] };
      boot(manifest(version, [KERNEL, other, version === 4 ? { ...module, repeated: true } : module]));
      expect(failure()).toMatch(/lists only the output "module" of zfs@2\.4\.3/u);
    });

    test("with a kernel that is not called after Linux", () => {
      boot(manifest(version, [{ ...KERNEL, name: "my-kernel" }]));
      expect(failure()).toMatch(/add zfs-for-linux-6\.12 to the/u);
    });

    test("with no ZFS", () => {
      boot(manifest(version, [KERNEL]));
      expect(failure()).toBe(
        `${fixture.booted} lists no ZFS: add zfs-for-linux-6.12 to the 'kernel-loadable-modules' of your` +
          " operating-system, reconfigure and reboot.\n",
      );
    });

    test("with only the module of a ZFS", () => {
      boot(manifest(version, [KERNEL, { ...zfs, name: "zfs", output: "module" }]));
      expect(failure()).toMatch(/lists only the output "module" of zfs@2\.4\.3, .* put zfs-for-linux-6\.12 in its place/u);
    });

    test.each([
      ["release", { version: "2.3.9" }],
      ["package", { name: "zfs" }],
      ["build", {}],
      ["release of the module", { version: "2.4.2", output: "module" }],
    ])("with two ZFS, of another %s", (_, other) => {
      boot(manifest(version, [KERNEL, zfs, { ...zfs, ...other, item: fixture.item("other") }]));
      expect(failure()).toMatch(/lists two different ZFS, zfs-for-linux-6\.12@2\.4\.3 \(.*\) and zfs.*\(.*\): leave one/u);
    });

    test.each([
      ["elsewhere", () => "/tmp/0123456789abcdfghijklmnpqrsvwxyz-zfs-2.4.3"],
      ["climbing out", () => `${zfs.item}/../../../bin`],
      ["inside an item", () => `${zfs.item}/sbin`],
      ["dots", () => `${fixture.store}/..`],
      ["no hash", () => `${fixture.store}/zfs-2.4.3`],
      ["a null", () => `${zfs.item}\\x00;`],
      ["an escape", () => `${fixture.store}/\\x1b;[31m`],
      ["nothing", () => ""],
    ])("with a path that is not a store item: %s", (_, path) => {
      boot(manifest(version, [KERNEL, { ...zfs, item: path() }]));
      expect(failure()).toMatch(/ is not an item of .*: run 'guix system reconfigure' and reboot/u);
    });
  });

  describe("refuses what is no manifest", () => {
    test.each([
      ["nothing", ""],
      ["words", "manifest"],
      ["a number", "42"],
      ["another list", "(manifest)"],
      ["a dotted list", "(manifest (version 4) . packages)"],
      ["another version", "(manifest (version 5) (packages ()))"],
      ["no packages", "(manifest (version 4) (packages))"],
      ["cut off", manifest(4, [KERNEL]).slice(0, -5)],
      ["code", "#.(primitive-exit 0)"],
      ["a circle", "#1=(manifest (version 4) . #1#)"],
      ["bytes", Buffer.from([0, 255, 254, 128, 40, 7])],
      ["deep nesting", "(".repeat(900_000)],
      ["too much", `;${" ".repeat(1_000_000)}`],
    ])("%s", (_, text) => {
      boot(text);
      expect(failure("zpool", { PATH: join(fixture.folder, "sbin") })).toMatch(
        / is not a profile's manifest of version 3 or 4: run 'guix system reconfigure' and reboot\.\n$/u,
      );
    });

    test.each([
      ...["(1 2 3 4)", '("zfs" 1 2 3)', '("zfs")', "zfs", '("zfs" "1" . "2")', '(repeated "zfs")'],
      '("a" "1" "out" "/x" (propagated-inputs . 3))',
    ])("an entry %s", (entry) => {
      boot(`(manifest (version 4) (packages (${entry})))`);
      expect(failure()).toMatch(/lists no ZFS: add the zfs-for-linux package of your kernel's series/u);
    });

    test("none at all", () => {
      rmSync(fixture.booted);
      expect(failure()).toMatch(/^there is no .*booted-manifest, .* run this on Guix System, outside any container/u);
    });

    test("a folder", () => {
      rmSync(fixture.booted);
      mkdirSync(fixture.booted);
      expect(failure()).toMatch(/is not a profile's manifest/u);
    });

    test("a pipe, without waiting for it", () => {
      rmSync(fixture.booted);
      spawnSync("mkfifo", [fixture.booted]);
      expect(failure()).toMatch(/is not a profile's manifest/u);
    });

    test("a link to itself", () => {
      rmSync(fixture.booted);
      spawnSync("ln", ["-s", fixture.booted, fixture.booted]);
      expect(failure()).toMatch(/^cannot read .*: Too many levels of symbolic links/u);
    });
  });

  describe("cannot run the real program", () => {
    test("the store item is gone", () => {
      rmSync(zfs.item, { recursive: true });
      expect(failure()).toMatch(/ is gone from the store/u);
    });

    test("the release has no such command", () => {
      boot(manifest(4, [{ ...zfs, version: "2.1.15" }]));
      expect(failure("zilstat")).toMatch(/^OpenZFS 2\.1\.15, the release that .* lists, has no zilstat: boot a system/u);
    });

    test("it is not executable, or no program", () => {
      install("sbin/zpool", "text", 0o644);
      expect(failure()).toMatch(/^cannot run .*\/sbin\/zpool: Permission denied/u);
      install("sbin/zpool", "text");
      expect(failure()).toMatch(/^cannot run .*\/sbin\/zpool: Exec format error/u);
    });

    test("its interpreter is missing", () => {
      install("sbin/zpool", "#!/nowhere/sh\n");
      expect(failure()).toMatch(/^cannot run .*\/sbin\/zpool: its interpreter is not there/u);
    });

    test("the wrapper was called by a name that is no command", () => {
      symlinkSync("zpool", join(fixture.folder, "sbin/nonsense"));
      expect(failure("nonsense")).toMatch(/no such command/u);
    });

    test("standard error is closed or full", () => {
      boot("()");
      for (const redirection of ["2>&-", "2>/dev/full", "0<&- 1>&- 2>&-"])
        expect(spawnSync("/bin/sh", ["-c", `exec "$1" ${redirection}`, "sh", fixture.command("zpool")]).status).toBe(127);
    });
  });

  test.each([
    ["arc_summary", "zarcsummary"],
    ["arcstat", "zarcstat"],
  ])("%s and %s are one", (before, since) => {
    const pairs = [
      [before, since],
      [since, before],
      [before, before],
      [since, since],
    ] as const;
    for (const [called, there] of pairs) {
      rmSync(zfs.item, { recursive: true, force: true });
      install(`bin/${there}`, `#!/bin/sh\necho ${there}\n`);
      expect(run(called).stdout).toBe(`${there}\n`);
    }
  });

  test("arc_summary where neither name is there", () => {
    expect(failure("arc_summary")).toMatch(/has no arc_summary/u);
  });
});
