import { isUserError, UserError } from "../errors";
import type { Options } from "../options";
import { readInputs } from "../read/inputs";
import { checkoutJson, checkoutSummary, type CheckoutSummary } from "../read/guix/checkout";
import {
  channelPlan,
  checkoutPlan,
  checkoutRelease,
  lossNotes,
  refuseOldStyle,
  type Plan,
} from "../plan/plan";
import type { CheckoutKernel } from "../read/guix/linux-facts";
import { guixKernel, isUnwanted } from "../read/kernel";
import { newestFirst, support } from "../plan/compatibility";
import { dataLosses, formatRange, runs, sourced, type Release } from "../read/openzfs/release";
import { jsonOutcome, lines, type Outcome } from "../outcome";
import { lossesJson, noteLines, planJson } from "./report";
import {
  compareSeries,
  formatSeries,
  isSeries,
  parseRealSeries,
  SERIES_FORM,
  type Series,
} from "../read/series";

/** `zfs-guix explain SERIES`: why it is generated, with which release, or why not. */
export async function explain(options: Options): Promise<Outcome> {
  const series = parseRealSeries(options.argument!);
  if (!isSeries(series)) {
    throw new UserError({
      message: `${JSON.stringify(options.argument)} is not a series: ${series.reason}; expected ${SERIES_FORM}`,
    });
  }
  const inputs = await readInputs(options);
  const { releases, unwanted, checkout } = inputs;
  const found = ofSeries(channelPlan({ ...inputs, zfs: options.zfs }), series);
  const isListed = found.variants.length + found.skipped.length > 0;
  const own = checkout && inPlace(checkoutSummary(checkout), series, releases, found);
  const isLeftOut = isUnwanted(guixKernel(series), unwanted);
  const ownReleases = releases.filter(({ version }) => version === own?.zfs.version);
  const order = newestFirst(releases);
  const supporting = order.filter((release) => support(release, series).kind === "supported");
  const unhashed = supporting.filter(({ sha256 }) => sha256 === undefined);
  const advisories = order.flatMap((release) => {
    const answer = support(release, series);
    if (answer.kind !== "advisory") return [];
    const { says, source } = answer.advisory;
    return [{ release: release.version, says, source }];
  });
  const text = formatSeries(series);
  const talk = noteLines(inputs.notes);
  if (options.json === true) {
    const json = jsonOutcome(0, {
      series: text,
      listed: isListed,
      unwanted: isLeftOut,
      ...planJson(found),
      supportedBy: supporting.map(({ version }) => version),
      unhashed: unhashed.map(({ version }) => version),
      advisories,
      dataLosses: lossesJson(supporting),
      ...(own && {
        checkout: {
          ...checkoutJson(own),
          kernel: own.kernel && { name: own.kernel.variable, version: own.kernel.version ?? null },
          inPlace: own.plan && planJson(own.plan),
          refusal: own.refusal,
        },
      }),
    });
    return { ...json, talk };
  }
  return {
    status: 0,
    talk,
    look: "prose",
    output: lines(
      ...(own ? checkoutLines(own, text, isListed) : []),
      ...lossNotes({ variants: [], releases: ownReleases }, true).map((note) => `${note}.`),
      ...(isListed
        ? sentences(found, text, own === undefined ? "" : "In a channel, ")
        : isLeftOut
          ? [`Linux ${text} is not wanted, as ${inputs.list} says, so nothing is generated for it.`]
          : unlistedLines(
              channelPlan({ kernels: [guixKernel(series)], releases, zfs: options.zfs }),
              own,
              series,
            )),
      supporting.length === 0
        ? `No known release supports Linux ${text}.`
        : `Releases that support Linux ${text}: ${runs(supporting, order)}.`,
      ...(unhashed.length === 0
        ? []
        : [`Of these, the hash is not known, so none is taken: ${runs(unhashed, order)}.`]),
      ...advisories.map((advisory) => `Not ${advisory.release}: ${sourced(advisory)}.`),
      ...dataLosses(supporting).flatMap(({ releases: affected, ...loss }) => [
        `Taken only where there is no other, since they can lose data: ${runs(affected, order)}.`,
        `  ${sourced(loss)}.`,
      ]),
    ),
  };
}

function ofSeries(plan: Plan, series: Series): Plan {
  const only = <T extends Plan["variants"][number] | Plan["skipped"][number]>(
    list: readonly T[],
  ): T[] => list.filter(({ kernel }) => compareSeries(kernel.series, series) === 0);
  return { ...plan, variants: only(plan.variants), skipped: only(plan.skipped) };
}

