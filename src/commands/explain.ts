import { UserError } from "../errors";
import { planFor, type GenerationOptions } from "../generation";
import { checkoutAnswer, type CheckoutAnswer } from "../guix/checkout-answer";
import { guixKernel } from "../kernel";
import { newestFirst, support } from "../openzfs/compatibility";
import type { Release } from "../openzfs/release";
import { jsonOutcome, lines, type Outcome } from "../outcome";
import { makePlan, type Plan } from "../plan";
import { planJson } from "../plan-report";
import { compareSeries, formatSeries, isSeries, parseSeries, SERIES_FORM, type Series } from "../series";

/** `zfs-guix explain SERIES`: why it is generated, with which release, or why not. */
export async function explain(options: GenerationOptions & { readonly series: string; readonly json?: boolean }): Promise<Outcome> {
  const series = parseSeries(options.series);
  if (!isSeries(series)) {
    throw new UserError({ message: `${JSON.stringify(options.series)} is not a series: ${series.reason}; expected ${SERIES_FORM}` });
  }
  const { plan, releases } = await planFor(options);
  const checkout = options.guix === undefined ? undefined : await checkoutAnswer(options.guix, series, releases);
  const found = ofSeries(plan, series);
  if (options.json === true) {
    return jsonOutcome(0, {
      series: formatSeries(series),
      listed: isListed(found),
      ...planJson(found),
      supportedBy: supporting(releases, series).map(({ version }) => version),
      ...(checkout && { checkout: checkoutJson(checkout) }),
    });
  }
  return { status: 0, output: lines(...(checkout ? checkoutLines(checkout, series) : []), ...channelLines(found, series, releases, options.guix), ...releaseLines(releases, series)) };
}

function ofSeries(plan: Plan, series: Series): Plan {
  const only = <T extends Plan["variants"][number] | Plan["skipped"][number]>(list: readonly T[]): T[] =>
    list.filter(({ kernel }) => compareSeries(kernel.series, series) === 0);
  return { variants: only(plan.variants), skipped: only(plan.skipped), releases: plan.releases };
}

function isListed({ variants, skipped }: Plan): boolean {
  return variants.length + skipped.length > 0;
}

/** What is generated in the checkout itself. */
function checkoutLines({ directory, zfs, kernel, others, plan, refusal }: CheckoutAnswer, series: Series): string[] {
  const text = formatSeries(series);
  if (kernel === undefined) return [`${directory} has no kernel of the series ${text}; it has ${others.map(formatSeries).join(", ")}.`];
  return [
    `${directory} has ${kernel.variable}${kernel.version === undefined ? "" : `, version ${kernel.version}`}, and OpenZFS ${zfs}.`,
    ...(refusal === undefined ? [] : [`In place nothing is generated: ${refusal}.`]),
    ...(plan?.variants ?? []).map(
      ({ kernel: { variant }, release }) =>
        `In place, ${variant} is generated and inherits OpenZFS ${release.version}, which supports Linux ${range(release)}.`,
    ),
    ...(plan?.skipped ?? []).map(({ kernel: { variant }, reason }) => `In place, ${variant} is not generated: ${reason}.`),
  ];
}

function checkoutJson({ directory, zfs, kernel, plan, refusal }: CheckoutAnswer): object {
  return {
    directory,
    zfs,
    kernel: kernel === undefined ? null : { name: kernel.variable, version: kernel.version ?? null },
    inPlace: plan === undefined ? null : planJson(plan),
    refusal: refusal ?? null,
  };
}

/** What is generated in a channel. */
function channelLines(found: Plan, series: Series, releases: readonly Release[], guix: string | undefined): string[] {
  const text = formatSeries(series);
  const inChannel = guix === undefined ? "" : "In a channel, ";
  const listed = [
    ...found.variants.map(
      ({ kernel, release }) =>
        `${inChannel}${kernel.variant} is generated from OpenZFS ${release.version}, the newest allowed release with a known hash that supports Linux ${text} (${range(release)}).`,
    ),
    ...found.skipped.map(({ kernel, reason }) => `${inChannel}${kernel.variant} is not generated: ${reason}.`),
  ];
  if (isListed(found)) return listed;
  const would = makePlan([guixKernel(series)], { releases, candidates: releases, needsHash: true });
  if (guix !== undefined) {
    return [
      ...would.variants.map(({ release }) => `If it had one, a channel would take OpenZFS ${release.version} for it.`),
      ...would.skipped.map(({ reason }) => `If it had one, it would be skipped: ${reason}.`),
    ];
  }
  return [
    `Linux ${text} is not in the list of kernels, so nothing is generated for it.`,
    ...would.variants.map(({ release }) => `If it were, OpenZFS ${release.version} would be taken: add "${text}" to kernels.scm.`),
    ...would.skipped.map(({ reason }) => `If it were, it would be skipped: ${reason}.`),
  ];
}

/** What OpenZFS itself says, and what speaks against it. */
function releaseLines(releases: readonly Release[], series: Series): string[] {
  const text = formatSeries(series);
  const good = supporting(releases, series);
  return [
    good.length === 0
      ? `No known release supports Linux ${text}.`
      : `Releases that support Linux ${text}: ${good.map(({ version, sha256 }) => (sha256 === undefined ? `${version} (hash unknown)` : version)).join(", ")}.`,
    ...newestFirst(releases).flatMap((release) => {
      const answer = support(release, series);
      return answer.kind === "advisory" ? [`Not ${release.version}, which ${answer.advisory.says} (${answer.advisory.source}).`] : [];
    }),
  ];
}

function supporting(releases: readonly Release[], series: Series): Release[] {
  return newestFirst(releases).filter((release) => support(release, series).kind === "supported");
}

function range({ linuxMinimum, linuxMaximum }: Release): string {
  return `${formatSeries(linuxMinimum)} to ${formatSeries(linuxMaximum)}`;
}
