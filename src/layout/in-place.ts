import { join } from "node:path";
import { changesOf, type ChangeSet, type Files, type Layout, type Texts } from "./changeset";
import { inFile } from "../errors";
import { readTextIfAny, refuseConflicts } from "../files";
import { read } from "../read/scheme/read";
import { digest } from "./seal";
import { definitionsIn, WRITTEN, type Written } from "./written";
import { FILE_SYSTEMS_FILE, readFileSystems, type FileSystems } from "../read/guix/checkout";
import { checkoutPlan, checkoutRelease, refuseOldStyle, type Plan } from "../plan/plan";
import { definitions, packageNames } from "../read/guix/definition";
import { withoutRegion, withRegion, type Ours, type RegionEdit } from "./region-edit";
import { readRegion, type RegionSource } from "./region";
import { zfsFacts } from "../read/guix/zfs-facts";
import { guixKernel, type Kernel } from "../read/kernel";
import type { Release } from "../read/openzfs/release";
import { compareSeries, isSeries, parseSeries } from "../read/series";
import { namedIn, type PlainFiles } from "../read/plain-files";
import { render } from "../render/templates";
import { regionView, type RegionParts } from "../render/view";

/** Below a checkout, the auxiliary files: what packages find with `search-auxiliary-file`. */
export const AUX_FILES = "gnu/packages/aux-files";

/**
 * The file of a checkout that lists auxiliary files, so that they come into
 * Guix's own tarball, and the variable that it does so with.
 */
export const LIST_FILE = "Makefile.am";
export const LIST_VARIABLE = "AUX_FILES";

export interface CheckoutLayout extends Layout {
  /** What PLAN changes, in change sets of a package each. */
  readonly steps: (plan: Plan, releases: readonly Release[]) => ChangeSet[];
  readonly removal: (releases: readonly Release[]) => ChangeSet;
}

/** Reads those files of the checkout in DIRECTORY that zfs-guix has written, or would write; FILE_SYSTEMS is one that was read before. */
export async function readCheckoutLayout(
  directory: string,
  plain: PlainFiles,
  fileSystems?: FileSystems,
): Promise<CheckoutLayout> {
  const { path, text } = fileSystems ?? (await readFileSystems(directory));
  const file = inFile(path, () => readRegion(text));
  const texts = new Map([[FILE_SYSTEMS_FILE, text]]);
  const readOne = async (name: string, what: string): Promise<void> => {
    const found = await readTextIfAny(join(directory, name), what);
    if (found !== undefined) texts.set(name, found);
  };
  for (const name of new Set([
    ...plain.aux.keys(),
    ...Object.keys(WRITTEN.files),
    ...(file.region?.seal?.files.keys() ?? []),
  ]))
    await readOne(auxiliary(name), "auxiliary file");
  await readOne(LIST_FILE, "list of auxiliary files");
  refuseConflicts(join(directory, LIST_FILE), texts.get(LIST_FILE) ?? "");
  return checkoutLayout(directory, texts, plain, file);
}

/** The layout of the checkout in DIRECTORY, PLAIN being what is emitted as it is, and FILE what TEXTS have for (gnu packages file-systems). */
export function checkoutLayout(
  directory: string,
  texts: Texts,
  plain: PlainFiles,
  file = readRegion(texts.get(FILE_SYSTEMS_FILE)!),
  written = WRITTEN,
): CheckoutLayout {
  const inIt = <T>(action: () => T): T => inFile(join(directory, FILE_SYSTEMS_FILE), action);
  let zfs: ReturnType<typeof zfsFacts> | undefined;
  const partsFor = ({ variants }: Plan): RegionParts => ({
    kernels: variants.map(({ kernel }) => kernel),
    autoSnapshot: (zfs ??= zfsFacts(file.source)).hasAutoSnapshot,
  });
  const making = (releases: readonly Release[]): Making => ({
    releases,
    plain,
    written,
    ours: oursOf(releases, written),
  });
  const layout: Layout = {
    inPlace: true,
    directory,
    texts,
    packages: FILE_SYSTEMS_FILE,
    list: LIST_FILE,
    beside: [],
    notes: [],
    plan: (wishes) =>
      inIt(() => {
        zfs ??= zfsFacts(file.source);
        refuseOldStyle(file.source, zfs);
        return checkoutPlan(wishes, checkoutRelease(file.source, zfs, wishes.releases));
      }),
    files: (plan, releases) => inIt(() => filesOf(texts, file, partsFor(plan), making(releases))),
    effects: (_, changes) => listNotes(texts.get(LIST_FILE), changes),
  };
  return {
    ...layout,
    steps: (plan, releases) => inIt(() => steps(layout, file, partsFor(plan), making(releases))),
    removal: (releases) =>
      inIt(() => {
        const made = making(releases);
        const edit = withoutRegion(file, made.ours);
        return changesOf(layout, filesAfter(texts, file, made, edit, new Map()));
      }),
  };
}

