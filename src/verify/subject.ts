import type { Kernel } from "../kernel";
import type { Release } from "../openzfs/release";

/** A package that is verified. */
export interface Subject {
  /** Its variable and name. */
  readonly name: string;
  /** Whether it is ZFS for some kernel; the others are the commands. */
  readonly isVariant: boolean;
  /** The kernel that it is for; undefined for a variant of which none is known, too. */
  readonly kernel?: Kernel;
}

/** Where the definitions are that are verified, and what they are held against. */
export interface Target {
  /** Their module, `["zfs-guix", "packages", "zfs"]`. */
  readonly module: readonly string[];
  /** The absolute path of its file. */
  readonly file: string;
  /** Absolute directories that go on Guix's load path. */
  readonly loadPath: readonly string[];
  /** Modules that are loaded first, since the order matters to them. */
  readonly before: readonly (readonly string[])[];
  /** The directory of a channel, which has a package cache; absent for a checkout. */
  readonly channel?: string;
  /** The packages that its file defines, as far as a glance at its text tells. */
  readonly subjects: readonly Subject[];
  /** What the package NAME should be. */
  subject(name: string): Subject;
  /** Whether NAME is one of those that were asked for. */
  isWanted(name: string): boolean;
  readonly releases: readonly Release[];
}
