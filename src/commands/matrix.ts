import type { InputOptions } from "../inputs";
import { readKernels, readReleases } from "../inputs";
import { matrixOf } from "../matrix/matrix";
import { formatMatrix, type MatrixFormat } from "../matrix/format";
import type { Outcome } from "../outcome";

/** `zfs-guix matrix`: which release supports which series. */
export async function matrix(options: InputOptions & { readonly format: MatrixFormat }): Promise<Outcome> {
  const [kernels, { releases }] = await Promise.all([readKernels(options), readReleases(options)]);
  return { status: 0, output: formatMatrix(matrixOf(kernels, releases), options.format) };
}
