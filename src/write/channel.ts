import { join } from "node:path";
import type { FileChange } from "./changeset";
import type { Problem } from "../errors";
import { readTextIfAny } from "../files";
import { conflictProblems } from "../read/guix/checkout";
import type { Release } from "../read/openzfs/release";
import type { Plan } from "../plan/plan";
import { digest, sealed, sealOf, type Seal } from "./seal";
import { namedIn, type PlainFiles } from "../read/plain-files";
import { render } from "../render/templates";
import { channelView } from "../render/view";

/** Where its modules are, below the channel's directory. */
export const CHANNEL_TOP = "zfs-guix";

/** The file of the module (zfs-guix packages zfs), below that and below the channel's directory. */
const MODULE = "packages/zfs.scm";
export const CHANNEL_MODULE_FILE = `${CHANNEL_TOP}/${MODULE}`;

/** A channel's files as they are on disk: path below `zfs-guix/` → text. */
export type ChannelTexts = ReadonlyMap<string, string>;

/** Reads those files of the channel below DIRECTORY that zfs-guix has written, or would write. */
export async function readChannelTexts(
  directory: string,
  plain: PlainFiles,
): Promise<ChannelTexts> {
  const texts = new Map<string, string>();
  const readAll = async (names: Iterable<string>): Promise<void> => {
    for (const name of names) {
      const text = await readTextIfAny(join(directory, CHANNEL_TOP, name), "generated file");
      if (text !== undefined) texts.set(name, text);
    }
  };
  await readAll([MODULE]);
  await readAll(plainFiles(plain).keys());
  await readAll(sealOf(texts.get(MODULE) ?? "").files.keys());
  return texts;
}

function plainFiles({ aux, modules }: PlainFiles): Map<string, string> {
  return new Map([
    ...[...aux].map(([name, text]) => [`packages/${name}`, text] as const),
    ...modules,
  ]);
}

/** The text of the channel's module for PLAN; KNOWN are all releases. */
export function channelModule(plan: Plan, known: readonly Release[]): string {
  return render("channel", channelView(plan, known)).text;
}

/** What generating the channel below DIRECTORY, which has BEFORE, changes; the module, which tells what came with it, is last. */
export function channelChanges(
  plan: Plan,
  known: readonly Release[],
  plain: PlainFiles,
  before: ChannelTexts,
  directory: string,
): FileChange[] {
  const module = channelModule(plan, known);
  const scheme = [module, ...plain.modules.values()].join("\n");
  const files = plainFiles({ ...plain, aux: namedIn(scheme, plain.aux) });
  const after = new Map([
    ...files,
    [MODULE, `${sealed(module.trimEnd().split("\n"), files).join("\n")}\n`],
  ]);
  const seal = sealOf(before.get(MODULE) ?? "");
  const gone = [...seal.files.keys()].filter((name) => before.has(name) && !after.has(name));
  return [...gone, ...after.keys()].map((name) => {
    const path = join(directory, CHANNEL_TOP, name);
    const change = { path, before: before.get(name), after: after.get(name) };
    return name === MODULE
      ? { role: "packages", ...change, losses: moduleLosses(change, seal) }
      : { role: "plain", ...change, losses: plainLosses(change, seal.files.get(name)) };
  });
}

/** What 0.1.0 wrote above the module, which has no seal. */
const UNSEALED = ";;; This file is written by zfs-guix;";

function moduleLosses(change: Omit<FileChange, "role">, { state }: Seal): Problem[] {
  const { path: file, before, after } = change;
  if (before === undefined || before === after) return [];
  const conflicts = conflictProblems(before).map((problem) => ({
    file,
    ...problem,
    hint: "take one side of it, or give --force to write all of it anew",
  }));
  if (conflicts.length > 0) return conflicts;
  return losses(change, before.includes(UNSEALED) && state === "unsealed" ? "pristine" : state);
}

/** What is lost where a file that is emitted as it is, and was of the digest RECORDED when it was, is written over or taken away. */
export function plainLosses(
  change: Omit<FileChange, "role">,
  recorded: string | undefined,
): Problem[] {
  if (recorded === undefined) return losses(change, "unsealed");
  return losses(change, digest(change.before ?? "") === recorded ? "pristine" : "edited");
}

/** What is lost by CHANGE, STATE being that of the file before it. */
function losses(
  { path: file, before, after }: Omit<FileChange, "role">,
  state: Seal["state"],
): Problem[] {
  if (before === undefined || before === after || state === "pristine") return [];
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
