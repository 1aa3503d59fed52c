import { join } from "node:path";
import { UserError, type Problem } from "../errors";
import { conflictProblems } from "../files";
import { isVariantName } from "../read/kernels";
import { packageNames } from "../read/guix/definition";
import type { Release } from "../read/openzfs/release";
import type { Plan, Wishes } from "../plan/plan";
import { digest, type Seal } from "./seal";

/** What a file is to a commit's message. */
export type FileRole = "packages" | "plain" | "list" | "kernels" | "releases";

/** A file before and after; either is undefined where there is none. */
export interface FileChange {
  readonly role: FileRole;
  /** As it is shown to the user, and as it is opened. */
  readonly path: string;
  /** In a diff, where that is not the path: relative to what the diff is applied to. */
  readonly shownAs?: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** What somebody would lose by it; where there is something, it is shown and not written. */
  readonly losses?: readonly Problem[];
}

/** What a command would write, in the order of writing; `generate` writes it, `check` shows it. */
export type ChangeSet = readonly FileChange[];

/** Name, below the directory of a layout, → text. */
export type Texts = ReadonlyMap<string, string>;

/** What stands where: in a channel, or in a checkout. */
export interface Layout {
  readonly inPlace: boolean;
  readonly directory: string;
  /** Those files that zfs-guix has written, or would write, as they are. */
  readonly texts: Texts;
  readonly packages: string;
  /** The name of the one that lists others. */
  readonly list?: string;
  /** Changes of what is not in the directory, and belongs to it. */
  readonly beside: ChangeSet;
  /** What a person should know of it, a sentence each, without the period. */
  readonly notes: readonly string[];
  /** @throws UserError where nothing can be generated in it. */
  readonly plan: (wishes: Wishes) => Plan;
  /** @throws UserError where it cannot be written. */
  readonly files: (plan: Plan, releases: readonly Release[]) => Files;
  /** What a person should know of CHANGES, which PLAN has brought about. */
  readonly effects: (plan: Plan, changes: ChangeSet) => readonly string[];
}

/** What is to stand in a directory. */
export interface Files {
  /** The file of packages, which tells what came with it, is last. */
  readonly after: Texts;
  /** Name → digest, as they were written, of those that came with what there is. */
  readonly came: ReadonlyMap<string, string>;
  /** What is lost of the file of packages. */
  readonly losses: readonly Problem[];
}

export function changesOf(
  { inPlace, directory, texts, packages, list }: Layout,
  { after, came, losses }: Files,
): FileChange[] {
  const gone = [...came.keys()].filter((name) => texts.has(name) && !after.has(name));
  return [...gone, ...after.keys()].map((name): FileChange => {
    const path = join(directory, name);
    const [before, now] = [texts.get(name), after.get(name)];
    // An edit of Guix's own files has theirs already.
    const isOurs = !inPlace || (name !== packages && name !== list);
    const hasCrlf = isOurs && before?.includes("\r\n") && !/(^|[^\r])\n/.test(before);
    const change = {
      path,
      ...(inPlace && { shownAs: name }),
      before,
      after: hasCrlf === true ? now?.replaceAll("\n", "\r\n") : now,
    };
    if (name === packages)
      return { role: "packages", ...change, losses: losses.map((one) => ({ file: path, ...one })) };
    if (name === list) return { role: "list", ...change };
    const recorded = came.get(name);
    const state =
      recorded === undefined
        ? "unsealed"
        : recorded === digest(before ?? "")
          ? "pristine"
          : "edited";
    return { role: "plain", ...change, losses: lossesOf(change, state) };
  });
}

/** What is lost by a change to a file that is zfs-guix's as a whole, STATE being that of the file before it. */
export function lossesOf(
  { path: file, before, after }: Omit<FileChange, "role">,
  state: Seal["state"],
): Problem[] {
  if (before === undefined || before === after || state === "pristine") return [];
  const conflicts = conflictProblems(before);
  if (conflicts.length > 0)
    return conflicts.map((problem) => ({
      ...problem,
      file,
      hint: "take one side of it, or give --force to write all of it anew",
    }));
  const fate = after === undefined ? "taken away" : "written over";
  return [
    {
      file,
      message:
        state === "edited"
          ? `this file is not as zfs-guix wrote it, and would be ${fate}`
          : `zfs-guix has not written this file, and it would be ${fate}`,
      hint: `move ${state === "edited" ? "what was edited" : "it"} elsewhere, or give --force to have it ${fate}`,
    },
  ];
}

/** CHANGES, of a channel or of a checkout, the last variant of which goes only where that is meant: a slip of the pen must not empty it. */
export function guarded({ inPlace }: Layout, { skipped }: Plan, changes: ChangeSet): ChangeSet {
  return changes.map((change) => {
    const had = variantsIn(change.before).length;
    if (change.role !== "packages" || had === 0 || variantsIn(change.after).length > 0)
      return change;
    const message = `none of the kernels that are asked for gets a variant, so this ${inPlace ? "checkout" : "channel"} would lose all that it has: ${had}`;
    const why = skipped.slice(0, 1).map(({ reason }) => `${reason}; `);
    return {
      ...change,
      losses: [
        ...(change.losses ?? []),
        {
          file: change.path,
          message,
          hint: `${why.join("")}ask for other kernels, or give --force`,
        },
      ],
    };
  });
}

export function removedBy(changes: ChangeSet): string[] {
  return changes
    .filter(({ role }) => role === "packages")
    .flatMap(({ before, after }) => {
      const kept = new Set(variantsIn(after));
      return variantsIn(before).filter((name) => !kept.has(name));
    });
}

export function variantsIn(text = ""): string[] {
  return packageNames(text).filter(isVariantName);
}

export function changeStatus({ before, after }: FileChange) {
  return before === after
    ? "unchanged"
    : before === undefined
      ? "created"
      : after === undefined
        ? "deleted"
        : "changed";
}

export function differs(change: FileChange): boolean {
  return change.before !== change.after;
}

export function refuseLosses(changes: ChangeSet): void {
  const problems = changes.flatMap(({ losses }) => losses ?? []);
  if (problems.length > 0) throw new UserError(problems);
}

/** CHANGES, written by somebody who means it. */
export function forced(changes: ChangeSet): ChangeSet {
  return changes.map(({ losses: _, ...change }) => change);
}
