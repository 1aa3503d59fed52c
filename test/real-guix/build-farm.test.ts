import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { onRealGuix, runGuix, SLOW } from "../support/real-guix";
import { PROJECT } from "../support/run";

onRealGuix((guix) => {
  test(
    "Cuirass has a job for each package, and guix shell brings what README.md needs",
    () => {
      const page = readFileSync(join(PROJECT, "doc/build-farm.md"), "utf8");
      const build = /^ +\(build '(\(.*\))\)$/m.exec(page)![1]!;
      const { status, stdout, stderr } = runGuix(
        guix,
        [join(PROJECT, "generated")],
        "repl",
        "-q",
        "--",
        join(import.meta.dirname, "build-farm.scm"),
        PROJECT,
        build,
      );
      expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
      const of = (kind: string): string[] =>
        [...stdout.matchAll(new RegExp(`^${kind} (.*)$`, "gm"))].map(([, what]) => what!);
      expect(of("job")).toEqual(
        expect.arrayContaining(
          ["zfs-for-linux-6.12", "zfs-guix-tools", "zfs-guix-status", "zfs-guix-auto-snapshot"].map(
            (name) =>
              expect.stringMatching(
                new RegExp(`^${name}-\\S+ /gnu/store/\\S+-${name}-\\S+\\.drv$`),
              ),
          ),
        ),
      );
      expect(of("shell").sort()).toEqual(["gcc-toolchain", "git", "guile", "make", "node"]);
    },
    SLOW,
  );
});
