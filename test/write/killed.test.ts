import { spawnSync } from "node:child_process";
import { readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "@jest/globals";
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

test.each<[string, readonly string[], () => readonly [Files, Files]]>([
  ["generate", [], () => [ORIGINAL, GENERATED]],
  ["generate --remove", ["--remove"], () => [GENERATED, ORIGINAL]],
])(
  "%s, killed at any step of writing, leaves whole files, and the next run does the rest",
  async (_, more, states) => {
    const [start, end] = states();
    const seen = { files: new Set<number>(), strays: 0 };
    for (let step = 1; ; step += 1) {
      const directory = temporaryDirectory(start);
      const { status, signal } = spawnSync(
        process.execPath,
        [
          `--import=${PROJECT}/test/support/killed-at.mjs`,
          `${PROJECT}/dist/zfs-guix.js`,
          ...words(directory, ...more),
        ],
        { stdio: "ignore", env: { ...process.env, KILLED_AT: String(step) } },
      );
      if (signal === null) {
        expect(status).toBe(0);
        expect(filesOf(directory)).toEqual(end);
        break;
      }
      const left = filesOf(directory);
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
      seen.files.add(changed.length);
      seen.strays += strays.length;
      expect((await inProcess(words(directory, ...more))).status).toBe(0);
      expect(filesOf(directory)).toEqual(end);
    }
    // Two files that packages find, the list of them, and the region.
    expect(seen.files).toEqual(new Set([0, 1, 2, 3, 4]));
    expect(seen.strays).toBeGreaterThan(0);
  },
  120_000,
);
