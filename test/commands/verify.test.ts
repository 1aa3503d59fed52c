import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { temporaryDirectory } from "../support/directory";
import { zfsGuix } from "../support/run";
import { behaviour, left, standIn } from "../support/stand-in";

test("all that holds is told as a table, and a log goes to standard error", async () => {
  const run = await standIn().verify("--system");
  expect(run).toEqual({
    status: 0,
    stdout: `GNU Guix 1.5.0.stand-in (guix)

package             version  kernel              evaluates  derivation  lint  style  system
zfs-for-linux-6.6   2.4.4    linux-libre 6.6.1   ok         ok          ok    ok     ok
zfs-for-linux-6.12  2.4.4    linux-libre 6.12.1  ok         ok          ok    ok     ok

(zfs-guix packages zfs): loads ok, service ok, cache ok

2 of 2 packages hold, the module holds
`,
    stderr: `zfs-guix: loading (zfs-guix packages zfs) with guix
zfs-guix: [1/3] zfs-for-linux-6.6: holds
zfs-guix: [2/3] zfs-for-linux-6.12: holds
zfs-guix: [3/3] (zfs-guix packages zfs): holds
`,
  });
});

const hasTerminal = spawnSync("script", ["--version"]).status === 0;

(hasTerminal ? test : test.skip)(
  "on a terminal, a list tells what runs, for how long, and how many are left",
  () => {
    const channel = standIn({
      "lint zfs-for-linux-6.12": behaviour.answers({ lines: ["so bad"] }),
      "style zfs-for-linux-6.6": behaviour.hangs,
    });
    const seen = channel.onTerminal("--timeout", "3").replace(/\x1b\[[0-9;?]*[a-zA-Z]/g, "");
    expect(seen).toContain("(zfs-guix packages zfs) with guix: 3 left");
    expect(seen).toMatch(/. zfs-for-linux-6\.6: style, [12] s/);
    expect(seen).toMatch(/. zfs-for-linux-6\.12: 1 of 4 checks fails/);
    expect(seen).toContain(
      "0 of 2 packages hold, 1 does not, 1 without an answer, the module holds",
    );
  },
);

test("and as data", async () => {
  const run = await standIn().verify("--json", "--jobs", "2");
  expect(run).toMatchObject({
    status: 0,
    stderr: expect.stringContaining("--jobs has no effect any longer"),
  });
  expect(JSON.parse(run.stdout)).toMatchObject({
    holds: true,
    guix: { name: "guix", version: "1.5.0.stand-in" },
    module: {
      checks: [
        { check: "loads", result: "holds" },
        { check: "service", result: "holds" },
        { check: "cache", result: "holds" },
      ],
    },
    packages: [
      { name: "zfs-for-linux-6.6", missing: null },
      {
        name: "zfs-for-linux-6.12",
        kernel: "linux-libre 6.12.1",
        checks: [{ check: "evaluates", result: "holds", message: null }, {}, {}, {}],
      },
    ],
  });
});

test("a kernel that this Guix does not have is no failure", async () => {
  const run = await standIn({
    "evaluates zfs-for-linux-6.12": behaviour.answers({
      missing: "there is no linux-libre-6.12 in (gnu packages linux)",
    }),
  }).verify();
  expect(run.status).toBe(0);
  expect(run.stdout).toContain(
    "zfs-for-linux-6.12  -        -                  not in this Guix\n",
  );
  expect(run.stdout).toContain(
    "zfs-for-linux-6.12 is not in this Guix: there is no linux-libre-6.12 in (gnu packages linux)\n1 of 1 packages hold, 1 not in this Guix, the module holds\n",
  );
});

test("what Guix says of a failure is trimmed, and a command shows the same", async () => {
  const said =
    "guix repl: error: linux-libre-6.13: unbound variable\n\nhint: Did you forget `use-modules'?\n\n";
  const channel = standIn({
    "evaluates zfs-for-linux-6.12": behaviour.answers({ error: said }),
  });
  const run = await channel.verify();
  expect(run.status).toBe(1);
  expect(run.stdout).toContain(`
zfs-for-linux-6.12: evaluates FAILS
  error: linux-libre-6.13: unbound variable
  hint: Did you forget \`use-modules'?
  $ guix build -L ${channel.directory}/generated --no-grafts --derivations zfs-for-linux-6.12
`);
  expect(run.stdout).toContain("1 of 2 packages hold, 1 does not");
});

test("where Guix is content, and the package is not what it should be, the command shows the facts", async () => {
  const evaluated = { version: "2.2.0", kernel: "linux-libre 6.12.1" };
  const channel = standIn({ "evaluates zfs-for-linux-6.12": behaviour.answers(evaluated) });
  const { stdout } = await channel.verify();
  const line =
    /evaluates FAILS\n {2}OpenZFS 2\.2\.0 does not support Linux 6\.12, which is too new\n {2}\$ (.*)\n/.exec(
      stdout,
    )?.[1];
  expect(line).toMatch(
    /^echo '\(evaluates \(zfs-guix packages zfs\) zfs-for-linux-6\.12 \(gnu packages linux\) linux-libre-6\.12 "6\.12"\)' \| guix repl /,
  );
  expect(
    spawnSync("sh", ["-c", line!], { cwd: channel.directory, env: channel.env, encoding: "utf8" })
      .stdout,
  ).toContain('"version":"2.2.0"');
});

test("a source that is not that of the release is told", async () => {
  const channel = standIn({
    "derivation zfs-for-linux-6.12": behaviour.answers({ hashes: ["sha256:0000"] }),
  });
  expect((await channel.verify()).stdout).toMatch(
    /derivation FAILS\n {2}its source has the hash sha256:0000, not sha256:[0-9a-z]{52}, that of OpenZFS 2\.4\.4\n/,
  );
});

test("no Guix: one sentence that says how to get one", () => {
  const { directory, env } = standIn();
  expect(
    zfsGuix(["verify"], { cwd: directory, env: { ...env, PATH: join(directory, "generated") } }),
  ).toEqual({
    status: 2,
    stdout: "",
    stderr: expect.stringMatching(
      /^zfs-guix: there is no Guix here: no command guix on PATH; install Guix \(https:.*, or name a checkout with --guix DIR\n$/,
    ),
  });
});

test("a directory that is no checkout is refused, and so are options that make no sense", async () => {
  const { directory, verify } = standIn();
  for (const [args, message] of [
    [["--guix", directory], "this is no Guix checkout: there is no guix/packages.scm"],
    [["--in-place"], "--in-place does not say which checkout; name it with --guix DIR"],
    [["--timeout", "soon"], '--timeout "soon": expected a number of seconds above 0'],
    [
      ["--only", "zfs-for-linux-6.7"],
      "--only: there is no zfs-for-linux-6.7 in this file; it has zfs-for-linux-6.6, zfs-for-linux-6.12",
    ],
    [
      ["--out", "elsewhere"],
      "there is no such file, so there is nothing to verify; run zfs-guix generate first",
    ],
  ] as const) {
    expect(await verify(...args)).toEqual({
      status: 2,
      stdout: "",
      stderr: expect.stringContaining(message),
    });
  }
});

test("of a checkout, two files are not enough: it runs itself", () => {
  const directory = temporaryDirectory({
    "gnu/packages/linux.scm": "",
    "gnu/packages/file-systems.scm": "",
  });
  const { status, stderr } = zfsGuix(["verify", "--guix", directory, "--in-place"]);
  expect(stderr).toMatch(
    /: verify runs the Guix of a checkout and needs a whole one: there is no guix\/packages\.scm beside its gnu\/packages; clone Guix /,
  );
  expect(status).toBe(2);
});

test.each([
  [
    "ends",
    behaviour.exits(3, "guix repl: error: out of luck\n"),
    "guix gave no answer: it ended with status 3 | error: out of luck; see whether guix repl works there, or give it more time with --timeout SECONDS\n",
  ],
  ["is ended by a signal", behaviour.dies, "guix gave no answer: it was ended by signal SIGSEGV"],
  [
    "prints nonsense",
    `${behaviour.prints("Hello, world!\n")}; exit`,
    "guix gave no answer: it ended with status 0 | Hello, world!",
  ],
  [
    "answers nonsense",
    behaviour.prints("zfs-guix:{nonsense\n"),
    "guix gave no answer: its answer cannot be read: ",
  ],
  ["hangs", behaviour.hangs, "guix gave no answer: no answer within 1 s"],
] as const)("a Guix that %s at the start cannot be run", async (_, hello, message) => {
  const { verify, pids } = standIn({ hello });
  const timeout = hello === behaviour.hangs ? "1" : "30";
  expect(await verify("--timeout", timeout)).toEqual({
    status: 2,
    stdout: "",
    stderr: expect.stringContaining(message),
  });
  expect(await left(pids())).toEqual([]);
});

test("no daemon: Guix's words and what to do", async () => {
  const { verify } = standIn({
    hello: behaviour.answers({
      error:
        "guix repl: error: failed to connect to `/var/guix/daemon-socket/socket': No such file or directory\n",
    }),
  });
  expect(await verify()).toMatchObject({
    status: 2,
    stderr: expect.stringContaining(
      "socket': No such file or directory; start guix-daemon, or set GUIX_DAEMON_SOCKET\n",
    ),
  });
});

test("a Guix that dies or hangs at a question leaves it without an answer, and the next question gets a new one", async () => {
  const { verify, pids } = standIn({
    "lint zfs-for-linux-6.6": behaviour.dies,
    "style zfs-for-linux-6.12": behaviour.hangs,
  });
  const run = await verify("--timeout", "2");
  expect(run.status).toBe(2);
  expect(run.stdout).toContain(
    "zfs-for-linux-6.6: lint no answer\n  it was ended by signal SIGSEGV\n",
  );
  expect(run.stdout).toContain("zfs-for-linux-6.12: style no answer\n  no answer within 2 s\n");
  expect(run.stdout).toContain("(zfs-guix packages zfs): loads ok, service ok, cache ok\n");
  expect(run.stdout).toContain("0 of 2 packages hold, 2 without an answer, the module holds\n");
  expect(pids()).toHaveLength(2);
  expect(await left(pids())).toEqual([]);
});

test("an answer to something else is not taken for one", async () => {
  const run = await standIn({
    "lint zfs-for-linux-6.6": behaviour.answers({ lines: 7 }),
  }).verify();
  expect(run.status).toBe(2);
  expect(run.stdout).toContain("zfs-for-linux-6.6: lint no answer\n  its answer cannot be read: ");
});

test("a flood of warnings is let by, in bounded memory", () => {
  // 60 MB; a heap of 40 MB has room for the tail of it only.
  const { started } = standIn({ "lint zfs-for-linux-6.6": behaviour.floods });
  expect(started({ NODE_OPTIONS: "--max-old-space-size=40" })).toMatchObject({ status: 0 });
});

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s ends all that was started, at once",
  async (signal) => {
    const channel = standIn({ "derivation zfs-for-linux-6.12": behaviour.hangs });
    const run = await channel.interrupted(signal);
    expect(run).toEqual({
      status: 2,
      stdout: "",
      stderr: expect.stringMatching(/zfs-guix: interrupted; what was started is ended\n$/),
    });
    expect(await left(channel.pids())).toEqual([]);
  },
);

test("--build says when it begins, quotes the end of a failed build, and ends one that takes too long", async () => {
  const built = await standIn({}, { kernels: "6.12" }).verify("--build");
  expect(built.stderr).toContain("zfs-for-linux-6.12: builds …\n");
  expect(built.stdout).toMatch(
    / {2}lint {2}style {2}builds\nzfs-for-linux-6\.12( +\S+){2} \S+( +ok){5}\n/,
  );
  expect(built.status).toBe(0);
  const failed = await standIn(
    {
      builds: behaviour.answers({
        lines: ["configure: error: no", "guix build: error: build of `/gnu/store/x.drv' failed"],
      }),
    },
    { kernels: "6.12" },
  ).verify("--build");
  expect(failed).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("zfs-for-linux-6.12: builds …\n"),
  });
  expect(failed.stdout).toContain(
    "zfs-for-linux-6.12: builds FAILS\n  configure: error: no\n  error: build of `/gnu/store/x.drv' failed\n  $ guix build -L ",
  );
  const slow = standIn({ builds: behaviour.hangs }, { kernels: "6.12" });
  const run = await slow.verify("--build", "--timeout", "2");
  expect(run.status).toBe(2);
  expect(run.stdout).toContain("zfs-for-linux-6.12: builds no answer\n  no answer within 2 s\n");
  expect(await left(slow.pids())).toEqual([]);
});

