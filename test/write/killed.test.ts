import { spawnSync } from "node:child_process";
import { promises, readFileSync, utimesSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "@jest/globals";
import { run } from "../../src/cli/run";
import { fileSystemsScm, linuxScm, MAKEFILE } from "../support/guix-texts";
import { filesBelow, temporaryDirectory } from "../support/directory";
import { inProcess } from "../support/in-process";
import { releaseDataFile } from "../support/releases";
import { PROJECT } from "../support/run";

type Files = Readonly<Record<string, string>>;

const ORIGINAL: Files = {
  "gnu/packages/linux.scm": linuxScm(),
  "gnu/packages/file-systems.scm": fileSystemsScm(),
  "Makefile.am": MAKEFILE,
};
let GENERATED: Files;

const filesOf = (directory: string): Files =>
  Object.fromEntries(
    filesBelow(directory).map((path) => [path, readFileSync(join(directory, path), "utf8")]),
  );
const words = (directory: string, ...more: string[]): string[] => [
  ...["generate", "--guix", directory, "--in-place", ...more],
  ...(more.length === 0 ? ["--releases", releaseDataFile()] : []),
];

beforeAll(async () => {
  const directory = temporaryDirectory(ORIGINAL);
  await inProcess(words(directory));
  GENERATED = filesOf(directory);
});

type Step = (...args: unknown[]) => Promise<unknown>;

/**
 * Begins the command WORDS, which goes no further than to the step of writing
 * whose number, from 1, STEP is: what a kill does, at a tenth of its cost.
 * Answers whether it came as far as that.
 */
async function stoppedBefore(step: number, words: readonly string[]): Promise<boolean> {
  const handle = await promises.open(process.execPath);
  await handle.close();
  const handles = Object.getPrototypeOf(handle) as FileHandle;
  const patched: (readonly [Record<string, Step>, string, Step])[] = [];
  let left = step;
  let open: FileHandle | undefined;
  const stopped = new Promise<true>((resolve) => {
    for (const [owner, names] of [
      [promises, ["mkdir", "rename", "rmdir", "unlink"]],
      [handles, ["writeFile", "sync"]],
    ] as unknown as [Record<string, Step>, string[]][])
      for (const name of names) {
        const original = owner[name]!;
        patched.push([owner, name, original]);
        owner[name] = function (this: unknown, ...args) {
          left -= 1;
          if (left > 0) return original.apply(this, args);
          if (left === 0 && owner !== (promises as unknown)) open = this as FileHandle;
          resolve(true);
          return new Promise(() => {});
        };
      }
  });
  try {
    // Not 'inProcess', which waits for the one before: this one may not end.
    const command = run(words, { version: "0.0.0", tell: () => {} });
    return await Promise.race([stopped, command.then(() => false)]);
  } finally {
    for (const [owner, name, original] of patched) owner[name] = original;
    await open?.close();
  }
}

test.each<[string, readonly string[], () => readonly [Files, Files]]>([
  ["generate", [], () => [ORIGINAL, GENERATED]],
  ["generate --remove", ["--remove"], () => [GENERATED, ORIGINAL]],
])(
  "%s, stopped at any step of writing, leaves whole files, and the next run does the rest",
  async (_, more, states) => {
    const [start, end] = states();
    const seen = { files: new Set<number>(), strays: 0, kills: 0 };
    for (let step = 1; ; step += 1) {
      const directory = temporaryDirectory(start);
      const stopped = await stoppedBefore(step, words(directory, ...more));
      const left = filesOf(directory);
      if (!stopped) {
        expect(left).toEqual(end);
        break;
      }
      // What was left behind is hidden, no module of Guix, and in nobody's way.
      const strays = Object.keys(left).filter((path) => path.endsWith(".tmp"));
      for (const stray of strays) {
        expect(stray).toMatch(/(^|\/)\.(Makefile\.am|[a-z-]+\.(c|in|scm))\.zfs-guix-\d+\.tmp$/);
        utimesSync(join(directory, stray), 1000, 1000);
      }
      const changed = Object.keys({ ...start, ...end }).filter(
        (path) => start[path] !== left[path],
      );
      for (const path of changed) expect(left[path]).toBe(end[path]);
      // A process of its own that is killed there leaves the same.
      if (changed.length === 2 && strays.length === 1 && seen.kills++ === 0) {
        const other = temporaryDirectory(start);
        expect(
          spawnSync(
            process.execPath,
            [
              `--import=${PROJECT}/test/support/killed-at.mjs`,
              `${PROJECT}/dist/zfs-guix.js`,
              ...words(other, ...more),
            ],
            { stdio: "ignore", env: { ...process.env, KILLED_AT: String(step) } },
          ).signal,
        ).toBe("SIGKILL");
        const anonymous = (files: Files) =>
          Object.entries(files).map(([path, text]) => [path.replace(/\d+\.tmp$/, "tmp"), text]);
        expect(anonymous(filesOf(other))).toEqual(anonymous(left));
      }
      seen.files.add(changed.length);
      seen.strays += strays.length;
      expect((await inProcess(words(directory, ...more))).status).toBe(0);
      expect(filesOf(directory)).toEqual(end);
    }
    // The file that packages find, the list of such files, and the region.
    expect(seen.files).toEqual(new Set([0, 1, 2, 3]));
    expect(seen.strays).toBeGreaterThan(0);
    expect(seen.kills).toBeGreaterThan(0);
  },
  120_000,
);
