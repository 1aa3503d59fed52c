import type { Answer, Machine } from "./machine";

/** Says what was looked at: WHAT is as it should be where the answer matches. */
export type Check = (
  what: string,
  answer: Answer | string,
  expected: RegExp | string | ((answer: Answer) => boolean),
) => void;

/** Something that administrators do, or that happens to them. */
export interface Scenario {
  readonly name: string;
  readonly expected: string;
  /** The systems that it boots, by their names in systems.scm. */
  readonly systems: readonly string[];
  /** A series besides 6.12 whose kernel one of them has. */
  readonly series?: string;
  /** The disks, by their serial numbers; those that come late are not there at boot. */
  readonly disks: readonly string[];
  readonly late?: readonly string[];
  /**
   * What makes the pool "tank": a script for sh, in which each disk's name in
   * /dev/disk/by-id is a variable.
   */
  readonly prepare?: string;
  /** How large each disk is, as qemu-img reads it; 256M where it is left out. */
  readonly size?: string;
  /** Its disks are prepared where there is UEFI. */
  readonly firmware?: boolean;
  /** The disks have no serial number, and so no name in /dev/disk/by-id. */
  readonly unnamed?: boolean;
  /** The pool is left as it is when the power fails, and not exported. */
  readonly abandoned?: boolean;
  run(machine: Machine, check: Check, late: (serial: string) => Promise<void>): Promise<void>;
}
