import type { Plan } from "../plan/plan";
import { dataLosses } from "../render/losses";
import { formatSeries } from "../read/series";

/** PLAN for a person: a line for each variant and each skipped kernel. */
export function planLines({ variants, skipped }: Plan): string[] {
  const width = variants.reduce((widest, { kernel }) => Math.max(widest, kernel.variant.length), 0);
  return [
    ...variants.map(
      ({ kernel, release }) =>
        `${kernel.variant.padEnd(width)}  OpenZFS ${release.version}  for ${kernel.variable}`,
    ),
    ...skipped.map(({ reason }) => `skipped: ${reason}`),
  ];
}

/** That kernels of PLAN get nothing: notes for who does not see planLines. */
export function skippedNotes({ skipped }: Plan): string[] {
  return skipped.map(({ reason }) => `note: skipped: ${reason}`);
}

/** PLAN as data. */
export function planJson({ variants, skipped, releases }: Plan): object {
  return {
    variants: variants.map(({ kernel, release }) => ({
      name: kernel.variant,
      series: formatSeries(kernel.series),
      kernel: kernel.variable,
      module: kernel.module,
      release: release.version,
    })),
    skipped: skipped.map(({ kernel, reason, needs }) => ({
      name: kernel.variant,
      series: formatSeries(kernel.series),
      kernel: kernel.variable,
      module: kernel.module,
      reason,
      needs: needs ?? null,
    })),
    dataLosses: dataLosses(releases).map(({ releases: affected, says, source }) => ({
      releases: affected.map(({ version }) => version),
      says,
      source,
    })),
  };
}
