import { normalize } from "node:path";
import { forced, type FileChange, type Generation } from "./write/changeset";
import { channelChanges, readChannelTexts } from "./write/channel";
import { UserError, type Problem } from "./errors";
import type { CheckoutKernel } from "./read/guix/linux-facts";
import { inPlaceGeneration, inPlaceRemoval } from "./write/in-place";
import {
  knownKernels,
  KERNELS_FILE,
  readReleases,
  readWanted,
  WHICH_CHECKOUT,
  type InputOptions,
  type Wanted,
} from "./read/inputs";
import { channelPlan, lossNotes, type Plan } from "./plan/plan";
import { compareVersions, type Release } from "./read/openzfs/release";
import { findDescription, parseDescription } from "./read/description";
import { readPlainFiles } from "./read/plain-files";
import { schemeString } from "./render/literal";

/** What decides what is generated, and where. */
export interface GenerationOptions extends InputOptions {
  /** A release or a branch of OpenZFS. */
  readonly zfs?: string;
  /** The channel's directory. */
  readonly out?: string;
  /** Whether the checkout itself is written, and not a channel. */
  readonly inPlace?: boolean;
  /** Whether to take out again what was written into a checkout. */
  readonly remove?: boolean;
  /** Whether what somebody has edited by hand may be written over. */
  readonly force?: boolean;
}

export const CHANNEL_DIRECTORY = "generated";

/**
 * What makes the repository a channel whose directory is that of OPTIONS, and
 * what a person should know of the one that does: a directory that is named is
 * one by itself, as the top of a repository.
 */
export async function descriptionOf({ out }: Pick<GenerationOptions, "out">): Promise<{
  readonly changes: readonly FileChange[];
  readonly notes: readonly string[];
}> {
  const { path, text, directory } = await findDescription(out ?? CHANNEL_DIRECTORY);
  if (text === undefined)
    return {
      changes: out === undefined ? [newDescription(path, directory)] : [],
      notes: [],
    };
  const says = normalize(parseDescription(text, path).directory).replace(/\/$/, "");
  return {
    changes: [],
    notes:
      says === directory
        ? []
        : [
            `${path} says that the channel is in ${says}, and this is for ${directory}: whoever uses the repository gets the former; make both the same`,
          ],
  };
}

function newDescription(path: string, directory: string): FileChange {
  const after = `(channel\n  (version 0)\n  (directory ${schemeString(directory)})\n  (news-file "news.scm"))\n`;
  return { role: "plain", path, before: undefined, after };
}

/** The plan and the change set for OPTIONS; reads, and writes nothing. */
export async function generation(options: GenerationOptions): Promise<Generation> {
  const found = await generationOf(options);
  return options.force === true ? { ...found, changes: forced(found.changes) } : found;
}

async function generationOf(options: GenerationOptions): Promise<Generation> {
  const checkout = namedCheckout(options);
  if (checkout !== undefined)
    return options.remove === true
      ? inPlaceRemoval(checkout, options)
      : inPlaceGeneration(checkout, options);
  const [{ plan, releases, wanted, notes }, plain, description] = await Promise.all([
    planFor(options),
    readPlainFiles(),
    descriptionOf(options),
  ]);
  const out = options.out ?? CHANNEL_DIRECTORY;
  const changes = [
    ...channelChanges(plan, releases, plain, await readChannelTexts(out, plain), out),
    ...description.changes,
  ];
  return {
    plan,
    changes: plan.variants.length > 0 ? changes : changes.map(emptied),
    notes: [
      ...notes,
      ...description.notes,
      ...(await kernelNotes(options, wanted, plan)),
      ...lossNotes(plan, false),
    ],
    effects: [
      ...(plan.variants.length > 0
        ? []
        : ["no kernel has a variant, so there is none in the channel"]),
      ...changes.flatMap(removalNotes),
      ...plan.releases.flatMap(buildNotes),
    ],
  };
}

