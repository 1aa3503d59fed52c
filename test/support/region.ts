import { UserError } from "../../src/errors";
import type { CheckoutKernel } from "../../src/read/guix/linux-facts";
import type { RegionEdit } from "../../src/write/region/region-edit";
import { readRegion } from "../../src/write/region/region";
import { regionPlan, regionWith } from "../../src/write/in-place";
import { sealed } from "../../src/write/seal";
import type { Release } from "../../src/read/openzfs/release";
import type { Plan } from "../../src/plan/plan";
import type { PlainFiles } from "../../src/read/plain-files";

/** What would be written; what must not be is an error. */
export function written({ after, losses }: RegionEdit): string {
  if (losses.length > 0) throw new UserError(losses);
  return after;
}

/** TEXT, a file-systems.scm, with the variants for KERNELS in its managed region. */
export function regionEdit(
  text: string,
  kernels: readonly CheckoutKernel[],
  releases: readonly Release[],
  plain: PlainFiles,
): RegionEdit & { readonly plan: Plan } {
  const file = readRegion(text);
  const { plan, parts } = regionPlan(file, kernels, releases);
  return { plan, ...regionWith(file, parts, { releases, plain }) };
}

/** The forms and comments at top level of TEXT that are not zfs-guix's, in their order. */
export function others(text: string): string[] {
  const { source, region } = readRegion(text);
  return [...source.forms, ...source.comments.filter(({ depth }) => depth === 0)]
    .filter(({ start, end }) => region === undefined || end < region.start || start > region.end)
    .sort((a, b) => a.start - b.start)
    .map(({ start, end }) => text.slice(start, end));
}

/** A managed region as 0.2.0 wrote it around BODY, with a digest of itself and of FILES (name → text), which came with it. */
export function sealedRegion(body: string, files: Readonly<Record<string, string>> = {}): string {
  return sealed(
    [
      ";;; zfs-guix: begin (written by 'zfs-guix generate --in-place')",
      "",
      ...body.trim().split("\n"),
      "",
    ],
    new Map(Object.entries(files)),
  ).join("\n");
}
