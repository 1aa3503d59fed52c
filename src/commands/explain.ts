import { isUserError, UserError } from "../errors";
import { planFor, type GenerationOptions } from "../generation";
import {
  readCheckout,
  checkoutJson,
  checkoutSummary,
  type CheckoutSummary,
} from "../read/guix/checkout";
import {
  channelPlan,
  checkoutPlan,
  checkoutRelease,
  refuseOldStyle,
  type Plan,
} from "../plan/plan";
import type { CheckoutKernel } from "../read/guix/linux-facts";
import { guixKernel } from "../read/kernel";
import { newestFirst, support } from "../plan/compatibility";
import type { Release } from "../read/openzfs/release";
import { jsonOutcome, lines, type Outcome } from "../outcome";
import { planJson } from "./plan-report";
import {
  compareSeries,
  formatSeries,
  isSeries,
  parseSeries,
  SERIES_FORM,
  type Series,
} from "../read/series";

export interface ExplainOptions extends GenerationOptions {
  readonly series: string;
  readonly json?: boolean;
}

/** `zfs-guix explain SERIES`: why it is generated, with which release, or why not. */
export async function explain(options: ExplainOptions): Promise<Outcome> {
  const series = parseSeries(options.series);
  if (!isSeries(series)) {
    throw new UserError({
      message: `${JSON.stringify(options.series)} is not a series: ${series.reason}; expected ${SERIES_FORM}`,
    });
  }
  const checkout =
    options.guix === undefined ? undefined : checkoutSummary(await readCheckout(options.guix));
  const { plan, releases } = await planFor(options, checkout?.kernels);
  const found = ofSeries(plan, series);
  const answer = checkout && {
    ...checkout,
    ...checkoutAnswer(checkout, series, releases),
    isAskedFor: isListed(found),
  };
  if (options.json === true) {
    return jsonOutcome(0, {
      series: formatSeries(series),
      listed: isListed(found),
      ...planJson(found),
      supportedBy: supporting(releases, series).map(({ version }) => version),
      unhashed: supporting(releases, series)
        .filter(isUnhashed)
        .map(({ version }) => version),
      advisories: advisories(releases, series).map(({ version, says, source }) => ({
        release: version,
        says,
        source,
      })),
      ...(answer && { checkout: answerJson(answer) }),
    });
  }
  const channel =
    answer === undefined
      ? channelLines(found, series, releases)
      : channelOfCheckoutLines(found, series, releases, answer);
  return {
    status: 0,
    look: "prose",
    output: lines(
      ...(answer ? checkoutLines(answer, series) : []),
      ...channel,
      ...releaseLines(releases, series),
    ),
  };
}

/** A checkout, what it has for the series, and whether `--kernels` or its file let that be generated. */
type Answer = CheckoutSummary & CheckoutAnswer & { readonly isAskedFor: boolean };

function ofSeries(plan: Plan, series: Series): Plan {
  const only = <T extends Plan["variants"][number] | Plan["skipped"][number]>(
    list: readonly T[],
  ): T[] => list.filter(({ kernel }) => compareSeries(kernel.series, series) === 0);
  return { variants: only(plan.variants), skipped: only(plan.skipped), releases: plan.releases };
}

function isListed({ variants, skipped }: Plan): boolean {
  return variants.length + skipped.length > 0;
}

/** What is generated in the checkout itself. */
function checkoutLines(
  { directory, zfs, kernel, kernels, plan, refusal, isAskedFor }: Answer,
  series: Series,
): string[] {
  const text = formatSeries(series);
  if (kernel === undefined)
    return [
      `${directory} has no kernel of the series ${text}; it has ${kernels.map((other) => formatSeries(other.series)).join(", ")}.`,
    ];
  const asked = isAskedFor ? plan : undefined;
  return [
    `${directory} has ${kernel.variable}${kernel.version === undefined ? "" : `, version ${kernel.version}`}, and OpenZFS ${zfs.version}.`,
    ...(refusal === undefined ? [] : [`In place nothing is generated: ${refusal}.`]),
    ...(isAskedFor
      ? []
      : [
          `${kernel.variable} is not among the kernels that are asked for, so nothing is generated for it.`,
        ]),
    ...(asked?.variants ?? []).map(
      ({ kernel: { variant }, release }) =>
        `In place, ${variant} is generated and inherits OpenZFS ${release.version}, which supports Linux ${range(release)}.`,
    ),
    ...(asked?.skipped ?? []).map(
      ({ kernel: { variant }, reason }) => `In place, ${variant} is not generated: ${reason}.`,
    ),
  ];
}

function answerJson(answer: Answer): object {
  const { kernel, plan, refusal, isAskedFor } = answer;
  return {
    ...checkoutJson(answer),
    kernel:
      kernel === undefined ? null : { name: kernel.variable, version: kernel.version ?? null },
    inPlace: plan === undefined || !isAskedFor ? null : planJson(plan),
    refusal: refusal ?? null,
  };
}

