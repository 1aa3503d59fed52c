import { inFile } from "../../errors";
import { read, type Source } from "../scheme/read";
import { formatSeries, type Series } from "../series";
import type { Checkout } from "./checkout";
import type { CheckoutKernel } from "./linux-facts";
import { zfsFacts, type ZfsFacts } from "./zfs-facts";

/** What a checkout has: its kernels, which of them are the usual ones, and its OpenZFS. */
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

/** SUMMARY as data. */
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
    zfsPackage: {
      sha256: zfs.sha256 ?? null,
      outputs: zfs.outputs,
      hasLinuxArgument: zfs.hasLinux,
      linux: zfs.linux ?? null,
      moduleReference: zfs.moduleReference ?? null,
      hasGexps: zfs.isGexp,
      hasAutoSnapshot: zfs.hasAutoSnapshot,
    },
    linuxLibre: linuxLibre ? formatSeries(linuxLibre) : null,
    linuxLibreLts: lts ? formatSeries(lts) : null,
    kernels: Object.fromEntries(
      kernels.map(({ series, version }) => [formatSeries(series), version ?? null]),
    ),
  };
}
