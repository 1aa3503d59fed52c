import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { temporaryDirectory } from "./support/directory";
import { emitted, emittedAll } from "./support/emitted";
import { PROJECT, zfsGuix, type Run } from "./support/run";

const KERNELS = ["5.10", "6.1", "6.6", "6.12"].map((series) => `linux-libre-${series}`);
const HASH = "1cf893wgqbn93ms3g38ixc0h4lv6mn0hx9lmi9hp3k1pbbap0g1a";

const directory = mkdtempSync(join(tmpdir(), "zfs-guix-emitted-"));
const channel = join(directory, "zfs-guix/packages/zfs.scm");

beforeAll(() => {
  const series = KERNELS.map((kernel) => kernel.slice("linux-libre-".length)).join(",");
  expect(
    zfsGuix(["generate", "--kernels", series, "--zfs", "2.4.4", "--out", directory]).status,
  ).toBe(0);
});
afterAll(() => rmSync(directory, { recursive: true }));

type Surroundings = Parameters<typeof emitted>[1];

/** Does COMMAND with the channel; see support/emitted/run.scm. */
const run = (command: readonly string[], options: Surroundings = {}): Run =>
  emitted(command, { file: channel, kernels: KERNELS, ...options });

/** What each of COMMANDS does with the channel, in one Guile. */
function runs(
  commands: readonly (readonly string[])[],
  options: Surroundings = {},
): (...command: readonly string[]) => Run {
  let found: readonly Run[];
  beforeAll(() => {
    found = emittedAll(commands, { file: channel, kernels: KERNELS, ...options });
  });
  return (...asked) =>
    found[commands.findIndex((command) => command.join("\n") === asked.join("\n"))]!;
}

/** The lines that a command prints. */
function lines({ status, stdout, stderr }: Run): string[] {
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout.trimEnd().split("\n");
}

const variant = (series: string): string => `zfs-for-linux-${series}`;

describe("the packages of the channel", () => {
  const asked = runs([["list"], ["inputs", "zfs-guix-auto-snapshot"]]);

  test("are for their kernels, from OpenZFS's own tarballs", () => {
    const packages = lines(asked("list"));
    for (const kernel of KERNELS) {
      const name = variant(kernel.slice("linux-libre-".length));
      expect(packages).toContain(
        `${name}: ${name} 2.4.4 for ${kernel} from https://github.com/openzfs/zfs/releases/download/zfs-2.4.4/zfs-2.4.4.tar.gz ${HASH}`,
      );
    }
    expect(packages.filter((line) => !line.startsWith("zfs-for-linux-"))).toEqual([
      "newest-kernel-for-zfs: procedure",
      "zfs-for-kernel: procedure",
      "zfs-guix-auto-snapshot: zfs-guix-auto-snapshot 1.2.4",
      expect.stringMatching(/^zfs-guix-tools: /),
    ]);
  });

  test("without one kernel, all but one; that one is an error where it is used", () => {
    const all = lines(asked("list"));
    const kernels = KERNELS.filter((kernel) => kernel !== "linux-libre-6.12");
    const without = lines(run(["list"], { kernels }));
    expect(without.filter((line) => !all.includes(line))).toEqual([
      "zfs-for-linux-6.12: error: zfs-for-linux-6.12: (gnu packages linux) has no linux-libre-6.12",
      "hint: Choose a kernel that this Guix has and the package for that one.  If the kernel is newer than this Guix, run @command{guix pull}; if it is from another channel, see whether you use that channel and whether its module loads.",
    ]);
    expect(all.filter((line) => !without.includes(line))).toEqual([
      expect.stringMatching(/^zfs-for-linux-6\.12: /),
    ]);
  });

  test("without any of its kernels, none, and the rest still loads", () => {
    const found = lines(run(["list"], { kernels: [] }));
    expect(found.filter((line) => line.includes(": error: "))).toHaveLength(KERNELS.length);
    expect(found).toContainEqual(expect.stringMatching(/^zfs-guix-tools: /));
  });

  test("zfs-auto-snapshot gets the commands of the booted ZFS", () => {
    expect(lines(asked("inputs", "zfs-guix-auto-snapshot"))).toEqual([
      '(("coreutils" . #f) ("zfs" . "zfs-guix-tools"))',
    ]);
  });
});

describe("zfs-for-kernel", () => {
  const supported = [
    ["6.12.88", "zfs-for-linux-6.12 2.4.4 for linux from "],
    ["4.18", "zfs-for-linux-4.18 2.4.4 for linux from "],
    ["7.0.0-rc1", "zfs-for-linux-7.0 2.4.4 for linux from "],
  ] as const;
  const nameless = ["lts", "6", "v6.12", "20260101"];
  const unsupported = ["7.3", "4.17.9"];
  const asked = runs(
    [...supported.map(([release]) => release), ...nameless, ...unsupported].map((release) => [
      "for-kernel",
      "linux",
      release,
    ]),
    { kernels: ["linux-libre-6.6", "linux-libre-6.12"] },
  );

  test.each(supported)("Linux %s", (release, expected) => {
    expect(lines(asked("for-kernel", "linux", release))[0]).toContain(expected);
  });

  test.each(nameless)("a kernel of version %s has no series", (release) => {
    expect(lines(asked("for-kernel", "linux", release))).toEqual([
      `error: linux: version ${release} has no series`,
      "hint: Give it a version that starts with its series, such as @code{6.12.77}.",
    ]);
  });

  test.each(unsupported)("Linux %s is supported by none", (release) => {
    expect(lines(asked("for-kernel", "linux", release))).toEqual([
      `error: no ZFS for linux ${release}: OpenZFS 2.4.4 supports Linux 4.18 to 7.2`,
      'hint: Choose a kernel of one of the series 6.6, 6.12, or run @command{guix pull} for a newer release.  At your own risk, name a release all the same: @code{(zfs-for-kernel kernel #:release "2.4.4")}.',
    ]);
  });

  test("chooses a release that loses data for no kernel but one that the list gives it to", () => {
    const lossy = temporaryDirectory();
    const { status } = zfsGuix(["generate", "--kernels", "6.5", "--zfs", "2.2.0", "--out", lossy]);
    expect(status).toBe(0);
    const file = join(lossy, "zfs-guix/packages/zfs.scm");
    const [own, other] = emittedAll(
      ["6.5.3", "6.4.3"].map((release) => ["for-kernel", "linux", release]),
      { file, kernels: KERNELS },
    ).map((one) => lines(one)[0]);
    expect(own).toContain("zfs-for-linux-6.5 2.2.0 for linux");
    expect(other).toBe("error: no ZFS for linux 6.4.3: OpenZFS 2.2.0 is known to lose data");
  });
});

