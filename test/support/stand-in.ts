import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { shellLine } from "../../src/errors";
import { filesBelow, temporaryDirectory } from "./directory";
import { inProcess } from "./in-process";
import { PROJECT, startZfsGuix, zfsGuix, type Run } from "./run";

const says = (text: string): string => shellLine(["printf", "%s", text]);

/** What the stand-in does at a question, as a command of the shell. */
export const behaviour = {
  exits: (status: number, text: string) => `${says(text)} >&2; exit ${status}`,
  dies: "kill -SEGV $$",
  /** Neither it nor what it started minds being asked to leave, as a compiler in an endless loop does not. */
  hangs: `trap '' TERM; sleep 1000 & echo "$$ $!" >> pids; wait`,
  prints: says,
  floods: `yes ${"flood ".repeat(100)} | head -c 60000000 >&2; answers`,
  answers: (answer: object) => says(`zfs-guix:${JSON.stringify(answer)}\n`),
};

/** What is done, by question; "derivation zfs-for-linux-6.12" goes before "derivation". */
export type Behaviours = Readonly<Record<string, string>>;

const SOURCE = "sha256:1cf893wgqbn93ms3g38ixc0h4lv6mn0hx9lmi9hp3k1pbbap0g1a";

/** A program that answers like Guix running src/verify/verify.scm, or misbehaves as told. */
const guixThat = (behaviours: Behaviours): string => `#!/bin/sh
answers() {
  case $question in
    hello) answer='"version":"1.5.0.stand-in"' ;;
    evaluates) answer='"version":"2.4.4","kernel":"linux-libre '$series'.1"' ;;
    derivation) answer='"hashes":["${SOURCE}"]' ;;
    *) answer='"lines":[]' ;;
  esac
  printf 'zfs-guix:{%s}\\n' "$answer"
}
while read -r line; do
  question=\${line#?}; question=\${question%%[ )]*}
  name=\${line#*"(zfs-guix packages zfs) "}; name=\${name%%[ )]*}
  series=\${line##*linux-libre-}; series=\${series%%[ )]*}
  case "$question $name" in
${Object.entries(behaviours)
  .sort(([a], [b]) => b.length - a.length)
  .map(
    ([asked, action]) => `    ${asked.includes(" ") ? `'${asked}'` : `${asked}\\ *`}) ${action} ;;`,
  )
  .join("\n")}
    *) answers ;;
  esac
done
`;

/** A directory with a generated channel, and a program `guix` in it that behaves as told. */
export interface StandIn {
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  /** `zfs-guix verify` with the stand-in as the guix on PATH, in this process. */
  readonly verify: (...args: readonly string[]) => Promise<Run>;
  /** The same in one of its own, with SETTINGS in its environment. */
  readonly started: (settings: NodeJS.ProcessEnv, ...args: readonly string[]) => Run;
  /** What a terminal of 100 columns gets to see of it, escape sequences and all. */
  readonly onTerminal: (...args: readonly string[]) => string;
  /** The same, still running; SIGNAL goes to it once a stand-in hangs. */
  readonly interrupted: (signal: NodeJS.Signals, ...args: readonly string[]) => Promise<Run>;
  /** The processes that were noted by those that hang. */
  readonly pids: () => number[];
}

type Files = Readonly<Record<string, Buffer>>;

/** The channels that were generated, by their kernels: the same for all that are verified. */
const channels = new Map<string, Files>();

function channelFor(kernels: string): Files {
  const known = channels.get(kernels);
  if (known !== undefined) return known;
  const directory = temporaryDirectory();
  const { status, stderr } = zfsGuix(["generate", "--kernels", kernels, "--out", "generated"], {
    cwd: directory,
  });
  if (status !== 0) throw new Error(stderr);
  const files = Object.fromEntries(
    filesBelow(directory).map((path) => [path, readFileSync(join(directory, path))]),
  );
  channels.set(kernels, files);
  return files;
}

export function standIn(behaviours: Behaviours = {}, { kernels = "6.6,6.12" } = {}): StandIn {
  const directory = temporaryDirectory(channelFor(kernels));
  const guix = join(directory, "guix");
  writeFileSync(guix, guixThat(behaviours));
  chmodSync(guix, 0o755);
  const pidFile = join(directory, "pids");
  const variants = kernels
    .split(",")
    .map((series) => `zfs-for-linux-${series}`)
    .join(",");
  // The packages of the commands are left to the tests on a real Guix.
  const words = (args: readonly string[]): string[] => [
    "verify",
    ...(args.includes("--only") ? [] : ["--only", variants]),
    ...args,
  ];
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    PATH: `${directory}${delimiter}${process.env.PATH}`,
    // Whoever runs the tests may look on.
    CI: "true",
  };
  const pids = (): number[] =>
    existsSync(pidFile) ? readFileSync(pidFile, "utf8").trim().split(/\s/).map(Number) : [];
  return {
    directory,
    env,
    pids,
    verify: (...args) => inProcess(words(args), { cwd: directory, env }),
    started: (settings, ...args) =>
      zfsGuix(words(args), { cwd: directory, env: { ...env, ...settings } }),
    onTerminal: (...args) => {
      const line = shellLine([process.execPath, `${PROJECT}/dist/zfs-guix.js`, ...words(args)]);
      return spawnSync("script", ["-qec", `stty cols 100 rows 40; ${line}`, "/dev/null"], {
        cwd: directory,
        env: { ...env, TERM: "xterm", CI: undefined },
        encoding: "utf8",
      }).stdout;
    },
    interrupted: (signal, ...args) => {
      const { child, ended } = startZfsGuix(words(args), { cwd: directory, env });
      const wait = setInterval(() => {
        if (pids().length < 2) return;
        clearInterval(wait);
        child.kill(signal);
      }, 20);
      return ended;
    },
  };
}

/** Whether process PID is there and no mere entry of the process table. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** Those of PIDS that are left; what was just killed may take a moment to die on a busy machine. */
export async function left(pids: readonly number[]): Promise<readonly number[]> {
  const deadline = Date.now() + 5_000;
  while (pids.some(isAlive) && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 20));
  return pids.filter(isAlive);
}
