import {
  applyEdits,
  modify,
  type FormattingOptions,
  type JSONPath,
  type ModificationOptions,
} from "jsonc-parser";
import { compareVersions, type Statement, type ToolFolder } from "../read/openzfs/release";

/** A release as the data file writes it. */
export interface ReleaseEntry {
  readonly version: string;
  readonly date: string;
  readonly linuxMinimum: string;
  readonly linuxMaximum: string;
  readonly sha256: string | null;
  /** Who says that this is the hash. */
  readonly statedBy: readonly string[];
  readonly tools: Readonly<Record<ToolFolder, readonly string[]>>;
  readonly advisories?: readonly Statement[];
}

export interface DataEdit {
  readonly add: readonly ReleaseEntry[];
  /** Hashes of releases that are in the file without one. */
  readonly hashes: readonly {
    readonly version: string;
    readonly sha256: string;
    readonly statedBy: string;
  }[];
}

/**
 * TEXT, a file of releases, with EDIT done to it and everything else, order
 * and layout included, as it was.  A new release goes before the first older
 * one, and `asOf` becomes the day of the newest release.
 */
export function editReleaseData(text: string, { add, hashes }: DataEdit): string {
  if (add.length === 0 && hashes.length === 0) return text;
  // A byte order mark is no JSON.
  if (text.startsWith("\ufeff")) return `\ufeff${editReleaseData(text.slice(1), { add, hashes })}`;
  const formattingOptions = formattingOf(text);
  const set = (path: JSONPath, value: unknown, options: ModificationOptions = {}): void => {
    text = applyEdits(text, modify(text, path, value, { formattingOptions, ...options }));
  };
  const releases = (): { version: string; date: string; statedBy?: string[] }[] =>
    (JSON.parse(text) as { releases: ReturnType<typeof releases> }).releases;
  for (const { version, sha256, statedBy } of hashes) {
    const index = releases().findIndex((release) => release.version === version);
    const before = releases()[index]?.statedBy ?? [];
    set(["releases", index, "sha256"], sha256);
    if (!before.includes(statedBy)) set(["releases", index, "statedBy"], [...before, statedBy]);
  }
  for (const release of add) {
    const older = releases().findIndex(
      ({ version }) => compareVersions(version, release.version) < 0,
    );
    set(["releases", older === -1 ? releases().length : older], release, {
      isArrayInsertion: true,
    });
  }
  const { asOf } = JSON.parse(text) as { asOf: string };
  const newest = releases().reduce((day, { date }) => (date > day ? date : day), asOf);
  if (newest !== asOf) set(["asOf"], newest);
  return text;
}

/** How TEXT is indented and where its lines end. */
function formattingOf(text: string): FormattingOptions {
  const indent = /^([ \t]+)\S/m.exec(text)?.[1] ?? "  ";
  return {
    insertSpaces: !indent.startsWith("\t"),
    tabSize: indent.startsWith("\t") ? 1 : indent.length,
    eol: text.includes("\r\n") ? "\r\n" : "\n",
  };
}
