// A program that answers like Guix running src/guix/verify.scm, or misbehaves
// as STAND_IN, JSON of question → behaviour, says.  A behaviour of "derivation
// zfs-for-linux-6.12" goes before one of "derivation".
import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";

const behaviours = JSON.parse(process.env.STAND_IN ?? "{}");
const pids = process.env.STAND_IN_PIDS;
const [command, ...rest] = process.argv.slice(2);

function note(pid) {
  if (pids !== undefined) appendFileSync(pids, `${pid}\n`);
}

const forever = () => setInterval(() => {}, 1000);

async function flood(stream, text, times) {
  for (let time = 0; time < times; time++) {
    if (!stream.write(text)) await new Promise((resolve) => stream.once("drain", resolve));
  }
}

const chunk = `${"flood ".repeat(10_000)}\n`;

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
      note(spawn(process.execPath, ["-e", "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"], { stdio: "inherit" }).pid);
      forever();
      return false;
    case "print":
      process.stdout.write(text);
      if (status >= 0) process.exit(status);
      return false;
    case "flood-errors":
      await flood(process.stderr, chunk, 2_000);
      return true;
    case "flood-lines":
      await flood(process.stdout, chunk, 1e9);
      return false;
    case "flood-line":
      await flood(process.stdout, chunk.trim(), 1e9);
      return false;
    case "answer":
      process.stdout.write(`zfs-guix:${text}\n`);
      return false;
  }
}

const sha256 = "1cf893wgqbn93ms3g38ixc0h4lv6mn0hx9lmi9hp3k1pbbap0g1a";

function store(name) {
  return `/gnu/store/${"a".repeat(32)}-${name}.drv`;
}

function fact(question, [name, kernel]) {
  const series = kernel?.replace("linux-libre-", "");
  switch (question) {
    case "hello":
      return { version: "1.5.0.stand-in" };
    case "load":
      return { file: process.env.STAND_IN_FILE, packages: [] };
    case "evaluate":
      return { package: { name, version: "2.4.4", outputs: ["out"], location: null }, kernel: { name: "linux-libre", version: `${series}.1` } };
    case "derivation":
      return {
        file: store(name),
        substitutable: false,
        declared: ["out"],
        outputs: [{ name: "out", path: process.env.STAND_IN_OUT ?? "/nonexistent" }],
        inputs: [store(kernel), store("zfs-2.4.4.tar.gz")],
        kernel: store(kernel),
        source: { file: store("zfs-2.4.4.tar.gz"), fixed: [{ algorithm: "sha256", hash: sha256 }] },
      };
    case "lint":
      return { remarks: [] };
    case "cache":
      return { packages: process.env.STAND_IN_CACHE.split(",") };
    case "system":
      return { file: store("system"), tools: true };
    default:
      return {};
  }
}

if (command === "repl") {
  for await (const line of createInterface({ input: process.stdin })) {
    const question = /^\(([a-z-]+)/.exec(line)[1];
    const name = /\(zfs-guix packages zfs\) ([a-z0-9.-]+)/.exec(line)?.[1];
    const kernel = /(linux-libre-[0-9.]+)\)/.exec(line)?.[1];
    const behaviour = behaviours[`${question} ${name}`] ?? behaviours[question];
    if (behaviour !== undefined && !(await behave(behaviour))) continue;
    process.stdout.write(`zfs-guix:${JSON.stringify({ fact: fact(question, [name, kernel]), said: "" })}\n`);
  }
} else {
  note(process.pid);
  const behaviour = behaviours[`${command} ${rest.at(-1)}`] ?? behaviours[command];
  if (behaviour === undefined || (await behave(behaviour))) process.exit(0);
}
