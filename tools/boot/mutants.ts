import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A mistake in the service, and the scenario that has to see it. */
export interface Mutant {
  readonly name: string;
  readonly what: string;
  readonly scenario: string;
  /** What stands there, and what stands there then, wherever it does. */
  readonly edits: readonly (readonly [from: string, to: string])[];
}

const SERVICE = "zfs-guix/services/zfs.scm";

export const MUTANTS: readonly Mutant[] = [
  {
    name: "import-before-udev",
    what: "pools are imported before udev has named their disks",
    scenario: "homes",
    edits: [
      [
        "(requirement '(root-file-system udev zfs-pools))",
        "(requirement '(root-file-system zfs-pools))",
      ],
      ["(requirement '(root-file-system udev))", "(requirement '(root-file-system))"],
    ],
  },
  {
    name: "no-barrier",
    what: "homes do not wait for the datasets",
    scenario: "late-disk",
    edits: [["(list %barrier)", "'()"]],
  },
  {
    name: "next-zpool",
    what: "a shutdown calls the zpool of its own generation, not of the booted one",
    scenario: "reconfigured",
    edits: [
      [
        "#$%zpool #$%zfs\n",
        `#$(file-append ((zfs-configuration-zfs-for-kernel config) linux-libre-6.12) "/sbin/zpool") #$%zfs\n`,
      ],
    ],
  },
];

/** Makes MUTANT of the service in CHANNEL; throws where the service is no longer as the mutant expects. */
export function mutate({ name, edits }: Mutant, channel: string): void {
  const file = join(channel, SERVICE);
  let text = readFileSync(file, "utf8");
  for (const [from, to] of edits) {
    if (!text.includes(from))
      throw new Error(`mutant ${name}: ${SERVICE} has no ${JSON.stringify(from)}`);
    text = text.replaceAll(from, to);
  }
  writeFileSync(file, text);
}
