/** What is asked of each package. */
export const PACKAGE_CHECKS = ["evaluates", "derivation", "lint", "style", "system", "builds"] as const;
export type PackageCheck = (typeof PACKAGE_CHECKS)[number];

/** What is asked of the module as a whole. */
export const MODULE_CHECKS = ["loads", "cache"] as const;
export type ModuleCheck = (typeof MODULE_CHECKS)[number];

export type Verdict =
  | { readonly kind: "holds" }
  /** Sentences without their periods, or Guix's own lines. */
  | { readonly kind: "fails"; readonly lines: readonly string[] }
  /** Guix gave no answer: it hung, crashed, or talked nonsense. */
  | { readonly kind: "undetermined"; readonly lines: readonly string[] }
  /** Nothing was asked, since an earlier answer leaves nothing to ask. */
  | { readonly kind: "unasked" };

/** The verdict of one check. */
export interface Finding<Check = PackageCheck | ModuleCheck> {
  readonly check: Check;
  readonly verdict: Verdict;
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
  /** The version that Guix calls itself. */
  readonly version: string;
  readonly module: readonly Finding<ModuleCheck>[];
  readonly packages: readonly PackageFindings[];
}

export const HOLDS: Verdict = { kind: "holds" };
export const UNASKED: Verdict = { kind: "unasked" };

/** Holds where there is nothing to say. */
export function verdict(lines: readonly string[]): Verdict {
  return lines.length === 0 ? HOLDS : { kind: "fails", lines };
}