describe("the builder of a variant", () => {
  const ORDER = ["check-kernel-series", "configure", "build", "install", "merge-module"];
  const taken = [
    ["6.12", "6.12.95-gnu"],
    ["6.12", "6.12.0-rc2-gnu"],
    ["6.12", "6.12.0+"],
    ["6.1", "6.1.3"],
  ] as const;
  const refused = [
    ["6.12", "6.1.3"],
    ["6.12", "6.1"],
    ["6.12", "6.120.1"],
    ["6.12", "6.120"],
    ["6.12", "6.18.1-gnu"],
    ["6.12", "16.12.1"],
    ["6.1", "6.12.95-gnu"],
    ["6.1", "6.12-rc1"],
    ["6.1", "6.10"],
    ["6.1", ""],
  ] as const;
  const checking = (series: string, release: string): string[] => [
    "run",
    variant(series),
    `/nowhere,${join(directory, "kernels", `linux-${release}`)}`,
    "check-kernel-series",
  ];
  beforeAll(() => {
    for (const [, release] of [...taken, ...refused]) {
      const config = join(directory, `kernels/linux-${release}/lib/modules/build/include/config`);
      mkdirSync(config, { recursive: true });
      writeFileSync(join(config, "kernel.release"), `${release}\n`);
    }
  });
  const asked = runs([
    ["phases", variant("6.12")],
    ...[...taken, ...refused].map(([series, release]) => checking(series, release)),
  ]);

  test("checks before it configures, and merges once all is installed", () => {
    const phases = lines(asked("phases", variant("6.12")));
    expect(phases.filter((phase) => ORDER.includes(phase))).toEqual(ORDER);
    expect(phases.indexOf("check-kernel-series") + 1).toBe(phases.indexOf("configure"));
    expect(phases.indexOf("install") + 1).toBe(phases.indexOf("merge-module"));
  });

  test("merges nothing where zfs has no such output", () => {
    expect(
      run(["run", variant("6.12"), "", "merge-module"], {
        env: { ZFS_OUTPUTS: "out src", out: "/nowhere", module: "/nowhere" },
      }),
    ).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test.each(taken)("for %s takes Linux %s", (series, release) => {
    expect(asked(...checking(series, release))).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test.each(refused)("for %s refuses Linux %j in one sentence", (series, release) => {
    expect(asked(...checking(series, release))).toEqual({
      status: 1,
      stdout: "",
      stderr: `error: this ZFS is for Linux ${series}, not for Linux ${release}.\n`,
    });
  });

  test("moves the module to the output, and leaves a link", () => {
    const directory = temporaryDirectory({
      "out/lib/libzfs.so": "",
      "module/lib/modules/6.12.95/extra/zfs.ko": "the module",
    });
    const [out, module] = [join(directory, "out"), join(directory, "module")];
    expect(run(["run", variant("6.12"), "", "merge-module"], { env: { out, module } })).toEqual({
      status: 0,
      stdout: "",
      stderr: "",
    });
    expect(readFileSync(join(out, "lib/modules/6.12.95/extra/zfs.ko"), "utf8")).toBe("the module");
    expect(readlinkSync(join(module, "lib/modules"))).toBe(join(out, "lib/modules"));
    expect(readFileSync(join(module, "lib/modules/6.12.95/extra/zfs.ko"), "utf8")).toBe(
      "the module",
    );
  });
});

test("the tools have the version of this project", () => {
  const { version } = JSON.parse(readFileSync(`${PROJECT}/package.json`, "utf8")) as {
    version: string;
  };
  expect(lines(run(["list"]))).toContain(
    `zfs-guix-tools: zfs-guix-tools ${version} from zfs-guix-command.c`,
  );
});

describe("these tests notice what breaks a system", () => {
  const broken = (from: string, to: string): string => {
    const folder = temporaryDirectory();
    cpSync(dirname(channel), folder, { recursive: true });
    const text = readFileSync(channel, "utf8");
    expect(text).toContain(from);
    const file = join(folder, "zfs.scm");
    writeFileSync(file, text.replace(from, to));
    return file;
  };

  test("a builder that fails is not taken for one that works", () => {
    const file = broken("(rename-file (string", "(rename-files (string");
    expect(
      run(["run", variant("6.12"), "", "merge-module"], {
        file,
        env: { out: "/nowhere", module: "/nowhere" },
      }).status,
    ).not.toBe(0);
  });

  test("a phase that is not there cannot be changed", () => {
    expect(
      run(["phases", variant("6.12")], {
        file: broken("(add-before 'configure ", "(add-before 'configuration "),
      }).status,
    ).not.toBe(0);
  });
});
