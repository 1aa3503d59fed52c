import { readCheckout } from "../guix/checkout";
import { checkoutSummary } from "../guix/checkout-summary";
import type { InputOptions } from "../inputs";
import { readKernels, readReleases } from "../inputs";
import { matrixOf } from "../matrix/matrix";
import { formatMatrix, type MatrixFormat } from "../matrix/format";
import type { Outcome } from "../outcome";

/** `zfs-guix matrix`: which release supports which series; with a checkout, those that it has. */
export async function matrix(options: InputOptions & { readonly format: MatrixFormat }): Promise<Outcome> {
  const checkout = options.guix === undefined ? undefined : checkoutSummary(await readCheckout(options.guix));
  const [kernels, { releases }] = await Promise.all([readKernels(options, checkout?.kernels), readReleases(options)]);
  return { status: 0, output: formatMatrix(matrixOf(kernels, releases, checkout), options.format) };
}
