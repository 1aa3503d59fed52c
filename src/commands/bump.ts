import { setTimeout } from "node:timers/promises";
import {
  bumpJson,
  bumpLines,
  bumpOf,
  changesSomething,
  removedVariants,
  type Bump,
  type Changes,
} from "./bump/steps";
import {
  channelBump,
  findReleases,
  readState,
  refuseOlder,
  unhashedWanted,
} from "./bump/channel-bump";
import { commitBump, pathsInRepository, repositoryToCommit, type MadeCommit } from "./bump/commit";
import { generation } from "./generation";
import { noteLines } from "./report";
import { UserError } from "../errors";
import { onInterrupt } from "../process";
import { forced, refuseLosses, type ChangeSet } from "../layout/changeset";
import { withCopyright, type Holder } from "../layout/copyright";
import { markedRange } from "../layout/region";
import type { Options } from "../options";
import { jsonOutcome, lines, type Outcome } from "../outcome";
import { readCheckout } from "../read/guix/checkout";
import { ageNotes } from "../read/inputs";
import { parseReleaseData } from "../read/openzfs/data-file";
import { writeChanges } from "../write/changes";
import { withLock } from "../write/lock";
import type { Committable } from "../write/git/repository";

/** Where a command tells what it is doing while it does it. */
export type Progress = (text: string) => void;

/** `zfs-guix bump`: follows Guix's kernels and OpenZFS's releases. */
export async function bump(options: Options, progress: Progress = () => {}): Promise<Outcome> {
  const directory = options.inPlace === true ? options.guix! : ".";
  if (options.dryRun === true) {
    const found = await prepare(options, undefined, progress);
    return report(options, found, [], changesSomething(found) ? 1 : 0);
  }
  return withLock(directory, () => bumpLocked(options, directory, progress));
}

async function bumpLocked(
  options: Options,
  directory: string,
  progress: Progress,
): Promise<Outcome> {
  const repository =
    options.commit === true ? await repositoryToCommit(directory, options.branch) : undefined;
  const found = await prepare(options, repository, progress);
  if (!changesSomething(found)) return report(options, found, [], 0);
  const commits = await uninterrupted(async () => {
    if (repository !== undefined) return commitBump(repository, found, options.branch);
    await writeChanges(found.files);
    return [];
  }, progress);
  return report(options, found, commits, 0);
}

async function prepare(
  options: Options,
  repository: Committable | undefined,
  progress: Progress,
): Promise<Bump> {
  const found =
    options.inPlace === true
      ? await changesInPlace(options, repository)
      : await changesOfChannel(options, progress);
  if (options.force !== true) refuseLosses(found.files);
  // A commit speaks of files as its repository does.
  const names = repository && (await pathsInRepository(repository, found.files));
  const named = new Map(found.files.map(({ path }, index) => [path, names?.[index]]));
  return bumpOf(
    {
      ...found,
      files: forced(found.files),
      ...(found.steps !== undefined && { steps: found.steps.map(forced) }),
    },
    ({ path, shownAs }) => named.get(path) ?? shownAs ?? path,
  );
}

async function changesInPlace(
  options: Options,
  repository: Committable | undefined,
): Promise<Changes> {
  const { plan, changes, steps, guix, notes, effects } = await generation(options);
  const found = {
    plan,
    files: changes,
    steps: steps!(),
    guix: guix!,
    kernels: { add: [], remove: [] },
    notes: [...notes, ...effects],
  };
  // Guix's copyright lines are its committers'; a variant more is nothing to claim.
  const isNew = changes.some(
    ({ role, before }) => role === "packages" && markedRange(before!) === undefined,
  );
  return repository !== undefined && isNew ? signed(found, repository.committer) : found;
}

