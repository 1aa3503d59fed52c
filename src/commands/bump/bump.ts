import { changeStatus, differs, type ChangeSet, type FileChange } from "../../write/changeset";
import type { Kernel } from "../../read/kernel";
import type { Plan } from "../../plan/plan";
import { formatSeries } from "../../read/series";
import { commitMessage, variantChanges, type VariantChanges } from "./changelog";
import { definitionChanges } from "./definition-changes";
import type { KernelChanges } from "./kernels-edit";
import { formatMessage } from "./message";
import type { RemovedVariant } from "./news";

/** All that a bump is going to do, before anything of it is done. */
export interface Bump {
  readonly plan: Plan;
  readonly files: ChangeSet;
  /** The same, a commit each. */
  readonly steps: readonly BumpStep[];
  /** What happens to the list of kernels; in place, there is none. */
  readonly kernels: Pick<KernelChanges, "add" | "remove">;
  readonly variants: VariantChanges & { readonly unchanged: readonly string[] };
  /** What a person should know besides, a sentence each, without the period. */
  readonly notes: readonly string[];
}

/** What goes into a commit. */
export interface BumpStep {
  readonly files: ChangeSet;
  readonly message: string;
}

/** The bump that makes FILES for PLAN, in STEPS. */
export async function bumpOf(
  { plan, files, kernels, notes }: Pick<Bump, "plan" | "files" | "kernels" | "notes">,
  steps: readonly ChangeSet[] = [files],
): Promise<Bump> {
  const changes = variantChanges(
    files
      .filter(({ role }) => role === "packages")
      .flatMap(({ before, after }) => definitionChanges(before, after)),
  );
  const touched = new Set([...changes.added, ...changes.updated.map(({ name }) => name)]);
  return {
    plan,
    files,
    steps: await withMessages(steps, ({ shownAs, path }) => shownAs ?? path),
    kernels,
    variants: {
      ...changes,
      unchanged: plan.variants
        .map(({ kernel }) => kernel.variant)
        .filter((name) => !touched.has(name)),
    },
    notes,
  };
}

/** Those of STEPS that change something, with messages that name their files as NAMED does. */
export async function withMessages(
  steps: readonly ChangeSet[],
  named: (file: FileChange) => string,
): Promise<BumpStep[]> {
  const all = await Promise.all(
    steps.map(async (files): Promise<BumpStep[]> => {
      const message = await commitMessage(files.map((file) => ({ ...file, path: named(file) })));
      return message === undefined
        ? []
        : [{ files: files.filter(differs), message: formatMessage(message) }];
    }),
  );
  return all.flat();
}

export function changesSomething({ files }: Bump): boolean {
  return files.some(differs);
}

/** The variants that a bump takes away and that the kernel list tells about. */
export function removedVariants({ plan, kernels, variants }: Bump): RemovedVariant[] {
  const gone = new Map<string, RemovedVariant>([
    ...plan.skipped.map(({ kernel, reason }): [string, RemovedVariant] => [
      kernel.variant,
      { kernel, reason },
    ]),
    ...kernels.remove.map((kernel): [string, RemovedVariant] => [kernel.variant, { kernel }]),
  ]);
  return variants.removed.flatMap((name) => gone.get(name) ?? []);
}

/** BUMP for a person, a line each. */
export function bumpLines(bump: Bump): string[] {
  const { plan, files, variants } = bump;
  const release = new Map(
    plan.variants.map(({ kernel, release: { version } }) => [kernel.variant, version]),
  );
  const named = [
    ...variants.added,
    ...variants.updated.map(({ name }) => name),
    ...plan.skipped.map(({ kernel }) => kernel.variant),
  ];
  const width = named.reduce((widest, { length }) => Math.max(widest, length), 0);
  const lines = [
    ...variants.added.map((name) => [
      "added",
      release.has(name) ? `${name.padEnd(width)}  OpenZFS ${release.get(name)}` : name,
    ]),
    ...variants.removed.map((name) => ["removed", name]),
    ...variants.updated.map(({ name, from, to }) => [
      "updated",
      `${name.padEnd(width)}  OpenZFS ${from} to ${to}`,
    ]),
    ...plan.skipped.map(({ kernel, reason }) => [
      "waiting",
      `${kernel.variant.padEnd(width)}  ${reason}`,
    ]),
    ...files.filter(differs).map((file) => [changeStatus(file), file.path]),
  ];
  return lines.map(([what, about]) => `${what!.padEnd(8)} ${about}`);
}

/** BUMP as data. */
export function bumpJson({ plan, files, steps, kernels, variants, notes }: Bump): object {
  const release = new Map(
    plan.variants.map(({ kernel, release: { version } }) => [kernel.variant, version]),
  );
  const series = (kernel: Kernel): string => formatSeries(kernel.series);
  return {
    added: variants.added.map((name) => ({ name, release: release.get(name) ?? null })),
    removed: variants.removed.map((name) => ({ name })),
    updated: variants.updated,
    waiting: plan.skipped.map(({ kernel, reason, needs }) => ({
      name: kernel.variant,
      series: series(kernel),
      kernel: kernel.variable,
      reason,
      needs: needs ?? null,
    })),
    unchanged: variants.unchanged.map((name) => ({ name, release: release.get(name) ?? null })),
    kernels: {
      added: kernels.add.map(series),
      removed: kernels.remove.map(series),
    },
    files: files.filter(differs).map((file) => ({ path: file.path, status: changeStatus(file) })),
    messages: steps.map(({ message }) => message),
    notes,
  };
}