/** A checkout, and what it has for one series. */
interface CheckoutAnswer extends CheckoutSummary {
  readonly kernel: CheckoutKernel | null;
  /** What is generated in place for the series; null without a kernel that is asked for, or with a refusal. */
  readonly plan: Plan | null;
  /** Why nothing can be generated in place at all. */
  readonly refusal: string | null;
}

function inPlace(
  checkout: CheckoutSummary,
  series: Series,
  releases: readonly Release[],
  found: Plan,
): CheckoutAnswer {
  const { kernels, source, zfs } = checkout;
  // As the list of kernels has it.
  const asked = [...found.variants, ...found.skipped].find(({ kernel: { variable } }) =>
    kernels.some((one) => one.variable === variable),
  );
  const kernel = kernels.find((one) => compareSeries(one.series, series) === 0) ?? null;
  const answer = { ...checkout, kernel, plan: null, refusal: null };
  if (kernel === null) return answer;
  try {
    refuseOldStyle(source, zfs);
    const release = checkoutRelease(source, zfs, releases);
    const plan =
      asked &&
      checkoutPlan({ kernels: [asked.kernel], releases, unwanted: found.unwanted }, release);
    return { ...answer, plan: plan ?? null };
  } catch (error) {
    if (!isUserError(error)) throw error;
    return { ...answer, refusal: error.problems.map(({ message }) => message).join("; ") };
  }
}

/** What is generated in the checkout itself. */
function checkoutLines(
  { directory, zfs, kernel, kernels, plan, refusal }: CheckoutAnswer,
  series: string,
  isAskedFor: boolean,
): string[] {
  if (kernel === null)
    return [
      `${directory} has no kernel of the series ${series}; it has ${kernels.map((other) => formatSeries(other.series)).join(", ")}.`,
    ];
  return [
    `${directory} has ${kernel.variable}${kernel.version === undefined ? "" : `, version ${kernel.version}`}, and OpenZFS ${zfs.version}.`,
    ...(refusal === null ? [] : [`In place nothing is generated: ${refusal}.`]),
    ...(isAskedFor
      ? []
      : [
          `${kernel.variable} is not among the kernels that are asked for, so nothing is generated for it.`,
        ]),
    ...(plan === null ? [] : sentences(plan, series, "In place, ", true)),
  ];
}

/** What PLAN, of one series, has, in a channel or in place, each beginning with WHERE. */
function sentences(
  { variants, skipped }: Plan,
  series: string,
  where: string,
  isInPlace = false,
): string[] {
  return [
    ...variants.map(({ kernel: { variant, pin }, release }) => {
      const held =
        pin === undefined ? "" : ` of ${pin.zfs}, to which ${pin.file}:${pin.line} pins it,`;
      const range = formatRange(release);
      const loss = release.losesData.length === 0 ? "" : "; it can lose data, see below";
      return isInPlace
        ? `${where}${variant} is generated and inherits OpenZFS ${release.version}, which supports Linux ${range}${loss}.`
        : `${where}${variant} is generated from OpenZFS ${release.version}, the newest allowed release${held} with a known hash that supports Linux ${series} (${range})${loss}.`;
    }),
    ...skipped.map(
      ({ kernel: { variant }, reason }) => `${where}${variant} is not generated: ${reason}.`,
    ),
  ];
}

/** What a channel would have for a series that is not in the list of kernels, or not in that of the CHECKOUT. */
function unlistedLines(
  { variants, skipped }: Plan,
  checkout: CheckoutAnswer | undefined,
  series: Series,
): string[] {
  const text = formatSeries(series);
  const condition = checkout?.kernel === null ? "If it had one" : "If it were";
  const whether = `  Whether Guix has linux-libre-${text} is not looked up: see a checkout with --guix DIR, and if it has, add "${text}" to kernels.scm.`;
  return [
    ...(checkout === undefined
      ? [`Linux ${text} is not in the list of kernels, so nothing is generated for it.`]
      : []),
    ...variants.map(
      ({ release }) =>
        `${condition}, a channel would take OpenZFS ${release.version} for it.${checkout === undefined ? whether : ""}`,
    ),
    ...skipped.map(({ reason }) => `${condition}, it would be skipped: ${reason}.`),
  ];
}
