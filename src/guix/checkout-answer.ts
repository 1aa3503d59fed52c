import { inFile, isUserError } from "../errors";
import type { Release } from "../openzfs/release";
import type { Plan } from "../plan";
import { read } from "../scheme/read";
import { compareSeries, type Series } from "../series";
import { readCheckout } from "./checkout";
import { checkoutPlan, checkoutRelease, refuseOldStyle } from "./checkout-plan";
import type { CheckoutKernel } from "./linux-facts";
import { zfsFacts } from "./zfs-facts";

/** What a checkout has for one series. */
export interface CheckoutAnswer {
  readonly directory: string;
  /** The version of its `zfs`. */
  readonly zfs: string;
  readonly kernel: CheckoutKernel | undefined;
  /** All series that it has, oldest first. */
  readonly others: readonly Series[];
  /** What is generated in place for the series; absent without a kernel, or with a refusal. */
  readonly plan?: Plan;
  /** Why nothing can be generated in place at all. */
  readonly refusal?: string;
}

/** What the checkout in DIRECTORY has for SERIES. */
export async function checkoutAnswer(directory: string, series: Series, releases: readonly Release[]): Promise<CheckoutAnswer> {
  const { linux, fileSystems } = await readCheckout(directory);
  return inFile(fileSystems.path, () => {
    const source = read(fileSystems.text);
    const zfs = zfsFacts(source);
    const kernel = linux.kernels.find((candidate) => compareSeries(candidate.series, series) === 0);
    const common = { directory, zfs: zfs.version, kernel, others: linux.kernels.map((candidate) => candidate.series) };
    if (kernel === undefined) return common;
    try {
      refuseOldStyle(source, zfs);
      return { ...common, plan: checkoutPlan([kernel], checkoutRelease(source, zfs, releases), releases) };
    } catch (error) {
      if (!isUserError(error)) throw error;
      return { ...common, refusal: error.problems.map(({ message }) => message).join("; ") };
    }
  });
}
