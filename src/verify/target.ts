import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { CHANNEL_DIRECTORY, CHANNEL_MODULE_FILE } from "../layout/channel";
import { UserError } from "../errors";
import { readTextIfAny } from "../files";
import type { Options } from "../options";
import { FILE_SYSTEMS_FILE } from "../read/guix/checkout";
import { packageNames } from "../read/guix/definition";
import { readReleases, readWanted, type Wanted } from "../read/inputs";
import { guixKernel, isUnwanted, type Kernel } from "../read/kernel";
import type { Release } from "../read/openzfs/release";
import { isSeries, parseSeries } from "../read/series";

export interface Subject {
  readonly name: string;
  /** Whether it is ZFS for some kernel; the others are the commands. */
  readonly isVariant: boolean;
  /** The kernel that it is for; undefined for a variant of which none is known, too. */
  readonly kernel: Kernel | undefined;
  /** Whether the list of kernels says that it is to be none. */
  readonly isUnwanted: boolean;
}

/** A module, `["zfs-guix", "packages", "zfs"]`, and the absolute path of its file. */
interface Module {
  readonly module: readonly string[];
  readonly file: string;
}

/** Where the definitions are that are verified, and what they are held against. */
export interface Target extends Module {
  /** The absolute directory of a channel, which has a package cache; undefined for a checkout. */
  readonly channel: string | undefined;
  readonly service: Module | undefined;
  readonly releases: readonly Release[];
  /** What a person should know of these, a sentence each, without the period. */
  readonly notes: readonly string[];
  /** The packages that are asked for, of those that a glance at the text of its file tells, and of FOUND, which Guix has in it. */
  readonly subjects: (found: readonly string[]) => readonly Subject[];
}

const SERVICE_FILE = "zfs-guix/services/zfs.scm";

/**
 * The definitions that OPTIONS name.
 *
 * @throws UserError where there are none.
 */
export async function findTarget(options: Options): Promise<Target> {
  const { out = CHANNEL_DIRECTORY, guix, inPlace = false } = options;
  const [directory, path] = inPlace ? [guix!, FILE_SYSTEMS_FILE] : [out, CHANNEL_MODULE_FILE];
  const text = await readTextIfAny(join(directory, path), "file of packages");
  const names = packageNames(text ?? "");
  if (text === undefined || (inPlace && names.length === 0))
    throw new UserError({
      file: join(directory, path),
      ...(inPlace
        ? {
            message:
              "there are no packages of zfs-guix in this file, so there is nothing to verify",
            hint: "run zfs-guix generate --guix DIR --in-place first",
          }
        : {
            message: "there is no such file, so there is nothing to verify",
            hint: "run zfs-guix generate first, or name the channel's directory with --out DIR",
          }),
    });
  const [wantedKernels, { releases, notes }] = await Promise.all([
    // In a checkout, the kernels are Guix's own.
    inPlace ? { kernels: [], unwanted: [] } : readWanted({ kernelsFile: options.kernelsFile }),
    readReleases(options),
  ]);
  const wanted = options.only?.split(",").map((name) => name.trim());
  const unknown = (wanted ?? []).filter((name) => !names.includes(name));
  if (unknown.length > 0)
    throw new UserError({
      file: join(directory, path),
      message: `--only: there is no ${unknown.map((name) => name || "package without a name").join(", ")} in this file`,
      hint: `it has ${names.join(", ") || "no packages of zfs-guix"}`,
    });
  // Guix refuses relative directories in places, and tells of files by their real names.
  const top = await realpath(directory);
  const service = { module: ["zfs-guix", "services", "zfs"], file: join(top, SERVICE_FILE) };
  const hasService =
    !inPlace && (await readTextIfAny(service.file, "service of the channel")) !== undefined;
  return {
    module: inPlace ? ["gnu", "packages", "file-systems"] : ["zfs-guix", "packages", "zfs"],
    file: join(top, path),
    channel: inPlace ? undefined : top,
    service: hasService ? service : undefined,
    releases,
    notes,
    subjects: (found) =>
      [...new Set([...names, ...found])]
        .filter((name) => wanted?.includes(name) ?? true)
        .map((name) => subjectOf(name, wantedKernels)),
  };
}

/** A variant that is not named by the rule is one of KERNELS. */
function subjectOf(
  name: string,
  { kernels, unwanted }: Pick<Wanted, "kernels" | "unwanted">,
): Subject {
  const isVariant = name.startsWith("zfs-for-");
  const series = parseSeries(name.replace(/^zfs-for-linux-/, ""));
  const kernel =
    kernels.find(({ variant }) => variant === name) ??
    (isVariant && isSeries(series) ? guixKernel(series) : undefined);
  return {
    name,
    isVariant,
    kernel,
    isUnwanted: kernel !== undefined && isUnwanted(kernel, unwanted),
  };
}
