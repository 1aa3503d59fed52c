import { basename } from "node:path";
import { differs, type ChangeSet, type FileChange, type FileRole } from "../../layout/changeset";
import { LIST_VARIABLE } from "../../layout/in-place";
import { inFile, UserError } from "../../errors";
import { definitions } from "../../read/guix/definition";
import { isVariantName, parseKernelsFile } from "../../read/kernels";
import type { Kernel } from "../../read/kernel";
import { parseReleaseData } from "../../read/openzfs/data-file";
import { compareVersions, type Release } from "../../read/openzfs/release";
import { read } from "../../read/scheme/read";
import { asString, headSymbol, isList, walk } from "../../read/scheme/datum";
import { formatSeries } from "../../read/series";
import { wrapText } from "../../outcome";

export type DefinitionChange = {
  readonly name: string;
  readonly what: "variable" | "procedure" | "macro";
} & (
  | { readonly kind: "new" | "deleted" | "changed" }
  | { readonly kind: "updated"; readonly from: string; readonly to: string }
);

/**
 * How the variables of a package file changed with FILES: deleted ones first,
 * then those of afterwards in their order.
 *
 * It is the files that are compared, not what was planned, so that what is
 * said of a change is true of it whatever brought it about.
 */
export function definitionChanges(files: ChangeSet): DefinitionChange[] {
  return files
    .filter(({ role }) => role === "packages")
    .flatMap(({ path, before, after }) => {
      const found = (text = "") => inFile(path, () => definitionsOf(text));
      const [old, now] = [found(before), found(after)];
      return [
        ...[...old.values()]
          .filter(({ name }) => !now.has(name))
          .map(({ name, what }) => ({ name, what, kind: "deleted" as const })),
        ...[...now.values()].flatMap(({ name, text, what, version }): DefinitionChange[] => {
          const previous = old.get(name);
          const change = { name, what };
          if (previous === undefined) return [{ ...change, kind: "new" }];
          if (previous.text === text) return [];
          const from = previous.version;
          return from !== undefined && version !== undefined && from !== version
            ? [{ ...change, kind: "updated", from, to: version }]
            : [{ ...change, kind: "changed" }];
        }),
      ];
    });
}

/** Names that stand in a commit message as they are; any other can be anything, a line break included, and the generator writes none such. */
const PLAIN_NAME = /^[%a-z][a-z0-9!?*<>=/:._+%-]*$/i;

/** Any other text is no version, and could begin an entry of its own in a message. */
const PLAIN_VERSION = /^[0-9][0-9A-Za-z.+_~-]{0,50}$/;

function definitionsOf(text: string) {
  const found = definitions(read(text).forms)
    .filter(({ name }) => PLAIN_NAME.test(name))
    .map(({ name, form, value }) => {
      const field = [...walk(form)].find(
        (datum) => isList(datum, "version") && asString(datum.items[1]) !== undefined,
      );
      const version = isList(field) ? asString(field.items[1])! : "";
      return {
        name,
        text: text.slice(form.start, form.end),
        what:
          value !== undefined
            ? ("variable" as const)
            : headSymbol(form)?.startsWith("define-syntax") === true
              ? ("macro" as const)
              : ("procedure" as const),
        version: PLAIN_VERSION.test(version) ? version : undefined,
      };
    });
  return new Map(found.map((definition) => [definition.name, definition]));
}

/** The order in which a message speaks of files. */
const ROLES: readonly FileRole[] = ["packages", "plain", "list", "kernels", "releases"];

/** The message of a commit that does FILES, whose paths are those of its repository; undefined where they are unchanged. */
export async function commitMessage(files: ChangeSet): Promise<CommitMessage | undefined> {
  const changed = files
    .filter(differs)
    .toSorted((a, b) => ROLES.indexOf(a.role) - ROLES.indexOf(b.role));
  if (changed.length === 0) return undefined;
  const changes = definitionChanges(changed);
  const entries = await Promise.all(
    changed.map(async (file): Promise<MessageEntry> => ({
      file: file.path,
      items:
        file.role === "packages"
          ? definitionItems(changes)
          : [{ names: file.role === "list" ? [LIST_VARIABLE] : [], text: await fileItem(file) }],
    })),
  );
  return { summary: packageSummary(changes) ?? inputSummary(changed, entries, changes), entries };
}

/** What happened to a file that has no packages. */
async function fileItem({ role, path, before, after }: FileChange): Promise<string> {
  if (before === undefined) return "New file.";
  if (after === undefined) return "Delete file.";
  if (role === "list") return registration(after.split("\n").length - before.split("\n").length);
  if (role === "kernels") return kernelsItem(path, before, after);
  return role === "releases" ? await releasesItem(path, before, after) : "Update.";
}

