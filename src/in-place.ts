import { relative } from "node:path";
import type { FileChange } from "./changeset";
import { inFile } from "./errors";
import type { Generation } from "./generation";
import { readCheckout, readFileSystems, type FileSystems } from "./guix/checkout";
import { checkoutPlan, checkoutRelease, narrowKernels, refuseOldStyle } from "./guix/checkout-plan";
import type { CheckoutKernel } from "./guix/linux-facts";
import { withoutRegion, withRegion, type RegionEdit } from "./guix/region-edit";
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
export async function inPlaceGeneration(directory: string, options: InPlaceOptions): Promise<Generation> {
  const [checkout, wanted, { releases }, templates] = await Promise.all([
    readCheckout(directory),
    givenKernels(options),
    readReleases(options),
    loadTemplates(options.templates),
  ]);
  const kernels = narrowKernels(checkout.linux.kernels, wanted);
  const { path, text } = checkout.fileSystems;
  const { plan, ...edit } = inFile(path, () => regionEdit(text, kernels, releases, templates, options.templates));
  const notes = plan.variants.length > 0 ? [] : ["no kernel has a variant, so there is none in the managed region"];
  return { plan, changes: [change(directory, checkout.fileSystems, edit)], notes: [...notes, ...importNotes(edit)] };
}

/**
 * TEXT, a file-systems.scm, with the variants for KERNELS in its managed
 * region; SOURCE is where the templates are, for messages.
 *
 * @throws UserError where that cannot be done; without a file, unless the templates are at fault.
 */
export function regionEdit(
  text: string,
  kernels: readonly CheckoutKernel[],
  releases: readonly Release[],
  templates: CompiledTemplates,
  source?: string,
): RegionEdit & { readonly plan: Plan } {
  const file = readRegion(text);
  const zfs = zfsFacts(file.source);
  refuseOldStyle(file.source, zfs);
  const plan = checkoutPlan(kernels, checkoutRelease(file.source, zfs, releases), releases);
  const body = render(templates, "region", regionView(plan, releases, zfs.hasAutoSnapshot));
  return { plan, ...withRegion(file, { body, kernels: plan.variants.map(({ kernel }) => kernel.variable), ...(source !== undefined && { templates: source }) }) };
}

/** The change set that takes out of the checkout in DIRECTORY what was generated there. */
export async function inPlaceRemoval(directory: string): Promise<Generation> {
  const fileSystems = await readFileSystems(directory);
  const edit = inFile(fileSystems.path, () => withoutRegion(readRegion(fileSystems.text)));
  return {
    plan: { variants: [], skipped: [], releases: [] },
    changes: [change(directory, fileSystems, edit)],
    notes: importNotes(edit),
  };
}

function change(directory: string, { path, text }: FileSystems, { after, losses }: RegionEdit): FileChange {
  return { path, shownAs: relative(directory, path), before: text, after, losses: losses.map((problem) => ({ file: path, ...problem })) };
}

function importNotes({ added, dropped, left }: RegionEdit): string[] {
  return [
    ...(added.length === 0 ? [] : [`imports added for the managed region: ${added.join(", ")}`]),
    ...(dropped.length === 0 ? [] : [`imports taken out with what needed them: ${dropped.join(", ")}`]),
    ...left.map(({ spec }) => `the import ${spec} stays, since there is something else on its line; take it out if nothing needs it`),
  ];
}
