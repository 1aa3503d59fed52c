import { checkoutSummary } from "../guix/checkout-summary";
import type { InputOptions } from "../inputs";
import { readKernels, readReleases } from "../inputs";
import { matrixOf } from "../matrix/matrix";
import { formatMatrix, type MatrixFormat } from "../matrix/format";
import type { Outcome } from "../outcome";

/** `zfs-guix matrix`: which release supports which series; with a checkout, those that it has. */
export async function matrix(options: InputOptions & { readonly format: MatrixFormat }): Promise<Outcome> {
  const [kernels, { releases }, checkout] = await Promise.all([
    readKernels(options),
    readReleases(options),
    options.guix === undefined ? undefined : checkoutSummary(options.guix),
  ]);
  return { status: 0, output: formatMatrix(matrixOf(kernels, releases, checkout), options.format) };
}
