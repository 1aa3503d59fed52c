import { basename } from "node:path";
import { differs, type ChangeSet, type FileChange, type FileRole } from "../../write/changeset";
import { LIST_VARIABLE } from "../../write/region/aux-files-list";
import { parseKernelsFile } from "../../read/kernels";
import { parseReleaseData } from "../../read/openzfs/data-file";
import { compareVersions, type Release } from "../../read/openzfs/release";
import { isVariantName } from "../../read/kernels";
import type { Kernel } from "../../read/kernel";
import { formatSeries } from "../../read/series";
import { definitionChanges, type DefinitionChange } from "./definition-changes";
import type { CommitMessage, MessageEntry, MessageItem } from "./message";

/** What happened to the variants of a package file. */
export interface VariantChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly updated: readonly {
    readonly name: string;
    readonly from: string;
    readonly to: string;
  }[];
}

export function variantChanges(changes: readonly DefinitionChange[]): VariantChanges {
  const variants = changes.filter(({ name }) => isVariantName(name));
  return {
    added: variants.filter(({ kind }) => kind === "new").map(({ name }) => name),
    removed: variants.filter(({ kind }) => kind === "deleted").map(({ name }) => name),
    updated: variants.flatMap((change) =>
      change.kind === "updated" ? [{ name: change.name, from: change.from, to: change.to }] : [],
    ),
  };
}

/** The order in which a message speaks of files. */
const ROLES: readonly FileRole[] = ["packages", "plain", "list", "kernels", "releases"];

/** The message of a commit that does FILES, whose paths are those of its repository; undefined where they are unchanged. */
export async function commitMessage(files: ChangeSet): Promise<CommitMessage | undefined> {
  const changed = files
    .filter(differs)
    .toSorted((a, b) => ROLES.indexOf(a.role) - ROLES.indexOf(b.role));
  if (changed.length === 0) return undefined;
  const packages = changed
    .filter(({ role }) => role === "packages")
    .flatMap(({ before, after }) => definitionChanges(before, after));
  const entries = await Promise.all(
    changed.map(async (file): Promise<MessageEntry> => ({
      file: file.path,
      items: await itemsOf(file, packages),
    })),
  );
  return { summary: packageSummary(packages) ?? inputSummary(changed, entries, packages), entries };
}

async function itemsOf(
  file: FileChange,
  packages: readonly DefinitionChange[],
): Promise<MessageItem[]> {
  const { role, before, after } = file;
  if (role === "packages") return definitionItems(packages);
  if (before === undefined) return [{ names: [], text: "New file." }];
  if (after === undefined) return [{ names: [], text: "Delete file." }];
  switch (role) {
    case "plain":
      return [{ names: [], text: "Update." }];
    case "list":
      return [
        {
          names: [LIST_VARIABLE],
          text: after.length > before.length ? "Register new files." : "Adjust accordingly.",
        },
      ];
    case "kernels":
      return [{ names: [], text: kernelsItem(file.path, before, after) }];
    case "releases":
      return [{ names: [], text: await releasesItem(file.path, before, after) }];
  }
}

function definitionItems(changes: readonly DefinitionChange[]): MessageItem[] {
  const items = changes.flatMap((change): MessageItem[] => {
    const what = change.isProcedure ? "procedure" : "variable";
    switch (change.kind) {
      case "new":
        return [{ names: [change.name], text: `New ${what}.` }];
      case "deleted":
        return [{ names: [change.name], text: `Delete ${what}.` }];
      case "updated":
        return [{ names: [change.name], text: `Update to ${change.to}.` }];
      case "changed":
        return [];
    }
  });
  const rest = changes.filter(({ kind }) => kind === "changed").map(({ name }) => name);
  if (rest.length > 0)
    items.push({ names: rest, text: items.length > 0 ? "Adjust accordingly." : "Regenerate." });
  return items.length > 0 ? items : [{ names: [], text: "Regenerate." }];
}

function kernelsItem(path: string, before: string, after: string): string {
  const [old, now] = [parseKernelsFile(before, path), parseKernelsFile(after, path)];
  const added = now.filter(({ variant }) => !old.some((kernel) => kernel.variant === variant));
  const removed = old.filter(({ variant }) => !now.some((kernel) => kernel.variant === variant));
  return sentences([
    added.length > 0 && `Add ${enumerate(added.map(nameOfKernel))}`,
    removed.length > 0 && `Remove ${enumerate(removed.map(nameOfKernel))}`,
  ]);
}

