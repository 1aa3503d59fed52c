import type { FileChange } from "../changeset";
import { parseKernelsFile } from "../kernels";
import { parseReleaseData } from "../openzfs/data-file";
import { compareVersions, type Release } from "../openzfs/release";
import { isVariantName } from "../kernels";
import type { Kernel } from "../kernel";
import { formatSeries } from "../series";
import { definitionChanges, type DefinitionChange } from "./definition-changes";
import type { CommitMessage, MessageEntry, MessageItem } from "./message";

/** What is in a file that a bump changes. */
export type FileRole = "kernels" | "releases" | "packages";

/** A file before and after, its path as the commit's repository has it. */
export interface CommittedFile extends FileChange {
  readonly role: FileRole;
}

/** What happened to the variants of a package file. */
export interface VariantChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly updated: readonly { readonly name: string; readonly from: string; readonly to: string }[];
}

export function variantChanges(changes: readonly DefinitionChange[]): VariantChanges {
  const variants = changes.filter(({ name }) => isVariantName(name));
  return {
    added: variants.filter(({ kind }) => kind === "new").map(({ name }) => name),
    removed: variants.filter(({ kind }) => kind === "deleted").map(({ name }) => name),
    updated: variants.flatMap((change) => (change.kind === "updated" ? [{ name: change.name, from: change.from, to: change.to }] : [])),
  };
}

/** The message of a commit that does FILES; undefined where they are unchanged. */
export async function commitMessage(files: readonly CommittedFile[]): Promise<CommitMessage | undefined> {
  const changed = files.filter(({ before, after }) => before !== after);
  if (changed.length === 0) return undefined;
  const entries: MessageEntry[] = [];
  const packages: DefinitionChange[] = [];
  for (const file of changed) {
    const { role, path, before, after } = file;
    if (role === "packages") {
      const changes = definitionChanges(before, after);
      packages.push(...changes);
      entries.push({ file: path, items: definitionItems(changes) });
    } else {
      const said = role === "kernels" ? kernelsItem(file) : await releasesItem(file);
      entries.push({ file: path, items: [{ names: [], text: said }] });
    }
  }
  return { summary: packageSummary(packages) ?? inputSummary(changed, entries, packages), entries };
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
  if (rest.length > 0) items.push({ names: rest, text: items.length > 0 ? "Adjust accordingly." : "Regenerate." });
  return items.length > 0 ? items : [{ names: [], text: "Regenerate." }];
}

function kernelsItem({ path, before, after }: FileChange): string {
  if (before === undefined) return "New file.";
  const [old, now] = [parseKernelsFile(before, path), parseKernelsFile(after, path)];
  const added = now.filter(({ variant }) => !old.some((kernel) => kernel.variant === variant));
  const removed = old.filter(({ variant }) => !now.some((kernel) => kernel.variant === variant));
  return sentences([added.length > 0 && `Add ${enumerate(added.map(nameOfKernel))}`, removed.length > 0 && `Remove ${enumerate(removed.map(nameOfKernel))}`]);
}

/** As the kernel list has it. */
function nameOfKernel({ variant, series }: Kernel): string {
  return variant === `zfs-for-linux-${formatSeries(series)}` ? formatSeries(series) : variant;
}

async function releasesItem({ path, before, after }: FileChange): Promise<string> {
  if (before === undefined) return "New file.";
  const [old, now] = await Promise.all([before, after].map(async (text) => (await parseReleaseData(text, path)).releases));
  const byVersion = new Map(old!.map((release) => [release.version, release]));
  const added = now!.filter(({ version }) => !byVersion.has(version));
  const hashed = now!.filter((release) => byVersion.get(release.version) !== undefined && byVersion.get(release.version)!.sha256 !== release.sha256);
  const versions = (releases: readonly Release[]): string => enumerate([...releases].sort((a, b) => compareVersions(a.version, b.version)).map(({ version }) => version));
  return sentences([
    added.length > 0 && `Add OpenZFS ${versions(added)}`,
    hashed.length > 0 && `Add the ${hashed.length === 1 ? "hash" : "hashes"} of OpenZFS ${versions(hashed)}`,
  ]);
}

function sentences(texts: readonly (string | false)[]): string {
  const said = texts.filter((text) => text !== false);
  return said.length === 0 ? "Update." : said.map((text) => `${text}.`).join("  ");
}

/** More than this and the summary counts instead of naming. */
const SUMMARY_WIDTH = 72;

function packageSummary(changes: readonly DefinitionChange[]): string | undefined {
  const { added, removed, updated } = variantChanges(changes);
  const releases = new Set(updated.map(({ to }) => to));
  const to = releases.size === 1 ? ` to ${[...releases][0]}` : "";
  if (added.length + removed.length === 0 && updated.length === 1) return `gnu: ${updated[0]!.name}: Update${to}.`;
  const naming = [
    added.length > 0 && `add ${enumerate(added)}`,
    removed.length > 0 && `remove ${enumerate(removed)}`,
    updated.length > 0 && `update ${updated.length === 1 ? updated[0]!.name : `${updated.length} variants of zfs`}${to}`,
  ].filter((part) => part !== false);
  const counting = [
    added.length > 0 && `add ${added.length}`,
    removed.length > 0 && `remove ${removed.length}`,
    updated.length > 0 && `update ${updated.length}`,
  ].filter((part) => part !== false);
  if (naming.length === 0) return undefined;
  const named = `gnu: ${capitalize(enumerate(naming))}.`;
  return named.length <= SUMMARY_WIDTH ? named : `gnu: ${capitalize(enumerate(counting))} variants of zfs.`;
}

/** For a change that no variant shows: a kernel that waits, a release that nobody needs yet. */
function inputSummary(changed: readonly CommittedFile[], entries: readonly MessageEntry[], packages: readonly DefinitionChange[]): string {
  const index = changed.findIndex(({ role }) => role !== "packages");
  if (index === -1 || packages.some(({ kind }) => kind !== "changed")) return "gnu: Regenerate the variants of zfs.";
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
