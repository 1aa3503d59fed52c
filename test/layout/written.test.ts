import { expect, test } from "@jest/globals";
import { changesOf, differs, type ChangeSet, type Texts } from "../../src/layout/changeset";
import { AUX_FILES, checkoutLayout, LIST_FILE } from "../../src/layout/in-place";
import { readRegion } from "../../src/layout/region";
import { digest } from "../../src/layout/seal";
import { definitionsIn, WRITTEN } from "../../src/layout/written";
import { VERSION } from "../../src/process";
import { FILE_SYSTEMS_FILE } from "../../src/read/guix/checkout";
import { linuxFacts } from "../../src/read/guix/linux-facts";
import { readReleases } from "../../src/read/inputs";
import { readPlainFiles } from "../../src/read/plain-files";
import { read } from "../../src/read/scheme/read";
import { fileSystemsScm, linuxScm, MAKEFILE } from "../support/guix-texts";

const COMMAND = "zfs-guix-command.c";
const GONE = "zfs-guix-gone.c";
const PATH = `${AUX_FILES}/${COMMAND}`;
const START: Texts = new Map([
  [FILE_SYSTEMS_FILE, fileSystemsScm()],
  [LIST_FILE, MAKEFILE],
]);

const plain = await readPlainFiles();
const { releases } = await readReleases({});
const wishes = { kernels: linuxFacts(read(linuxScm())).kernels, releases };
const layoutOf = (texts: Texts, written = WRITTEN) =>
  checkoutLayout("", texts, plain, readRegion(texts.get(FILE_SYSTEMS_FILE)!), written);
const generated = (texts: Texts, written = WRITTEN): ChangeSet => {
  const layout = layoutOf(texts, written);
  return changesOf(layout, layout.files(layout.plan(wishes), releases));
};
/** TEXTS after CHANGES. */
const after = (texts: Texts, changes: ChangeSet): Texts => {
  const now = new Map(texts);
  for (const { path, after } of changes)
    if (after === undefined) now.delete(path);
    else now.set(path, after);
  return new Map([...now].sort());
};
const lossesIn = (changes: ChangeSet): string[] =>
  changes.flatMap(({ losses = [] }) => losses.map(({ message }) => message));

const NOW = after(START, generated(START));
const bodyIn = (texts: Texts): string => readRegion(texts.get(FILE_SYSTEMS_FILE)!).region!.body;

test("what this version writes, those to come know", () => {
  // Otherwise add them to WRITTEN; those of a version that was released stay there.
  expect(definitionsIn(bodyIn(NOW)).filter((one) => !WRITTEN.definitions.includes(one))).toEqual(
    [],
  );
  expect(WRITTEN.files[COMMAND]).toContain(digest(NOW.get(PATH)!));
});

/** What 0.1.9 would have left: other definitions, another program, and one that is no more. */
const old = (): Texts =>
  new Map([
    ...NOW,
    [
      FILE_SYSTEMS_FILE,
      NOW.get(FILE_SYSTEMS_FILE)!
        .replace(VERSION, "0.1.9")
        .replaceAll("(zfs-variant zfs", "(zfs-variant* zfs")
        .replace("(define-syntax-rule (zfs-variant", ";; It is the first.\n$&*")
        .replace("(define %zfs-files ", `(define %gone (search-auxiliary-file "${GONE}"))\n\n$&`),
    ],
    [PATH, "int main;\n"],
    [`${AUX_FILES}/${GONE}`, "int gone;\n"],
    [LIST_FILE, NOW.get(LIST_FILE)!.replace(PATH, `$&\t\\\n  ${AUX_FILES}/${GONE}`)],
  ]);
const KNOWN = {
  definitions: [...WRITTEN.definitions, ...definitionsIn(bodyIn(old()))],
  files: {
    [COMMAND]: [...(WRITTEN.files[COMMAND] ?? []), digest("int main;\n")],
    [GONE]: [digest("int gone;\n")],
  },
};

test("what an older version wrote is renewed, in one step, and goes", () => {
  const changes = generated(old(), KNOWN);
  expect(lossesIn(changes)).toEqual([]);
  expect(after(old(), changes)).toEqual(NOW);
  const layout = layoutOf(old(), KNOWN);
  const steps = layout.steps(layout.plan(wishes), releases);
  expect(steps.filter((step) => step.some(differs))).toHaveLength(1);
  expect(after(old(), steps[0]!)).toEqual(NOW);
  const removal = layout.removal(releases);
  expect(lossesIn(removal)).toEqual([]);
  expect(after(old(), removal)).toEqual(START);
  expect(generated(NOW, KNOWN).filter(differs)).toEqual([]);
});

test("its program alone is renewed, however long the region stays the same", () => {
  const texts = new Map([...NOW, [PATH, "int main;\n"]]);
  texts.set(FILE_SYSTEMS_FILE, NOW.get(FILE_SYSTEMS_FILE)!.replace(VERSION, "0.1.9"));
  const changes = generated(texts, KNOWN);
  expect(lossesIn(changes)).toEqual([]);
  expect(changes.filter(differs).map(({ path }) => path)).toEqual([PATH]);
});

test.each<[string, string, string]>([
  ["the region", FILE_SYSTEMS_FILE, "not what zfs-guix"],
  ["its program", PATH, "not as zfs-guix wrote it, and would be written over"],
  ["a program that is no more", `${AUX_FILES}/${GONE}`, "and would be taken away"],
])("%s is not lost where somebody has edited it", (_, path, said) => {
  const texts = new Map(old());
  texts.set(
    path,
    path === FILE_SYSTEMS_FILE
      ? texts.get(path)!.replace(";; It is the first.", ";; It is mine.")
      : "int mine;\n",
  );
  expect(lossesIn(generated(texts, KNOWN))).toEqual([expect.stringContaining(said)]);
  expect(lossesIn(layoutOf(texts, KNOWN).removal(releases)).length).toBeGreaterThan(0);
});

test("a file of Guix's that somebody has the region name is not taken away", () => {
  const theirs = `${AUX_FILES}/run-in-namespace.c`;
  const texts = new Map([...old(), [theirs, "int guix;\n"]]);
  texts.set(
    FILE_SYSTEMS_FILE,
    texts
      .get(FILE_SYSTEMS_FILE)!
      .replace(";; It is the first.", '(search-auxiliary-file "run-in-namespace.c")'),
  );
  expect(after(texts, layoutOf(texts, KNOWN).removal(releases)).get(theirs)).toBe("int guix;\n");
});

test("the region has at most 110 lines with eight variants", () => {
  const series = ["5.10", "5.15", "6.1", "6.6", "6.12", "6.16", "6.17", "6.18"];
  const layout = layoutOf(START);
  const kernels = linuxFacts(
    read(linuxScm(Object.fromEntries(series.map((one) => [one, `${one}.1`])))),
  ).kernels;
  const plan = layout.plan({ kernels, releases });
  expect(plan.variants).toHaveLength(series.length);
  const text = layout.files(plan, releases).after.get(FILE_SYSTEMS_FILE)!;
  const { start, end } = readRegion(text).region!;
  expect(text.slice(start, end).split("\n").length).toBeLessThanOrEqual(110);
});