/** As the kernel list has it. */
function nameOfKernel({ variant, series }: Kernel): string {
  return variant === `zfs-for-linux-${formatSeries(series)}` ? formatSeries(series) : variant;
}

async function releasesItem(path: string, before: string, after: string): Promise<string> {
  const [old, now] = await Promise.all(
    [before, after].map(async (text) => (await parseReleaseData(text, path)).releases),
  );
  const byVersion = new Map(old!.map((release) => [release.version, release]));
  const added = now!.filter(({ version }) => !byVersion.has(version));
  const hashed = now!.filter(
    (release) =>
      byVersion.get(release.version) !== undefined &&
      byVersion.get(release.version)!.sha256 !== release.sha256,
  );
  const versions = (releases: readonly Release[]): string =>
    enumerate(
      [...releases]
        .sort((a, b) => compareVersions(a.version, b.version))
        .map(({ version }) => version),
    );
  return sentences([
    added.length > 0 && `Add OpenZFS ${versions(added)}`,
    hashed.length > 0 &&
      `Add the ${hashed.length === 1 ? "hash" : "hashes"} of OpenZFS ${versions(hashed)}`,
  ]);
}

function sentences(texts: readonly (string | false)[]): string {
  const said = texts.filter((text) => text !== false);
  return said.length === 0 ? "Update." : said.map((text) => `${text}.`).join("  ");
}

/** More than this and the summary names no package. */
const SUMMARY_WIDTH = 72;

function packageSummary(changes: readonly DefinitionChange[]): string | undefined {
  const packages = changes.filter(
    ({ name, isProcedure }) => !isProcedure && (isVariantName(name) || OWN_PACKAGES.has(name)),
  );
  const named = (kind: DefinitionChange["kind"]): string[] =>
    packages.filter((change) => change.kind === kind).map(({ name }) => name);
  const [added, removed, updated] = [named("new"), named("deleted"), named("updated")];
  const releases = new Set(
    packages.flatMap((change) => (change.kind === "updated" ? [change.to] : [])),
  );
  const to = releases.size === 1 ? ` to ${[...releases][0]}` : "";
  if (added.length + removed.length === 0 && updated.length === 1)
    return `gnu: ${updated[0]!}: Update${to}.`;
  const does = (verb: string, names: readonly string[]): string[] =>
    names.length === 0 ? [] : [verb];
  const naming = [
    ...does(`add ${enumerate(added)}`, added),
    ...does(`remove ${enumerate(removed)}`, removed),
    ...does(`update ${updated.length === 1 ? updated[0]! : "variants of zfs"}${to}`, updated),
  ];
  if (naming.length === 0) return undefined;
  const full = `gnu: ${capitalize(enumerate(naming))}.`;
  if (full.length <= SUMMARY_WIDTH) return full;
  return `gnu: ${capitalize(enumerate([...does("add", added), ...does("remove", removed), ...does("update", updated)]))} variants of zfs.`;
}

/** The packages that are no variants. */
const OWN_PACKAGES = new Set(["zfs-guix-tools", "zfs-guix-auto-snapshot"]);

/** For a change that no variant shows: a kernel that waits, a release that nobody needs yet. */
function inputSummary(
  changed: ChangeSet,
  entries: readonly MessageEntry[],
  packages: readonly DefinitionChange[],
): string {
  const plain = changed.filter(({ role }) => role === "plain");
  if (plain.length === changed.length)
    return `gnu: Update ${enumerate(plain.map(({ path }) => basename(path)))}.`;
  const index = changed.findIndex(({ role }) => role === "kernels" || role === "releases");
  if (index === -1 || packages.some(({ kind }) => kind !== "changed"))
    return "gnu: Regenerate the variants of zfs.";
  const summary = `${changed[index]!.role}: ${entries[index]!.items[0]!.text}`;
  return summary.length <= SUMMARY_WIDTH ? summary : `${changed[index]!.role}: Update.`;
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `a`, `a and b`, `a, b and c`. */
export function enumerate(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
