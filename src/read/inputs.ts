import { dirname, join, relative } from "node:path";
import { UserError, type Problem } from "../errors";
import { exists, readText, shippedFile } from "../files";
import { readCheckout } from "./guix/checkout";
import type { CheckoutKernel } from "./guix/linux-facts";
import { formatModule, sameModule, type Kernel } from "./kernel";
import { parseKernelList, parseKernelsFile } from "./kernels";
import { parseReleaseData, type ReleaseData } from "./openzfs/data-file";
import { compareSeries, formatSeries } from "./series";

/** Where kernels and releases come from; see the options of the command line. */
export interface InputOptions {
  /** The directory of a Guix checkout. */
  readonly guix?: string;
  readonly kernels?: string;
  readonly kernelsFile?: string;
  readonly releases?: string;
}

export const KERNELS_FILE = "kernels.scm";
export const RELEASES_FILE = "data/openzfs-releases.json";

/** What is wrong with `--in-place` where `--guix` is not given. */
export const WHICH_CHECKOUT: Problem = {
  message: "--in-place does not say which checkout",
  hint: "name it with --guix DIR",
};

/**
 * The kernels that OPTIONS ask for.  Where they name none, those of the
 * checkout, which are OWN where it was read already, else of this directory's
 * file, else of the one that comes along.
 */
export async function readKernels(
  options: InputOptions,
  own?: readonly CheckoutKernel[],
): Promise<readonly Kernel[]> {
  const given = await givenKernels(options);
  if (options.guix !== undefined)
    return narrowKernels(own ?? (await readCheckout(options.guix)).linux.kernels, given);
  return given ?? readKernelsFile(await kernelsFile());
}

/** The kernels of a checkout that are WANTED, or all. */
export function narrowKernels(
  kernels: readonly CheckoutKernel[],
  wanted: readonly Kernel[] | undefined,
): readonly CheckoutKernel[] {
  if (wanted === undefined) return kernels;
  const find = (kernel: Kernel): CheckoutKernel | undefined =>
    kernels.find(
      (own) =>
        own.variable === kernel.variable &&
        sameModule(own.module, kernel.module) &&
        compareSeries(own.series, kernel.series) === 0,
    );
  const absent = wanted.filter((kernel) => find(kernel) === undefined);
  if (absent.length > 0) {
    const has = kernels.map(({ series }) => formatSeries(series)).join(", ");
    throw new UserError(
      absent.map(({ variable, module }) => ({
        message: `this checkout has no ${variable} in ${formatModule(module)}`,
        hint: `expected series among those that it has: ${has}`,
      })),
    );
  }
  return kernels.filter((own) => wanted.some((kernel) => find(kernel) === own));
}

/** The kernels that OPTIONS name; undefined where they name none. */
export async function givenKernels({
  kernels,
  kernelsFile,
}: InputOptions): Promise<readonly Kernel[] | undefined> {
  if (kernels !== undefined && kernelsFile !== undefined) {
    throw new UserError({
      message: "--kernels and --kernels-file both name the kernels",
      hint: "give one of them",
    });
  }
  if (kernels !== undefined) return parseKernelList(kernels);
  return kernelsFile === undefined ? undefined : readKernelsFile(kernelsFile);
}

/** The kernels that come with zfs-guix: those of the newest Guix that it knows. */
export function knownKernels(): Promise<readonly Kernel[]> {
  return readKernelsFile(shippedFile(KERNELS_FILE));
}

/**
 * This directory's list of kernels, else the one that comes along.
 *
 * @throws UserError where the list is in a directory above: that one is meant, and not the one that comes along.
 */
export async function kernelsFile(): Promise<string> {
  if (await exists(KERNELS_FILE)) return KERNELS_FILE;
  for (
    let directory = process.cwd();
    directory !== dirname(directory);
    directory = dirname(directory)
  ) {
    const above = join(dirname(directory), KERNELS_FILE);
    if (!(await exists(above))) continue;
    const file = relative(process.cwd(), above);
    throw new UserError({
      file,
      message: "this list of kernels is in a directory above",
      hint: `run the command in ${dirname(file)}, or give --kernels-file ${file}`,
    });
  }
  return shippedFile(KERNELS_FILE);
}

async function readKernelsFile(file: string): Promise<readonly Kernel[]> {
  return parseKernelsFile(
    await readText(
      file,
      "kernel list",
      "name one with --kernels-file FILE, or give --kernels 6.12,6.18",
    ),
    file,
  );
}

export async function readReleases(options: InputOptions): Promise<ReleaseData> {
  const file = await releasesFile(options);
  return parseReleaseData(
    await readText(file, "release data", "name it with --releases FILE"),
    file,
  );
}

/** The one that is named, else this directory's, as in a channel's repository, else the one that comes along. */
export async function releasesFile({ releases }: InputOptions): Promise<string> {
  return releases ?? ((await exists(RELEASES_FILE)) ? RELEASES_FILE : shippedFile(RELEASES_FILE));
}
