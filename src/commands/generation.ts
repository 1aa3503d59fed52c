import {
  guarded,
  changesOf,
  differs,
  forced,
  removedBy,
  type ChangeSet,
  type Layout,
} from "../layout/changeset";
import { readChannel } from "../layout/channel";
import { namesHolder } from "../layout/copyright";
import { readCheckoutLayout } from "../layout/in-place";
import { knownKernels, KERNELS_FILE, readInputs, readReleases, type Wanted } from "../read/inputs";
import type { Kernel } from "../read/kernel";
import type { Options } from "../options";
import { readPlainFiles } from "../read/plain-files";
import { lossNotes, type Plan, type Wishes } from "../plan/plan";
import { isUserError } from "../errors";

/** What a command makes of its options before it does anything. */
export interface Generation {
  readonly plan: Plan;
  readonly changes: ChangeSet;
  /** In a checkout, the same in change sets of a package each. */
  readonly steps?: () => readonly ChangeSet[];
  /** In a checkout, the kernels that it has. */
  readonly guix?: readonly Kernel[];
  /** What a person should know of what was read, a sentence each, without the period. */
  readonly notes: readonly string[];
  /** What one should know of what is written. */
  readonly effects: readonly string[];
}

/** The plan and the change set for OPTIONS; reads, and writes nothing. */
export async function generation(options: Options): Promise<Generation> {
  const found = await (options.remove === true ? removal : generationOf)(options);
  return options.force === true ? { ...found, changes: forced(found.changes) } : found;
}

async function generationOf(options: Options): Promise<Generation> {
  const { guix, inPlace, zfs } = options;
  const [inputs, plain] = await Promise.all([readInputs(options), readPlainFiles()]);
  const wishes = { ...inputs, zfs };
  if (inPlace === true) {
    const layout = await readCheckoutLayout(guix!, plain, inputs.checkout!.fileSystems);
    const found = laidOut(layout, wishes);
    return {
      ...found,
      steps: () => layout.steps(found.plan, inputs.releases),
      guix: inputs.checkout!.linux.kernels,
      notes: [...inputs.notes, ...found.notes],
    };
  }
  const found = laidOut(await readChannel(options, plain), wishes);
  const kernelNotes = await notesOfKernels(options, inputs, found.plan);
  return { ...found, notes: [...inputs.notes, ...kernelNotes, ...found.notes] };
}

/** The way from what was read to what is to be written, in a channel and in a checkout: plan, files, guard. */
export function laidOut(layout: Layout, wishes: Wishes): Generation {
  const plan = layout.plan(wishes);
  const files = changesOf(layout, layout.files(plan, wishes.releases));
  const changes = [...guarded(layout, plan, files), ...layout.beside];
  const where = layout.inPlace ? "managed region" : "channel";
  const removed = removedBy(changes);
  return {
    plan,
    changes,
    notes: [...layout.notes, ...lossNotes(plan, layout.inPlace)],
    effects: [
      ...(plan.variants.length > 0
        ? []
        : [`no kernel has a variant, so there is none in the ${where}`]),
      ...(removed.length > 0 ? [`removed from the ${where}: ${removed.join(", ")}`] : []),
      ...layout.effects(plan, changes),
    ],
  };
}

async function removal(options: Options): Promise<Generation> {
  const [plain, { releases }] = await Promise.all([readPlainFiles(), readReleases(options)]);
  const layout = await readCheckoutLayout(options.guix!, plain);
  const changes = layout.removal(releases);
  return {
    plan: { variants: [], skipped: [], releases: [], unwanted: [] },
    changes,
    notes: [],
    effects: changes.some(differs) ? await copyrightNotes(layout) : [],
  };
}

/** What the removal leaves of the commits of a bump. */
async function copyrightNotes({ directory, texts, packages }: Layout): Promise<string[]> {
  try {
    // What starts a program is worth a tenth of the time that the others take.
    const { identity } = await import("../write/git/repository");
    const who = await identity({ top: directory }, "COMMITTER");
    return namesHolder(texts.get(packages)!, who)
      ? [
          `the copyright line of ${who.name} in ${packages} stays: you know what else of it is yours; git revert takes back the commit that added it`,
        ]
      : [];
  } catch (error) {
    // Without git, or a name in it, there was no commit.
    if (isUserError(error)) return [];
    throw error;
  }
}

async function notesOfKernels(
  { guix, kernels, kernelsFile }: Options,
  { list }: Wanted,
  { variants }: Plan,
): Promise<string[]> {
  if (guix !== undefined || kernelsFile !== undefined) return [];
  if (kernels === undefined)
    return list !== undefined
      ? []
      : [
          `there is no ${KERNELS_FILE} here, so the kernels are those that come with zfs-guix; write one, or give --kernels, --kernels-file or --guix`,
        ];
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
