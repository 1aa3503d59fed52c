import { UserError } from "../../src/errors";
import type { CheckoutKernel } from "../../src/read/guix/linux-facts";
import type { RegionEdit } from "../../src/write/region/region-edit";
import { readRegion } from "../../src/write/region/region";
import { regionPlan, regionWith } from "../../src/write/in-place";
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

/** A managed region as 0.1.0 wrote it, without a seal, around BODY. */
export function oldRegion(body: string, added: readonly string[] = []): string {
  const record =
    added.length === 0
      ? []
      : [
          ";;; These imports were added for it:",
          ...added.map((spec) => `;;;   #:use-module ${spec}`),
        ];
  return [
    ";;; zfs-guix: begin",
    ";;; Written by 'zfs-guix generate --in-place': an edit between this line and",
    ";;; the end marker is lost the next time.",
    ...record,
    "",
    body.trim(),
    "",
    ";;; zfs-guix: end",
  ].join("\n");
}
