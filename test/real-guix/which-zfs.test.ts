import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "@jest/globals";
import { temporaryDirectory, temporaryRepository } from "../support/directory";
import { onRealGuix, runGuix, SLOW } from "../support/real-guix";
import { PROJECT } from "../support/run";

const ADDED = "zfs-service-type adds the ZFS for the kernel";
const without = (name: string, what: string): RegExp =>
  new RegExp(
    `^error: kernel-loadable-modules: ${name} comes without its ${what}: leave it out, .*#:zfs ${name}`,
  );

/** What is said of each case of which-zfs.scm. */
const CASES: Readonly<Record<string, string | RegExp>> = {
  nothing: /^\(zfs-for-linux-6\.12@[\d.]+\)$/,
  variant: /^\(zfs-for-linux-6\.12@[\d.]+\)$/,
  "variant, its output": /^\(\(zfs-for-linux-6\.12@[\d.]+ out\)\)$/,
  "variant, renamed": /^\(my-zfs@[\d.]+\)$/,
  "variant, with a patch": /^\(zfs-for-linux-6\.12@[\d.]+\)$/,
  "variant of another series": `error: kernel-loadable-modules: zfs-for-linux-6.6 is for Linux 6.6, and the kernel is linux-libre 6.12.62; Leave it out: ${ADDED}.`,
  "variant of another series, renamed": /^error: kernel-loadable-modules: x is for Linux 6\.6, /,
  "variant, the other output": without("zfs-for-linux-6.12", "commands"),
  "Guix's": without("zfs", "kernel module"),
  "Guix's, the module": without("zfs", "commands"),
  "Guix's, renamed": without("tank", "commands"),
  "Guix's, named as a variant": without("zfs-for-linux-6.12", "kernel module"),
  "variant, transformed": /^\(zfs-for-linux-6\.12@2\.4\.5\)$/,
  "variant, with another input": /^\(my-zfs@[\d.]+\)$/,
  "variant of another series, with another input":
    /^error: kernel-loadable-modules: my-zfs is for Linux 6\.6, /,
  "what zfs-for-kernel returns": /^\(zfs-for-linux-6\.12@[\d.]+\)$/,
  "what zfs-for-kernel returns for another kernel":
    /^error: kernel-loadable-modules: zfs-for-linux-6\.6 is for Linux 6\.6, /,
  "one twice":
    /^error: kernel-loadable-modules: there is more than one ZFS: zfs-for-linux-6\.12, zfs-for-linux-6\.12; Leave them out/,
  "commands alone": without("zfs-guix-tools", "kernel module"),
  "other modules of a place that is called after ZFS":
    /^\(zfs-for-linux-6\.12@[\d.]+ acpi-call-linux-module@\S+\)$/,
  "other modules with such a hash": /^\(zfs-for-linux-6\.12@[\d.]+ acpi-call-linux-module@\S+\)$/,
  "Guix's, of a source of one's own": without("tank", "kernel module"),
  "Guix's, of which all that names it is another": without("tank", "kernel module"),
  two: /^error: kernel-loadable-modules: there is more than one ZFS: zfs-for-linux-6\.12, my-zfs; /,
  "other modules":
    /^\(zfs-for-linux-6\.12@[\d.]+ v4l2loopback-linux-module@\S+ acpi-call-linux-module@\S+\)$/,
  "field, Guix's":
    "error: field 'zfs-for-kernel' of zfs-configuration: zfs does not bring module and commands together; Return @code{(zfs-for-kernel kernel #:zfs zfs)}.",
  "field, of another series":
    /^error: field 'zfs-for-kernel' of zfs-configuration: zfs-for-linux-6\.6 is for Linux 6\.6, /,
  "field, from Guix's": /^\(zfs-for-linux-6\.12@2\.\d+\.\d+\)$/,
  "field, a checkout": "(zfs-for-linux-6.12@2.5.0-rc1)",
  "kernel with ZFS, by its name": /^error: linux-libre-with-zfs 6\.12\.\d+ has a ZFS built in; /,
  "kernel with ZFS, by its build": /^error: linux-libre 6\.12\.\d+ has a ZFS built in; /,
  "kernel, customized": /^\(zfs-for-linux-6\.6@[\d.]+\)$/,
  "kernel, made": /^\(zfs-for-linux-6\.12@[\d.]+\)$/,
  "kernel, inherited, of another series": /^\(zfs-for-linux-6\.6@[\d.]+\)$/,
  "kernel, by its name of another series": /^\(zfs-for-linux-6\.6@[\d.]+\)$/,
  "kernel with such a hash": /^\(zfs-for-linux-6\.12@[\d.]+\)$/,
  "kernel, transformed": /^\(zfs-for-linux-6\.12@[\d.]+\)$/,
  "kernel of a place that is called after ZFS": /^\(zfs-for-linux-6\.12@[\d.]+\)$/,
  ...Object.fromEntries(
    ["6.12", "6.12-rc7", "6.12.3-xan1", "6.12.3.1"].map((version) => [
      `kernel, version ${version}`,
      /^\(zfs-for-linux-6\.12@[\d.]+\)$/,
    ]),
  ),
  ...Object.fromEntries(
    ["6", "master", "v6.12.3"].map((version) => [
      `kernel, version ${version}`,
      `error: linux-xan: version ${version} has no series; Give it a version that starts with its series, such as @code{6.12.77}.`,
    ]),
  ),
  "kernel, version 9.9.1": /^error: no ZFS for linux-xan 9\.9\.1: OpenZFS .* At your own risk, /,
  newest: /^linux-libre@6\.17\.\d+$/,
  "newest of a list": /^linux-libre@6\.12\.\d+$/,
  "newest of none":
    /^error: there is no ZFS for any of these kernels: linux-libre@9\.9\.1; Choose one /,
  "newest of an empty list": /^error: there is no ZFS for any of these kernels:; Choose one /,
  "newest of no list":
    /^error: newest-kernel-for-zfs: #<package linux-libre@6\.12\S* .* is no list of packages; Pass it/,
  "newest of no packages":
    "error: newest-kernel-for-zfs: (linux-libre-6.12) is no list of packages; Pass it kernels, for example @code{(list linux-libre-6.18 linux-libre-6.12)}.",
  unsupported:
    /^error: no ZFS for linux-libre 9\.9\.1: OpenZFS .* At your own risk, name a release/,
  "unsupported, by name":
    /^\(zfs-for-linux-9\.9@(2\.\d+\.\d+) linux-libre@9\.9\.1 #<origin .*zfs-\1/,
  "unknown release":
    /^error: OpenZFS 1\.0\.0 is none of those known here: 2\.[\d., ]+; .*@code\{#:source\}/,
  "branch for a release": /^error: OpenZFS 2\.4 is none of those known here: 2\.4\.\d+/,
  "no kernel": /^error: zfs-for-kernel: "linux-libre-6\.12" is no package; Pass it the kernel/,
  "package, no ZFS":
    /^error: zfs-for-kernel: #<package mergerfs@.* is no ZFS; Pass a package of OpenZFS as @code\{#:zfs\}/,
  "newest of other people's": "linux-xan@6.12.20",
  "source without a version": /^error: zfs-for-kernel: no version is given for #:source; /,
  "source, its version no string": /^error: zfs-for-kernel: no version is given for #:source; /,
  source: /^\(zfs-for-linux-9\.9@2\.5\.0-rc1 linux-libre@9\.9\.1 #<<local-file> /,
  package: /^\(zfs-for-linux-6\.6@2\.\d+\.\d+ linux-libre@6\.6\.\d+ #<origin /,
  "variant for another kernel": "the phases of one variant",
  "guix edit": /^\(\(zfs-for-linux-6\.6 (\d+)\) \(zfs-for-linux-6\.12 (?!\1)\d+\)\)$/,
  "guix refresh": /^\(\(zfs (\S+)\) \(zfs \1\) \(zfs \1\)\)$/,
  "guix lint -c cve": "(openzfs openzfs)",
  "--with-source": /^\(zfs-for-linux-6\.12@2\.4\.5 linux-libre@6\.12\.\d+ .*zfs-2\.4\.5\.tar\.gz/,
  "--with-patch": /^\(zfs-for-linux-6\.12@[\d.]+ linux-libre@6\.12\.\d+ /,
  "--with-git-url": /^\(zfs-for-linux-6\.12@\S+ linux-libre@6\.12\.\d+ #<<git-checkout> /,
  ...Object.fromEntries(
    ["with-input", "without-tests", "with-debug-info", "with-c-toolchain"].map((option) => [
      `--${option}`,
      /^\(zfs-for-linux-6\.12@[\d.]+ linux-libre@6\.12\.\d+ /,
    ]),
  ),
};

onRealGuix((guix) => {
  const said = new Map<string, string>();

  beforeAll(() => {
    const directory = temporaryDirectory({
      "checkout/META": "Version: 2.5.0\n",
      "zfs/elsewhere": "a file",
    });
    const file = join(directory, "zfs-2.4.5.tar.gz");
    writeFileSync(file, "a tarball");
    const { status, stdout, stderr } = runGuix(
      guix,
      [join(PROJECT, "generated")],
      "repl",
      "-q",
      "--",
      join(import.meta.dirname, "which-zfs.scm"),
      join(directory, "checkout"),
      file,
      temporaryRepository({ META: "Version: 2.5.0\n" }),
      join(directory, "zfs/elsewhere"),
    );
    expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
    for (const line of stdout.trim().split("\n")) {
      const [, name = "", what = ""] = /^(.*?): (.*)$/.exec(line) ?? [];
      said.set(name, what);
    }
  }, SLOW);

  test.each(Object.entries(CASES))("%s", (name, expected) => {
    expect(said.get(name)).toEqual(
      expected instanceof RegExp ? expect.stringMatching(expected) : expected,
    );
  });

  test("no kernel of Guix is taken for one with ZFS", () => {
    const kernels = [...said].filter(([name]) => name.startsWith("kernel linux-libre"));
    expect(kernels.length).toBeGreaterThan(3);
    for (const [name, what] of kernels)
      expect([name, what]).toEqual([
        name,
        expect.stringMatching(/^\(zfs-for-linux-[\d.]+@[\d.]+\)$/),
      ]);
  });
});
