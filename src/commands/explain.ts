import { UserError } from "../errors";
import { planFor, type GenerationOptions } from "../generation";
import { guixKernel } from "../kernel";
import { newestFirst, support } from "../openzfs/compatibility";
import { jsonOutcome, lines, type Outcome } from "../outcome";
import { makePlan, type Plan } from "../plan";
import { planJson } from "../plan-report";
import { compareSeries, formatSeries, isSeries, parseSeries, SERIES_FORM } from "../series";

/** `zfs-guix explain SERIES`: why it is generated, with which release, or why not. */
export async function explain(options: GenerationOptions & { readonly series: string; readonly json?: boolean }): Promise<Outcome> {
  const series = parseSeries(options.series);
  if (!isSeries(series)) {
    throw new UserError({ message: `${JSON.stringify(options.series)} is not a series: ${series.reason}; expected ${SERIES_FORM}` });
  }
  const { plan, releases } = await planFor(options);
  const ofSeries = <T extends Plan["variants"][number] | Plan["skipped"][number]>(list: readonly T[]): T[] =>
    list.filter(({ kernel }) => compareSeries(kernel.series, series) === 0);
  const found: Plan = { variants: ofSeries(plan.variants), skipped: ofSeries(plan.skipped), releases: plan.releases };
  const listed = found.variants.length + found.skipped.length > 0;
  const text = formatSeries(series);
  const supporting = newestFirst(releases).filter((release) => support(release, series).kind === "supported");
  if (options.json === true) {
    return jsonOutcome(0, { series: text, listed, ...planJson(found), supportedBy: supporting.map(({ version }) => version) });
  }
  const would = makePlan([guixKernel(series)], { releases, candidates: releases, needsHash: true });
  return {
    status: 0,
    output: lines(
      ...found.variants.map(
        ({ kernel, release }) =>
          `${kernel.variant} is generated from OpenZFS ${release.version}, the newest allowed release with a known hash that supports Linux ${text} (${formatSeries(release.linuxMinimum)} to ${formatSeries(release.linuxMaximum)}).`,
      ),
      ...found.skipped.map(({ kernel, reason }) => `${kernel.variant} is not generated: ${reason}.`),
      ...(listed ? [] : [`Linux ${text} is not in the list of kernels, so nothing is generated for it.`]),
      ...(listed
        ? []
        : would.variants.map(({ release }) => `If it were, OpenZFS ${release.version} would be taken: add "${text}" to kernels.scm.`)),
      ...(listed ? [] : would.skipped.map(({ reason }) => `If it were, it would be skipped: ${reason}.`)),
      supporting.length === 0
        ? `No known release supports Linux ${text}.`
        : `Releases that support Linux ${text}: ${supporting.map(({ version, sha256 }) => (sha256 === undefined ? `${version} (hash unknown)` : version)).join(", ")}.`,
      ...newestFirst(releases).flatMap((release) => {
        const answer = support(release, series);
        return answer.kind === "advisory" ? [`Not ${release.version}, which ${answer.advisory.says} (${answer.advisory.source}).`] : [];
      }),
    ),
  };
}
