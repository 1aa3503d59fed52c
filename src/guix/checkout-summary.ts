import { inFile } from "../errors";
import { read } from "../scheme/read";
import type { Series } from "../series";
import { readCheckout } from "./checkout";
import type { CheckoutKernel } from "./linux-facts";
import { zfsFacts } from "./zfs-facts";

/** What a checkout has: its kernels, which of them are the usual ones, and its OpenZFS. */
export interface CheckoutSummary {
  readonly directory: string;
  readonly kernels: readonly CheckoutKernel[];
  readonly linuxLibre: Series | undefined;
  readonly lts: Series | undefined;
  /** The version of its `zfs`. */
  readonly zfs: string;
}

export async function checkoutSummary(directory: string): Promise<CheckoutSummary> {
  const { linux, fileSystems } = await readCheckout(directory);
  const { version } = inFile(fileSystems.path, () => zfsFacts(read(fileSystems.text)));
  return { directory, ...linux, zfs: version };
}
