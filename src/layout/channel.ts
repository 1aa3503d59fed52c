import { realpath } from "node:fs/promises";
import { isAbsolute, join, normalize, relative, resolve } from "node:path";
import { lossesOf, type FileChange, type Files, type Layout, type Texts } from "./changeset";
import { UserError } from "../errors";
import { readTextIfAny } from "../files";
import type { Options } from "../options";
import { findDescription, parseDescription, type FoundDescription } from "../read/description";
import { compareVersions, type Release } from "../read/openzfs/release";
import { channelPlan, type Plan } from "../plan/plan";
import { sealed, sealOf } from "./seal";
import { namedIn, type PlainFiles } from "../read/plain-files";
import { render } from "../render/templates";
import { channelView } from "../render/view";
import { schemeString } from "../render/literal";

export const CHANNEL_DIRECTORY = "generated";

export const CHANNEL_TOP = "zfs-guix";

/** The file of the module (zfs-guix packages zfs), below that and below its directory. */
const MODULE = "packages/zfs.scm";
export const CHANNEL_MODULE_FILE = `${CHANNEL_TOP}/${MODULE}`;

/** Reads the channel in OUT, and what makes the repository one; GUIX is the checkout whose kernels it takes. */
export async function readChannel(
  { guix, out }: Pick<Options, "guix" | "out">,
  plain: PlainFiles,
): Promise<Layout> {
  if (guix !== undefined) await refuseInside(guix, out ?? CHANNEL_DIRECTORY);
  const directory = join(out ?? CHANNEL_DIRECTORY, CHANNEL_TOP);
  const texts = new Map<string, string>();
  const readAll = async (names: Iterable<string>): Promise<void> => {
    for (const name of names) {
      const text = await readTextIfAny(join(directory, name), "generated file");
      if (text !== undefined) texts.set(name, text);
    }
  };
  await readAll([MODULE]);
  await readAll(plainFiles(plain).keys());
  await readAll(sealOf(texts.get(MODULE) ?? "").files.keys());
  const description = await findDescription(out ?? CHANNEL_DIRECTORY);
  const isNew = description.text === undefined;
  return channelLayout(directory, texts, plain, {
    beside: isNew && out === undefined ? [newDescription(description)] : [],
    notes: disagreements(description),
    // A directory that is named is a channel by itself, unless it is below the top of a repository.
    lacks: isNew && out !== undefined && description.isOfRepository ? lacking(description) : [],
  });
}

/** Makes sure that OUT is not in the checkout GUIX: whoever means the checkout itself would get a channel in it. */
async function refuseInside(guix: string, out: string): Promise<void> {
  const below = relative(await realpath(guix), resolve(out));
  if (/^\.\.(\/|$)/.test(below) || isAbsolute(below)) return;
  throw new UserError({
    file: guix,
    message: `this is the Guix checkout to read the kernels from, and the channel would be in it, in ${out}`,
    hint: "give --in-place to write the checkout's own packages, or --out DIR for a channel elsewhere",
  });
}

/** What is around the directory of a channel. */
interface Around extends Pick<Layout, "beside" | "notes"> {
  /** What keeps it from being found, a sentence each, without the period. */
  readonly lacks: readonly string[];
}

/** The layout of a channel whose modules are in DIRECTORY, PLAIN being what is emitted as it is. */
export function channelLayout(
  directory: string,
  texts: Texts,
  plain: PlainFiles,
  { beside, notes, lacks }: Around = { beside: [], notes: [], lacks: [] },
): Layout {
  return {
    inPlace: false,
    directory,
    texts,
    packages: MODULE,
    beside,
    notes,
    plan: channelPlan,
    files: (plan, releases) =>
      filesOf(join(directory, MODULE), texts.get(MODULE), plain, channelModule(plan, releases)),
    effects: ({ releases }) => [...lacks, ...releases.flatMap(buildNotes)],
  };
}

export function channelModule(plan: Plan, known: readonly Release[]): string {
  return render("channel", channelView(plan, known)).text;
}

function plainFiles({ aux, modules }: PlainFiles): Map<string, string> {
  return new Map([
    ...[...aux].map(([name, text]) => [`packages/${name}`, text] as const),
    ...modules,
  ]);
}

/** What 0.1.0 wrote above the module, which has no seal. */
const UNSEALED = ";;; This file is written by zfs-guix;";

/** MODULE, which goes to PATH in the place of BEFORE, and what comes with it. */
function filesOf(
  path: string,
  before: string | undefined,
  plain: PlainFiles,
  module: string,
): Files {
  const scheme = [module, ...plain.modules.values()].join("\n");
  const files = plainFiles({ ...plain, aux: namedIn(scheme, plain.aux) });
  const after = `${sealed(module.trimEnd().split("\n"), files).join("\n")}\n`;
  const { state, files: came } = sealOf(before ?? "");
  const isOurs = state === "unsealed" && before?.includes(UNSEALED) === true;
  return {
    after: new Map([...files, [MODULE, after]]),
    came,
    losses: lossesOf({ path, before, after }, isOurs ? "pristine" : state),
  };
}

function newDescription({ path, directory }: FoundDescription): FileChange {
  const after = `(channel\n  (version 0)\n  (directory ${schemeString(directory)})\n  (news-file "news.scm"))\n`;
  return { role: "plain", path, before: undefined, after };
}

function lacking({ path, directory }: FoundDescription): string[] {
  return directory === "."
    ? []
    : [
        `there is no ${path}, so whoever uses the repository finds no channel in it: write (channel (version 0) (directory ${schemeString(directory)}) (news-file "news.scm")) there`,
      ];
}

function disagreements({ path, text, directory }: FoundDescription): string[] {
  if (text === undefined) return [];
  const says = normalize(parseDescription(text, path).directory).replace(/\/$/, "");
  return says === directory
    ? []
    : [
        `${path} says that the channel is in ${says}, and this is for ${directory}: whoever uses the repository gets the former; make both the same`,
      ];
}

/**
 * The first release that the phases of Guix's `zfs` fit since it is at 2.2
 * itself: they edit udev/vdev_id, which stood elsewhere before (its tags).
 */
const OLDEST_FOR_PHASES = "2.2.0";

function buildNotes({ version }: Release): string[] {
  return compareVersions(version, OLDEST_FOR_PHASES) < 0
    ? [
        `OpenZFS ${version} will not build with a Guix whose own zfs is ${OLDEST_FOR_PHASES} or later: its phases edit files that ${version} does not have`,
      ]
    : [];
}
