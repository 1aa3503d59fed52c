import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { temporaryDirectory } from "../support/directory";
import { DERIVATIONS, derivations, onRealGuix, runGuix, SLOW } from "../support/real-guix";
import { PROJECT, zfsGuix } from "../support/run";

const OTHER = join(PROJECT, "test/real-guix/nonguix");

// linux-6.11 is one that the other channel has dropped.
const KERNELS = ["6.6 linux-6.6", "6.12 linux-6.12", "6.12 linux-lts", "6.11 linux-6.11"].map(
  (kernel) => kernel.split(" ") as [string, string],
);

onRealGuix((guix) => {
  const channel = (): string => {
    const list = KERNELS.map(
      ([series, variable]) =>
        `("${series}" ${variable} (nongnu packages linux) zfs-for-nongnu-${variable})`,
    );
    const directory = temporaryDirectory({ "kernels.scm": `(${list.join("\n ")})\n` });
    expect(
      zfsGuix([
        "generate",
        "--kernels-file",
        join(directory, "kernels.scm"),
        "--out",
        join(directory, "channel"),
      ]),
    ).toMatchObject({ status: 0 });
    return directory;
  };

  test(
    "kernels of another channel have their variants, and zfs-for-kernel takes them",
    () => {
      const run = runGuix(
        guix,
        [join(channel(), "channel"), OTHER],
        "repl",
        "-q",
        "--",
        DERIVATIONS,
        "(zfs-guix packages zfs)",
        "(nongnu packages linux)",
      );
      expect(run).toMatchObject({ status: 0 });
      const found = derivations(run.stdout);
      expect([...found.keys()].sort()).toEqual([
        ...["6.12", "6.6", "lts"].map((name) => `(zfs-for-kernel linux-${name})`),
        ...["6.12", "6.6", "lts"].map((name) => `zfs-for-nongnu-linux-${name}`),
      ]);
      for (const [name, facts] of found) {
        expect(facts.derivation).toMatch(/^\/gnu\/store\/.*\.drv$/);
        if (name.startsWith("(")) continue;
        const series = name.endsWith("6.6") ? "6.6" : "6.12";
        // Theirs, and an input of the derivation: what is not would be said here.
        expect(facts.kernel).toMatch(new RegExp(`^linux@${series}(\\.\\d+)?$`));
        expect(facts["#:linux"]).toBe(facts.kernel);
      }
      // The same kernel twice.
      expect(found.get("(zfs-for-kernel linux-lts)")).toEqual(
        found.get("(zfs-for-kernel linux-6.12)"),
      );
    },
    SLOW,
  );

  test.each([
    ["where that channel is used", OTHER, ["linux-6.11"]],
    ["where it is not", undefined, ["linux-6.6", "linux-6.12", "linux-lts", "linux-6.11"]],
  ])(
    "verify holds %s",
    (_, path, missing) => {
      const directory = channel();
      const run = zfsGuix(
        [
          "verify",
          ...guix.options,
          "--out",
          join(directory, "channel"),
          "--kernels-file",
          join(directory, "kernels.scm"),
        ],
        {
          timeout: SLOW,
          env: { ...process.env, ...(path !== undefined && { GUIX_PACKAGE_PATH: path }) },
        },
      );
      expect(run).toMatchObject({ status: 0 });
      for (const [, variable] of KERNELS) {
        const said = `zfs-for-nongnu-${variable} is not in this Guix: there is no ${variable} in (nongnu packages linux)\n`;
        if (missing.includes(variable)) expect(run.stdout).toContain(said);
        else expect(run.stdout).not.toContain(said);
      }
      expect(run.stdout).toMatch(/ cache ok/);
    },
    SLOW,
  );
});
