import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import type { Release } from "../../src/read/openzfs/release";
import {
  otherKernelFacts,
  pullFacts,
  tooNewFacts,
  toolsFacts,
  variantFacts,
  type VariantSeen,
} from "../../tools/built/facts";
import { parseOptions } from "../../tools/built/main";
import { MUTANTS, PACKAGES } from "../../tools/built/mutants";
import {
  buildTime,
  parseInspection,
  parseLog,
  parseSaid,
  type Built,
} from "../../tools/built/said";
import { mutate } from "../../tools/mutate";
import type { Fact } from "../../tools/report";
import { temporaryDirectory } from "../support/directory";
import { PROJECT } from "../support/run";

const OUT = "/gnu/store/a-zfs-for-linux-6.12-2.4.3";
const MODULE = "/gnu/store/b-zfs-for-linux-6.12-2.4.3-module";
const RELEASE: Release = {
  version: "2.4.3",
  date: "2026-06-10",
  linuxMinimum: { major: 4, minor: 18 },
  linuxMaximum: { major: 7, minor: 0 },
  tools: { sbin: ["zpool"], bin: ["zarcstat"] },
  advisories: [],
  losesData: [],
};

const SAID = `derivation variant=6.12 /gnu/store/c-zfs-for-linux-6.12-2.4.3.drv
substitutes variant=6.12 0
output variant=6.12 out ${OUT}
output variant=6.12 module ${MODULE}
phases variant=6.12 unpack check-kernel-series really-configure
zfs-for-kernel variant=6.12 /gnu/store/c-zfs-for-linux-6.12-2.4.3.drv
stand-in variant=6.12 bash-minimal 5.2.37
reference variant=6.12 out /gnu/store/d-glibc-2.41
reference variant=6.12 module ${OUT}
seconds variant=6.12 700
log variant=6.12 /var/log/guix/drvs/c/1.gz
derivation profile=6.12 /gnu/store/e-profile.drv
failed other=6.1,6.12 build of \`/gnu/store/f.drv' failed
refused refused=7.3 no ZFS for linux-libre 7.3.0: OpenZFS 2.4.3 supports Linux 4.18 to 7.0
`;

const LOG = `starting phase \`unpack'
phase \`unpack' succeeded after 1.5 seconds
starting phase \`check-kernel-series'
phase \`check-kernel-series' succeeded after 0.0 seconds
starting phase \`really-configure'
phase \`really-configure' succeeded after 258.0 seconds
`;

const INSPECTED = `size 64000000
version zfs-2.4.3-1
command bin/zarcstat
command sbin/zpool
module lib/modules ${OUT}/lib/modules
module share/doc/zfs-for-linux-6.12-2.4.3/LICENSE${" "}
zpool ${OUT}/sbin/zpool
depends spl
depends zfs extra/spl.ko
modinfo spl vermagic 6.12.118+deb13-amd64 SMP preempt mod_unload modversions
modinfo spl version 2.4.3-1
modinfo zfs vermagic 6.12.118+deb13-amd64 SMP preempt mod_unload modversions
modinfo zfs version 2.4.3-1
modinfo kernel vermagic 6.12.118+deb13-amd64 SMP preempt mod_unload modversions
loader ${OUT}/sbin/zpool /gnu/store/d-glibc-2.41/lib/ld-linux-x86-64.so.2
runpath ${OUT}/sbin/zpool ${OUT}/lib:/gnu/store/d-glibc-2.41/lib
needs ${OUT}/sbin/zpool libzfs.so.7
needs ${OUT}/sbin/zpool libc.so.6
interpreter ${OUT}/bin/zarcstat /gnu/store/g-python-3.11/bin/python3
interpreter ${OUT}/etc/init.d/zfs-import /bin/sh
interpreter ${OUT}/share/zfs/zfs-tests/test.ksh /bin/ksh
`;

const said = parseSaid(SAID);
const variant = said.get("variant=6.12")!;

/** The facts of a variant that was built as it has to be, with CHANGES. */
function facts(changes: Partial<VariantSeen> = {}): readonly Fact[] {
  return variantFacts({
    release: RELEASE,
    inPlace: false,
    variant,
    log: LOG,
    inspection: parseInspection(INSPECTED),
    profile: said.get("profile=6.12")!,
    ...changes,
  });
}

const wrong = (all: readonly Fact[]): string[] =>
  all.filter(({ holds }) => !holds).map(({ what }) => what);

test("what build.scm says is read by target", () => {
  expect([...said.keys()]).toEqual([
    "variant=6.12",
    "profile=6.12",
    "other=6.1,6.12",
    "refused=7.3",
  ]);
  expect(variant).toMatchObject({
    substitutable: false,
    phases: ["unpack", "check-kernel-series", "really-configure"],
    seconds: 700,
    failed: undefined,
    standIns: ["bash-minimal 5.2.37"],
  });
  expect(variant.references.get("module")).toEqual([OUT]);
  expect(said.get("other=6.1,6.12")!.failed).toBe("build of `/gnu/store/f.drv' failed");
});

