// A program that answers like Guix running src/verify/verify.scm, or misbehaves
// as STAND_IN, JSON of question → behaviour, says.  A behaviour of "derivation
// zfs-for-linux-6.12" goes before one of "derivation".
import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";

const behaviours = JSON.parse(process.env.STAND_IN ?? "{}");
const pids = process.env.STAND_IN_PIDS;
const command = process.argv[2];

function note(pid) {
  if (pids !== undefined) appendFileSync(pids, `${pid}\n`);
}

const forever = () => setInterval(() => {}, 1000);

/** Whether the question is still to be answered. */
async function behave({ kind, text = "", status = 0 }) {
  switch (kind) {
    case "exit":
      process.stderr.write(text, () => process.exit(status));
      return false;
    case "signal":
      process.kill(process.pid, "SIGSEGV");
      return false;
    case "hang":
      // Neither minds being asked to leave, as a compiler in an endless loop does not.
      process.on("SIGTERM", () => {});
      note(process.pid);
      note(
        spawn(
          process.execPath,
          ["-e", "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"],
          { stdio: "inherit" },
        ).pid,
      );
      forever();
      return false;
    case "print":
      process.stdout.write(text);
      if (status >= 0) process.exit(status);
      return false;
    case "flood":
      for (let time = 0; time < 1_000; time++) {
        if (!process.stderr.write(`${"flood ".repeat(10_000)}\n`))
          await new Promise((resolve) => process.stderr.once("drain", resolve));
      }
      return true;
    case "answer":
      process.stdout.write(`zfs-guix:${text}\n`);
      return false;
  }
}

const sha256 = "1cf893wgqbn93ms3g38ixc0h4lv6mn0hx9lmi9hp3k1pbbap0g1a";

const answers = {
  hello: () => ({ version: "1.5.0.stand-in" }),
  evaluates: (series) => ({ version: "2.4.4", kernel: `linux-libre ${series}.1` }),
  derivation: () => ({ hashes: [`sha256:${sha256}`] }),
};

if (command === "repl") {
  for await (const line of createInterface({ input: process.stdin })) {
    const question = /^\(([a-z-]+)/.exec(line)[1];
    const name = /\(zfs-guix packages zfs\) ([a-z0-9.-]+)/.exec(line)?.[1];
    const series = /linux-libre-([0-9.]+)/.exec(line)?.[1];
    const behaviour = behaviours[`${question} ${name}`] ?? behaviours[question];
    if (behaviour !== undefined && !(await behave(behaviour))) continue;
    process.stdout.write(
      `zfs-guix:${JSON.stringify({ lines: [], ...answers[question]?.(series) })}\n`,
    );
  }
}
