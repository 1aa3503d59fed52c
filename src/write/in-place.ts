import { basename, join } from "node:path";
import { plainLosses } from "./channel";
import type { ChangeSet, FileChange, Generation } from "./changeset";
import { inFile, type Problem } from "../errors";
import { readTextIfAny } from "../files";
import { read } from "../read/scheme/read";
import { digest } from "./seal";
import { AUX_FILES, hasList, listing, LIST_FILE, LIST_VARIABLE } from "./region/aux-files-list";
import {
  FILE_SYSTEMS_FILE,
  readCheckout,
  readFileSystems,
  refuseConflicts,
} from "../read/guix/checkout";
import { checkoutPlan, checkoutRelease, lossNotes, refuseOldStyle, type Plan } from "../plan/plan";
import { definitions } from "../read/guix/definition";
import { withoutRegion, withRegion, type RegionEdit } from "./region/region-edit";
import { readRegion, type RegionSource } from "./region/region";
import { zfsFacts } from "../read/guix/zfs-facts";
import { readReleases, readWanted, type InputOptions } from "../read/inputs";
import { guixKernel, type Kernel } from "../read/kernel";
import type { Release } from "../read/openzfs/release";
import { compareSeries, isSeries, parseSeries, type Series } from "../read/series";
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
  const [checkout, { releases, notes: dataNotes }, plain] = await Promise.all([
    readCheckout(directory),
    readReleases(options),
    readPlainFiles(),
  ]);
  const { kernels, unwanted } = await readWanted(options, checkout.linux.kernels);
  const file = inFile(checkout.fileSystems.path, () => readRegion(checkout.fileSystems.text));
  const texts = await readCheckoutTexts(directory, file, plain);
  const making = { releases, plain };
  return inFile(checkout.fileSystems.path, () => {
    const { plan, parts } = regionPlan(file, kernels, releases, unwanted);
    const changes = checkoutChanges(texts, regionWith(file, parts, making));
    const effects =
      plan.variants.length > 0
        ? []
        : ["no kernel has a variant, so there is none in the managed region"];
    return {
      plan,
      changes,
      steps: () => steps(texts, file, parts, making),
      notes: [...dataNotes, ...lossNotes(plan, true)],
      effects: [...effects, ...listNotes(texts, changes)],
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
  for (const name of new Set([...plain.aux.keys(), ...(region?.seal?.files.keys() ?? [])])) {
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
  kernels: readonly Kernel[],
  releases: readonly Release[],
  unwanted: readonly Series[] = [],
): { readonly plan: Plan; readonly parts: RegionParts } {
  const zfs = zfsFacts(file.source);
  refuseOldStyle(file.source, zfs);
  const plan = checkoutPlan(
    kernels,
    checkoutRelease(file.source, zfs, releases),
    releases,
    unwanted,
  );
  return {
    plan,
    parts: {
      kernels: plan.variants.map(({ kernel }) => kernel),
      autoSnapshot: zfs.hasAutoSnapshot,
    },
  };
}

/** What the managed region of FILE has. */
function partsOf({ source, region }: RegionSource): RegionParts {
  const inside = source.forms.filter(
    ({ start, end }) => region !== undefined && region.start <= start && end <= region.end,
  );
  const names = new Set(definitions(inside).map(({ name }) => name));
  return {
    kernels: sorted(
      [...names]
        .map((name) => parseSeries(/^zfs-for-linux-(.*)$/.exec(name)?.[1] ?? ""))
        .filter(isSeries)
        .map(guixKernel),
    ),
    autoSnapshot: names.has("zfs-guix-auto-snapshot"),
  };
}

function sorted(kernels: readonly Kernel[]): Kernel[] {
  return [...kernels].sort((a, b) => compareSeries(a.series, b.series));
}

/** What stands between the markers for PARTS. */
function bodyOf(parts: RegionParts, { releases }: Making): string {
  return render("region", regionView(parts, releases)).text.trim();
}

/** BODY without the definitions of VARIANTS, which leave the empty lines that were between them. */
function without(body: string, variants: readonly Kernel[]): string {
  return definitions(read(body).forms)
    .filter(({ name }) => variants.some(({ variant }) => variant === name))
    .reduceRight(
      (text, { form }) => text.slice(0, form.start) + text.slice(form.end).replace(/^\n/, ""),
      body,
    );
}

/** FILE with PARTS in its region, but for PENDING, and the files that they name. */
export function regionWith(
  file: RegionSource,
  parts: RegionParts,
  making: Making,
  pending: readonly Kernel[] = [],
): CheckoutEdit {
  const whole = bodyOf(parts, making);
  return {
    ...withRegion(file, {
      body: pending.length === 0 ? whole : without(whole, pending),
      standing: bodyOf(partsOf(file), making),
      kernels: parts.kernels.map(({ variable }) => variable),
    }),
    files: namedIn(whole, making.plain.aux),
    standingFiles: standingFiles(file, making),
  };
}

/** What is written into a checkout. */
interface CheckoutEdit extends RegionEdit {
  /** Name → text of the auxiliary files that come with the region. */
  readonly files: ReadonlyMap<string, string>;
  /** Name → digest, as they were written, of those that came with the region that there is. */
  readonly standingFiles: ReadonlyMap<string, string>;
}

function standingFiles({ region }: RegionSource, { plain }: Making): Map<string, string> {
  return new Map([
    ...[...namedIn(region?.body ?? "", plain.aux)].map(
      ([name, text]) => [name, digest(text)] as const,
    ),
    ...(region?.seal?.files ?? []),
  ]);
}

/** What changes in the checkout that has TEXTS by EDIT; the file with the region, which names the others, is last. */
export function checkoutChanges(
  { directory, fileSystems, list, aux }: CheckoutTexts,
  { after, files, standingFiles: standing, losses }: CheckoutEdit,
): ChangeSet {
  const ours = [...new Set([...standing.keys(), ...files.keys()])];
  const at = (path: string) => ({ path: join(directory, path), shownAs: path });
  return [
    ...ours.map((name): FileChange => {
      const change = {
        ...at(`${AUX_FILES}/${name}`),
        before: aux.get(name),
        after: files.get(name),
      };
      return { role: "plain", ...change, losses: plainLosses(change, standing.get(name)) };
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
 * Change sets that lead from TEXTS, whose region is in FILE, to NOW, as Guix
 * wants its commits: what all variants need, then a variant each, those that go
 * before those that come.  After each of them the module loads, but for what
 * names a kernel that this Guix has no longer, until that goes.
 *
 * What the variants need leaves an empty line for each that is to come, so that
 * no commit touches lines beside those of another: each can be taken back.
 */
export function steps(
  texts: CheckoutTexts,
  file: RegionSource,
  now: RegionParts,
  making: Making,
): ChangeSet[] {
  const old = partsOf(file).kernels;
  const lacks = (kernels: readonly Kernel[]) => (one: Kernel) =>
    !kernels.some(({ variant }) => variant === one.variant);
  const coming = now.kernels.filter(lacks(old));
  const going = old.filter(lacks(now.kernels));
  const stages = [
    { kernels: [...old, ...coming], pending: coming },
    ...going.map((_, index) => ({
      kernels: [...old.filter(lacks(going.slice(0, index + 1))), ...coming],
      pending: coming,
    })),
    ...coming.map((_, index) => ({ kernels: now.kernels, pending: coming.slice(index + 1) })),
  ];
  let before = texts;
  return stages.map(({ kernels, pending }) => {
    const parts = { ...now, kernels: sorted(kernels) };
    const from = readRegion(before.fileSystems);
    const changes = checkoutChanges(before, regionWith(from, parts, making, pending));
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
export async function inPlaceRemoval(
  directory: string,
  options: InputOptions,
): Promise<Generation> {
  const [fileSystems, { releases }, plain] = await Promise.all([
    readFileSystems(directory),
    readReleases(options),
    readPlainFiles(),
  ]);
  const making = { releases, plain };
  const file = inFile(fileSystems.path, () => readRegion(fileSystems.text));
  return {
    plan: { variants: [], skipped: [], releases: [], unwanted: [] },
    changes: checkoutChanges(await readCheckoutTexts(directory, file, plain), {
      ...withoutRegion(file, bodyOf(partsOf(file), making)),
      files: new Map(),
      standingFiles: standingFiles(file, making),
    }),
    notes: [],
    effects: [],
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
