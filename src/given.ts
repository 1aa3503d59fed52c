export const MATRIX_FORMATS = ["table", "markdown", "json", "svg"] as const;
export type MatrixFormat = (typeof MATRIX_FORMATS)[number];

/** What a command can be given, as the command line has it: no command takes all of it. */
export interface Options {
  /** What stands after the command's name. */
  readonly argument?: string;
  /** The directory of a Guix checkout. */
  readonly guix?: string;
  /** Whether it is about the checkout itself, and not about a channel. */
  readonly inPlace?: boolean;
  /** Series, with commas between them. */
  readonly kernels?: string;
  readonly kernelsFile?: string | undefined;
  /** The file of OpenZFS's releases. */
  readonly releases?: string;
  /** A release or a branch of OpenZFS. */
  readonly zfs?: string;
  /** The channel's directory. */
  readonly out?: string;
  /** Whether to take out again what was written into a checkout. */
  readonly remove?: boolean;
  /** Whether what somebody has edited by hand may be written over. */
  readonly force?: boolean;
  /** Whether to show what would be done, and do nothing. */
  readonly dryRun?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
  readonly format?: MatrixFormat;
  /** The directory of a clone of openzfs/zfs. */
  readonly openzfs?: string;
  /** Whether to ask where OpenZFS publishes. */
  readonly online?: boolean;
  /** A server to ask in the place of GitHub's. */
  readonly openzfsUrl?: string;
  /** Whether to follow a Guix that is older than the kernels of the list. */
  readonly olderGuix?: boolean;
  readonly commit?: boolean;
  /** A new branch for the commits. */
  readonly branch?: string;
  /** The packages that are verified, with commas between them; all where it is absent. */
  readonly only?: string;
  readonly build?: boolean;
  readonly system?: boolean;
  /** Obsolete. */
  readonly jobs?: string;
  /** Seconds for a step; a build has no limit unless one is given. */
  readonly timeout?: string;
}
