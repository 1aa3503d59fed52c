import type { ChangeSet } from "./changeset";
import { channelChanges } from "./channel";
import { readKernels, readReleases, type InputOptions } from "./inputs";
import { pinnedReleases } from "./openzfs/pin";
import { makePlan, type Plan } from "./plan";
import { loadTemplates } from "./template/load";

/** What decides what is generated, and where. */
export interface GenerationOptions extends InputOptions {
  /** A release or a branch of OpenZFS. */
  readonly zfs?: string;
  /** The channel's directory. */
  readonly out?: string;
  /** A directory of templates that take the place of those that come with zfs-guix. */
  readonly templates?: string;
}

export const CHANNEL_DIRECTORY = "generated";

/** The plan and the change set for OPTIONS; reads, and writes nothing. */
export async function generation(options: GenerationOptions): Promise<{ plan: Plan; changes: ChangeSet }> {
  const [plan, templates] = await Promise.all([planFor(options), loadTemplates(options.templates)]);
  return { plan, changes: await channelChanges(plan, templates, options.out ?? CHANNEL_DIRECTORY) };
}

/** The plan for OPTIONS. */
export async function planFor(options: Pick<GenerationOptions, "zfs"> & InputOptions): Promise<Plan> {
  const [kernels, { releases }] = await Promise.all([readKernels(options), readReleases(options)]);
  const candidates = options.zfs === undefined ? releases : pinnedReleases(releases, options.zfs);
  return makePlan(kernels, {
    releases,
    candidates,
    needsHash: true,
    ...(options.zfs !== undefined && { because: `--zfs ${options.zfs} leaves ${candidates.map(({ version }) => version).join(", ")}` }),
  });
}
