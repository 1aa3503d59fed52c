import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { CHANNEL_MODULE_FILE } from "../write/channel";
import { UserError, type Problem } from "../errors";
import { readTextIfAny } from "../files";
import { CHANNEL_DIRECTORY } from "../generation";
import { FILE_SYSTEMS_FILE } from "../read/guix/checkout";
import { readKernels, readReleases, WHICH_CHECKOUT, type InputOptions } from "../read/inputs";
import { GUIX_LINUX_MODULE, guixKernel, type Kernel } from "../read/kernel";
import type { Release } from "../read/openzfs/release";
import { isSeries, parseSeries } from "../read/series";

/** A package that is verified. */
export interface Subject {
  /** Its variable and name. */
  readonly name: string;
  /** Whether it is ZFS for some kernel; the others are the commands. */
  readonly isVariant: boolean;
  /** The kernel that it is for; undefined for a variant of which none is known, too. */
  readonly kernel?: Kernel;
}

/** A module, `["zfs-guix", "packages", "zfs"]`, and the absolute path of its file. */
interface Module {
  readonly module: readonly string[];
  readonly file: string;
}

/** Where the definitions are that are verified, and what they are held against. */
export interface Target extends Module {
  /** Absolute directories that go on Guix's load path. */
  readonly loadPath: readonly string[];
  /** Modules that are loaded first, since the order matters to them. */
  readonly before: readonly (readonly string[])[];
  /** The directory of a channel, which has a package cache; absent for a checkout. */
  readonly channel?: string;
  /** The service of a channel that has one. */
  readonly service?: Module;
  readonly releases: readonly Release[];
  /** The packages that are asked for, of those that a glance at the text of its file tells, and of FOUND, which Guix has in it. */
  readonly subjects: (found: readonly string[]) => readonly Subject[];
}

export interface TargetOptions extends Pick<InputOptions, "kernelsFile" | "releases"> {
  readonly guix?: string;
  readonly inPlace?: boolean;
  readonly out?: string;
  /** The packages that are wanted, with commas between them; all where it is absent. */
  readonly only?: string;
}

/**
 * The definitions that OPTIONS name.
 *
 * @throws UserError where there are none.
 */
export async function findTarget(options: TargetOptions): Promise<Target> {
  refuseContradictions(options);
  const place =
    options.inPlace === true
      ? await checkoutPlace(options.guix!)
      : await channelPlace(options.out ?? CHANNEL_DIRECTORY);
  const [kernels, { releases }] = await Promise.all([
    kernelsByVariant(options),
    readReleases(options),
  ]);
  const { text, ...target } = place;
  const names = definedNames(text);
  const wanted = options.only?.split(",").map((name) => name.trim());
  refuseUnknown(wanted ?? [], names, target.file);
  const subjects: Target["subjects"] = (found) =>
    [...new Set([...names, ...found])]
      .filter((name) => wanted?.includes(name) ?? true)
      .map((name) => subjectOf(name, kernels));
  return { ...target, releases, subjects };
}

type Place = Omit<Target, "subjects" | "releases"> & { readonly text: string };

const SERVICE_FILE = "zfs-guix/services/zfs.scm";

async function channelPlace(directory: string): Promise<Place> {
  const text = await readTextIfAny(join(directory, CHANNEL_MODULE_FILE), "generated file");
  if (text === undefined) {
    throw new UserError({
      file: join(directory, CHANNEL_MODULE_FILE),
      message: "there is no such file, so there is nothing to verify",
      hint: "run zfs-guix generate first, or name the channel's directory with --out DIR",
    });
  }
  // Guix refuses relative directories in places, and tells of files by their real names.
  const top = await realpath(directory);
  const file = join(top, SERVICE_FILE);
  const hasService = (await readTextIfAny(file, "service of the channel")) !== undefined;
  return {
    module: ["zfs-guix", "packages", "zfs"],
    file: join(top, CHANNEL_MODULE_FILE),
    loadPath: [top],
    before: [],
    channel: top,
    ...(hasService && { service: { module: ["zfs-guix", "services", "zfs"], file } }),
    text,
  };
}

async function checkoutPlace(directory: string): Promise<Place> {
  const file = join(directory, FILE_SYSTEMS_FILE);
  const text = await readTextIfAny(file, "file systems of the checkout");
  if (text === undefined || definedNames(text).length === 0) {
    throw new UserError({
      file,
      message: "there are no packages of zfs-guix in this file, so there is nothing to verify",
      hint: "run zfs-guix generate --guix DIR --in-place first",
    });
  }
  return {
    module: ["gnu", "packages", "file-systems"],
    file: join(await realpath(directory), FILE_SYSTEMS_FILE),
    loadPath: [],
    // The two modules import each other, and this is the order in which a
    // kernel that is named too early is unbound.
    before: [GUIX_LINUX_MODULE],
    text,
  };
}

/** By the look of the text: Guix tells what is wrong with one that cannot be read. */
function definedNames(text: string): string[] {
  const found = text.matchAll(/^\(define-[a-z-]+ (zfs-(?:for|guix)-[a-z0-9._+-]+)(?![^\s()])/gim);
  return [...new Set([...found].map(([, name]) => name!))];
}

/** The kernels of variants that are not named by the rule. */
async function kernelsByVariant(options: TargetOptions): Promise<ReadonlyMap<string, Kernel>> {
  const kernels = await readKernels({
    ...(options.kernelsFile !== undefined && { kernelsFile: options.kernelsFile }),
  });
  return new Map(kernels.map((kernel) => [kernel.variant, kernel]));
}

function subjectOf(name: string, kernels: ReadonlyMap<string, Kernel>): Subject {
  const isVariant = name.startsWith("zfs-for-");
  const series = parseSeries(name.replace(/^zfs-for-linux-/, ""));
  const kernel =
    kernels.get(name) ?? (isVariant && isSeries(series) ? guixKernel(series) : undefined);
  return { name, isVariant, ...(kernel !== undefined && { kernel }) };
}

function refuseContradictions({ guix, inPlace, out }: TargetOptions): void {
  if (inPlace !== true) return;
  const problems: Problem[] = [];
  if (guix === undefined) problems.push(WHICH_CHECKOUT);
  if (out !== undefined)
    problems.push({
      message: "--out names the directory of a channel, and --in-place means a checkout",
      hint: "leave out one of them",
    });
  if (problems.length > 0) throw new UserError(problems);
}

function refuseUnknown(wanted: readonly string[], names: readonly string[], file: string): void {
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length === 0) return;
  throw new UserError({
    file,
    message: `--only: there is no ${unknown.map((name) => name || "package without a name").join(", ")} in this file`,
    hint: `it has ${names.join(", ") || "no packages of zfs-guix"}`,
  });
}