/** FOUND, the first step of which, and with it the whole, names HOLDER in the copyright lines. */
function signed(
  found: Changes & { readonly steps: readonly ChangeSet[] },
  holder: Holder,
): Changes {
  const sign = (files: ChangeSet, index = 0): ChangeSet =>
    files.map(({ before, after, ...file }) =>
      file.role === "packages"
        ? {
            ...file,
            before: index === 0 ? before : withCopyright(before!, holder),
            after: withCopyright(after!, holder),
          }
        : { ...file, before, after },
    );
  return { ...found, files: sign(found.files), steps: found.steps.map(sign) };
}

async function changesOfChannel(options: Options, progress: Progress): Promise<Changes> {
  const [state, guix] = await Promise.all([
    readState(options),
    options.guix === undefined
      ? undefined
      : readCheckout(options.guix).then(({ linux }) => linux.kernels),
  ]);
  const [disagreement] = state.layout.notes;
  if (disagreement !== undefined && options.commit === true)
    throw new UserError({ message: disagreement, hint: "then run the command again" });
  if (guix !== undefined && options.olderGuix !== true)
    refuseOlder(state.kernels, guix, options.guix!);
  const data = await parseReleaseData(state.releases.text, state.releases.path);
  const wanted = unhashedWanted(data, guix ?? state.kernels.policy.kernels);
  const findings = await findReleases(options, data, wanted, progress);
  const found = await channelBump(state, { guix, findings, zfs: options.zfs });
  const notes = findings.length > 0 ? [] : await ageNotes(state.releases.path, data);
  return { ...found, notes: [...notes, ...found.notes] };
}

function report(
  options: Options,
  found: Bump,
  commits: readonly MadeCommit[],
  status: 0 | 1,
): Outcome {
  const isUnseen = options.quiet === true && options.inPlace !== true;
  const talk = noteLines(
    [...found.notes, ...newsNotes(options, found, commits)],
    isUnseen ? found.plan : undefined,
  );
  if (options.json === true)
    return { ...jsonOutcome(status, { ...bumpJson(found), commits }), talk };
  const did = changesSomething(found) ? [] : ["nothing to do: all is as it should be"];
  const message =
    options.dryRun === true ? found.steps.map((step) => `\n${step.message}`).join("") : "";
  return {
    status,
    look: "changes",
    output:
      lines(
        ...bumpLines(found),
        ...commits.map(({ id, summary }) => `commit   ${id.slice(0, 10)} ${summary}`),
        ...did,
      ) + message,
    talk,
  };
}

/** The users of a variant learn from the news that it is gone, and news need a commit, which a committer of Guix rebases. */
function newsNotes(
  { commit, dryRun, inPlace }: Options,
  found: Bump,
  commits: readonly MadeCommit[],
): string[] {
  const [first, ...others] = commits;
  if (inPlace === true)
    return others.some(({ summary }) => summary.startsWith("news: "))
      ? [
          `the news name the commit ${first!.id.slice(0, 10)}: where a rebase gives it another id, write that there`,
        ]
      : [];
  if (dryRun === true || removedVariants(found).length === 0) return [];
  if (commit !== true)
    return [
      "variants are removed, and their users are not told: the channel's news name a commit; let bump make it, with --commit",
    ];
  return others.length === 0
    ? [
        'variants are removed, and their users are not told: .guix-channel names no news file; add (news-file "news.scm")',
      ]
    : [];
}

/**
 * Does ACTION, short as it must be, to its end before a signal to stop has its
 * way: it fails or succeeds, but is not left half done.
 */
async function uninterrupted<T>(action: () => Promise<T>, progress: Progress): Promise<T> {
  let received: NodeJS.Signals | undefined;
  const deaf = onInterrupt((signal) => void (received = signal));
  let came = "all is as it was before";
  try {
    const done = await action();
    came = "what was asked for is done";
    return done;
  } finally {
    deaf();
    if (received !== undefined) {
      progress(`zfs-guix: interrupted; ${came}`);
      process.kill(process.pid, received);
      // It arrives a little later; nothing else, such as giving back a lock, is begun before.
      await setTimeout(1000);
    }
  }
}
