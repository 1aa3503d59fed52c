import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { packageNames } from "../../src/read/guix/definition";
import { FILE_SYSTEMS_FILE } from "../../src/read/guix/checkout";
import { markedRange } from "../../src/layout/region";
import { temporaryCheckout } from "../support/directory";
import { evaluate, onRealGuix, runGuix, SLOW, sources } from "../support/real-guix";
import { PROJECT, zfsGuix, type Run } from "../support/run";

/** What `guix lint --no-network` says, in RUN of it, of packages, by their names. */
function remarks(
  { status, stdout, stderr }: Run,
  names: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const said = new Map<string, string[]>(names.map((name) => [name, []]));
  const lines = `${stdout}${stderr}`
    .split(/[\n\r]|\u001b\[K/)
    .filter((line) => / \S+@\S+: /.test(line));
  for (const line of lines) {
    const [, name, text] = /^\S+: (\S+)@\S+: (.*)$/.exec(line)!;
    said.get(name!)!.push(text!);
  }
  expect(status).toBe(0);
  return said;
}

// zfs-auto-snapshot looks its zfs up by that label, and gets our commands there.
const LABEL = "label 'zfs' does not match package name 'zfs-guix-tools'";

onRealGuix((guix) => {
  const file = (name: string): string => readFileSync(join(sources(guix), name), "utf8");
  /** In place, the modules have to be there before the command loads others. */
  const early = (directory: string, names: readonly string[]): Run =>
    evaluate(
      guix,
      [directory],
      `(use-modules (guix scripts lint))
(guix-lint "--no-network" ${names.map((name) => JSON.stringify(name)).join(" ")})`,
    );
  const lint = (directory: string, names: readonly string[]): Run =>
    runGuix(guix, [directory], "lint", "--no-network", ...names);
  const inPlace = (): { directory: string; text: string } => {
    const { directory, path } = temporaryCheckout({
      linux: file("gnu/packages/linux.scm"),
      fileSystems: file(FILE_SYSTEMS_FILE),
    });
    expect(zfsGuix(["generate", "--guix", directory, "--in-place"]).status).toBe(0);
    const text = readFileSync(path, "utf8");
    const { start, end } = markedRange(text)!;
    return { directory, text: text.slice(start, end) };
  };
  const channel = (): { directory: string; text: string } => {
    const directory = join(PROJECT, "generated");
    return { directory, text: readFileSync(join(directory, "zfs-guix/packages/zfs.scm"), "utf8") };
  };

  test.each([
    ["in a channel", channel, lint],
    ["in place", inPlace, early],
  ])(
    "guix lint says of the packages %s what it says of Guix's, and no more",
    (_, written, ask) => {
      const { directory, text } = written();
      const listed = zfsGuix(["matrix", "--guix", sources(guix), "--format", "json"]).stdout;
      const { kernels } = (JSON.parse(listed) as { checkout: { kernels: object } }).checkout;
      const names = packageNames(text).filter(
        (name) =>
          !name.startsWith("zfs-for-linux-") || name.replace("zfs-for-linux-", "") in kernels,
      );
      expect(names.length).toBeGreaterThan(6);
      const all = ["zfs", "zfs-auto-snapshot", ...names];
      const said = remarks(ask(directory, all), all);
      const [ofZfs, ofSnapshot] = ["zfs", "zfs-auto-snapshot"].map((name) => said.get(name)!);
      const expected = (name: string): readonly string[] =>
        name === "zfs-guix-tools"
          ? []
          : name === "zfs-guix-auto-snapshot"
            ? [LABEL, ...ofSnapshot!]
            : ofZfs!;
      expect(Object.fromEntries(names.map((name) => [name, said.get(name)]))).toEqual(
        Object.fromEntries(names.map((name) => [name, expected(name)])),
      );
    },
    SLOW,
  );
});
