import { checkoutSummary } from "../read/guix/checkout";
import { readInputs } from "../read/inputs";
import type { Options } from "../options";
import { matrixOf } from "../plan/compatibility";
import { refuseUnknownPins } from "../plan/plan";
import { formatMatrix } from "../render/matrix-text";
import type { Outcome } from "../outcome";
import { noteLines } from "./report";

/** `zfs-guix matrix`: which release supports which series; with a checkout, those that it has. */
export async function matrix(options: Options): Promise<Outcome> {
  const format = options.format ?? (options.json === true ? "json" : "table");
  const { kernels, releases, notes, checkout } = await readInputs(options);
  refuseUnknownPins(kernels, releases);
  return {
    status: 0,
    look: format === "table" ? "table" : undefined,
    output: formatMatrix(
      matrixOf(kernels, releases, checkout && checkoutSummary(checkout)),
      format,
    ),
    talk: noteLines(notes),
  };
}
