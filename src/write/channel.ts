import { join } from "node:path";
import type { FileChange } from "./changeset";
import type { Problem } from "../errors";
import { readTextIfAny } from "../files";
import { conflictProblems } from "../read/guix/checkout";
import type { Release } from "../read/openzfs/release";
import type { Plan } from "../plan/plan";
import { digest, sealed, sealOf } from "./seal";
import {
  render,
  type CompiledTemplates,
  type Templates,
  namedIn,
  type PlainFiles,
} from "../render/templates";
import { channelView } from "../render/view";

/** Where its modules are, below the channel's directory. */
export const CHANNEL_TOP = "zfs-guix";

/** The file of the module (zfs-guix packages zfs), below the channel's directory. */
export const CHANNEL_MODULE_FILE = `${CHANNEL_TOP}/packages/zfs.scm`;

/** A channel's files as they are on disk: path below its directory → text. */
export type ChannelTexts = ReadonlyMap<string, string>;

/** Reads those files of the channel below DIRECTORY that zfs-guix has written, or would write. */
export async function readChannelTexts(
  directory: string,
  { plain }: Templates,
): Promise<ChannelTexts> {
  const module = await readTextIfAny(join(directory, CHANNEL_MODULE_FILE), "generated file");
  const paths = new Set([
    ...plainPaths(plain).keys(),
    ...[...sealOf(module ?? "").files.keys()].map((name) => `${CHANNEL_TOP}/${name}`),
  ]);
  const texts = new Map(module === undefined ? [] : [[CHANNEL_MODULE_FILE, module]]);
  for (const path of paths) {
    const text = await readTextIfAny(join(directory, path), "generated file");
    if (text !== undefined) texts.set(path, text);
  }
  return texts;
}

function plainPaths({ aux, modules }: PlainFiles): Map<string, string> {
  return new Map([
    ...[...aux].map(([name, text]): [string, string] => [`${CHANNEL_TOP}/packages/${name}`, text]),
    ...[...modules].map(([name, text]): [string, string] => [`${CHANNEL_TOP}/${name}`, text]),
  ]);
}

/** The text of the channel's module for PLAN; KNOWN are all releases. */
export function channelModule(
  plan: Plan,
  known: readonly Release[],
  templates: CompiledTemplates,
): string {
  return render(templates, "channel", channelView(plan, known));
}

/** What generating the channel below DIRECTORY, which has BEFORE, changes; the module, which tells what came with it, is last. */
export function channelChanges(
  plan: Plan,
  known: readonly Release[],
  { compiled, plain }: Templates,
  before: ChannelTexts,
  directory: string,
): FileChange[] {
  const module = channelModule(plan, known, compiled);
  const files = plainPaths({ ...plain, aux: namedIn(module, plain.aux) });
  const names = new Map(
    [...files].map(([path, text]) => [path.slice(CHANNEL_TOP.length + 1), text]),
  );
  const after = new Map([
    ...files,
    [CHANNEL_MODULE_FILE, `${sealed(module.trimEnd().split("\n"), names).join("\n")}\n`],
  ]);
  const seal = sealOf(before.get(CHANNEL_MODULE_FILE) ?? "");
  const gone = [...seal.files.keys()]
    .map((name) => `${CHANNEL_TOP}/${name}`)
    .filter((path) => before.has(path) && !after.has(path));
  return [...gone, ...after.keys()].map((path) => {
    const change = {
      path: join(directory, path),
      before: before.get(path),
      after: after.get(path),
    };
    const losses =
      path === CHANNEL_MODULE_FILE
        ? moduleLosses(change)
        : plainLosses(change, seal.files.get(path.slice(CHANNEL_TOP.length + 1)));
    return { role: path === CHANNEL_MODULE_FILE ? "packages" : "plain", ...change, losses };
  });
}

/** What 0.1.0 wrote above the module, which has no seal. */
const UNSEALED = ";;; This file is written by zfs-guix;";

function moduleLosses({ path: file, before, after }: Omit<FileChange, "role">): Problem[] {
  if (before === undefined || before === after) return [];
  const hint = "move the edit elsewhere, or give --force to write over it";
  const conflicts = conflictProblems(before);
  if (conflicts.length > 0)
    return conflicts.map((problem) => ({
      file,
      ...problem,
      hint: "take one side of it, or give --force to write all of it anew",
    }));
  const { state } = sealOf(before);
  if (state === "edited")
    return [
      {
        file,
        message: "this file was edited by hand since zfs-guix wrote it, and the edit would be lost",
        hint,
      },
    ];
  return state === "pristine" || before.includes(UNSEALED)
    ? []
    : [
        {
          file,
          message: "zfs-guix has not written this file, and would write over it",
          hint: "name another directory, or give --force to write over it",
        },
      ];
}

/** What is lost where a file that is emitted as it is, and was of the digest RECORDED when it was, is written over or taken away. */
export function plainLosses(
  { path: file, before, after }: Omit<FileChange, "role">,
  recorded: string | undefined,
): Problem[] {
  if (before === undefined || before === after || digest(before) === recorded) return [];
  const fate = after === undefined ? "taken away" : "written over";
  return [
    {
      file,
      message:
        recorded === undefined
          ? `zfs-guix has not written this file, and it would be ${fate}`
          : `this file was edited by hand since zfs-guix wrote it, and would be ${fate}`,
      hint: `move it elsewhere, or give --force to have it ${fate}`,
    },
  ];
}
