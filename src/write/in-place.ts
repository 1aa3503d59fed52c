import { join } from "node:path";
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
import { guixKernel } from "../read/kernel";
import type { Release } from "../read/openzfs/release";
import { compareSeries, isSeries, parseSeries } from "../read/series";
import { render, loadTemplates, type Templates, namedIn } from "../render/templates";
import { regionView, type RegionParts } from "../render/view";

export interface InPlaceOptions extends InputOptions {
  readonly templates?: string;
}

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
  readonly templates: Templates;
  /** Where the templates are, for messages. */
  readonly source?: string;
}

/** The plan and the change set for the checkout in DIRECTORY itself; reads, and writes nothing. */
export async function inPlaceGeneration(
  directory: string,
  options: InPlaceOptions,
): Promise<Generation> {
  const [checkout, wanted, { releases }, templates] = await Promise.all([
    readCheckout(directory),
    givenKernels(options),
    readReleases(options),
    loadTemplates(options.templates),
  ]);
  const kernels = narrowKernels(checkout.linux.kernels, wanted);
  const file = inFile(checkout.fileSystems.path, () => readRegion(checkout.fileSystems.text));
  const texts = await readCheckoutTexts(directory, file, templates);
  const making = {
    releases,
    templates,
    ...(options.templates !== undefined && { source: options.templates }),
  };
  return inFile(checkout.fileSystems.path, () => {
    const { plan, parts } = regionPlan(file, kernels, releases);
    const changes = checkoutChanges(texts, parts, making);
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
  { plain }: Templates,
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
  { releases, templates, source }: Making,
): RegionEdit & { readonly files: ReadonlyMap<string, string> } {
  const body = render(templates.compiled, "region", regionView(parts, releases));
  const files = namedIn(body, templates.plain.aux);
  return {
    ...withRegion(file, {
      body,
      files,
      kernels: parts.kernels.map(({ variable }) => variable),
      ...(source !== undefined && { templates: source }),
    }),
    files,
  };
}

/** What changes in the checkout that has TEXTS where its region is to be as WANTED, or is to be taken out; the region, which tells what came with it, is last. */
export function checkoutChanges(
  texts: CheckoutTexts,
  ...wanted: [] | [RegionParts, Making]
): ChangeSet {
  const { directory, fileSystems, list, aux } = texts;
  const file = readRegion(fileSystems);
  const recorded = file.region?.seal.files ?? new Map<string, string>();
  const { files, ...edit } =
    wanted.length === 0
      ? { ...withoutRegion(file), files: new Map<string, string>() }
      : regionWith(file, ...wanted);
  const change = (
    role: FileChange["role"],
    path: string,
    before: string | undefined,
    after: string | undefined,
  ): FileChange => ({ role, path: join(directory, path), shownAs: path, before, after });
  // What is not recorded is ours only where it would be written, or is what would be.
  const ours = [...new Set([...recorded.keys(), ...files.keys()])];
  const plain = ours.map((name) =>
    change("plain", `${AUX_FILES}/${name}`, aux.get(name), files.get(name)),
  );
  const path = join(directory, FILE_SYSTEMS_FILE);
  return [
    ...plain.map((one, index) => ({
      ...one,
      losses: plainLosses(one, recorded.get(ours[index]!)),
    })),
    ...(list === undefined
      ? []
      : [change("list", LIST_FILE, list, listing(list, ours, [...files.keys()]))]),
    {
      ...change("packages", FILE_SYSTEMS_FILE, fileSystems, edit.after),
      losses: edit.losses.map((problem): Problem => ({ file: path, ...problem })),
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
  const kernels = new Map(old.kernels.map((kernel) => [kernel.variant, kernel]));
  const wanted = new Set(now.kernels.map(({ variant }) => variant));
  let parts = old;
  const all: RegionParts[] = file.region === undefined ? [] : [old];
  const next = (change: Partial<RegionParts>): void => {
    parts = {
      ...parts,
      kernels: [...kernels.values()].sort((a, b) => compareSeries(a.series, b.series)),
      ...change,
    };
    all.push(parts);
  };
  for (const { variant } of old.kernels.filter((kernel) => !wanted.has(kernel.variant))) {
    kernels.delete(variant);
    next({});
  }
  for (const kernel of now.kernels.filter(({ variant }) => !kernels.has(variant))) {
    kernels.set(kernel.variant, kernel);
    next({});
  }
  next({ tools: now.tools });
  next({ autoSnapshot: now.autoSnapshot });

  let before = texts;
  return all.map((each) => {
    const changes = checkoutChanges(before, each, making);
    before = written(before, changes);
    return changes;
  });
}

/** TEXTS after CHANGES. */
export function written(texts: CheckoutTexts, changes: ChangeSet): CheckoutTexts {
  const after = (role: FileChange["role"]): FileChange[] =>
    changes.filter((change) => change.role === role);
  return {
    ...texts,
    fileSystems: after("packages")[0]!.after!,
    list: after("list")[0]?.after,
    aux: new Map(
      after("plain").flatMap(({ shownAs, after: text }) =>
        text === undefined ? [] : [[shownAs!.slice(AUX_FILES.length + 1), text]],
      ),
    ),
  };
}

/** The change set that takes out of the checkout in DIRECTORY what was generated there. */
export async function inPlaceRemoval(directory: string): Promise<Generation> {
  const fileSystems = await readFileSystems(directory);
  const file = inFile(fileSystems.path, () => readRegion(fileSystems.text));
  const texts = await readCheckoutTexts(directory, file, await loadTemplates());
  return {
    plan: { variants: [], skipped: [], releases: [] },
    changes: inFile(fileSystems.path, () => checkoutChanges(texts)),
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