function definitionItems(changes: readonly DefinitionChange[]): MessageItem[] {
  const deeds = new Map<string, string[]>();
  for (const change of changes.filter(({ kind }) => kind !== "changed")) {
    const deed =
      change.kind === "updated"
        ? `Update to ${change.to}`
        : `${change.kind === "new" ? "New" : "Delete"} ${change.what}`;
    deeds.set(deed, [...(deeds.get(deed) ?? []), change.name]);
  }
  const items = Array.from(deeds, ([deed, names]): MessageItem => ({
    names,
    text: `${deed}${names.length > 1 && !deed.startsWith("Update") ? "s" : ""}.`,
  }));
  const rest = changes.filter(({ kind }) => kind === "changed").map(({ name }) => name);
  if (rest.length > 0)
    items.push({ names: rest, text: items.length > 0 ? "Adjust accordingly." : "Regenerate." });
  return items.length > 0 ? items : [{ names: [], text: "Regenerate." }];
}

/** That the list of auxiliary files has so many MORE. */
function registration(more: number): string {
  if (more <= 0) return "Adjust accordingly.";
  return more === 1 ? "Register it." : "Register them.";
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
  const hashes = new Map(
    (await parseReleaseData(before, path)).releases.map(({ version, sha256 }) => [version, sha256]),
  );
  const { releases } = await parseReleaseData(after, path);
  const added = releases.filter(({ version }) => !hashes.has(version));
  const hashed = releases.filter(
    ({ version, sha256 }) => hashes.has(version) && hashes.get(version) !== sha256,
  );
  const versions = (some: readonly Release[]): string =>
    enumerate(some.map(({ version }) => version).sort(compareVersions));
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

const OWN_PACKAGES = new Set(["zfs-guix-tools", "zfs-guix-auto-snapshot"]);

function packageSummary(changes: readonly DefinitionChange[]): string | undefined {
  const packages = changes.filter(
    ({ name, what }) => what === "variable" && (isVariantName(name) || OWN_PACKAGES.has(name)),
  );
  const named = (kind: DefinitionChange["kind"]): string =>
    enumerate(packages.filter((change) => change.kind === kind).map(({ name }) => name));
  const updates = packages.filter((change) => change.kind === "updated");
  const [first, second] = new Set(updates.map(({ to }) => to));
  const to = first === undefined || second !== undefined ? "" : ` to ${first}`;
  const does = [
    ["add", named("new")],
    ["remove", named("deleted")],
    ["update", updates.length > 1 ? `variants of zfs${to}` : named("updated") + to],
  ].filter(([, what]) => what !== "");
  if (does.length === 0) return undefined;
  if (does.length === 1 && updates.length === 1) return `gnu: ${named("updated")}: Update${to}.`;
  const summary = (words: readonly string[]): string => {
    const text = enumerate(words);
    return `gnu: ${text.charAt(0).toUpperCase()}${text.slice(1)}`;
  };
  const full = `${summary(does.map((words) => words.join(" ")))}.`;
  return full.length <= SUMMARY_WIDTH
    ? full
    : `${summary(does.map(([verb]) => verb!))} variants of zfs.`;
}

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

/** `a`, `a and b`, `a, b and c`. */
export function enumerate(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** What a commit did to a file: to some names in it, or to all of it. */
export interface MessageEntry {
  readonly file: string;
  readonly items: readonly MessageItem[];
}

export interface MessageItem {
  /** What it is about, in parentheses; empty for the file itself. */
  readonly names: readonly string[];
  /** A sentence: "New variable." */
  readonly text: string;
}

/** A commit message as Guix has them (design fact 14). */
export interface CommitMessage {
  readonly summary: string;
  readonly entries: readonly MessageEntry[];
}

/** Lines stay below 80 columns; a single name that is longer stands alone. */
const WIDTH = 78;

/**
 * The text of MESSAGE: a summary, an empty line, ChangeLog entries.
 *
 * @throws UserError where a name could be taken for more than a name.
 */
export function formatMessage({ summary, entries }: CommitMessage): string {
  for (const text of [
    summary,
    ...entries.flatMap(({ file, items }) => [
      file,
      ...items.flatMap(({ names, text: said }) => [...names, said]),
    ]),
  ]) {
    // A line break would begin a line, and perhaps an entry, of somebody else's
    // making; and so would a star or a parenthesis where a line is broken.
    if (/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]|(^|\s)[*(]/u.test(text)) {
      throw new UserError({
        message: `a commit message cannot have ${JSON.stringify(text)} in it`,
        hint: "name the file otherwise",
      });
    }
  }
  return `${[summary, "", ...entries.flatMap(formatEntry)].join("\n")}\n`;
}

function formatEntry({ file, items }: MessageEntry): string[] {
  return items.flatMap(({ names, text }, index) => {
    const start = index === 0 ? `* ${file}` : "";
    const about = names.length === 0 ? "" : `(${names.join(", ")})`;
    const lines = wrapText(
      `${[start, about].filter((part) => part !== "").join(" ")}: ${text}`,
      WIDTH,
    );
    // "*" alone would be no entry, however long the name of its file.
    return lines[0] === "*" ? [lines.slice(0, 2).join(" "), ...lines.slice(2)] : lines;
  });
}
