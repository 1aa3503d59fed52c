import type { Mutation } from "../mutate";

/** A mistake in the packages, and what sees it. */
export interface Mutant extends Mutation {
  readonly what: string;
  /** The fact that does not hold then. */
  readonly seenBy: string;
  /** What is said then: any build can fail for another reason. */
  readonly says: RegExp;
}

/** The file that the mutants change, in a channel. */
export const PACKAGES = "zfs-guix/packages/zfs.scm";

export const MUTANTS: readonly Mutant[] = [
  {
    name: "merge-wrong-way",
    what: '"out" has a link to the module, not "module"',
    edits: [
      ['(rename-file (string-append module "/lib/modules") merged)', ""],
      [
        '(symlink merged (string-append module "/lib/modules"))',
        '(symlink (string-append module "/lib/modules") merged)',
      ],
    ],
    seenBy: '"module" is a link into "out"',
    says: /\/zfs\.ko/,
  },
  {
    name: "no-series-check",
    what: "6.12 passes for 6.1",
    edits: [['#$(string-append series ".")', "#$series"]],
    seenBy: "it is not built",
    says: /^it is$/m,
  },
  {
    name: "wrong-hash",
    what: "the hash is not that of the source",
    edits: [[/"([01][0-9a-z]{49})[0-9a-z]{2}"/, '"$1aa"']],
    seenBy: "each phase of the package ran and passed",
    // The source is not there, so that no phase begins.
    says: /^(?![^]*starting phase)/,
  },
  {
    name: "failing-phase",
    what: "a phase raises an error",
    edits: [
      [
        '(rename-file (string-append module "/lib/modules") merged)',
        '(error "a phase that fails")',
      ],
    ],
    seenBy: "each phase of the package ran and passed",
    says: /a phase that fails/,
  },
];
