import { cpSync, existsSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { temporaryDirectory } from "../support/directory";
import { onRealGuix, runGuix, SLOW, sources } from "../support/real-guix";
import { PROJECT, zfsGuix, type Run } from "../support/run";

const FILE = "zfs-guix/packages/zfs.scm";
const IN_PLACE = "gnu/packages/file-systems.scm";

/** The variant that is broken, and one beside it that stays as it is. */
const [BROKEN, GOOD] = ["zfs-for-linux-6.12", "zfs-for-linux-6.6"];

interface Breakage {
  readonly name: string;
  /** What goes behind the definitions: a second definition of BROKEN, say. */
  readonly code: string;
  readonly says: readonly (string | RegExp)[];
}

/** BROKEN again, with FIELDS; however the first one is written. */
const instead = (...fields: readonly string[]): string => `
(define %sound ${BROKEN})

(define-public ${BROKEN}
  (package
    (inherit %sound)
    ${fields.join("\n    ")}))
`;

/** The same, with the keyword argument KEYWORD of its build VALUE. */
const argument = (keyword: string, value: string): string =>
  instead(`(arguments
     (substitute-keyword-arguments (package-arguments %sound)
       ((${keyword} _ #f) ${value})))`);

const BREAKAGES: readonly Breakage[] = [
  {
    name: "an output that was dropped",
    code: instead(`(outputs '("out" "src"))`),
    says: [
      `${BROKEN}: derivation FAILS\n`,
      "the derivation has the outputs module, out, src, but the package declares out, src\n",
    ],
  },
  {
    name: "a module that would be distributed",
    code: argument("#:substitutable?", "#t"),
    says: [
      `${BROKEN}: derivation FAILS\n`,
      /it may be substituted, .*: it needs #:substitutable\? #f\n/,
    ],
  },
  {
    name: "a wrong kernel",
    code: argument(
      "#:linux",
      "(module-ref (resolve-interface '(gnu packages linux))\n                               'linux-libre-6.6)",
    ),
    says: [
      `${BROKEN}: derivation FAILS\n`,
      /it is built for linux-libre-6\.6\.\d+, not for linux-libre-6\.12 \(linux-libre-6\.12\.\d+\)\n/,
    ],
  },
  {
    name: "an unbound variable",
    code: argument("#:linux", "linux-libre-6.13"),
    says: [`${BROKEN}: evaluates FAILS\n`, /linux-libre-6\.13: unbound variable\n/],
  },
  {
    name: "another name",
    code: instead(`(name "zfs-for-linux-6.13")`),
    says: [
      `${BROKEN}: evaluates FAILS\n`,
      `the package is named zfs-for-linux-6.13, not ${BROKEN}\n`,
    ],
  },
  {
    name: "a release that does not support the kernel",
    code: instead(`(version "2.2.2")`),
    says: [`${BROKEN}: evaluates FAILS\n`, "OpenZFS 2.2.2 does not support Linux 6.12"],
  },
  {
    name: "a wrong hash",
    code: instead(`(source
     (origin
       (inherit (package-source %sound))
       (hash (content-hash "${"0".repeat(52)}"))))`),
    says: [
      `${BROKEN}: derivation FAILS\n`,
      /its source has the hash sha256:0{52}, not sha256:[0-9a-z]{52}, that of OpenZFS 2\.[0-9.]+\n/,
    ],
  },
  {
    name: "an overlong line",
    code: instead(`;; ${"very ".repeat(20)}long`, "(properties '())"),
    says: [`${BROKEN}: lint FAILS\n`, /line \d+ is way too long \(\d+ characters\)/],
  },
  {
    name: "a line that guix style would break",
    code: `\n(define %sound ${BROKEN})\n\n(define-public ${BROKEN} (package (inherit %sound)))\n`,
    says: [`${BROKEN}: style FAILS\n`, /:\d+:\d+: would be edited\n/],
  },
  {
    name: "a syntax error",
    code: "\n((define %sound #t)\n",
    says: [/: loads FAILS\n/, /\.scm:\d+:\d+: missing closing parenthesis\n/],
  },
  {
    name: "a field that does not exist",
    code: instead(`(nome "zfs")`),
    says: [
      /: loads FAILS\n/,
      /nome: (invalid field specifier|extraneous field initializers)|extraneous field initializers \(nome\)/,
    ],
  },
];

/** Variants of two kernels, one of which this Guix has not, in a channel. */
const LACKING = "6.11";

function expectFound(run: Run, says: Breakage["says"]): void {
  for (const said of says)
    expect(run.stdout).toEqual(
      said instanceof RegExp ? expect.stringMatching(said) : expect.stringContaining(said),
    );
  expect(run.status).toBe(1);
}

onRealGuix((guix) => {
  const channel = (kernels = "6.6,6.12"): string => {
    const directory = temporaryDirectory();
    expect(zfsGuix(["generate", "--kernels", kernels, "--out", directory]).status).toBe(0);
    return directory;
  };
  const verify = (directory: string, ...args: readonly string[]): Run =>
    zfsGuix(["verify", ...guix.options, "--out", directory, ...args], { timeout: SLOW });
  const append = (path: string, code: string): void =>
    writeFileSync(path, readFileSync(path, "utf8") + code);

  test(
    "the channel of this repository holds, and a system with each of its packages",
    () => {
      const run = verify(join(PROJECT, "generated"), "--system", "--json");
      expect(run).toMatchObject({ status: 0 });
      expect(JSON.parse(run.stdout)).toMatchObject({ holds: true });
    },
    SLOW,
  );

  test.each(BREAKAGES)(
    "$name is found, and the package beside it is not blamed",
    ({ code, says }) => {
      const directory = channel();
      append(join(directory, FILE), code);
      const run = verify(directory);
      expectFound(run, says);
      expect(run.stdout).not.toMatch(new RegExp(`^${GOOD}: `, "m"));
    },
    SLOW,
  );

  test(
    "a directory whose name a shell would take apart is quoted",
    () => {
      const directory = join(temporaryDirectory(), "it's a channel");
      expect(zfsGuix(["generate", "--kernels", "6.12", "--out", directory]).status).toBe(0);
      append(join(directory, FILE), BREAKAGES[0]!.code);
      expect(verify(directory).stdout).toContain(
        `-L '${realpathSync(directory).replaceAll("'", "'\\''")}'`,
      );
    },
    SLOW,
  );

  test(
    "a file beside the module that is gone is found, and a service that does not load",
    () => {
      const directory = channel("6.12");
      rmSync(join(directory, "zfs-guix/packages/zfs-guix-command.c"));
      const service = join(directory, "zfs-guix/services/zfs.scm");
      writeFileSync(
        service,
        readFileSync(service, "utf8").replace(
          "(define-module (zfs-guix services zfs)",
          "$&\n  #:use-module (no such module)",
        ),
      );
      const run = verify(directory, "--system");
      expectFound(run, [
        "zfs-guix-tools: derivation FAILS\n",
        'No such file or directory: "',
        "(zfs-guix packages zfs): service FAILS\n  no code for module (no such module)\n",
      ]);
    },
    SLOW,
  );

  describe("a kernel that this Guix lacks", () => {
    const name = `zfs-for-linux-${LACKING}`;

    test(
      "takes its variant away, and nothing else",
      () => {
        const directory = channel(`6.6,${LACKING}`);
        const run = verify(directory);
        expect(run.stdout).toContain(
          `${name} is not in this Guix: there is no linux-libre-${LACKING} in (gnu packages linux)\n`,
        );
        expect(run.status).toBe(0);

        expect(
          runGuix(guix, [directory], "build", "--derivations", "--no-grafts", name),
        ).toMatchObject({ status: 1, stderr: expect.stringContaining(`${name}: unknown package`) });
        const named = runGuix(
          guix,
          [directory],
          "build",
          "--derivations",
          "--no-grafts",
          "-e",
          `(@ (zfs-guix packages zfs) ${name})`,
        );
        expect(named).toMatchObject({
          status: 1,
          stderr: expect.stringContaining(
            `${name}: (gnu packages linux) has no linux-libre-${LACKING}`,
          ),
        });
        expect(
          runGuix(guix, [directory], "build", "--derivations", "--no-grafts", GOOD),
        ).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\/gnu\/store\/.*\.drv\n$/) });
      },
      SLOW,
    );

    test(
      "as a package all the same, breaks guix pull, and is found",
      () => {
        const directory = channel();
        append(
          join(directory, FILE),
          `
(define-public ${name}
  (package
    (inherit ${GOOD})
    (name "${name}")
    (arguments
     (substitute-keyword-arguments (package-arguments ${GOOD})
       ((#:linux _ #f) linux-libre-${LACKING})))))
`,
        );
        expectFound(verify(directory), [
          `${name}: evaluates FAILS\n`,
          /: cache FAILS\n/,
          new RegExp(`linux-libre-${LACKING.replace(".", "\\.")}: unbound variable\n`),
        ]);
      },
      SLOW,
    );
  });

  describe("in place", () => {
    /** A copy to write to; the compiled files stay where they are, and valid. */
    const copy = (): string => {
      const [directory, source] = [join(temporaryDirectory(), "guix"), sources(guix)];
      for (const part of [
        "gnu",
        "guix",
        "guix.scm",
        "Makefile.am",
        "pre-inst-env",
        "scripts",
      ].filter((name) => existsSync(join(source, name)))) {
        cpSync(join(source, part), join(directory, part), {
          recursive: true,
          preserveTimestamps: true,
        });
      }
      expect(zfsGuix(["generate", "--guix", directory, "--in-place"])).toMatchObject({ status: 0 });
      return directory;
    };

    test(
      "what was written holds, and what is broken is found",
      () => {
        const directory = copy();
        const path = join(directory, IN_PLACE);
        const text = readFileSync(path, "utf8");
        const inPlace = (...args: readonly string[]): Run =>
          zfsGuix(["verify", "--guix", directory, "--in-place", ...args], { timeout: SLOW });
        expect(inPlace("--system")).toMatchObject({ status: 0 });
        for (const { code, says } of BREAKAGES.filter(({ name }) =>
          /output|syntax|style/.test(name),
        )) {
          writeFileSync(path, text + code);
          expectFound(inPlace("--only", `${GOOD},${BROKEN}`), says);
        }
        // A kernel that is named where the module loads: fine as long as this
        // module is the first to load, and fatal where (gnu packages linux) is.
        writeFileSync(path, `${text}\n(define %early linux-libre-6.12)\n`);
        expectFound(inPlace("--only", `${GOOD},${BROKEN}`), [
          /: loads FAILS\n/,
          /linux-libre-6\.12: unbound variable\n/,
        ]);
        rmSync(path);
        expect(inPlace()).toMatchObject({ status: 2 });
      },
      SLOW,
    );
  });
});