function auxiliary(name: string): string {
  return `${AUX_FILES}/${name}`;
}

/** What decides what is written into a checkout, apart from its parts. */
interface Making {
  readonly releases: readonly Release[];
  readonly plain: PlainFiles;
  readonly written: Written;
  readonly ours: Ours;
}

/** The kernels that have a variant in the managed region of FILE. */
function kernelsOf({ region }: RegionSource): Kernel[] {
  return sorted(
    packageNames(region?.body ?? "")
      .map((name) => parseSeries(/^zfs-for-linux-(.*)$/.exec(name)?.[1] ?? ""))
      .filter(isSeries)
      .map(guixKernel),
  );
}

function sorted(kernels: readonly Kernel[]): Kernel[] {
  return [...kernels].sort((a, b) => compareSeries(a.series, b.series));
}

/** What stands between the markers for PARTS. */
function bodyOf(parts: RegionParts, releases: readonly Release[]): string {
  return render("region", regionView(parts, releases)).text.trim();
}

function oursOf(releases: readonly Release[], written: Written): Ours {
  const parts = { kernels: [guixKernel({ major: 6, minor: 12 })], autoSnapshot: true };
  return { now: definitionsIn(bodyOf(parts, releases)), before: written.definitions };
}

/** BODY without the definitions of NAMES, which leave the empty lines that were between them. */
function without(body: string, names: readonly string[]): string {
  return definitions(read(body).forms)
    .filter(({ name }) => names.includes(name))
    .reduceRight((text, { form }) => {
      const [before, behind] = [text.slice(0, form.start), text.slice(form.end)];
      return behind === "" ? before.replace(/\n$/, "") : before + behind.replace(/^\n/, "");
    }, body);
}

/** FILE, of a checkout that has TEXTS, with PARTS in its region, but for PENDING, and the files that they name. */
function filesOf(
  texts: Texts,
  file: RegionSource,
  parts: RegionParts,
  making: Making,
  pending: readonly string[] = [],
): Files {
  const whole = bodyOf(parts, making.releases);
  const edit = withRegion(file, {
    body: without(whole, pending),
    ours: making.ours,
    kernels: parts.kernels.map(({ variable }) => variable),
  });
  return filesAfter(texts, file, making, edit, namedIn(whole, making.plain.aux));
}

/** What is to stand in a checkout that has TEXTS after an edit of FILE, its region coming with the auxiliary files AUX. */
function filesAfter(
  texts: Texts,
  { region }: RegionSource,
  { plain, written }: Making,
  { after, losses }: RegionEdit,
  aux: ReadonlyMap<string, string>,
): Files {
  // Not what somebody has it name besides, which is Guix's.
  const named = auxiliaryNames(region?.body ?? "").filter(
    (name) => plain.aux.has(name) || Object.hasOwn(written.files, name),
  );
  const came = new Map<string, string>([
    ...named.map((name) => {
      const there = digest(texts.get(auxiliary(name)) ?? "");
      const isOfOther = written.files[name]?.includes(there) === true;
      return [name, isOfOther ? there : digest(plain.aux.get(name) ?? "")] as const;
    }),
    ...(region?.seal?.files ?? []),
  ]);
  const below = (map: ReadonlyMap<string, string>): Texts =>
    new Map(Array.from(map, ([name, value]) => [auxiliary(name), value]));
  const list = texts.get(LIST_FILE);
  const listed = list && listing(list, [...came.keys(), ...aux.keys()], [...aux.keys()]);
  return {
    after: new Map([
      ...below(aux),
      ...(listed === undefined ? [] : [[LIST_FILE, listed] as const]),
      [FILE_SYSTEMS_FILE, after],
    ]),
    came: below(came),
    losses,
  };
}

