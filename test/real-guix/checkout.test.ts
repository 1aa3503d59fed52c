import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { FILE_SYSTEMS_FILE } from "../../src/read/guix/checkout";
import { markedRange } from "../../src/layout/region";
import { git, IDENTITY, temporaryCheckout, temporaryRepository } from "../support/directory";
import { askGuile } from "../support/guile";
import { evaluate, onRealGuix, SLOW, sources } from "../support/real-guix";
import { zfsGuix } from "../support/run";

// What is tested is a copy of the two files.
onRealGuix((guix) => {
  const file = (name: string): string =>
    readFileSync(join(sources(guix), "gnu/packages", name), "utf8");
  const texts = { linux: file("linux.scm"), fileSystems: file("file-systems.scm") };

  test("its kernels are those that its text has", () => {
    const { directory } = temporaryCheckout(texts);
    const json = JSON.parse(
      zfsGuix(["matrix", "--guix", directory, "--format", "json"]).stdout,
    ) as { checkout: { kernels: Record<string, string> } };
    // A second opinion, by pattern: what is defined, and the version variable of its name.
    const defined = [
      ...texts.linux.matchAll(/^\(define-public linux-libre-([0-9]+\.[0-9]+)$/gm),
    ].map((match) => match[1]!);
    const version = (series: string): string =>
      new RegExp(`^\\(define-public linux-libre-${series}-version "(.*)"\\)`, "m").exec(
        texts.linux,
      )![1]!;
    expect(json.checkout.kernels).toEqual(
      Object.fromEntries(defined.map((series) => [series, version(series)])),
    );
  });

  test("generate writes it, twice the same, Guile reads it, and --remove restores every byte", () => {
    const { directory, path } = temporaryCheckout(texts);
    const run = (command: string, ...more: string[]) =>
      zfsGuix([command, "--guix", directory, "--in-place", ...more]);
    const first = run("generate");
    expect(first.stderr).toMatch(
      /^(note: OpenZFS [^\n]* is known to lose data: [^\n]*\n)*note: there is no Makefile\.am here, so these files are not listed in it: [^\n]*\n$/,
    );
    const text = readFileSync(path, "utf8");
    expect(run("generate").stdout).toContain("nothing to write");
    expect(run("check").status).toBe(0);
    expect(readFileSync(path, "utf8")).toBe(text);

    // All else is as it was: the lines that were not added are the old ones.
    const { start, end } = markedRange(text)!;
    const others = text.slice(0, start) + text.slice(end);
    const before = texts.fileSystems.split("\n");
    expect(others.split("\n").filter((line) => !before.includes(line))).toEqual([]);

    const [reading] = askGuile([{ file: path }]);
    expect(reading!.error).toBeUndefined();
    // In the notation of what Guile reads, with the places of lists.
    const variants = reading!.forms.flatMap(
      (form) => /^\S*\(y"define-public"y"([^"]+)"\S*\(y"zfs-variant"/.exec(form)?.[1] ?? [],
    );
    expect(variants).toEqual(
      first.stdout.split("\n").flatMap((line) => /^zfs-for-linux-\S+/.exec(line)?.[0] ?? []),
    );
    expect(variants.length).toBeGreaterThan(3);

    expect(run("generate", "--remove").status).toBe(0);
    expect(readFileSync(path, "utf8")).toBe(texts.fileSystems);
  });

  test(
    "bump --commit leaves a commit for what all need and for each variant, and after each of them the module loads",
    () => {
      const directory = temporaryRepository({
        "gnu/packages/linux.scm": texts.linux,
        [FILE_SYSTEMS_FILE]: texts.fileSystems,
      });
      expect(
        zfsGuix(["bump", "--guix", directory, "--in-place", "--commit"], {
          env: { ...process.env, ...IDENTITY },
        }),
      ).toMatchObject({ status: 0 });
      const commits = git(directory, "log", "--reverse", "--format=%h %s")
        .trim()
        .split("\n")
        .slice(1);
      const packages = commits.map((line) => /^\w+ gnu: Add (\S+)\.$/.exec(line)![1]!);
      expect(packages).toEqual([
        "zfs-guix-tools",
        "zfs-guix-auto-snapshot",
        ...packages.slice(2).map(() => expect.stringMatching(/^zfs-for-linux-/)),
      ]);
      // Here (gnu packages linux) comes first, as where a kernel that is named too early is unbound.
      const program = `(use-modules (gnu packages linux) (guix packages))
(define file-systems (resolve-interface '(gnu packages file-systems)))
(module-for-each (lambda (name variable)
                   (when (string-prefix? "zfs-" (symbol->string name))
                     (package->bag (variable-ref variable))
                     (format #t "~a~%" name)))
                 file-systems)`;
      for (const [index, commit] of commits.entries()) {
        git(directory, "checkout", "--quiet", commit.split(" ")[0]!);
        const { status, stdout } = evaluate(guix, [directory], program);
        expect([status, stdout.trim().split("\n").sort()]).toEqual([
          0,
          [...packages.slice(0, index + 1), "zfs-auto-snapshot"].sort(),
        ]);
      }
    },
    SLOW,
  );
});
