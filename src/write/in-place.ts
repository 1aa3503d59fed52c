import { basename, join } from "node:path";
import { plainLosses } from "./channel";
import type { ChangeSet, FileChange, Generation } from "./changeset";
import { inFile, type Problem } from "../errors";
import { readTextIfAny } from "../files";
import { AUX_FILES, hasList, listing, LIST_FILE, LIST_VARIABLE } from "./region/aux-files-list";
import {
  FILE_SYSTEMS_FILE,
  readCheckout,
  readFileSystems,
  refuseConflicts,
} from "../read/guix/checkout";
import { checkoutPlan, checkoutRelease, refuseOldStyle, type Plan } from "../plan/plan";
import { definitions } from "../read/guix/definition";
import type { CheckoutKernel } from "../read/guix/linux-facts";
import { withoutRegion, withRegion, type RegionEdit } from "./region/region-edit";
import { readRegion, type RegionSource } from "./region/region";
import { zfsFacts } from "../read/guix/zfs-facts";
import { givenKernels, narrowKernels, readReleases, type InputOptions } from "../read/inputs";
import { guixKernel, type Kernel } from "../read/kernel";
import type { Release } from "../read/openzfs/release";
import { compareSeries, isSeries, parseSeries } from "../read/series";
import { namedIn, readPlainFiles, type PlainFiles } from "../read/plain-files";
import { render } from "../render/templates";
import { regionView, type RegionParts } from "../render/view";

/** Those files of a checkout that zfs-guix writes, as they are on disk. */
export interface CheckoutTexts {
  readonly directory: string;
  readonly fileSystems: string;
  /** The one that lists auxiliary files; undefined in a partial checkout. */
  readonly list: string | undefined;
  /** Name → text of the auxiliary files. */
  readonly aux: ReadonlyMap<string, string>;
}

/** What decides what is written into a checkout, apart from its parts. */
interface Making {
  readonly releases: readonly Release[];
  readonly plain: PlainFiles;
}

/** The plan and the change set for the checkout in DIRECTORY itself; reads, and writes nothing. */
export async function inPlaceGeneration(
  directory: string,
  options: InputOptions,
): Promise<Generation> {
  const [checkout, wanted, { releases }, plain] = await Promise.all([
    readCheckout(directory),
    givenKernels(options),
    readReleases(options),
    readPlainFiles(),
  ]);
  const kernels = narrowKernels(checkout.linux.kernels, wanted);
  const file = inFile(checkout.fileSystems.path, () => readRegion(checkout.fileSystems.text));
  const texts = await readCheckoutTexts(directory, file, plain);
  const making = { releases, plain };
  return inFile(checkout.fileSystems.path, () => {
    const { plan, parts } = regionPlan(file, kernels, releases);
    const changes = checkoutChanges(texts, file, regionWith(file, parts, making));
    const notes =
      plan.variants.length > 0
        ? []
        : ["no kernel has a variant, so there is none in the managed region"];
    return {
      plan,
      changes,
      steps: () => steps(texts, file, parts, making),
      notes: [...notes, ...listNotes(texts, changes), ...importNotes(file)],
    };
  });
}

/** Reads the files of the checkout in DIRECTORY that zfs-guix has written, or would write. */
async function readCheckoutTexts(
  directory: string,
  { source, region }: RegionSource,
  plain: PlainFiles,
): Promise<CheckoutTexts> {
  const aux = new Map<string, string>();
  for (const name of new Set([...plain.aux.keys(), ...(region?.seal.files.keys() ?? [])])) {
    const text = await readTextIfAny(join(directory, AUX_FILES, name), "auxiliary file");
    if (text !== undefined) aux.set(name, text);
  }
  const listPath = join(directory, LIST_FILE);
  const list = await readTextIfAny(listPath, "list of auxiliary files");
  if (list !== undefined) refuseConflicts(listPath, list);
  return { directory, fileSystems: source.text, list, aux };
}

/**
 * What the managed region of FILE, a file-systems.scm, is to have for KERNELS.
 *
 * @throws UserError, without a file, where nothing can be generated in it.
 */
export function regionPlan(
  file: RegionSource,
  kernels: readonly CheckoutKernel[],
  releases: readonly Release[],
): { readonly plan: Plan; readonly parts: RegionParts } {
  const zfs = zfsFacts(file.source);
  refuseOldStyle(file.source, zfs);
  const plan = checkoutPlan(kernels, checkoutRelease(file.source, zfs, releases), releases);
  return {
    plan,
    parts: {
      kernels: plan.variants.map(({ kernel }) => kernel),
      tools: true,
      autoSnapshot: zfs.hasAutoSnapshot,
    },
  };
}

/** What the managed region of FILE has. */
function partsOf({ source, region }: RegionSource): RegionParts {
  const inside = source.forms.filter(
    ({ start, end }) => region !== undefined && region.start <= start && end <= region.end,
  );
  const names = definitions(inside).map(({ name }) => name);
  return {
    kernels: names
      .map((name) => parseSeries(/^zfs-for-linux-(.*)$/.exec(name)?.[1] ?? ""))
      .filter(isSeries)
      .map(guixKernel),
    tools: names.includes("zfs-guix-tools"),
    autoSnapshot: names.includes("zfs-guix-auto-snapshot"),
  };
}

