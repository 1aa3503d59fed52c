import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runGuix, type RealGuix } from "../../support/real-guix";
import { PROJECT } from "../../support/run";

/** A directory with what GUIX makes of SYSTEMS, name → operating-system, each below its name. */
export function lower(guix: RealGuix, systems: Readonly<Record<string, string>>): string {
  const work = mkdtempSync(join(tmpdir(), "zfs-guix-"));
  const arguments_ = Object.entries(systems).flatMap(([name, text]) => {
    writeFileSync(join(work, `${name}.scm`), text);
    mkdirSync(join(work, name));
    return [join(work, `${name}.scm`), join(work, name)];
  });
  const { status, stderr } = runGuix(
    guix,
    [join(PROJECT, "generated")],
    "repl",
    "-q",
    "--",
    join(import.meta.dirname, "lower.scm"),
    ...arguments_,
  );
  if (status !== 0) throw new Error(stderr);
  return work;
}

export interface Seen {
  /** What was run and which stand-ins started and stopped, in this order. */
  log: string[];
  /** What the Shepherd said and showed. */
  said: string;
  /** Seconds from the first of {@link log} to the first that starts with BEGINNING. */
  at: (beginning: string) => number;
}

/** Boots the Shepherd with the services in LOWERED, as SCRIPT of under-shepherd says. */
export function bootWith(lowered: string, script: string): Seen {
  const { stdout, stderr } = spawnSync(
    join(import.meta.dirname, "under-shepherd"),
    [lowered, script],
    { encoding: "utf8" },
  );
  const [shown = "", rest = ""] = stdout.split("== log\n");
  const [lines = "", shepherd = ""] = rest.split("== shepherd\n");
  const log = lines
    .trim()
    .split("\n")
    .map((line) => /^(\S+) (.*)$/.exec(line) ?? [line, "0", `no log: ${stderr}`]);
  return {
    log: log.map(([, , words]) => words!),
    said: shown + shepherd,
    at: (beginning) =>
      Number(log.find(([, , words]) => words!.startsWith(beginning))?.[1]) - Number(log[0]![1]),
  };
}