/** What is generated in a channel. */
function channelLines(found: Plan, series: Series, releases: readonly Release[]): string[] {
  const text = formatSeries(series);
  if (isListed(found)) return listedLines(found, text, "");
  const would = wouldBe(series, releases);
  return [
    `Linux ${text} is not in the list of kernels, so nothing is generated for it.`,
    ...would.variants.map(
      ({ release }) =>
        `If it were, OpenZFS ${release.version} would be taken.  Whether Guix has linux-libre-${text} is not looked up: see a checkout with --guix DIR, and if it has, add "${text}" to kernels.scm.`,
    ),
    ...would.skipped.map(({ reason }) => `If it were, it would be skipped: ${reason}.`),
  ];
}

/** What is generated in a channel with the kernels of a checkout. */
function channelOfCheckoutLines(
  found: Plan,
  series: Series,
  releases: readonly Release[],
  { kernel }: Answer,
): string[] {
  if (isListed(found)) return listedLines(found, formatSeries(series), "In a channel, ");
  const would = wouldBe(series, releases);
  const condition = kernel === undefined ? "If it had one" : "If it were";
  return [
    ...would.variants.map(
      ({ release }) => `${condition}, a channel would take OpenZFS ${release.version} for it.`,
    ),
    ...would.skipped.map(({ reason }) => `${condition}, it would be skipped: ${reason}.`),
  ];
}

function listedLines({ variants, skipped }: Plan, series: string, where: string): string[] {
  return [
    ...variants.map(
      ({ kernel, release }) =>
        `${where}${kernel.variant} is generated from OpenZFS ${release.version}, the newest allowed release with a known hash that supports Linux ${series} (${range(release)}).`,
    ),
    ...skipped.map(
      ({ kernel, reason }) => `${where}${kernel.variant} is not generated: ${reason}.`,
    ),
  ];
}

/** The plan for a kernel that nobody has listed. */
function wouldBe(series: Series, releases: readonly Release[]): Plan {
  return channelPlan([guixKernel(series)], releases);
}

/** What OpenZFS itself says, and what speaks against it. */
function releaseLines(releases: readonly Release[], series: Series): string[] {
  const text = formatSeries(series);
  const good = supporting(releases, series);
  const unhashed = good.filter(isUnhashed);
  return [
    good.length === 0
      ? `No known release supports Linux ${text}.`
      : `Releases that support Linux ${text}: ${runs(good, releases)}.`,
    ...(unhashed.length === 0
      ? []
      : [`Of these, the hash is not known, so none is taken: ${runs(unhashed, releases)}.`]),
    ...advisories(releases, series).map(
      ({ version, says, source }) => `Not ${version}: ${says} (${source}).`,
    ),
  ];
}

function supporting(releases: readonly Release[], series: Series): Release[] {
  return newestFirst(releases).filter((release) => support(release, series).kind === "supported");
}

function isUnhashed({ sha256 }: Release): boolean {
  return sha256 === undefined;
}

function advisories(
  releases: readonly Release[],
  series: Series,
): { readonly version: string; readonly says: string; readonly source: string }[] {
  return newestFirst(releases).flatMap((release) => {
    const answer = support(release, series);
    return answer.kind === "advisory"
      ? [{ version: release.version, says: answer.advisory.says, source: answer.advisory.source }]
      : [];
  });
}

/** FOUND, newest first, of ALL releases: `2.4.4 to 2.4.0, 2.3.9` for a branch's releases that follow each other. */
function runs(found: readonly Release[], all: readonly Release[]): string {
  const order = newestFirst(all).map(({ version }) => version);
  const branch = (version: string): string => version.replace(/\.\d+$/, "");
  const spans: [string, string][] = [];
  for (const { version } of found) {
    const last = spans.at(-1);
    if (
      last !== undefined &&
      order.indexOf(version) === order.indexOf(last[1]) + 1 &&
      branch(version) === branch(last[1])
    )
      last[1] = version;
    else spans.push([version, version]);
  }
  return spans
    .map(([newest, oldest]) => (newest === oldest ? newest : `${newest} to ${oldest}`))
    .join(", ");
}

function range({ linuxMinimum, linuxMaximum }: Release): string {
  return `${formatSeries(linuxMinimum)} to ${formatSeries(linuxMaximum)}`;
}

/** What a checkout has for one series. */
interface CheckoutAnswer {
  readonly kernel: CheckoutKernel | undefined;
  /** What is generated in place for the series; absent without a kernel, or with a refusal. */
  readonly plan?: Plan;
  /** Why nothing can be generated in place at all. */
  readonly refusal?: string;
}

/** What CHECKOUT has for SERIES. */
function checkoutAnswer(
  { kernels, source, zfs }: CheckoutSummary,
  series: Series,
  releases: readonly Release[],
): CheckoutAnswer {
  const kernel = kernels.find((candidate) => compareSeries(candidate.series, series) === 0);
  if (kernel === undefined) return { kernel };
  try {
    refuseOldStyle(source, zfs);
    return {
      kernel,
      plan: checkoutPlan([kernel], checkoutRelease(source, zfs, releases), releases),
    };
  } catch (error) {
    if (!isUserError(error)) throw error;
    return { kernel, refusal: error.problems.map(({ message }) => message).join("; ") };
  }
}
