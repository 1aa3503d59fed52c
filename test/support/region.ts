import { UserError } from "../../src/errors";
import type { CheckoutKernel } from "../../src/read/guix/linux-facts";
import type { RegionEdit } from "../../src/layout/region-edit";
import { readRegion } from "../../src/layout/region";
import { checkoutLayout } from "../../src/layout/in-place";
import { FILE_SYSTEMS_FILE } from "../../src/read/guix/checkout";
import { sealed } from "../../src/layout/seal";
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
  const layout = checkoutLayout("", new Map([[FILE_SYSTEMS_FILE, text]]), plain);
  const plan = layout.plan({ kernels, releases });
  const { after, losses } = layout.files(plan, releases);
  return { plan, after: after.get(FILE_SYSTEMS_FILE)!, losses };
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