/** What a person should know of where the kernels are from. */
async function kernelNotes(
  { guix, kernels, kernelsFile }: GenerationOptions,
  { list }: Wanted,
  { variants }: Plan,
): Promise<string[]> {
  if (guix !== undefined || kernelsFile !== undefined) return [];
  if (kernels === undefined) {
    return list !== undefined
      ? []
      : [
          `there is no ${KERNELS_FILE} here, so the kernels are those that come with zfs-guix; write one, or give --kernels, --kernels-file or --guix`,
        ];
  }
  const known = await knownKernels();
  const unknown = variants.filter(
    ({ kernel }) => !known.some(({ variable }) => variable === kernel.variable),
  );
  if (unknown.length === 0) return [];
  const names = unknown.map(({ kernel }) => kernel.variable).join(", ");
  return [
    `no Guix that zfs-guix knows has ${names}, and without the kernel there is no package; see what a checkout has with --guix DIR`,
  ];
}

/** The variants that a channel's module has, by name. */
function variantsOf(text: string | undefined): string[] {
  return Array.from(
    (text ?? "").matchAll(/^\(define-(?:public|zfs-variant) (zfs-for-[^\s()]+)/gm),
    ([, name]) => name!,
  );
}

/** CHANGE, to a module without variants, which is refused where it had some: a slip of the pen must not empty a channel. */
function emptied(change: FileChange): FileChange {
  const had = variantsOf(change.before).length;
  if (had === 0) return change;
  const message = `none of the kernels that are asked for gets a variant, so this channel would lose all that it has: ${had}`;
  return {
    ...change,
    losses: [
      ...(change.losses ?? []),
      { file: change.path, message, hint: "ask for other kernels, or give generate --force" },
    ],
  };
}

function removalNotes({ before, after }: FileChange): string[] {
  const kept = new Set(variantsOf(after));
  const removed = variantsOf(before).filter((name) => !kept.has(name));
  return removed.length === 0 ? [] : [`removed from the channel: ${removed.join(", ")}`];
}

/**
 * The first release that the phases of Guix's `zfs` fit since it is at 2.2
 * itself: they edit udev/vdev_id, which stood elsewhere before (its tags).
 */
const OLDEST_FOR_PHASES = "2.2.0";

function buildNotes({ version }: Release): string[] {
  return compareVersions(version, OLDEST_FOR_PHASES) < 0
    ? [
        `OpenZFS ${version} will not build with a Guix whose own zfs is ${OLDEST_FOR_PHASES} or later: its phases edit files that ${version} does not have`,
      ]
    : [];
}

/** The plan of a channel for OPTIONS, and what it was made of; OWN are the kernels of the checkout, if it was read already. */
export async function planFor(
  options: Pick<GenerationOptions, "zfs"> & InputOptions,
  own?: readonly CheckoutKernel[],
) {
  const [wanted, { releases, notes }] = await Promise.all([
    readWanted(options, own),
    readReleases(options),
  ]);
  const plan: Plan = channelPlan(wanted.kernels, releases, options.zfs, wanted.unwanted);
  return { plan, releases, wanted, notes };
}

/**
 * The checkout that OPTIONS are about; undefined where they are about a channel.
 *
 * @throws UserError for options that do not go together.
 */
export function namedCheckout(options: GenerationOptions): string | undefined {
  const { guix, inPlace, remove, out, zfs } = options;
  const problems: Problem[] = remove === true ? removalProblems(options) : [];
  if (inPlace === true) {
    if (guix === undefined) problems.push(WHICH_CHECKOUT);
    if (out !== undefined)
      problems.push({
        message: "--out names the directory of a channel, and --in-place means a checkout",
        hint: "leave out one of them",
      });
    if (zfs !== undefined)
      problems.push({
        message: "--zfs chooses the release of a channel; a checkout has its own",
        hint: "leave out --zfs, or --in-place",
      });
  }
  if (problems.length > 0) throw new UserError(problems);
  return inPlace === true ? guix : undefined;
}

/** Options that say what to generate. */
const CHOICES = {
  kernels: "--kernels",
  kernelsFile: "--kernels-file",
} as const;

function removalProblems(options: GenerationOptions): Problem[] {
  if (options.inPlace !== true)
    return [
      {
        message: "--remove takes the managed region out of a checkout",
        hint: "give --guix DIR --in-place, too",
      },
    ];
  const given = (Object.keys(CHOICES) as (keyof typeof CHOICES)[]).filter(
    (name) => options[name] !== undefined,
  );
  return given.map((name) => ({
    message: `${CHOICES[name]} says what to generate, and --remove generates nothing`,
    hint: "leave out one of them",
  }));
}
