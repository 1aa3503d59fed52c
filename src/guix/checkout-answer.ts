import { isUserError } from "../errors";
import type { Release } from "../openzfs/release";
import type { Plan } from "../plan";
import { compareSeries, type Series } from "../series";
import { checkoutPlan, checkoutRelease, refuseOldStyle } from "./checkout-plan";
import type { CheckoutSummary } from "./checkout-summary";
import type { CheckoutKernel } from "./linux-facts";

/** What a checkout has for one series. */
export interface CheckoutAnswer {
  readonly kernel: CheckoutKernel | undefined;
  /** What is generated in place for the series; absent without a kernel, or with a refusal. */
  readonly plan?: Plan;
  /** Why nothing can be generated in place at all. */
  readonly refusal?: string;
}

/** What CHECKOUT has for SERIES. */
export function checkoutAnswer({ kernels, source, zfs }: CheckoutSummary, series: Series, releases: readonly Release[]): CheckoutAnswer {
  const kernel = kernels.find((candidate) => compareSeries(candidate.series, series) === 0);
  if (kernel === undefined) return { kernel };
  try {
    refuseOldStyle(source, zfs);
    return { kernel, plan: checkoutPlan([kernel], checkoutRelease(source, zfs, releases), releases) };
  } catch (error) {
    if (!isUserError(error)) throw error;
    return { kernel, refusal: error.problems.map(({ message }) => message).join("; ") };
  }
}
