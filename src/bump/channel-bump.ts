import { channelChanges } from "../channel";
import { UserError } from "../errors";
import { exists, readText, readTextIfAny } from "../files";
import { channelPlan, CHANNEL_DIRECTORY } from "../generation";
import { KERNELS_FILE, releasesFile, RELEASES_FILE } from "../inputs";
import { parseKernelsFile } from "../kernels";
import type { Kernel } from "../kernel";
import { editReleaseData } from "../openzfs/data-edit";
import { parseReleaseData, type ReleaseData } from "../openzfs/data-file";
import { newestFirst, support } from "../openzfs/compatibility";
import type { Findings } from "../openzfs/findings";
import { refreshment } from "../openzfs/refresh";
import type { CompiledTemplates } from "../template/render";
import { bumpOf, type Bump } from "./bump";
import type { CommittedFile } from "./changelog";
import { followKernels } from "./kernels-edit";

/** The inputs of a channel, as they are on disk. */
export interface ChannelInputs {
  readonly kernels: { readonly path: string; readonly text: string };
  /** `before` is undefined where `path` is to be created, `text` being that which comes with zfs-guix. */
  readonly releases: { readonly path: string; readonly before: string | undefined; readonly text: string };
}

export async function readChannelInputs(options: { readonly kernelsFile?: string; readonly releases?: string }): Promise<ChannelInputs> {
  const kernelsPath = options.kernelsFile ?? KERNELS_FILE;
  // The list that comes with zfs-guix is nobody's to edit.
  if (options.kernelsFile === undefined && !(await exists(kernelsPath))) {
    throw new UserError({ file: kernelsPath, message: "there is no kernel list here", hint: "run bump in a channel's directory, or name the list with --kernels-file FILE" });
  }
  const releasesPath = options.releases ?? RELEASES_FILE;
  const before = await readTextIfAny(releasesPath, "release data");
  if (before === undefined && options.releases !== undefined) await readText(releasesPath, "release data");
  return {
    kernels: { path: kernelsPath, text: await readText(kernelsPath, "kernel list") },
    releases: { path: releasesPath, before, text: before ?? (await readText(await releasesFile({}), "release data")) },
  };
}

/** What bumps a channel. */
export interface ChannelBumpSources {
  readonly inputs: ChannelInputs;
  /** Guix's own kernels; undefined where they are not asked for. */
  readonly guix: readonly Kernel[] | undefined;
  readonly findings: readonly Findings[];
  /** A release or a branch to pin. */
  readonly zfs?: string;
  readonly templates: CompiledTemplates;
  /** The channel's directory. */
  readonly out?: string;
}

/** The bump of a channel; reads what is generated, and writes nothing. */
export async function channelBump({ inputs, guix, findings, zfs, templates, out }: ChannelBumpSources): Promise<Bump> {
  const followed = guix === undefined ? { text: inputs.kernels.text, changes: { add: [], remove: [] } } : followKernels(inputs.kernels.text, inputs.kernels.path, guix);
  const { edit, notes } = await refreshment(await parseReleaseData(inputs.releases.text, inputs.releases.path), findings);
  const releasesText = editReleaseData(inputs.releases.text, edit);
  const kernels = parseKernelsFile(followed.text, inputs.kernels.path);
  const { releases } = await parseReleaseData(releasesText, inputs.releases.path);
  const plan = channelPlan(kernels, releases, zfs);
  const files: CommittedFile[] = [
    ...(await channelChanges(plan, releases, templates, out ?? CHANNEL_DIRECTORY)).map((change): CommittedFile => ({ ...change, role: "packages" })),
    { role: "kernels", path: inputs.kernels.path, before: inputs.kernels.text, after: followed.text },
    // The data that comes with zfs-guix is copied here only to be changed.
    ...(releasesText === inputs.releases.text ? [] : [{ role: "releases" as const, path: inputs.releases.path, before: inputs.releases.before, after: releasesText }]),
  ];
  return bumpOf({ plan, files, kernels: followed.changes, notes });
}

/**
 * The releases of DATA whose unknown hash keeps them from KERNELS: of those
 * that support one, the newest.
 */
export function unhashedWanted(data: ReleaseData, kernels: readonly Kernel[]): ReadonlySet<string> {
  const newest = kernels.map(({ series }) => newestFirst(data.releases).find((release) => support(release, series).kind === "supported"));
  return new Set(newest.flatMap((release) => (release === undefined || release.sha256 !== undefined ? [] : [release.version])));
}
