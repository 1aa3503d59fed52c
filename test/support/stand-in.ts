import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { shellLine } from "../../src/errors";
import { filesBelow, temporaryDirectory } from "./directory";
import { PROJECT, zfsGuix, type Run } from "./run";

/** What the stand-in does at a question; see stand-in-guix.mjs. */
export interface Behaviour {
  readonly kind: "exit" | "signal" | "hang" | "print" | "flood" | "answer";
  readonly text?: string;
  readonly status?: number;
}

export type Behaviours = Readonly<Record<string, Behaviour>>;

/** A directory with a generated channel, and a program `guix` in it that behaves as told. */
export interface StandIn {
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  /** `zfs-guix verify` with the stand-in as the guix on PATH. */
  readonly verify: (...args: readonly string[]) => Run;
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
  writeFileSync(
    guix,
    `#!/bin/sh\nexec '${process.execPath}' '${PROJECT}/test/support/stand-in-guix.mjs' "$@"\n`,
  );
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
    STAND_IN: JSON.stringify(behaviours),
    STAND_IN_PIDS: pidFile,
  };
  const pids = (): number[] =>
    existsSync(pidFile) ? readFileSync(pidFile, "utf8").trim().split("\n").map(Number) : [];
  return {
    directory,
    env,
    pids,
    verify: (...args) => zfsGuix(words(args), { cwd: directory, env }),
    onTerminal: (...args) => {
      const line = shellLine([process.execPath, `${PROJECT}/dist/zfs-guix.js`, ...words(args)]);
      return spawnSync("script", ["-qec", `stty cols 100 rows 40; ${line}`, "/dev/null"], {
        cwd: directory,
        env: { ...env, TERM: "xterm", CI: undefined },
        encoding: "utf8",
      }).stdout;
    },
    interrupted: (signal, ...args) =>
      new Promise((resolve) => {
        const child = spawn(process.execPath, [`${PROJECT}/dist/zfs-guix.js`, ...words(args)], {
          cwd: directory,
          env,
        });
        let [stdout, stderr] = ["", ""];
        child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
        child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
        const wait = setInterval(() => {
          if (pids().length < 2) return;
          clearInterval(wait);
          child.kill(signal);
        }, 20);
        child.on("close", (status) => resolve({ status, stdout, stderr }));
      }),
  };
}

/** Whether process PID is there and no mere entry of the process table. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
