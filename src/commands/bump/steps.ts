import { changeStatus, differs, type ChangeSet, type FileChange } from "../../layout/changeset";
import { guixKernel, isUnwanted, type Kernel } from "../../read/kernel";
import { asString, asSymbol, isList, walk } from "../../read/scheme/datum";
import { read } from "../../read/scheme/read";
import type { Plan } from "../../plan/plan";
import { formatSeries, isSeries, parseSeries } from "../../read/series";
import { isVariantName } from "../../read/kernels";
import { fileJson, planJson } from "../report";
import type { KernelChanges } from "./kernels-edit";
import { commitMessage, definitionChanges, formatMessage } from "./message";
import type { RemovedVariant } from "./news";

export interface Changes {
  readonly plan: Plan;
  readonly files: ChangeSet;
  /** The same in change sets of a commit each, where it is several. */
  readonly steps?: readonly ChangeSet[];
  /** What happens to the list of kernels; in place, there is none. */
  readonly kernels: KernelChanges;
  /** In place, the kernels that the checkout has. */
  readonly guix?: readonly Kernel[];
  /** What a person should know besides, a sentence each, without the period. */
  readonly notes: readonly string[];
}

/** All that a bump is going to do, before anything of it is done. */
export type Bump = Awaited<ReturnType<typeof bumpOf>>;

export interface BumpStep {
  readonly files: ChangeSet;
  readonly message: string;
}

/** CHANGES, and what is said of them; messages name a file as NAMED does. */
export async function bumpOf(
  { steps, ...rest }: Changes,
  named = ({ shownAs, path }: FileChange): string => shownAs ?? path,
) {
  const { plan, files } = rest;
  const changes = definitionChanges(files).filter(({ name }) => isVariantName(name));
  const ofKind = (kind: string): string[] =>
    changes.filter((change) => change.kind === kind).map(({ name }) => name);
  const [added, removed] = [ofKind("new"), ofKind("deleted")];
  const updated = changes.flatMap((change) =>
    change.kind === "updated" ? [{ name: change.name, from: change.from, to: change.to }] : [],
  );
  const touched = [...added, ...updated.map(({ name }) => name)];
  const unchanged = plan.variants
    .map(({ kernel }) => kernel.variant)
    .filter((name) => !touched.includes(name));
  const versions = new Map(
    plan.variants.map(({ kernel, release }) => [kernel.variant, release.version]),
  );
  const released = (name: string) => ({ name, release: versions.get(name) ?? null });
  const messages: BumpStep[] = [];
  for (const step of steps ?? [files]) {
    const message = await commitMessage(step.map((file) => ({ ...file, path: named(file) })));
    if (message !== undefined)
      messages.push({ files: step.filter(differs), message: formatMessage(message) });
  }
  return {
    ...rest,
    steps: messages,
    variants: {
      added: added.map(released),
      removed,
      updated,
      unchanged: unchanged.map(released),
    },
  };
}

export function changesSomething({ files }: Pick<Changes, "files">): boolean {
  return files.some(differs);
}

/** The variants that a bump takes away, whoever dropped them, and why. */
export function removedVariants({ plan, kernels, variants, files, guix }: Bump): RemovedVariant[] {
  const module = files.find(({ role }) => role === "packages")?.before ?? "";
  return variants.removed.map((name) => {
    const isIts = ({ variant }: Kernel): boolean => variant === name;
    const skipped = plan.skipped.find((one) => isIts(one.kernel));
    const dropped = kernels.remove.find(isIts);
    const kernel = skipped?.kernel ?? dropped ?? kernelOfVariant(name, module);
    if (guix !== undefined)
      return guix.some(isIts)
        ? { kernel, reason: reasonInGuix(skipped?.kernel, plan) }
        : { kernel };
    if (dropped !== undefined) return { kernel };
    const unlisted = "the channel's list of kernels no longer has its kernel";
    return { kernel, reason: skipped?.reason ?? unlisted };
  });
}

/** Why SKIPPED, a kernel that Guix has, has no variant, as Guix says it to its users, who know of no list and of no checkout. */
function reasonInGuix(skipped: Kernel | undefined, { unwanted, releases }: Plan): string {
  return skipped === undefined || skipped.pin !== undefined || isUnwanted(skipped, unwanted)
    ? "Guix no longer has a package of it"
    : `OpenZFS ${releases[0]!.version}, which Guix has, does not support Linux ${formatSeries(skipped.series)}`;
}

/** The kernel that variant NAME is for, as MODULE, a channel's, says, else as the name does. */
function kernelOfVariant(name: string, module: string): Kernel {
  const lists = read(module).forms.flatMap((form) => [...walk(form)].filter((one) => isList(one)));
  // (NAME SERIES MODULE VARIABLE); 0.2.0 wrote (define-zfs-variant NAME SERIES … (kernel MODULE VARIABLE)).
  const told = lists.find(({ items }) => items.slice(0, 2).some((item) => asSymbol(item) === name));
  const kernel = told?.items.find((item) => isList(item, "kernel"));
  const [from, variable] = (isList(kernel) ? kernel : told)?.items.slice(-2) ?? [];
  const texts = [...(told?.items ?? []).map(asString), name.replace(/^zfs-for-linux-/, "")];
  const [series] = texts.map((text) => parseSeries(text ?? "")).filter(isSeries);
  return {
    ...guixKernel(series ?? { major: 0, minor: 0 }),
    variant: name,
    ...(isList(from) &&
      asSymbol(variable) !== undefined && {
        variable: asSymbol(variable)!,
        module: from.items.flatMap((part) => asSymbol(part) ?? []),
      }),
  };
}

export function bumpLines(bump: Bump): string[] {
  const { plan, files, variants } = bump;
  const lines: readonly (readonly [what: string, name: string, more?: string])[] = [
    ...variants.added.map(
      ({ name, release }) => ["added", name, release === null ? "" : `OpenZFS ${release}`] as const,
    ),
    ...variants.removed.map((name) => ["removed", name] as const),
    ...variants.updated.map(
      ({ name, from, to }) => ["updated", name, `OpenZFS ${from} to ${to}`] as const,
    ),
    ...plan.skipped.map(({ kernel, reason }) => ["waiting", kernel.variant, reason] as const),
    ...files.filter(differs).map((file) => [changeStatus(file), file.path] as const),
  ];
  const width = Math.max(0, ...lines.map(([, name, more = ""]) => (more === "" ? 0 : name.length)));
  return lines.map(([what, name, more = ""]) =>
    [what.padEnd(8), more === "" ? name : `${name.padEnd(width)}  ${more}`].join(" "),
  );
}

export function bumpJson({ plan, files, steps, kernels, variants, notes }: Bump): object {
  const series = (kernel: Kernel): string => formatSeries(kernel.series);
  return {
    added: variants.added,
    removed: variants.removed.map((name) => ({ name })),
    updated: variants.updated,
    waiting: planJson(plan).skipped,
    unchanged: variants.unchanged,
    kernels: {
      added: kernels.add.map(series),
      removed: kernels.remove.map(series),
    },
    files: files.filter(differs).map(fileJson),
    messages: steps.map(({ message }) => message),
    notes,
  };
}
