import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { expect, test } from "@jest/globals";
import { PROJECT } from "./support/run";

const SOURCE = `${PROJECT}/src`;
const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter((file) =>
  /(?<!\.d)\.ts$/.test(file),
);

/** Where the program begins, which uses all of it. */
const ENTRIES = ["zfs-guix.ts", "program.ts"];

/** The rooms in the order in which CONTRIBUTING.md has them; before them what all use. */
const ROOMS = [
  ".",
  ...Array.from(
    readFileSync(`${PROJECT}/CONTRIBUTING.md`, "utf8").matchAll(/^- `src\/([a-z]+)\/` /gm),
    ([, room]) => room!,
  ),
];

const roomOf = (file: string): string => file.split("/").slice(0, -1)[0] ?? ".";

test("CONTRIBUTING.md names every room", () => {
  expect(ROOMS.toSorted()).toEqual([...new Set(files.map(roomOf))].sort());
});

test("a room uses those before it alone", () => {
  const imports = files
    .filter((file) => !ENTRIES.includes(file))
    .flatMap((file) =>
      Array.from(
        readFileSync(join(SOURCE, file), "utf8").matchAll(
          /(?:\bfrom|\bimport\(?)\s*"(\.\.?\/[^"]+)"/g,
        ),
        ([, path]) => ({ file, uses: relative(SOURCE, join(SOURCE, dirname(file), path!)) }),
      ),
    )
    .filter(({ uses }) => !uses.startsWith(".."));
  expect(imports.length).toBeGreaterThan(200);
  const wrong = imports.filter(
    ({ file, uses }) => ROOMS.indexOf(roomOf(uses)) > ROOMS.indexOf(roomOf(file)),
  );
  expect(wrong).toEqual([]);
});

test("no two files have one name", () => {
  const names = files.map((file) => basename(file));
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

test("CONTRIBUTING.md draws the way of --zfs", () => {
  const figure = /The way of one parameter, .*?\n\n(.*?)\n\n/s.exec(
    readFileSync(`${PROJECT}/CONTRIBUTING.md`, "utf8"),
  )![1]!;
  const drawn = Array.from(figure.matchAll(/^ {4}([a-z/]+\.ts)/gm), ([, file]) => file!);
  // What another command does with it, and what has a zfs of another kind, apart.
  const others = /^(commands\/(bump|explain)|layout|read|render|online|verify)/;
  const found = files.filter(
    (file) =>
      !others.test(file) &&
      /(?<![."'`\w-])zfs\b\??[,:]|, zfs }/.test(readFileSync(join(SOURCE, file), "utf8")),
  );
  expect(drawn.toSorted()).toEqual(found.sort());
});
