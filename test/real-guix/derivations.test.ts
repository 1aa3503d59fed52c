import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { PROJECT } from "../support/run";
import { derivations, evaluate, onRealGuix, SLOW } from "../support/real-guix";

onRealGuix((guix) => {
  let printed = "";

  test(
    "each variant is built for its own kernel, from the release that is pinned, into one output",
    () => {
      const { status, stdout, stderr } = spawnSync(join(PROJECT, "test/real-guix/derivations"), {
        encoding: "utf8",
        timeout: SLOW,
        env: { ...process.env, ZFS_GUIX_CHECKOUT: guix.checkout },
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      printed = stdout;
      const [channel, inPlace] = printed.split("== In place\n").map(derivations);
      for (const packages of [channel!, inPlace!]) {
        const variants = [...packages].filter(([name]) => name.startsWith("zfs-for-linux-"));
        expect(variants.length).toBeGreaterThan(3);
        for (const [name, facts] of variants) {
          const series = name.slice("zfs-for-linux-".length);
          expect(facts.package).toMatch(
            new RegExp(`^${name}@${packages === channel ? "2\\.4\\.4" : "2\\.\\d+\\.\\d+"}$`),
          );
          expect(facts.kernel).toMatch(new RegExp(`^linux-libre@${series}(\\.\\d+)?$`));
          expect(facts["#:linux"]).toBe(facts.kernel);
          expect(facts.substitutable).toBe("no");
          expect(facts.outputs!.split(" ")).toEqual(expect.arrayContaining(["out", "src"]));
          expect(facts.phases).toMatch(/ check-kernel-series configure .* install merge-module /);
        }
      }
      const own = [...channel!].filter(
        ([name]) => name.startsWith("(zfs-for-kernel linux-libre-") && /\d/.test(name),
      );
      for (const [call, { derivation }] of own) {
        const variant = channel!.get(
          call.replace("(zfs-for-kernel linux-libre-", "zfs-for-linux-").slice(0, -1),
        );
        expect(derivation).toBe(variant?.derivation ?? "none: it raises an error");
      }
      expect(own.length).toBeGreaterThan(3);
    },
    SLOW,
  );

  // What a change of the templates has to leave as it is.
  (guix.checkout === undefined ? test : test.skip)(
    "they are those that were written down",
    () => {
      const version = evaluate(guix, [], "(display (@ (guix config) %guix-version))").stdout;
      const list = join(PROJECT, `test/real-guix/derivations-${version}.txt`);
      // Debian may have another Guix tomorrow.
      if (!existsSync(list))
        process.stderr.write(
          `skipped: nothing is written down for Guix ${version}; test/real-guix/derivations prints it\n`,
        );
      else expect(printed).toBe(readFileSync(list, "utf8"));
    },
    SLOW,
  );
});
