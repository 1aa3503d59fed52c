import { newestFirst } from "../openzfs/compatibility";
import type { AdvisoryRange, Release } from "../openzfs/release";
import type { Plan } from "../plan";
import { compareSeries, formatSeries } from "../series";
import { SymbolName, type LiteralValue } from "./literal";

/** What a template can name of a variant. */
export interface VariantView {
  readonly name: string;
  readonly symbol: SymbolName;
  readonly series: string;
  readonly version: string;
  readonly sha256: string;
  readonly kernel: { readonly symbol: SymbolName; readonly module: readonly SymbolName[] };
}

/** What the templates of the channel can name. */
export interface ChannelView {
  readonly variants: readonly VariantView[];
  readonly releases: readonly ReleaseView[];
  /** The series of the variants, oldest first. */
  readonly allSeries: readonly string[];
}

export interface ReleaseView {
  readonly version: string;
  readonly sha256: string;
  readonly linuxMinimum: string;
  readonly linuxMaximum: string;
  readonly advisories: LiteralValue;
}

export function channelView({ variants }: Plan): ChannelView {
  const releases = newestFirst([...new Set(variants.map(({ release }) => release))]);
  const series = [...new Map(variants.map(({ kernel }) => [formatSeries(kernel.series), kernel.series])).values()];
  return {
    variants: variants.map(({ kernel, release }) => ({
      name: kernel.variant,
      symbol: new SymbolName(kernel.variant),
      series: formatSeries(kernel.series),
      version: release.version,
      sha256: hashOf(release),
      kernel: {
        symbol: new SymbolName(kernel.variable),
        module: kernel.module.map((part) => new SymbolName(part)),
      },
    })),
    releases: releases.map((release) => ({
      version: release.version,
      sha256: hashOf(release),
      linuxMinimum: formatSeries(release.linuxMinimum),
      linuxMaximum: formatSeries(release.linuxMaximum),
      advisories: release.advisories.flatMap(({ range }) => (range === undefined ? [] : [advisoryLiteral(range)])),
    })),
    allSeries: series.sort(compareSeries).map(formatSeries),
  };
}

function hashOf({ version, sha256 }: Release): string {
  if (sha256 === undefined) throw new Error(`the plan pins OpenZFS ${version}, the hash of which is unknown`);
  return sha256;
}

/** As `version-compare` of (guix utils) answers: ((<) "5.6"). */
function advisoryLiteral({ operator, series }: AdvisoryRange): LiteralValue {
  return [[...operator].map((sign) => new SymbolName(sign)), formatSeries(series)];
}