/**
 * Change sets that lead from a checkout, whose region is in FILE, to NOW, as Guix
 * wants its commits: what all of them need, then a package each, those that go
 * before those that come.  After each of them the module loads, but for what
 * names a kernel that this Guix has no longer, until that goes.
 *
 * What they need leaves an empty line for each that is to come, so that no commit
 * touches lines beside those of another: each can be taken back.
 */
function steps(layout: Layout, file: RegionSource, now: RegionParts, making: Making): ChangeSet[] {
  const old = kernelsOf(file);
  const lacks = (kernels: readonly Kernel[]) => (one: Kernel) =>
    !kernels.some(({ variant }) => variant === one.variant);
  const going = old.filter(lacks(now.kernels));
  const all = [...old, ...now.kernels.filter(lacks(old))];
  const had = packageNames(file.region?.body ?? "");
  const coming = ["zfs-guix-auto-snapshot", ...now.kernels.map(({ variant }) => variant)].filter(
    (name) => !had.includes(name),
  );
  const stages = [
    { kernels: all, pending: coming },
    ...going.map((_, index) => ({
      kernels: all.filter(lacks(going.slice(0, index + 1))),
      pending: coming,
    })),
    ...coming.map((_, index) => ({ kernels: now.kernels, pending: coming.slice(index + 1) })),
  ];
  let { texts } = layout;
  return stages.map(({ kernels, pending }) => {
    const from = readRegion(texts.get(FILE_SYSTEMS_FILE)!);
    const parts = { ...now, kernels: sorted(kernels) };
    const files = filesOf(texts, from, parts, making, pending);
    const changes = changesOf({ ...layout, texts }, files);
    texts = files.after;
    return changes;
  });
}

/** Those of CHANGES that LIST, the text of the file that lists such files, cannot list. */
function listNotes(list: string | undefined, changes: ChangeSet): string[] {
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

/** The names of the auxiliary files that SCHEME refers to. */
export function auxiliaryNames(scheme: string): string[] {
  return Array.from(
    scheme.matchAll(/\(search-auxiliary-file\s+"([^"\\]+)"\)/g),
    ([, name]) => name!,
  );
}

/**
 * The lines of the list, all but the last of which go on; with the carriage return
 * of that, which `.` is not.  No list whose last line has a comment, which would go
 * on, too, or blanks at its end, which could not be given back.
 */
const LIST = new RegExp(
  `^${LIST_VARIABLE}[ \\t]*\\+?=(?:.*\\\\\\r?\\n)*(?![^\\n]*(?:#|[\\\\ \\t]\\r?$))[^\\n]*`,
  "m",
);

const CONTINUED = /[ \t]*\\?(\r?)$/;

export function hasList(text: string): boolean {
  return LIST.test(text);
}

/** TEXT whose list has, of the auxiliary files OURS, exactly NAMES, which come last; as it is where it has no list. */
export function listing(text: string, ours: readonly string[], names: readonly string[]): string {
  return text.replace(LIST, (list) => {
    const lines = list.split("\n");
    const [entries, wanted] = [ours.map(auxiliary), names.map(auxiliary)];
    const isOurs = (line: string): boolean => entries.includes(line.replace(CONTINUED, "").trim());
    const present = lines.filter(isOurs).map((line) => line.replace(CONTINUED, "").trim());
    if (present.join() === wanted.join()) return list;
    const kept = lines.filter((line) => !isOurs(line));
    const end = kept.pop()!;
    const eol = end.endsWith("\r") ? "\r" : "";
    const last = [end.replace(CONTINUED, ""), ...wanted.map((entry) => `  ${entry}`)];
    return [
      ...kept,
      ...last.map((line, index) => (index < last.length - 1 ? padded(line) : line) + eol),
    ].join("\n");
  });
}

/** LINE with the backslash that goes on to the next, in the column that Guix has it in. */
function padded(line: string): string {
  const tabs = Math.max(1, Math.ceil((56 - line.length) / 8));
  return `${line}${"\t".repeat(tabs)}\\`;
}
