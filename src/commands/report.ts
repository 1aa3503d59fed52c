import { changeStatus, type FileChange } from "../layout/changeset";
import { lines } from "../outcome";
import type { Plan } from "../plan/plan";
import { dataLosses, type Release } from "../read/openzfs/release";
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

/** NOTES, and which kernels of UNSEEN, a plan that is not printed, get nothing. */
export function noteLines(notes: readonly string[], unseen?: Plan): string {
  const skipped = (unseen?.skipped ?? []).map(({ reason }) => `skipped: ${reason}`);
  return lines(...[...notes, ...skipped].map((note) => `note: ${note}`));
}

export function planJson({ variants, skipped, releases }: Plan) {
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
    dataLosses: lossesJson(releases),
  };
}

/** What makes some of RELEASES lose data, as data. */
export function lossesJson(releases: readonly Release[]) {
  return dataLosses(releases).map(({ releases: affected, says, source }) => ({
    releases: affected.map(({ version }) => version),
    says,
    source,
  }));
}

export function fileJson(change: FileChange) {
  return { path: change.path, status: changeStatus(change) };
}
