import { dirname, join, relative } from "node:path";
import { UserError } from "../errors";
import { exists, readText, shippedFile } from "../files";
import type { Options } from "../options";
import { readCheckout, type Checkout } from "./guix/checkout";
import { formatModule, isOfGuix, isUnwanted, sameModule, type Kernel } from "./kernel";
import { parseKernelList, parsePolicy, takesNew, type Policy } from "./kernels";
import { parseReleaseData, type ReleaseData } from "./openzfs/data-file";
import type { Release } from "./openzfs/release";
import { compareSeries, formatSeries, type Series } from "./series";

export const KERNELS_FILE = "kernels.scm";
export const RELEASES_FILE = "data/openzfs-releases.json";

/** The kernels that are meant, and what the list of this directory decides beside. */
export interface Wanted {
  readonly kernels: readonly Kernel[];
  /** Series of Guix that get no variant, asked for or not. */
  readonly unwanted: readonly Series[];
  /** The file that decides; undefined where there is none. */
  readonly list: string | undefined;
}

/** All that decides which variants there are. */
export interface Inputs extends Wanted {
  readonly releases: readonly Release[];
  /** What a person should know of where they are from, a sentence each, without the period. */
  readonly notes: readonly string[];
  /** Where one is named. */
  readonly checkout: Checkout | undefined;
}

export async function readInputs(options: Options): Promise<Inputs> {
  const [checkout, { releases, notes }] = await Promise.all([
    options.guix === undefined ? undefined : readCheckout(options.guix),
    readReleases(options),
  ]);
  return { ...(await readWanted(options, checkout?.linux.kernels)), releases, notes, checkout };
}

/**
 * The kernels that OPTIONS ask for: those of `--kernels`, else of the checkout,
 * else of the list, which is the file that is named, else that of this
 * directory.  Whichever they are, what the list decides of them holds.
 *
 * OWN are the kernels of the checkout, where there is one.
 */
export async function readWanted(
  { kernels, kernelsFile: named, inPlace }: Options,
  own?: readonly Kernel[],
): Promise<Wanted> {
  const given = kernels === undefined ? undefined : parseKernelList(kernels);
  if (given === undefined && own === undefined) {
    const file = named ?? (await kernelsFile());
    // The list that comes with zfs-guix decides nothing for anybody.
    const list = file === named || file === KERNELS_FILE ? file : undefined;
    return { ...(await readPolicy(file)), list };
  }
  const list = named ?? ((await exists(KERNELS_FILE)) ? KERNELS_FILE : undefined);
  const policy = list === undefined ? undefined : await readPolicy(list);
  const found =
    own === undefined
      ? given!
      : ofCheckout(
          own,
          policy,
          // A file that is named says which of them to take; this directory's has them follow.
          given ?? (named === undefined ? undefined : policy?.kernels),
          inPlace === true,
        );
  return {
    kernels: found.map((kernel) => pinned(kernel, policy)),
    unwanted: policy?.unwanted ?? [],
    list,
  };
}

/** The kernels that are meant of HAVE, those of a checkout: the WANTED, or those that POLICY does not leave out. */
function ofCheckout(
  have: readonly Kernel[],
  policy: Policy | undefined,
  wanted: readonly Kernel[] | undefined,
  inPlace: boolean,
): readonly Kernel[] {
  // A channel has other people's kernels besides.
  const isElsewhere = (kernel: Kernel): boolean => !inPlace && !isOfGuix(kernel);
  const others = wanted ?? policy?.kernels ?? [];
  const elsewhere = others.filter(isElsewhere);
  if (wanted !== undefined)
    return [
      ...narrowKernels(
        have,
        wanted.filter((kernel) => !isElsewhere(kernel)),
      ),
      ...elsewhere,
    ];
  if (policy === undefined) return have;
  return [
    ...have.filter(
      (kernel) =>
        !isUnwanted(kernel, policy.unwanted) &&
        (takesNew(policy, inPlace) || policy.kernels.some((listed) => isSame(listed, kernel))),
    ),
    ...elsewhere,
  ];
}

function pinned(kernel: Kernel, policy: Policy | undefined): Kernel {
  const pin = policy?.kernels.find((listed) => isSame(listed, kernel))?.pin;
  return pin === undefined ? kernel : { ...kernel, pin };
}

function isSame(a: Kernel, b: Kernel): boolean {
  return (
    a.variable === b.variable &&
    sameModule(a.module, b.module) &&
    compareSeries(a.series, b.series) === 0
  );
}

function narrowKernels(kernels: readonly Kernel[], wanted: readonly Kernel[]): readonly Kernel[] {
  const absent = wanted.filter((kernel) => !kernels.some((own) => isSame(own, kernel)));
  if (absent.length > 0) {
    const has = kernels.map(({ series }) => formatSeries(series)).join(", ");
    throw new UserError(
      absent.map(({ variable, module }) => ({
        message: `this checkout has no ${variable} in ${formatModule(module)}`,
        hint: `expected series among those that it has: ${has}`,
      })),
    );
  }
  return kernels.filter((own) => wanted.some((kernel) => isSame(own, kernel)));
}

/** The kernels that come with zfs-guix: those of the newest Guix that it knows. */
export async function knownKernels(): Promise<readonly Kernel[]> {
  return (await readPolicy(shippedFile(KERNELS_FILE))).kernels;
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

async function readPolicy(file: string): Promise<Policy> {
  return parsePolicy(
    await readText(
      file,
      "kernel list",
      "name one with --kernels-file FILE, or give --kernels 6.12,6.18",
    ),
    file,
  );
}

/** The releases that OPTIONS name, and what a person should know of where they are from. */
export async function readReleases(
  options: Options,
): Promise<ReleaseData & { readonly notes: readonly string[] }> {
  const file = await releasesFile(options);
  const text = await readText(file, "release data", "name it with --releases FILE");
  const data = await parseReleaseData(text, file);
  return { ...data, notes: await ageNotes(file, data) };
}

/** That the data in FILE, where they are those of this directory, are older than what comes along. */
export async function ageNotes(file: string, { asOf }: ReleaseData): Promise<string[]> {
  if (file !== RELEASES_FILE) return [];
  const shipped = await readText(shippedFile(RELEASES_FILE), "release data");
  const newer = /"asOf": "([^"]*)"/.exec(shipped)?.[1];
  return newer === undefined || newer <= asOf
    ? []
    : [
        `${file} is of ${asOf}, and what comes with zfs-guix is of ${newer}: let bump --online add the releases that it lacks, or take it away to have what is known of the others since, too`,
      ];
}

/** The one that is named, else this directory's, as in a channel's repository, else the one that comes along. */
export async function releasesFile({ releases }: Options): Promise<string> {
  return releases ?? ((await exists(RELEASES_FILE)) ? RELEASES_FILE : shippedFile(RELEASES_FILE));
}