test("definitions that do not load are told once, in Guix's words", async () => {
  const channel = standIn({
    loads: behaviour.answers({ error: "zfs.scm:3:1: missing closing parenthesis\n" }),
  });
  const run = await channel.verify();
  expect(run.status).toBe(1);
  expect(run.stdout).toContain(
    `(zfs-guix packages zfs): loads FAILS\n  zfs.scm:3:1: missing closing parenthesis\n  $ echo '(loads (zfs-guix packages zfs) "${realpathSync(channel.directory)}/generated/zfs-guix/packages/zfs.scm")' | guix repl -L `,
  );
  expect(run.stdout.match(/missing closing/g)).toHaveLength(1);
});

test("the kernel of a variant with another name is looked up in the kernel list", async () => {
  const channel = standIn();
  const list = join(channel.directory, "mine.scm");
  writeFileSync(list, '(("6.12" linux-6.12 (nongnu packages linux) zfs-for-nongnu-linux-6.12))');
  mkdirSync(join(channel.directory, "other"));
  expect(
    zfsGuix(["generate", "--kernels-file", list, "--out", "other"], { cwd: channel.directory })
      .status,
  ).toBe(0);
  expect(
    readFileSync(join(channel.directory, "other/zfs-guix/packages/zfs.scm"), "utf8"),
  ).toContain("(define-public zfs-for-nongnu-linux-6.12");
  expect(
    await channel.verify("--out", "other", "--only", "zfs-for-nongnu-linux-6.12"),
  ).toMatchObject({
    status: 1,
    stdout: expect.stringContaining("no kernel of the list asks for it"),
  });
});
