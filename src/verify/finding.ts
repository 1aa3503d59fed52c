/** What is asked of each package. */
export const PACKAGE_CHECKS = [
  "evaluates",
  "derivation",
  "lint",
  "style",
  "system",
  "builds",
] as const;
export type PackageCheck = (typeof PACKAGE_CHECKS)[number];

/** What is asked of the module, and of its channel. */
export type ModuleCheck = "loads" | "cache" | "service";

/** What came of one check; of one that an earlier answer makes idle there is none. */
export interface Finding<Check = PackageCheck | ModuleCheck> {
  readonly check: Check;
  /** `undetermined`: Guix hung, crashed, or talked nonsense. */
  readonly result: "holds" | "fails" | "undetermined";
  /** Sentences without their periods, or Guix's own lines. */
  readonly lines: readonly string[];
  /** What shows the same to a person, a line for a shell. */
  readonly reproduce: string;
  readonly seconds: number;
}

/** All that was found about a package. */
export interface PackageFindings {
  readonly name: string;
  readonly version?: string;
  /** Such as `linux-libre 6.12.95`. */
  readonly kernel?: string;
  /** FILE:LINE:COLUMN as Guix counts. */
  readonly location?: string;
  /** Why it is not in this Guix. */
  readonly missing?: string;
  readonly findings: readonly Finding<PackageCheck>[];
}

export interface Findings {
  /** What was run, and the version that it calls itself. */
  readonly guix: { readonly name: string; readonly version: string };
  readonly module: { readonly name: string; readonly findings: readonly Finding<ModuleCheck>[] };
  readonly packages: readonly PackageFindings[];
}
