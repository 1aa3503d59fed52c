import { relative } from "node:path";
import type { ChangeSet, FileChange } from "./changeset";
import { inFile } from "./errors";
import { readCheckout, readFileSystems, type FileSystems } from "./guix/checkout";
import { checkoutPlan, checkoutRelease, narrowKernels, refuseOldStyle } from "./guix/checkout-plan";
import type { CheckoutKernel } from "./guix/linux-facts";
import { withoutRegion, withRegion } from "./guix/in-place";
import { readRegion } from "./guix/region";
import { zfsFacts } from "./guix/zfs-facts";
import { givenKernels, readReleases, type InputOptions } from "./inputs";
import type { Release } from "./openzfs/release";
import type { Plan } from "./plan";
import { loadTemplates } from "./template/load";
import { render, type CompiledTemplates } from "./template/render";
import { regionView } from "./template/view";

export interface InPlaceOptions extends InputOptions {
  readonly templates?: string;
}

/** The plan and the change set for the checkout in DIRECTORY itself; reads, and writes nothing. */
export async function inPlaceGeneration(directory: string, options: InPlaceOptions): Promise<{ plan: Plan; changes: ChangeSet }> {
  const [checkout, wanted, { releases }, templates] = await Promise.all([
    readCheckout(directory),
    givenKernels(options),
    readReleases(options),
    loadTemplates(options.templates),
  ]);
  const kernels = narrowKernels(checkout.linux.kernels, wanted);
  const { path, text } = checkout.fileSystems;
  const { plan, after } = inFile(path, () => regionEdit(text, kernels, releases, templates));
  return { plan, changes: [change(directory, checkout.fileSystems, after)] };
}

/**
 * TEXT, a file-systems.scm, with the variants for KERNELS in its managed region.
 *
 * @throws UserError, without a file, where that cannot be done.
 */
export function regionEdit(
  text: string,
  kernels: readonly CheckoutKernel[],
  releases: readonly Release[],
  templates: CompiledTemplates,
): { readonly plan: Plan; readonly after: string } {
  const file = readRegion(text);
  const zfs = zfsFacts(file.source);
  refuseOldStyle(file.source, zfs);
  const plan = checkoutPlan(kernels, checkoutRelease(file.source, zfs, releases), releases);
  const body = render(templates, "region", regionView(plan, releases, zfs.hasAutoSnapshot));
  return { plan, after: withRegion(file, { body, kernels: plan.variants.map(({ kernel }) => kernel.variable) }) };
}

/** The change set that takes the managed region out of the checkout in DIRECTORY. */
export async function removal(directory: string): Promise<ChangeSet> {
  const fileSystems = await readFileSystems(directory);
  return inFile(fileSystems.path, () => [change(directory, fileSystems, withoutRegion(readRegion(fileSystems.text)))]);
}

function change(directory: string, { path, text }: FileSystems, after: string): FileChange {
  return { path, shownAs: relative(directory, path), before: text, after };
}