test("what stands in Guix's own file has no zfs-for-kernel", () => {
  const alone = { ...variant, zfsForKernel: undefined };
  expect(wrong(facts({ variant: alone }))).toEqual(["zfs-for-kernel gives the same derivation"]);
  expect(wrong(facts({ variant: alone, inPlace: true }))).toEqual([]);
});

test("the phases are read of a log", () => {
  expect(parseLog(`${LOG}starting phase \`build'\n`)).toEqual({
    started: ["unpack", "check-kernel-series", "really-configure", "build"],
    succeeded: ["unpack", "check-kernel-series", "really-configure"],
  });
  expect(buildTime(LOG)).toBe(259.5);
});

test("a variant that was built as it has to be passes", () => {
  expect(wrong(facts())).toEqual([]);
});

test.each<[string, Partial<VariantSeen>, readonly string[]]>([
  [
    "a phase that did not run",
    { log: LOG.replace(/^.*check-kernel-series.*\n/gm, "") },
    ["each phase of the package ran and passed"],
  ],
  [
    "a phase that is none of the package's",
    { log: `${LOG}starting phase \`more'\n` },
    ["no other phase began"],
  ],
  [
    "what can be substituted",
    { variant: { ...variant, substitutable: true } },
    ["nobody else may build it for others"],
  ],
  [
    "another derivation from zfs-for-kernel",
    { variant: { ...variant, zfsForKernel: "/gnu/store/h.drv" } },
    ["zfs-for-kernel gives the same derivation"],
  ],
  [
    "a cycle",
    { variant: { ...variant, references: new Map([["out", [MODULE]]]) } },
    [`"out" does not refer to "module"`],
  ],
  [
    "no output for the module",
    { variant: { ...variant, outputs: new Map([["out", OUT]]) } },
    [`"out" does not refer to "module"`],
  ],
])("%s is seen", (_, changes, what) => {
  expect(wrong(facts(changes))).toEqual(what);
});

test.each<[string, RegExp, string, readonly string[]]>([
  [
    "a module of another kernel",
    /^(modinfo zfs vermagic) \S+/m,
    "$1 6.12.77",
    ["zfs.ko is of the kernel"],
  ],
  [
    "a module of another release",
    /^(modinfo spl version) .*/m,
    "$1 2.4.30-1",
    ["spl.ko is of the release"],
  ],
  ["no module", /^modinfo zfs.*\n/gm, "", ["zfs.ko is of the kernel", "zfs.ko is of the release"]],
  [
    "no kernel to compare with",
    /^modinfo kernel.*\n/gm,
    "",
    ["spl.ko is of the kernel", "zfs.ko is of the kernel"],
  ],
  [
    "a file in the place of the link",
    /^module lib.*$/m,
    "module lib/modules/zfs.ko ",
    ['"module" is a link into "out"'],
  ],
  ["a link the wrong way round", /^module lib.*$/m, "", ['"module" is a link into "out"']],
  [
    "more beside the link",
    /^module /m,
    "module share \nmodule ",
    ['"module" is a link into "out"'],
  ],
  [
    "a command that is missing",
    /^command sbin\/zpool\n/m,
    "",
    ["each command of the release is in its folder"],
  ],
  [
    "a command in another folder",
    /^command sbin/m,
    "command bin",
    ["each command of the release is in its folder"],
  ],
  ["a command that says nothing", /^version .*$/m, "version ", ["zpool says its release"]],
  [
    "a loader of the machine",
    /^(loader \S+) .*$/m,
    "$1 /lib64/ld-linux-x86-64.so.2",
    ["no program looks outside of the store"],
  ],
  [
    "a RUNPATH of the machine",
    /lib:\/gnu/m,
    "lib:/usr/lib:/gnu",
    ["no program looks outside of the store"],
  ],
  ["libraries without a RUNPATH", /^runpath.*\n/m, "", ["no program looks outside of the store"]],
  [
    "no program at all",
    /^(loader|runpath|needs).*\n/gm,
    "",
    ["no program looks outside of the store"],
  ],
  [
    "a script of the machine",
    /\/gnu\/store\/g-python-3.11/,
    "/usr",
    ["no script of it is run by what is outside of the store"],
  ],
  [
    "a profile without the module",
    /^depends zfs.*\n/m,
    "",
    ["its modules.dep lists zfs.ko, after spl.ko"],
  ],
  [
    "a profile with the commands of another ZFS",
    /^zpool .*$/m,
    "zpool /gnu/store/i-zfs-2.3.4/sbin/zpool",
    ["its zpool is the variant's"],
  ],
])("%s is seen, too", (_, from, to, what) => {
  expect(INSPECTED).toMatch(from);
  expect(wrong(facts({ inspection: parseInspection(INSPECTED.replace(from, to)) }))).toEqual(what);
});

