import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "@jest/globals";
import { buildSync } from "esbuild";
import { fileSystemsScm, MERGERFS, temporaryCheckout } from "../support/checkout";
import { temporaryDirectory } from "../support/directory";
import { PROJECT, zfsGuix } from "../support/run";

/** As long as Guix's own: some 110 kB. */
const OLD = fileSystemsScm({
  after: Array.from({ length: 1600 }, (_, index) =>
    MERGERFS.replaceAll("mergerfs", `mergerfs-${index}`),
  ).join("\n\n"),
});

/** At the most, and at the least: it is enough when the old file, the new one and what is left behind were all seen. */
const KILLS = { most: 100, least: 25 };
const RUNS_KILLED = 12;

/** Starts node with ARGS, and kills it a random time, at most LONGEST ms, after it has begun. */
async function killed(
  args: readonly string[],
  longest: number,
  begun: (child: ReturnType<typeof spawn>) => Promise<unknown>,
): Promise<void> {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  await begun(child);
  await new Promise((resolve) => setTimeout(resolve, Math.random() * longest));
  child.kill("SIGKILL");
  await ended;
}

function strays(path: string): string[] {
  return readdirSync(dirname(path)).filter(
    (name) => !["linux.scm", "file-systems.scm", "aux-files"].includes(name),
  );
}

/** Kills a writer of a file of its own KILLS times; how often it was the old file then, and the new one. */
async function killWriters(writer: string): Promise<{ old: number; new: number }> {
  const { directory, path } = temporaryCheckout({ fileSystems: OLD });
  expect(zfsGuix(["generate", "--guix", directory, "--in-place"]).status).toBe(0);
  const isNew = readFileSync(path, "utf8");
  const texts = temporaryDirectory({ old: OLD, new: isNew });
  const seen = { old: 0, new: 0 };
  const enough = (): boolean => Math.min(seen.old, seen.new) > 0 && strays(path).length > 0;
  for (
    let killings = 0;
    killings < KILLS.most && !(killings >= KILLS.least && enough());
    killings++
  ) {
    await killed([writer, path, join(texts, "old"), join(texts, "new")], 30, (child) =>
      once(child.stdout!, "data"),
    );
    const text = readFileSync(path, "utf8");
    expect(text === OLD || text === isNew).toBe(true);
    seen[text === OLD ? "old" : "new"]++;
  }

  // What was left behind is hidden, no module of Guix, and in nobody's way.
  const left = strays(path);
  expect(left.length).toBeGreaterThan(0);
  expect(left.filter((name) => !/^\.file-systems\.scm\.zfs-guix-[0-9]+\.tmp$/.test(name))).toEqual(
    [],
  );
  writeFileSync(path, OLD);
  for (const name of left) utimesSync(join(dirname(path), name), 1000, 1000);
  expect(zfsGuix(["generate", "--guix", directory, "--in-place"]).status).toBe(0);
  expect(readFileSync(path, "utf8")).toBe(isNew);
  expect(strays(path)).toEqual([]);
  return seen;
}

test(`killed some ${KILLS.least} times while it writes, the file is the old one or the new one`, async () => {
  expect(OLD.length).toBeGreaterThan(100_000);
  const writer = join(temporaryDirectory(), "writer.cjs");
  buildSync({
    entryPoints: [join(PROJECT, "test/support/writer.ts")],
    bundle: true,
    platform: "node",
    format: "cjs",
    outfile: writer,
  });
  // Most of the time goes into starting them, so two at a time.
  for (const seen of await Promise.all([killWriters(writer), killWriters(writer)])) {
    expect(Math.min(seen.old, seen.new)).toBeGreaterThan(0);
  }
}, 300_000);

test(`killed ${RUNS_KILLED} times in the middle of the whole command, too`, async () => {
  const { directory, path } = temporaryCheckout({ fileSystems: OLD });
  const command = [`${PROJECT}/dist/zfs-guix.js`, "generate", "--guix", directory, "--in-place"];
  const start = performance.now();
  zfsGuix(command.slice(1));
  const duration = performance.now() - start;
  const isNew = readFileSync(path, "utf8");
  for (let count = 0; count < RUNS_KILLED; count++) {
    writeFileSync(path, OLD);
    await killed(command, duration, (child) => once(child, "spawn"));
    const text = readFileSync(path, "utf8");
    expect(text === OLD || text === isNew).toBe(true);
  }
  expect(strays(path).filter((name) => !/^\..*\.tmp$/.test(name))).toEqual([]);
}, 120_000);