/** FILE with PARTS in its region, and the files that they name. */
export function regionWith(
  file: RegionSource,
  parts: RegionParts,
  { releases, plain }: Making,
): RegionEdit {
  const body = render("region", regionView(parts, releases)).text;
  return withRegion(file, {
    body,
    files: namedIn(body, plain.aux),
    kernels: parts.kernels.map(({ variable }) => variable),
  });
}

/** What changes in the checkout that has TEXTS, and FILE among them, by EDIT of that; it, which tells what came with it, is last. */
export function checkoutChanges(
  { directory, fileSystems, list, aux }: CheckoutTexts,
  file: RegionSource,
  { after, files, losses }: RegionEdit,
): ChangeSet {
  const recorded = file.region?.seal.files ?? new Map<string, string>();
  // What is not recorded is ours only where it would be written, or is what would be.
  const ours = [...new Set([...recorded.keys(), ...files.keys()])];
  const at = (path: string) => ({ path: join(directory, path), shownAs: path });
  return [
    ...ours.map((name): FileChange => {
      const change = {
        ...at(`${AUX_FILES}/${name}`),
        before: aux.get(name),
        after: files.get(name),
      };
      return { role: "plain", ...change, losses: plainLosses(change, recorded.get(name)) };
    }),
    ...(list === undefined
      ? []
      : [
          {
            role: "list" as const,
            ...at(LIST_FILE),
            before: list,
            after: listing(list, ours, [...files.keys()]),
          },
        ]),
    {
      role: "packages",
      ...at(FILE_SYSTEMS_FILE),
      before: fileSystems,
      after,
      losses: losses.map((problem): Problem => ({
        file: join(directory, FILE_SYSTEMS_FILE),
        ...problem,
      })),
    },
  ];
}

/**
 * Change sets that lead from TEXTS, whose region is in FILE, to NOW, a package
 * each, as Guix wants its commits: what has changed otherwise, what goes, what
 * comes.  After each of them the module loads, but for what names a kernel that
 * this Guix has no longer, until that goes.
 */
export function steps(
  texts: CheckoutTexts,
  file: RegionSource,
  now: RegionParts,
  making: Making,
): ChangeSet[] {
  const old = partsOf(file);
  const has = ({ kernels }: RegionParts, { variant }: Kernel): boolean =>
    kernels.some((kernel) => kernel.variant === variant);
  const kept = old.kernels.filter((kernel) => has(now, kernel));
  const going = old.kernels.filter((kernel) => !has(now, kernel));
  const coming = now.kernels.filter((kernel) => !has(old, kernel));
  const all: RegionParts[] = [
    ...(file.region === undefined ? [] : [old]),
    ...going.map((_, index) => ({
      ...old,
      kernels: old.kernels.filter((kernel) => !going.slice(0, index + 1).includes(kernel)),
    })),
    ...coming.map((_, index) => ({
      ...old,
      kernels: [...kept, ...coming.slice(0, index + 1)].sort((a, b) =>
        compareSeries(a.series, b.series),
      ),
    })),
    { ...now, autoSnapshot: old.autoSnapshot },
    now,
  ];
  let before = texts;
  return all.map((parts) => {
    const from = readRegion(before.fileSystems);
    const changes = checkoutChanges(before, from, regionWith(from, parts, making));
    before = written(before, changes);
    return changes;
  });
}

/** TEXTS after CHANGES. */
export function written(texts: CheckoutTexts, changes: ChangeSet): CheckoutTexts {
  const after = new Map(changes.map(({ shownAs, after: text }) => [shownAs, text]));
  const plain = changes.flatMap(({ role, path, after: text }): [string, string][] =>
    role === "plain" && text !== undefined ? [[basename(path), text]] : [],
  );
  return {
    ...texts,
    fileSystems: after.get(FILE_SYSTEMS_FILE)!,
    list: after.get(LIST_FILE),
    aux: new Map(plain),
  };
}

/** The change set that takes out of the checkout in DIRECTORY what was generated there. */
export async function inPlaceRemoval(directory: string): Promise<Generation> {
  const fileSystems = await readFileSystems(directory);
  const file = inFile(fileSystems.path, () => readRegion(fileSystems.text));
  const texts = await readCheckoutTexts(directory, file, await readPlainFiles());
  return {
    plan: { variants: [], skipped: [], releases: [] },
    changes: checkoutChanges(texts, file, withoutRegion(file)),
    notes: importNotes(file),
  };
}

function listNotes({ list }: CheckoutTexts, changes: ChangeSet): string[] {
  const files = changes
    .filter(({ role, before }) => role === "plain" && before === undefined)
    .map(({ shownAs }) => shownAs);
  if (files.length === 0 || (list !== undefined && hasList(list))) return [];
  const why =
    list === undefined
      ? `there is no ${LIST_FILE} here`
      : `${LIST_FILE} has no ${LIST_VARIABLE} here`;
  return [`${why}, so these files are not listed in it: ${files.join(", ")}`];
}

function importNotes({ region }: RegionSource): string[] {
  return (region?.added ?? []).length === 0
    ? []
    : [
        `an older zfs-guix has added imports, which stay: ${region!.added.join(" ")}; take out what nothing needs`,
      ];
}