test("a variant of which nothing was built has nearly nothing right", () => {
  const nothing = parseSaid("failed variant=6.12 no space left on device\n").get("variant=6.12")!;
  const all = facts({
    variant: nothing,
    log: "",
    inspection: parseInspection(""),
    profile: nothing,
  });
  // Of no phases none is another; what was not said is not different.
  expect(all.filter(({ holds }) => holds).map(({ what }) => what)).toEqual([
    "no other phase began",
  ]);
});

const failedIn = (phase: string, text: string): [Built, string] => [
  { ...variant, failed: "failed" },
  `starting phase \`unpack'\nphase \`unpack' succeeded after 1.5 seconds\nstarting phase \`${phase}'\n${text}\n`,
];
const SENTENCE = "error: this ZFS is for Linux 6.1, not for Linux 6.12.118+deb13-amd64.";

test("a variant for another kernel has to stop with its sentence, before OpenZFS's configure", () => {
  expect(
    wrong(otherKernelFacts("6.1", "6.12", ...failedIn("check-kernel-series", SENTENCE))),
  ).toEqual([]);
  expect(wrong(otherKernelFacts("6.1", "6.12", variant, LOG))).toHaveLength(3);
  expect(wrong(otherKernelFacts("6.1", "6.12", ...failedIn("build", SENTENCE)))).toEqual([
    "it stops before OpenZFS's configure",
  ]);
  expect(
    wrong(otherKernelFacts("6.1", "6.1", ...failedIn("check-kernel-series", SENTENCE))),
  ).toEqual(["it says which kernel it is for, and which one it got"]);
});

test("a kernel that is too new has to be refused by zfs-for-kernel and by OpenZFS", () => {
  const refused = said.get("refused=7.3")!;
  const theirs = failedIn("really-configure", "*** The maximum supported kernel version is 7.0.");
  expect(wrong(tooNewFacts("7.3", refused, ...theirs))).toEqual([]);
  expect(wrong(tooNewFacts("7.3", variant, ...theirs))).toEqual(["zfs-for-kernel refuses it"]);
  expect(wrong(tooNewFacts("7.3", refused, ...failedIn("really-configure", "no gcc")))).toEqual([
    "OpenZFS's configure says that the kernel is too new",
  ]);
});

test("the tools have to become the variant's commands", () => {
  const became = (program: string): string => `version zfs-2.4.3-1\nprogram ${program}\n`;
  expect(wrong(toolsFacts(RELEASE, variant, LOG, OUT, became(`${OUT}/sbin/zstream`)))).toEqual([]);
  expect(wrong(toolsFacts(RELEASE, variant, LOG, OUT, became("/usr/sbin/zstream")))).toEqual([
    "a command becomes the variant's, in the store",
  ]);
  expect(wrong(toolsFacts(RELEASE, variant, LOG, OUT, ""))).toHaveLength(2);
});

test("a channel has to be built without a warning, and to list its packages", () => {
  const list = "zfs-for-linux-6.12  \t2.4.4\tout,module,src\tzfs-guix/packages/zfs.scm:1:2\n";
  const names = ["zfs-for-linux-6.12"];
  expect(wrong(pullFacts(variant, variant, ["", ""], list, names))).toEqual([]);
  expect(
    wrong(
      pullFacts(
        variant,
        variant,
        ["zfs.scm:3:4: warning: possibly unbound variable `x'", ""],
        list,
        names,
      ),
    ),
  ).toEqual(["no warning is seen"]);
  expect(wrong(pullFacts(variant, variant, ["", ""], list, ["zfs-for-linux-6.1"]))).toEqual([
    "the package cache lists its packages",
  ]);
});

test("options are checked before anything is set up", () => {
  expect(parseOptions(["--only", "6.12", "--json", "--cache", "/c"])).toMatchObject({
    only: ["6.12"],
    json: true,
    mutants: false,
    cache: "/c",
  });
  expect(() => parseOptions(["--only", "6.11"])).toThrow(
    /Debian has no kernel "6.11" to build for; expected one of 5.10, 6.1, 6.12, 7.2, in-place/,
  );
  expect(parseOptions(["--only", "in-place"])).toMatchObject({ only: ["in-place"] });
  expect(() => parseOptions(["--only", "in-place", "--mutants"])).toThrow(/of a channel/);
  expect(() => parseOptions(["--onyl"])).toThrow(/usage: npm run test:built/);
});

test.each(MUTANTS)("$name changes the packages as they are today", (mutant) => {
  const packages = readFileSync(join(PROJECT, "generated", PACKAGES), "utf8");
  const file = join(temporaryDirectory({ packages }), "packages");
  mutate(mutant, file);
  expect(readFileSync(file, "utf8")).not.toBe(packages);
});
