import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { temporaryDirectory } from "../support/directory";
import { zfsGuix } from "../support/run";
import { isAlive, standIn } from "../support/stand-in";

test("all that holds is told as a table, and a log goes to standard error", () => {
  const run = standIn().verify("--system");
  expect(run).toEqual({
    status: 0,
    stdout: `GNU Guix 1.5.0.stand-in (guix)

package             version  kernel              evaluates  derivation  lint  style  system
zfs-for-linux-6.6   2.4.4    linux-libre 6.6.1   ok         ok          ok    ok     ok
zfs-for-linux-6.12  2.4.4    linux-libre 6.12.1  ok         ok          ok    ok     ok

(zfs-guix packages zfs): loads ok, cache ok

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

(hasTerminal ? test : test.skip)("on a terminal, a list tells what runs, for how long, and how many are left", () => {
  const channel = standIn({ "lint zfs-for-linux-6.12": { kind: "answer", text: '{"fact":{"remarks":[{"checker":"c","message":"so bad","location":null,"known":false}]}}' }, "style zfs-for-linux-6.6": { kind: "hang" } });
  const seen = channel.onTerminal("--timeout", "3").replace(/\x1b\[[0-9;?]*[a-zA-Z]/g, "");
  expect(seen).toContain("(zfs-guix packages zfs) with guix: 3 left");
  expect(seen).toMatch(/. zfs-for-linux-6\.6: style, [12] s/);
  expect(seen).toMatch(/. zfs-for-linux-6\.12: 1 of 4 checks fails/);
  expect(seen).toContain("0 of 2 packages hold, 1 does not, 1 without an answer, the module holds");
});

test("and as data", () => {
  const run = standIn().verify("--json", "--jobs", "2");
  expect(run.status).toBe(0);
  expect(JSON.parse(run.stdout)).toMatchObject({
    holds: true,
    guix: { name: "guix", version: "1.5.0.stand-in" },
    module: { checks: [{ check: "loads", result: "holds" }, { check: "cache", result: "holds" }] },
    packages: [
      { name: "zfs-for-linux-6.6", missing: null },
      { name: "zfs-for-linux-6.12", kernel: "linux-libre 6.12.1", checks: [{ check: "evaluates", result: "holds", message: null }, {}, {}, {}] },
    ],
  });
});

test("a kernel that this Guix does not have is no failure", () => {
  const run = standIn({ "evaluate zfs-for-linux-6.12": { kind: "answer", text: '{"fact":{"package":null,"kernel":null}}' } }).verify();
  expect(run.status).toBe(0);
  expect(run.stdout).toContain("zfs-for-linux-6.12  -        -                  not in this Guix\n");
  expect(run.stdout).toContain("zfs-for-linux-6.12 is not in this Guix: there is no linux-libre-6.12 in (gnu packages linux)\n1 of 1 packages hold, 1 not in this Guix, the module holds\n");
});

test("what Guix says of a failure is trimmed, and a command shows the same", () => {
  const said = "guix repl: error: linux-libre-6.13: unbound variable\n\nhint: Did you forget `use-modules'?\n\n";
  const channel = standIn({ "evaluate zfs-for-linux-6.12": { kind: "answer", text: JSON.stringify({ error: said }) } });
  const run = channel.verify();
  expect(run.status).toBe(1);
  expect(run.stdout).toContain(`
zfs-for-linux-6.12: evaluates FAILS
  error: linux-libre-6.13: unbound variable
  hint: Did you forget \`use-modules'?
  $ guix build -L ${channel.directory}/generated --no-grafts --derivations zfs-for-linux-6.12
`);
  expect(run.stdout).toContain("1 of 2 packages hold, 1 does not");
});

test("where Guix is content, and the package is not what it should be, the command shows the facts", () => {
  const evaluated = '{"fact":{"package":{"name":"zfs-for-linux-6.12","version":"2.2.0","outputs":["out"],"location":null},"kernel":{"name":"linux-libre","version":"6.12.1"}}}';
  const channel = standIn({ "evaluate zfs-for-linux-6.12": { kind: "answer", text: evaluated } });
  const { stdout } = channel.verify();
  const line = /evaluates FAILS\n {2}OpenZFS 2\.2\.0 does not support Linux 6\.12, which is too new\n {2}\$ (.*)\n/.exec(stdout)?.[1];
  expect(line).toMatch(/^echo '\(evaluate \(zfs-guix packages zfs\) zfs-for-linux-6\.12 \(gnu packages linux\) linux-libre-6\.12\)' \| guix repl /);
  expect(spawnSync("sh", ["-c", line!], { cwd: channel.directory, env: channel.env, encoding: "utf8" }).stdout).toContain('"version":"2.2.0"');
});

test("a kernel module that may not be distributed stays with who builds it", () => {
  const channel = standIn({ "derivation zfs-for-linux-6.12": { kind: "answer", text: '{"fact":{"file":"/x","substitutable":true,"declared":[],"outputs":[],"inputs":[],"kernel":null,"source":null}}' } });
  expect(channel.verify().stdout).toContain("  it may be substituted, but its kernel module may be built and not distributed: it needs #:substitutable? #f\n");
});

test("no Guix: one sentence that says how to get one", () => {
  const { directory, env } = standIn();
  expect(zfsGuix(["verify"], { cwd: directory, env: { ...env, PATH: join(directory, "generated") } })).toEqual({
    status: 2,
    stdout: "",
    stderr: expect.stringMatching(/^zfs-guix: there is no Guix here: no command guix on PATH; install Guix \(https:.*, or name a checkout with --guix DIR\n$/),
  });
});

test("a directory that is no checkout is refused, and so are options that make no sense", () => {
  const { directory, verify } = standIn();
  for (const [args, message] of [
    [["--guix", directory], "this is no Guix checkout: there is no guix/packages.scm"],
    [["--in-place"], "--in-place does not say which checkout; name it with --guix DIR"],
    [["--jobs", "0"], '--jobs "0": expected a whole number from 1 to 64'],
    [["--timeout", "soon"], '--timeout "soon": expected a number of seconds above 0'],
    [["--only", "zfs-for-linux-6.7"], "--only: there is no zfs-for-linux-6.7 in this file; it has zfs-for-linux-6.6, zfs-for-linux-6.12"],
    [["--out", "elsewhere"], "there is no such file, so there is nothing to verify; run zfs-guix generate first"],
  ] as const) {
    expect(verify(...args)).toEqual({ status: 2, stdout: "", stderr: expect.stringContaining(message) });
  }
});

test.each([
  ["ends", { kind: "exit", status: 3, text: "guix repl: error: out of luck\n" }, "guix gave no answer while starting: it ended with status 3 | error: out of luck; see whether guix repl works there\n"],
  ["is ended by a signal", { kind: "signal" }, "guix gave no answer while starting: it was ended by signal SIGSEGV"],
  ["prints nonsense", { kind: "print", text: "Hello, world!\n" }, "guix gave no answer while starting: it ended with status 0 | Hello, world!"],
  ["answers nonsense", { kind: "print", text: "zfs-guix:{nonsense\n", status: -1 }, "guix gave no answer while starting: its answer cannot be read | zfs-guix:{nonsense"],
  ["hangs", { kind: "hang" }, "guix gave no answer while starting: no answer within 1 second; give it more time with --timeout SECONDS"],
  ["floods its output", { kind: "flood-lines" }, "guix gave no answer while starting: it floods its output | "],
  ["floods its output with one line", { kind: "flood-line" }, "guix gave no answer while starting: it prints a line without an end"],
] as const)("a Guix that %s at the start cannot be run", (_, behaviour, message) => {
  const { verify, pids } = standIn({ hello: behaviour });
  const timeout = behaviour.kind === "hang" ? "1" : "30";
  expect(verify("--timeout", timeout)).toEqual({ status: 2, stdout: "", stderr: expect.stringContaining(message) });
  expect(pids().filter(isAlive)).toEqual([]);
});

test("no daemon: Guix's words and what to do", () => {
  const { verify } = standIn({ connect: { kind: "answer", text: '{"error":"guix repl: error: failed to connect to `/var/guix/daemon-socket/socket\': No such file or directory\\n"}' } });
  expect(verify()).toMatchObject({ status: 2, stderr: expect.stringContaining("socket': No such file or directory; start guix-daemon, or set GUIX_DAEMON_SOCKET\n") });
});

test("a Guix that dies or hangs at a question leaves it without an answer, and the next question gets a new one", () => {
  const { verify, pids } = standIn({ "lint zfs-for-linux-6.6": { kind: "signal" }, "style zfs-for-linux-6.12": { kind: "hang" } });
  const run = verify("--timeout", "2");
  expect(run.status).toBe(2);
  expect(run.stdout).toContain("zfs-for-linux-6.6: lint no answer\n  it was ended by signal SIGSEGV\n");
  expect(run.stdout).toContain("zfs-for-linux-6.12: style no answer\n  no answer within 2 seconds\n");
  expect(run.stdout).toContain("(zfs-guix packages zfs): loads ok, cache ok\n");
  expect(run.stdout).toContain("0 of 2 packages hold, 2 without an answer, the module holds\n");
  expect(pids()).toHaveLength(2);
  expect(pids().filter(isAlive)).toEqual([]);
});

test("an answer to something else is not taken for one", () => {
  const run = standIn({ "lint zfs-for-linux-6.6": { kind: "answer", text: '{"fact":{"remarks":7}}' } }).verify();
  expect(run.status).toBe(2);
  expect(run.stdout).toContain("zfs-for-linux-6.6: lint no answer\n  Guix answered something else than was asked:");
});

test("a flood of warnings is let by, in bounded memory", () => {
  // 120 MB; a heap of 40 MB has room for the tail of it only.
  const { verify, env } = standIn({ "lint zfs-for-linux-6.6": { kind: "flood-errors" } });
  env["NODE_OPTIONS"] = "--max-old-space-size=40";
  expect(verify()).toMatchObject({ status: 0 });
});

test.each(["SIGINT", "SIGTERM"] as const)("%s ends all that was started, at once", async (signal) => {
  const channel = standIn({ "derivation zfs-for-linux-6.12": { kind: "hang" } });
  const run = await channel.interrupted(signal);
  expect(run).toEqual({ status: 2, stdout: "", stderr: expect.stringMatching(/zfs-guix: interrupted; what was started is ended\n$/) });
  expect(channel.pids().filter(isAlive)).toEqual([]);
});

const TOOLS = ["sbin/fsck.zfs", "sbin/mount.zfs", "sbin/zdb", "sbin/zed", "sbin/zfs", "sbin/zfs_ids_to_path", "sbin/zgenhostid", "sbin/zhack", "sbin/zinject", "sbin/zpool", "sbin/zstream", "sbin/zstreamdump", "sbin/ztest"];
const COMMANDS = ["bin/dbufstat", "bin/raidz_test", "bin/zarcstat", "bin/zarcsummary", "bin/zilstat", "bin/zvol_wait"];

test.each(["zfs.ko", "zfs.ko.xz", "zfs.ko.zst", "zfs.ko.gz"])("--build finds %s and every command", (module) => {
  const files = [`lib/modules/6.12.1-gnu/extra/${module}`, ...TOOLS, ...COMMANDS];
  const out = temporaryDirectory(Object.fromEntries(files.map((path) => [path, ""])));
  expect(standIn({}, { kernels: "6.12", out }).verify("--build")).toMatchObject({ status: 0, stderr: expect.stringContaining("zfs-for-linux-6.12: builds …\n") });
});

test("--build tells what is missing", () => {
  const files = ["lib/modules/6.1.12-gnu/extra/zfs.ko", ...TOOLS.filter((path) => !path.endsWith("zpool")), ...COMMANDS];
  const out = temporaryDirectory(Object.fromEntries(files.map((path) => [path, ""])));
  const run = standIn({}, { kernels: "6.12", out }).verify("--build");
  expect(run.status).toBe(1);
  expect(run.stdout).toContain("its kernel module is for Linux 6.1.12-gnu, not for 6.12\n");
  expect(run.stdout).toContain(`${out} lacks the commands zpool\n`);
  const empty = standIn({}, { kernels: "6.12", out: temporaryDirectory() }).verify("--build");
  expect(empty.stdout).toContain("there is no zfs.ko below ");
});

test("--build quotes the end of a failed build, and ends one that takes too long", () => {
  const failed = standIn({ build: { kind: "exit", status: 1, text: "configure: error: no\nguix build: error: build of `/gnu/store/x.drv' failed\n" } }, { kernels: "6.12" }).verify("--build");
  expect(failed.status).toBe(1);
  expect(failed.stdout).toContain("zfs-for-linux-6.12: builds FAILS\n  configure: error: no\n  error: build of `/gnu/store/x.drv' failed\n  $ guix build -L ");
  const slow = standIn({ build: { kind: "hang" } }, { kernels: "6.12" });
  const run = slow.verify("--build", "--timeout", "2");
  expect(run.status).toBe(2);
  expect(run.stdout).toContain("zfs-for-linux-6.12: builds no answer\n  not built within 2 seconds\n");
  expect(slow.pids().filter(isAlive)).toEqual([]);
});

test("definitions that do not load are told once, in Guix's words", () => {
  const run = standIn({ load: { kind: "answer", text: '{"error":"zfs.scm:3:1: missing closing parenthesis\\n"}' } }).verify();
  expect(run.status).toBe(1);
  expect(run.stdout).toContain("(zfs-guix packages zfs): loads FAILS\n  zfs.scm:3:1: missing closing parenthesis\n  $ echo '(load (zfs-guix packages zfs) ())' | guix repl -L ");
  expect(run.stdout.match(/missing closing/g)).toHaveLength(1);
});

test("a module that Guix takes from elsewhere is not taken for ours", () => {
  const channel = standIn();
  channel.env["STAND_IN_FILE"] = "/somewhere/else.scm";
  expect(channel.verify()).toMatchObject({ status: 1, stdout: expect.stringContaining("Guix takes the module from /somewhere/else.scm, not from ") });
});

test("the kernel of a variant with another name is looked up in the kernel list", () => {
  const channel = standIn();
  const list = join(channel.directory, "mine.scm");
  writeFileSync(list, '(("6.12" linux-6.12 (nongnu packages linux) zfs-for-nongnu-linux-6.12))');
  mkdirSync(join(channel.directory, "other"));
  expect(zfsGuix(["generate", "--kernels-file", list, "--out", "other"], { cwd: channel.directory }).status).toBe(0);
  channel.env["STAND_IN_FILE"] = join(channel.directory, "other/zfs-guix/packages/zfs.scm");
  expect(readFileSync(channel.env["STAND_IN_FILE"], "utf8")).toContain("(define-public zfs-for-nongnu-linux-6.12");
  expect(channel.verify("--out", "other", "--only", "zfs-for-nongnu-linux-6.12")).toMatchObject({ status: 1, stdout: expect.stringContaining("no kernel of the list asks for it") });
});
