import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { spawnSync, type SpawnSyncOptions } from "node:child_process";
import {
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import {
  compileC,
  type Fixture,
  makeFixture,
  makeProfile,
  removeFixture,
} from "../support/emitted";
import { PROJECT, type Run } from "../support/run";

interface Tools {
  readonly sbin: readonly string[];
  readonly bin: readonly string[];
}
const RELEASES = (
  JSON.parse(readFileSync(`${PROJECT}/data/openzfs-releases.json`, "utf8")) as {
    releases: readonly { version: string; tools: Tools }[];
  }
).releases;
const ALL = [...new Set(RELEASES.flatMap(({ tools }) => [...tools.sbin, ...tools.bin]))].sort();

/** Each list of commands that some release has, and the releases that have it. */
const LISTS = [...new Set(RELEASES.map(({ tools }) => JSON.stringify(tools)))].map((text) => {
  const releases = RELEASES.filter(({ tools }) => JSON.stringify(tools) === text);
  return [releases.map(({ version }) => version).join(" "), releases[0]!.tools] as const;
});

const RENAMED: Readonly<Record<string, string>> = {
  arc_summary: "zarcsummary",
  zarcsummary: "arc_summary",
  arcstat: "zarcstat",
  zarcstat: "arcstat",
};

const SERIES = /^\d+\.\d+/.exec(release())![0];

describe.each([
  ["as the package compiles it", { sanitized: false }],
  ["under the sanitizers", { sanitized: true }],
])("a command of zfs-guix-tools, %s,", (_, making) => {
  const { sanitized } = making;
  let fixture: Fixture;
  let zfs: string;
  let recorder: Buffer;
  let caller: string;

  beforeAll(() => {
    fixture = makeFixture(making);
    zfs = fixture.item("zfs-for-linux-6.12-2.4.3");
    caller = join(fixture.folder, "caller");
    recorder = compileC("test/tools/recorder.c", join(fixture.folder, "recorder"));
    compileC("test/tools/caller.c", caller);
  }, 60_000);
  afterAll(() => removeFixture(fixture));

  beforeEach(() => {
    fixture.emptyStore();
    install("sbin/zpool", recorder);
  });

  /** Makes PATH a file of the item, and a link of the profile, which links to nothing else. */
  const install = (path: string, program: Buffer | string, mode?: number) => {
    fixture.addProgram(zfs, path, program, mode);
    makeProfile(fixture.booted, { [path]: join(zfs, path) });
  };
  const run = (name: string, args: readonly string[] = [], options: SpawnSyncOptions = {}) => {
    const { status, signal, stdout, stderr } = spawnSync(fixture.command(name), args, {
      env: {},
      encoding: "latin1",
      ...options,
    });
    return { status, ...(signal !== null && { signal }), stdout, stderr };
  };
  /** What each of NAMES does, in one shell. */
  const runAll = (names: readonly string[]): Run[] => {
    const script = `for command; do "$command"; printf '\\0%s\\0' $?; printf '\\0' >&2; done`;
    const { stdout, stderr } = spawnSync(
      "/bin/sh",
      ["-c", script, "sh", ...names.map((name) => fixture.command(name))],
      { env: {}, encoding: "latin1" },
    );
    const [said, errors] = [stdout.split("\0"), stderr.split("\0")];
    return names.map((_, index) => ({
      status: Number(said[2 * index + 1]),
      stdout: said[2 * index]!,
      stderr: errors[index]!,
    }));
  };
  const words = (text: string | Buffer) => String(text).split("\0");
  /** Runs NAME, which must fail as every failure does; the sentence after the name, the fixture's folder being DIR. */
  const failure = (name = "zpool", status = 127, found: ReturnType<typeof run> = run(name)) => {
    const { stderr, ...rest } = found;
    expect({ name, stderr, ...rest }).toMatchObject({ name, status, stdout: "" });
    expect(stderr).toMatch(new RegExp(`^${name}: [\\x20-\\x7e]*\\.\\n$`, "u"));
    return String(stderr)
      .slice(name.length + 2, -1)
      .replaceAll(fixture.folder, "DIR");
  };
  /** What `sh -c SCRIPT` prints where the program is the wrapped one, which is to be what it prints where it is the real one. */
  const asTheRealOne = (script: string) => {
    const [direct, wrapped] = [`${zfs}/sbin/zpool`, fixture.command("zpool")].map((program) => {
      const { status, signal, stdout } = spawnSync(
        "/bin/sh",
        ["-c", script, "sh", program, caller],
        { env: { PATH: "/usr/bin:/bin" }, input: "standard input", encoding: "utf8" },
      );
      return { status, signal, stdout };
    });
    expect(wrapped).toEqual(direct);
    return direct!.stdout;
  };

  describe("becomes the real program", () => {
    test("with its exit status, working directory, arguments and environment", () => {
      const { stdout, status } = spawnSync("./sbin/zpool", ["42", "", "-v", "a b\n"], {
        cwd: fixture.tools,
        env: { B: "2", A: "", PATH: "/nowhere" },
        encoding: "utf8",
      });
      expect(words(stdout)).toEqual([
        ...["arg ./sbin/zpool", "arg 42", "arg ", "arg -v", "arg a b\n"],
        ...["env B=2", "env A=", "env PATH=/nowhere"],
        ...[`cwd ${fixture.tools}`, ""],
      ]);
      expect(status).toBe(42);
    });

    test("with arguments and variables that are not UTF-8, in any locale", () => {
      const command = `V=$(printf '\\376'); export V; exec "$1" 0 "$(printf '\\377\\200x')" "$(printf '\\303\\251')"`;
      for (const locale of [
        {},
        { LC_ALL: "C" },
        { LC_ALL: "C.UTF-8" },
        { LC_ALL: "xx_YY.UTF-8" },
        { LANG: "xx" },
      ]) {
        const { stdout, stderr } = spawnSync(
          "/bin/sh",
          ["-c", command, "sh", fixture.command("zpool")],
          { env: locale, encoding: "latin1" },
        );
        expect(stderr).toBe("");
        expect(words(stdout).slice(1, 4)).toEqual(["arg 0", "arg \xff\x80x", "arg \xc3\xa9"]);
        expect(words(stdout)).toContain("env V=\xfe");
        for (const [name, value] of Object.entries(locale))
          expect(words(stdout)).toContain(`env ${name}=${value}`);
      }
    });

    test("with an empty environment", () => {
      expect(run("zpool").stdout).toMatch(/^arg [^\0]*\0cwd /u);
    });

    test("with more arguments than a page of memory holds", () => {
      const many = Array.from({ length: 20_000 }, (_, index) => `pool/dataset-${index}`);
      expect(words(run("zpool", ["0", ...many]).stdout).slice(2, -2)).toEqual(
        many.map((name) => `arg ${name}`),
      );
    });

    test.each([
      ["with no argument at all, not even a name", "exec", []],
      ["by another name", "exec", ["zdb", "0"]],
      ["as a login shell is run", "exec", ["-zpool", "0"]],
      ["by a path that is not there", "exec", ["/nowhere/zfs", "0"]],
      ["by an open file", "fexecve", ["zpool", "0"]],
      ["by an open file, with another name", "fexecve", ["zfs", "0"]],
    ])("run %s", (_, how, names) => {
      const [direct, wrapped] = [`${zfs}/sbin/zpool`, fixture.command("zpool")].map((program) =>
        spawnSync(caller, [how, program, ...names], { env: {}, encoding: "utf8" }),
      );
      expect(wrapped!.stderr).toBe("");
      expect(wrapped!.stdout).toMatch(/\0cwd /u);
      expect(wrapped!.stdout).toBe(direct!.stdout);
    });

    test("run through a link of another name", () => {
      const link = join(fixture.folder, "zfs-by-another-name");
      symlinkSync(fixture.command("zpool"), link);
      expect(words(spawnSync(link, ["0"], { encoding: "utf8" }).stdout)[0]).toBe(`arg ${link}`);
    });

    test("run as a hard link, as the store makes them of equal files, by its own name", () => {
      install("sbin/zfs", "#!/bin/sh\necho zfs\n");
      const file = fixture.command("zfs");
      rmSync(file);
      linkSync(fixture.command("zpool"), file);
      expect(run("zfs")).toEqual({ status: 0, stdout: "zfs\n", stderr: "" });
      expect(failure("zpool")).toMatch(/^DIR\/booted has no ZFS/u);
    });

    test("with the same signals, limits and open files", () => {
      install(
        "sbin/zpool",
        "#!/bin/sh\ngrep Sig /proc/self/status; ls /proc/$$/fd; umask; ulimit -a; cat\n",
      );
      expect(asTheRealOne(`trap "" PIPE HUP; umask 027; "$1" 7</dev/null | grep -v SigQ`)).toMatch(
        /standard input\n$/u,
      );
    });

    test("with a signal blocked", () => {
      expect(asTheRealOne(`exec "$2" blocked "$1" zpool`)).toMatch(/\0blocked\0/u);
    });

    test("where standard input, output and error are closed", () => {
      install("sbin/zpool", `#!/bin/sh\nls -l /proc/$$/fd >${fixture.folder}/open\n`);
      for (const closed of ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"]) {
        const [direct, wrapped] = [`${zfs}/sbin/zpool`, fixture.command("zpool")].map((program) => {
          rmSync(join(fixture.folder, "open"), { force: true });
          spawnSync("/bin/sh", ["-c", `exec "$1" ${closed}`, "sh", program], {
            stdio: ["ignore", "ignore", "ignore"],
          });
          const files = readFileSync(join(fixture.folder, "open"), "utf8").match(/\d+ -> .*/gu)!;
          return files.filter((file) => !file.endsWith("/sbin/zpool"));
        });
        expect({ closed, wrapped }).toEqual({ closed, wrapped: direct });
      }
    });

    test("in the same process, so that a signal is its own", () => {
      install("sbin/zpool", "#!/bin/sh\nkill -TERM $$\n");
      expect(spawnSync(fixture.command("zpool")).signal).toBe("SIGTERM");
    });

    test("as another user", () => {
      const { status, stderr } = run(
        "zpool",
        ["0"],
        process.getuid!() === 0 ? { uid: 65_534, gid: 65_534 } : {},
      );
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    });

    test("whatever the environment says", () => {
      const planted = join(fixture.folder, "planted");
      for (const name of ["zpool", "sbin/zpool", "kernel/sbin/zpool", "guile"])
        fixture.addProgram(planted, name, "#!/bin/sh\necho hijacked\n");
      const env = Object.fromEntries(
        [
          "PATH",
          "HOME",
          "PROFILE",
          "STORE",
          "NIX_STORE",
          "GUIX_PROFILE",
          "GUILE_LOAD_PATH",
          "BASH_ENV",
          "ENV",
          "LANG",
          "LC_ALL",
        ].map((name) => [name, planted]),
      );
      const { stdout, stderr, status } = run("zpool", ["0"], { env });
      expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
      expect(words(stdout).filter((word) => word.startsWith("env "))).toEqual(
        Object.entries(env).map(([name, value]) => `env ${name}=${value}`),
      );
    });

    test("where it is a link within the store", () => {
      fixture.addProgram(zfs, "sbin/zstream", recorder);
      symlinkSync("zstream", join(zfs, "sbin/zstreamdump"));
      makeProfile(fixture.booted, { "sbin/zstreamdump": join(zfs, "sbin/zstreamdump") });
      expect(words(run("zstreamdump", ["0"]).stdout)[0]).toBe(
        `arg ${fixture.command("zstreamdump")}`,
      );
    });

    test("where the profile, and its folder, are links", () => {
      rmSync(fixture.booted, { recursive: true });
      const profile = fixture.item("profile");
      makeProfile(profile, { sbin: join(zfs, "sbin") });
      symlinkSync(profile, fixture.booted);
      expect(run("zpool", ["0"])).toMatchObject({ status: 0, stderr: "" });
    });
  });

  // A sanitizer needs memory and files of its own.
  if (!sanitized) {
    test.each(["-f 0", "-n 3", "-n 4", "-n 5", "-n 6", "-s 64", "-v 8000", "-l 0", "-u 1", "-c 0"])(
      "ulimit %s does nothing to it that it does not do to the real program",
      (limit) => {
        for (const output of ["", `>${fixture.folder}/out`])
          asTheRealOne(`ulimit ${limit}; exec "$2" exec "$1" zpool 42 ${output}`);
      },
    );

    test("is there in its folder, and nothing else is", () => {
      const found = ["bin", "sbin"].flatMap((folder) =>
        readdirSync(join(fixture.tools, folder)).map((name) => `${folder}/${name}`),
      );
      const files = RELEASES.flatMap(({ tools }) => [
        ...tools.bin.map((name) => `bin/${name}`),
        ...tools.sbin.map((name) => `sbin/${name}`),
      ]);
      expect(found.sort()).toEqual([...new Set(files)].sort());
    });

    test("brings the pages and the completions of the booted ZFS", () => {
      const share = join(fixture.tools, "share");
      for (const file of [
        "man/man8/zpool.8.zst",
        "man/man8/zfs.8.zst",
        "bash-completion/completions/zfs",
        "bash-completion/completions/zpool",
      ])
        expect(readlinkSync(join(share, file))).toBe(`/run/booted-system/kernel/share/${file}`);
    });

    test("refuses to run where it was copied out of the store, whatever it is called", () => {
      const copy = join(fixture.folder, "zpool");
      copyFileSync(fixture.command("zpool"), copy);
      expect(spawnSync(copy, { encoding: "utf8" })).toMatchObject({
        status: 127,
        stdout: "",
        stderr: expect.stringContaining("which is not below"),
      });
      rmSync(copy);
    });

    describe.each(LISTS)("the commands of %s", (_, tools) => {
      const files = [
        ...tools.sbin.map((name) => `sbin/${name}`),
        ...tools.bin.map((name) => `bin/${name}`),
      ];
      const names = new Map(files.map((file) => [file.slice(file.indexOf("/") + 1), file]));
      beforeEach(() => {
        for (const file of files) fixture.addProgram(zfs, file, `#!/bin/sh\necho "$0"\n`);
        makeProfile(
          fixture.booted,
          Object.fromEntries(files.map((file) => [file, join(zfs, file)])),
        );
      });

      test("are run, by either name", () => {
        const there = ALL.filter((name) => names.has(name) || names.has(RENAMED[name] ?? ""));
        expect(runAll(there)).toEqual(
          there.map((name) => ({
            status: 0,
            stdout: `${zfs}/${names.get(name) ?? names.get(RENAMED[name]!)!}\n`,
            stderr: "",
          })),
        );
      });

      test("are all that there are", () => {
        const others = ALL.filter((name) => !names.has(name) && !names.has(RENAMED[name] ?? ""));
        for (const [index, found] of runAll(others).entries())
          expect(failure(others[index], 127, found)).toBe(
            `the OpenZFS in DIR/booted has no ${others[index]}: boot a system whose OpenZFS has it.`,
          );
      });
    });
  }

  test.each([
    ["arc_summary", "zarcsummary"],
    ["arcstat", "zarcstat"],
    ["zarcsummary", "arc_summary"],
    ["zarcstat", "arcstat"],
  ])("%s is %s where that alone is there, and itself where both are", (name, other) => {
    install(`bin/${other}`, `#!/bin/sh\necho ${other}\n`);
    expect(run(name).stdout).toBe(`${other}\n`);
    fixture.addProgram(zfs, `bin/${name}`, `#!/bin/sh\necho ${name}\n`);
    makeProfile(fixture.booted, { bin: `${zfs}/bin` });
    expect(run(name).stdout).toBe(`${name}\n`);
  });

  describe("says in a sentence", () => {
    const GONE = "links to is gone from the store: run 'guix system reconfigure' and reboot.";

    test("that this is no Guix System", () => {
      rmSync(fixture.booted, { recursive: true });
      expect(failure()).toBe(
        "there is no DIR/booted, the kernel and modules of the booted system: run this on Guix System, outside any container.",
      );
    });

    test("that the kernel has no ZFS, and which would be for it", () => {
      makeProfile(fixture.booted, { "lib/modules": `${zfs}/lib/modules` });
      const sentence = `DIR/booted has no ZFS: add zfs-for-linux-${SERIES} to the 'kernel-loadable-modules' of your operating-system, reconfigure and reboot.`;
      for (const name of ["zpool", "zfs", "arcstat"]) expect(failure(name)).toBe(sentence);
    });

    test("that the file is gone", () => {
      rmSync(zfs, { recursive: true });
      expect(failure()).toBe(`what DIR/booted/sbin/zpool ${GONE}`);
    });

    test("that the package is gone, which alone had the folder", () => {
      makeProfile(fixture.booted, {
        sbin: fixture.item("gone/sbin"),
        bin: fixture.item("gone/bin"),
      });
      expect(failure()).toBe(`what DIR/booted/sbin ${GONE}`);
      expect(failure("arcstat")).toBe(`what DIR/booted/bin ${GONE}`);
    });

    test("that the profile is gone", () => {
      rmSync(fixture.booted, { recursive: true });
      symlinkSync(fixture.item("profile"), fixture.booted);
      expect(failure()).toBe(`what DIR/booted ${GONE}`);
    });

    test.each([
      ["a program", () => "/bin/true", "/bin/true"],
      ["a store's neighbour", () => `${fixture.store}-evil/zpool`, "DIR/store-evil/zpool"],
      ["the store itself", () => fixture.store, "DIR/store"],
      ["a path that climbs out", () => `${zfs}/sbin/../../../recorder`, "DIR/recorder"],
      ["a link of the store's that leads out", () => `${zfs}/sbin/out`, "/bin/true"],
      [
        "a path that no terminal is to obey",
        () => `${fixture.folder}/\x1b]0;\\x\x07\u00e9`,
        String.raw`DIR/\x1b]0;\x5cx\x07\xc3\xa9`,
      ],
    ])("that it is %s", (_, target, shown) => {
      fixture.addProgram(`${fixture.store}-evil`, "zpool", recorder);
      fixture.addProgram(fixture.folder, "\x1b]0;\\x\x07\u00e9", recorder);
      symlinkSync("/bin/true", join(zfs, "sbin/out"));
      makeProfile(fixture.booted, { "sbin/zpool": target() });
      expect(failure().replace("/usr/bin", "/bin")).toBe(
        `DIR/booted/sbin/zpool is ${shown}, which is not below DIR/store: run 'guix system reconfigure' and reboot.`,
      );
    });

    test("that it is itself", () => {
      fixture.addProgram(zfs, "sbin/zpool", readFileSync(fixture.command("zpool")));
      expect(failure()).toBe(
        "DIR/booted/sbin/zpool is this command itself: take zfs-guix-tools out of the 'kernel-loadable-modules' of your operating-system, reconfigure and reboot.",
      );
    });

    test("why it cannot be found", () => {
      makeProfile(fixture.booted, {
        "sbin/zpool": join(fixture.booted, "sbin/zpool"),
        bin: "/dev/null",
      });
      expect(failure()).toBe(
        "cannot find DIR/booted/sbin/zpool: Too many levels of symbolic links.",
      );
      expect(failure("arcstat")).toBe("cannot find DIR/booted/bin/arcstat: Not a directory.");
      makeProfile(fixture.booted, { "sbin/zpool": `/${"x".repeat(300)}` });
      expect(failure()).toBe("cannot find DIR/booted/sbin/zpool: File name too long.");
    });

    test.each([
      ["is not executable", "text", 0o644, "Permission denied"],
      ["is no program", "text", 0o755, "Exec format error"],
      ["lacks its interpreter", "#!/nowhere/sh\n", 0o755, "its interpreter is not there"],
    ])("that the file %s", (_, text, mode, why) => {
      install("sbin/zpool", text, mode);
      expect(failure()).toBe(
        `cannot run ${zfs.replace(fixture.folder, "DIR")}/sbin/zpool: ${why}.`,
      );
    });

    test("that it is a folder", () => {
      mkdirSync(`${zfs}/sbin/zfs`);
      makeProfile(fixture.booted, { "sbin/zfs": `${zfs}/sbin/zfs` });
      expect(failure("zfs")).toMatch(
        /^cannot run DIR\/store\/.*\/sbin\/zfs: Permission denied\.$/u,
      );
    });
  });

  test("fsck and mount get a status that they can read", () => {
    for (const prepare of [
      () => makeProfile(fixture.booted, {}),
      () => rmSync(fixture.booted, { recursive: true }),
    ]) {
      prepare();
      failure("fsck.zfs", 8);
      failure("mount.zfs", 2);
      failure("zpool", 127);
    }
  });

  test("the status is right where the sentence cannot be written", () => {
    makeProfile(fixture.booted, {});
    const file = join(fixture.folder, "out");
    for (const redirection of ["2>&-", "2>/dev/full", "0<&- 1>&- 2>&-", `2>${file}; ulimit -f 0`]) {
      writeFileSync(file, "");
      const [command, first] = redirection.split("; ").reverse();
      const script =
        first === undefined ? `exec "$1" ${redirection}` : `${command}; exec "$1" ${first}`;
      for (const [name, status] of [
        ["zpool", 127],
        ["fsck.zfs", 8],
      ] as const) {
        expect({
          redirection,
          ...spawnSync("/bin/sh", ["-c", script, "sh", fixture.command(name)]),
        }).toMatchObject({ redirection, status, signal: null });
      }
    }
    const piped = spawnSync(
      "/bin/bash",
      [
        "-c",
        `"$1" 2>&1 >/dev/null | exec true; echo "\${PIPESTATUS[0]}"`,
        "bash",
        fixture.command("zpool"),
      ],
      { encoding: "utf8" },
    );
    expect(piped.stdout).toBe("127\n");
  });

  test("a command prints nowhere but on standard error", () => {
    makeProfile(fixture.booted, {});
    const file = join(fixture.folder, "file");
    spawnSync("/bin/sh", [
      "-c",
      `exec "$1" 2>&- 3>"$2" 4>>"$2"`,
      "sh",
      fixture.command("zpool"),
      file,
    ]);
    expect(readFileSync(file, "utf8")).toBe("");
  });
});
