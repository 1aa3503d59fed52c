import { setTimeout } from "node:timers/promises";
import {
  bumpJson,
  bumpLines,
  bumpOf,
  changesSomething,
  removedVariants,
  type Bump,
  type Changes,
} from "./bump/bump";
import {
  channelBump,
  readChannel,
  refuseOlder,
  unhashedWanted,
  findReleases,
  type ReleaseSources,
} from "./bump/channel-bump";
import { withCopyright, type Holder } from "./bump/copyright";
import { commitBump, pathsInRepository, repositoryToCommit, type MadeCommit } from "./bump/commit";
import { forced, refuseLosses, writeChanges, type ChangeSet } from "../write/changeset";
import { printable, UserError, type Problem } from "../errors";
import { generation, type GenerationOptions } from "../generation";
import { readCheckout } from "../read/guix/checkout";
import { committer, type Repository } from "../write/git/repository";
import { markedRange } from "../write/region/region";
import { WHICH_CHECKOUT } from "../read/inputs";
import { parseKernelsFile } from "../read/kernels";
import { skippedNotes } from "./plan-report";
import { withLock } from "../write/lock";
import { parseReleaseData } from "../read/openzfs/data-file";
import { jsonOutcome, lines, type Outcome } from "../outcome";
import { readPlainFiles } from "../read/plain-files";

export interface BumpOptions extends Omit<GenerationOptions, "kernels">, ReleaseSources {
  /** Show what would be done, and do nothing. */
  readonly dryRun?: boolean;
  readonly commit?: boolean;
  /** A new branch for the commit. */
  readonly branch?: string;
  /** Whether to follow a Guix that is older than the kernels of the list. */
  readonly olderGuix?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** Where a command tells what it is doing while it does it. */
export type Progress = (text: string) => void;

/** `zfs-guix bump`: follows Guix's kernels and OpenZFS's releases. */
export async function bump(options: BumpOptions, progress: Progress = () => {}): Promise<Outcome> {
  refuseContradictions(options);
  const directory = options.inPlace === true ? options.guix! : ".";
  if (options.dryRun === true) {
    const found = await prepare(options, undefined, progress);
    return report(options, found, [], changesSomething(found) ? 1 : 0);
  }
  return withLock(directory, () => bumpLocked(options, directory, progress));
}

async function bumpLocked(
  options: BumpOptions,
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
  });
  return report(options, found, commits, 0);
}

async function prepare(
  options: BumpOptions,
  repository: Repository | undefined,
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
  options: BumpOptions,
  repository: Repository | undefined,
): Promise<Changes> {
  const { plan, changes, steps, notes, effects } = await generation(options);
  const found = {
    plan,
    files: changes,
    steps: steps!(),
    kernels: { add: [], remove: [] },
    notes: [...notes, ...effects],
  };
  // Guix's copyright lines are its committers'; a variant more is nothing to claim.
  const isNew = changes.some(
    ({ role, before }) => role === "packages" && markedRange(before!) === undefined,
  );
  return repository !== undefined && isNew ? signed(found, await committer(repository)) : found;
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

async function changesOfChannel(options: BumpOptions, progress: Progress): Promise<Changes> {
  const plain = await readPlainFiles();
  const [state, guix] = await Promise.all([
    readChannel(plain, options),
    options.guix === undefined
      ? undefined
      : readCheckout(options.guix).then(({ linux }) => linux.kernels),
  ]);
  const [disagreement] = state.description.notes;
  if (disagreement !== undefined && options.commit === true)
    throw new UserError({ message: disagreement, hint: "then run the command again" });
  if (guix !== undefined && options.olderGuix !== true)
    refuseOlder(state.kernels, guix, options.guix!);
  const data = await parseReleaseData(state.releases.text, state.releases.path);
  const wanted = unhashedWanted(
    data,
    guix ?? parseKernelsFile(state.kernels.text, state.kernels.path),
  );
  const findings = await findReleases(options, data, wanted, progress);
  return channelBump(state, {
    guix,
    findings,
    plain,
    ...(options.zfs !== undefined && { zfs: options.zfs }),
  });
}

function refuseContradictions({
  inPlace,
  guix,
  openzfs,
  online,
  openzfsUrl,
  commit,
  branch,
  olderGuix,
}: BumpOptions): void {
  const problems: Problem[] = [];
  if (guix === undefined && openzfs === undefined && online !== true && inPlace !== true) {
    problems.push({
      message: "bump has nothing to follow",
      hint: "give --guix DIR for the kernels of a Guix, and --online or --openzfs DIR for the releases; generate alone writes what kernels.scm says",
    });
  }
  if (olderGuix === true && (inPlace === true || guix === undefined)) {
    problems.push({
      message: "--older-guix is about the kernels that a channel takes from a Guix",
      hint: "give --guix DIR without --in-place, too, or leave it out",
    });
  }
  if (branch !== undefined && commit !== true)
    problems.push({
      message: "--branch names a branch for a commit that is not asked for",
      hint: "give --commit, too",
    });
  if (openzfsUrl !== undefined && online !== true)
    problems.push({
      message: "--openzfs-url names a server that is not asked",
      hint: "give --online, too",
    });
  if (inPlace === true) {
    if (guix === undefined) problems.push(WHICH_CHECKOUT);
    if (openzfs !== undefined || online === true) {
      problems.push({
        message: "new releases go to the data of a channel, and --in-place writes a checkout",
        hint: "leave out --openzfs and --online, or --in-place",
      });
    }
  }
  if (problems.length > 0) throw new UserError(problems);
}

function report(
  options: BumpOptions,
  found: Bump,
  commits: readonly MadeCommit[],
  status: 0 | 1,
): Outcome {
  const talk = lines(
    ...found.notes.map((note) => `note: ${printable(note)}`),
    ...(options.quiet === true && options.inPlace !== true ? skippedNotes(found.plan) : []),
    ...newsNote(options, found, commits),
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
        ...bumpLines(found).map(printable),
        ...commits.map(({ id, summary }) => `commit   ${id.slice(0, 10)} ${summary}`),
        ...did,
      ) + message,
    talk,
  };
}

/** The users of a variant learn from the news that it is gone, and news need a commit. */
function newsNote(
  { commit, dryRun, inPlace }: BumpOptions,
  found: Bump,
  commits: readonly MadeCommit[],
): string[] {
  if (inPlace === true || dryRun === true || removedVariants(found).length === 0) return [];
  if (commit !== true)
    return [
      "note: variants are removed, and their users are not told: the channel's news name a commit; let bump make it, with --commit",
    ];
  return commits.length === 1
    ? [
        'note: variants are removed, and their users are not told: .guix-channel names no news file; add (news-file "news.scm")',
      ]
    : [];
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Does ACTION, short as it must be, to its end before a signal to stop has its
 * way: it fails or succeeds, but is not left half done.
 */
async function uninterrupted<T>(action: () => Promise<T>): Promise<T> {
  let received: NodeJS.Signals | undefined;
  const hold = (signal: NodeJS.Signals): void => void (received = signal);
  for (const signal of SIGNALS) process.on(signal, hold);
  try {
    return await action();
  } finally {
    for (const signal of SIGNALS) process.off(signal, hold);
    if (received !== undefined) {
      process.kill(process.pid, received);
      // It arrives a little later; nothing else, such as giving back a lock, is begun before.
      await setTimeout(1000);
    }
  }
}
