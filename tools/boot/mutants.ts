import type { Mutation } from "../mutate";

/** A mistake in the service, and the scenario that has to see it. */
export interface Mutant extends Mutation {
  readonly what: string;
  readonly scenario: string;
}

/** The file that the mutants change, in a channel. */
export const SERVICE = "zfs-guix/services/zfs.scm";

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
