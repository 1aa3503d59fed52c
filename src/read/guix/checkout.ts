import { access } from "node:fs/promises";
import { join } from "node:path";
import { inFile, UserError } from "../../errors";
import { errorCode, exists, readText, systemMessage, refuseConflicts } from "../../files";
import { read, type Source } from "../scheme/read";
import { LINUX_FILE, readKernels, type LinuxFacts, type CheckoutKernel } from "./linux-facts";
import { formatSeries, type Series } from "../series";
import { zfsFacts, type ZfsFacts } from "./zfs-facts";

/** gnu/packages/file-systems.scm: as it is opened, and what it holds. */
export interface FileSystems {
  readonly path: string;
  readonly text: string;
}

/** A Guix source tree, or a part of it that holds just the two files that are read. */
export interface Checkout {
  readonly directory: string;
  readonly linux: LinuxFacts;
  readonly fileSystems: FileSystems;
}

/** Below a checkout. */
export const FILE_SYSTEMS_FILE = "gnu/packages/file-systems.scm";

/**
 * Reads the checkout in DIRECTORY.
 *
 * @throws UserError where it is no checkout, or a file of it cannot be read or parsed.
 */
export async function readCheckout(directory: string): Promise<Checkout> {
  await refuseOther(directory);
  const linuxPath = join(directory, LINUX_FILE);
  const [text, fileSystems] = await Promise.all([
    readFile(linuxPath, "module (gnu packages linux)"),
    readFileSystemsFile(directory),
  ]);
  return { directory, linux: inFile(linuxPath, () => readKernels(text)), fileSystems };
}

/** Of the checkout in DIRECTORY, the one file that is edited. */
export async function readFileSystems(directory: string): Promise<FileSystems> {
  await refuseOther(directory);
  return readFileSystemsFile(directory);
}

async function readFileSystemsFile(directory: string): Promise<FileSystems> {
  const path = join(directory, FILE_SYSTEMS_FILE);
  return { path, text: await readFile(path, "module (gnu packages file-systems)") };
}

async function readFile(path: string, what: string): Promise<string> {
  const text = await readText(
    path,
    what,
    (await exists(path)) ? undefined : "a partial checkout needs it, too",
  );
  refuseConflicts(path, text);
  return text;
}

async function refuseOther(directory: string): Promise<void> {
  let message = "there is no Guix checkout here";
  for (const file of [LINUX_FILE, FILE_SYSTEMS_FILE])
    try {
      await access(join(directory, file));
      return;
    } catch (error) {
      if (!["ENOENT", "ENOTDIR"].includes(errorCode(error) ?? ""))
        message = `cannot read the Guix checkout: ${systemMessage(error)}`;
    }
  throw new UserError({
    file: directory,
    message,
    hint: `expected a directory that holds ${LINUX_FILE} and ${FILE_SYSTEMS_FILE}`,
  });
}

export interface CheckoutSummary {
  readonly directory: string;
  readonly kernels: readonly CheckoutKernel[];
  readonly linuxLibre: Series | undefined;
  readonly lts: Series | undefined;
  readonly zfs: ZfsFacts;
  /** Where its `zfs` is from. */
  readonly source: Source;
}

/** @throws UserError where there is no `zfs` to speak about. */
export function checkoutSummary({ directory, linux, fileSystems }: Checkout): CheckoutSummary {
  return inFile(fileSystems.path, () => {
    const source = read(fileSystems.text);
    return { directory, ...linux, zfs: zfsFacts(source), source };
  });
}

export function checkoutJson({
  directory,
  kernels,
  linuxLibre,
  lts,
  zfs,
}: CheckoutSummary): object {
  return {
    directory,
    zfs: zfs.version,
    linuxLibre: linuxLibre ? formatSeries(linuxLibre) : null,
    linuxLibreLts: lts ? formatSeries(lts) : null,
    kernels: Object.fromEntries(
      kernels.map(({ series, version }) => [formatSeries(series), version ?? null]),
    ),
  };
}
