import { readCheckout, checkoutSummary } from "../read/guix/checkout";
import type { InputOptions } from "../read/inputs";
import { readReleases, readWanted } from "../read/inputs";
import { matrixOf } from "../plan/compatibility";
import { formatMatrix, type MatrixFormat } from "../render/matrix";
import { UserError } from "../errors";
import { lines, type Outcome } from "../outcome";

export interface MatrixOptions extends InputOptions {
  readonly format?: MatrixFormat;
  readonly json?: boolean;
}

/** `zfs-guix matrix`: which release supports which series; with a checkout, those that it has. */
export async function matrix(options: MatrixOptions): Promise<Outcome> {
  const format = options.format ?? (options.json === true ? "json" : "table");
  if (options.json === true && format !== "json")
    throw new UserError({
      message: `--json and --format ${format} both say how to write it`,
      hint: "leave out one of them",
    });
  const checkout =
    options.guix === undefined ? undefined : checkoutSummary(await readCheckout(options.guix));
  const [{ kernels }, { releases, notes }] = await Promise.all([
    readWanted(options, checkout?.kernels),
    readReleases(options),
  ]);
  return {
    status: 0,
    look: format === "table" ? "table" : undefined,
    output: formatMatrix(matrixOf(kernels, releases, checkout), format),
    talk: lines(...notes.map((note) => `note: ${note}`)),
  };
}
