import { readChannel } from "../../layout/channel";
import { type ChangeSet, type Layout } from "../../layout/changeset";
import { UserError } from "../../errors";
import { exists, readText, readTextIfAny } from "../../files";
import type { Options } from "../../options";
import { laidOut } from "../generation";
import { KERNELS_FILE, releasesFile, RELEASES_FILE } from "../../read/inputs";
import { listIn, type ListInFile } from "../../read/kernels";
import { isOfGuix, type Kernel } from "../../read/kernel";
import { editReleaseData } from "../../write/data-edit";
import { parseReleaseData, type ReleaseData } from "../../read/openzfs/data-file";
import { compareSeries, formatSeries } from "../../read/series";
import { newestFirst, support } from "../../plan/compatibility";
import { refuseUnknownPins } from "../../plan/plan";
import { type Findings, refreshment } from "../../online/refresh";
import { readPlainFiles } from "../../read/plain-files";
import type { Changes } from "./steps";
import { followKernels } from "./kernels-edit";

export interface ChannelState {
  readonly kernels: ListInFile;
  /** `before` is undefined where `path` is to be created, `text` being that which comes with zfs-guix. */
  readonly releases: {
    readonly path: string;
    readonly before: string | undefined;
    readonly text: string;
  };
  readonly layout: Layout;
}

/** Reads the channel that OPTIONS name, and what decides what is in it. */
export async function readState(options: Options): Promise<ChannelState> {
  const kernelsPath = options.kernelsFile ?? KERNELS_FILE;
  // The list that comes with zfs-guix is nobody's to edit.
  if (options.kernelsFile === undefined && !(await exists(kernelsPath))) {
    throw new UserError({
      file: kernelsPath,
      message: "there is no kernel list here",
      hint: `run bump in a channel's directory, or name the list with --kernels-file FILE${options.guix === undefined ? "" : "; --in-place follows it in the checkout itself"}`,
    });
  }
  const releasesPath = options.releases ?? RELEASES_FILE;
  const before = await readTextIfAny(releasesPath, "release data");
  if (before === undefined && options.releases !== undefined)
    await readText(releasesPath, "release data");
  return {
    layout: await readChannel(options, await readPlainFiles()),
    kernels: listIn(kernelsPath, await readText(kernelsPath, "kernel list")),
    releases: {
      path: releasesPath,
      before,
      text: before ?? (await readText(await releasesFile({}), "release data")),
    },
  };
}

/**
 * Makes sure that GUIX, the kernels of the checkout in DIRECTORY, is no Guix
 * of before that list: it would take away the newest variants.  Guix never drops
 * its newest kernel but for a newer one.
 */
export function refuseOlder(
  { path, policy }: ListInFile,
  guix: readonly Kernel[],
  directory: string,
): void {
  const newest = (kernels: readonly Kernel[]): Kernel | undefined =>
    [...kernels].sort((a, b) => compareSeries(b.series, a.series))[0];
  const [listed, there] = [newest(policy.kernels.filter(isOfGuix)), newest(guix)];
  if (
    listed === undefined ||
    there === undefined ||
    compareSeries(listed.series, there.series) <= 0
  )
    return;
  throw new UserError({
    file: directory,
    message: `this Guix is older than ${path}: its newest kernel is ${there.variable}, and ${listed.variable} is listed`,
    hint: "name a newer Guix, or give --older-guix to remove what it has not",
  });
}

export interface ChannelSources {
  /** Guix's own kernels; undefined where they are not asked for. */
  readonly guix: readonly Kernel[] | undefined;
  readonly findings: readonly Findings[];
  readonly zfs?: string | undefined;
}

/** What has to be done to STATE so that it follows its sources; neither reads nor writes. */
export async function channelBump(
  state: ChannelState,
  { guix, findings, zfs }: ChannelSources,
): Promise<Changes> {
  const { path, text, policy: listed } = state.kernels;
  const followed =
    guix === undefined
      ? { list: state.kernels, changes: { add: [], remove: [] } }
      : followKernels(state.kernels, guix);
  const { edit, notes } = await refreshment(
    await parseReleaseData(state.releases.text, state.releases.path),
    findings,
  );
  const releasesText = editReleaseData(state.releases.text, edit);
  const { releases } = await parseReleaseData(releasesText, state.releases.path);
  // Of the list before it is edited, so that the line is the one that is there.
  refuseUnknownPins(listed.kernels, releases);
  const found = laidOut(state.layout, { ...followed.list.policy, releases, zfs });
  const files: ChangeSet = [
    ...found.changes,
    { role: "kernels", path, before: text, after: followed.list.text },
    // The data that comes with zfs-guix is copied here only to be changed.
    ...(releasesText === state.releases.text
      ? []
      : [
          {
            role: "releases" as const,
            path: state.releases.path,
            before: state.releases.before,
            after: releasesText,
          },
        ]),
  ];
  return {
    plan: found.plan,
    files,
    kernels: followed.changes,
    notes: [
      ...comebackNotes(followed.changes.add, listed.kernels),
      ...notes,
      ...found.notes,
      ...found.effects,
    ],
  };
}

/** That some of ADDED are older than what LISTED has: whoever took them out is told how to keep them out. */
function comebackNotes(added: readonly Kernel[], listed: readonly Kernel[]): string[] {
  const older = added.filter(({ series }) =>
    listed.some((kernel) => isOfGuix(kernel) && compareSeries(kernel.series, series) > 0),
  );
  if (older.length === 0) return [];
  const names = older.map(({ series }) => `"${formatSeries(series)}"`).join(" ");
  return [`Guix has ${names}, which comes in; to keep such out, write (unwanted ${names})`];
}

/**
 * The releases of DATA whose unknown hash keeps them from KERNELS: of those
 * that support one, the newest.
 */
export function unhashedWanted(data: ReleaseData, kernels: readonly Kernel[]): ReadonlySet<string> {
  const newest = kernels.map(({ series }) =>
    newestFirst(data.releases).find((release) => support(release, series).kind === "supported"),
  );
  return new Set(
    newest.flatMap((release) =>
      release === undefined || release.sha256 !== undefined ? [] : [release.version],
    ),
  );
}

/** What the sources have that OPTIONS name; each is loaded when it is asked, since no other command needs them. */
export async function findReleases(
  { openzfs, online, openzfsUrl }: Options,
  data: ReleaseData,
  wanted: ReadonlySet<string>,
  progress: (text: string) => void,
): Promise<Findings[]> {
  const findings: Findings[] = [];
  if (openzfs !== undefined)
    findings.push(await (await import("../../online/clone")).releasesOfClone(openzfs));
  if (online === true) {
    const { releasesOnline, serverAt } = await import("../../online/releases");
    // A name of its own: on a Forgejo runner, GITHUB_TOKEN is Forgejo's, and not to be sent to GitHub.
    const token = process.env.ZFS_GUIX_GITHUB_TOKEN;
    findings.push(
      await releasesOnline({
        server: serverAt(openzfsUrl),
        data,
        wanted,
        progress,
        ...(token !== undefined && token !== "" && { token }),
      }),
    );
  }
  return findings;
}
