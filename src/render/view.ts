import { wrapText } from "../wrap";
import type { Kernel } from "../read/kernel";
import { commandPaths, type AdvisoryRange, type Release } from "../read/openzfs/release";
import type { Plan } from "../plan/plan";
import { formatSeries } from "../read/series";
import { SymbolName } from "./literal";

/** What a template can name of a variant in a checkout. */
export interface VariantView {
  readonly name: string;
  readonly symbol: SymbolName;
  readonly series: string;
  readonly kernel: { readonly symbol: SymbolName; readonly module: readonly SymbolName[] };
}

/** A variant of a channel, which is pinned to a release. */
export interface ChannelVariantView extends VariantView {
  readonly release: string;
}

/** What the template of the managed region in a checkout can name. */
export interface RegionView extends Surroundings<true> {
  readonly variants: readonly VariantView[];
  readonly tools: boolean;
  /** False where there is no `zfs-auto-snapshot` to inherit from. */
  readonly autoSnapshot: boolean;
}

/** What the templates of the channel can name. */
export interface ChannelView extends Surroundings<false> {
  readonly variants: readonly ChannelVariantView[];
  readonly releases: readonly ReleaseView[];
}

/** What a template that is in both can name. */
interface Surroundings<InPlace extends boolean> {
  readonly inPlace: InPlace;
  /** The programs that any release installs, `sbin/zpool sbin/zfs …`, a line of them each. */
  readonly commands: readonly string[];
}

export interface ReleaseView {
  readonly version: string;
  readonly sha256: string;
  readonly linuxMinimum: string;
  readonly linuxMaximum: string;
  readonly advisories: readonly AdvisoryView[];
}

interface AdvisoryView {
  readonly comparison: SymbolName;
  readonly series: string;
}

/** The view of PLAN; KNOWN are all releases, since the commands must fit whichever is booted. */
export function channelView({ variants, releases }: Plan, known: readonly Release[]): ChannelView {
  return {
    inPlace: false,
    variants: variants.map(({ kernel, release }) => ({
      ...variantView(kernel),
      release: release.version,
    })),
    commands: commandLines(known),
    releases: releases.map((release) => ({
      version: release.version,
      sha256: hashOf(release),
      linuxMinimum: formatSeries(release.linuxMinimum),
      linuxMaximum: formatSeries(release.linuxMaximum),
      advisories: release.advisories.flatMap(({ range }) =>
        range === undefined ? [] : advisoryViews(range),
      ),
    })),
  };
}

/** What the managed region has: in a checkout the variants inherit the release, and the kernels are imported. */
export interface RegionParts {
  readonly kernels: readonly Kernel[];
  readonly tools: boolean;
  readonly autoSnapshot: boolean;
}

export function regionView(
  { kernels, tools, autoSnapshot }: RegionParts,
  known: readonly Release[],
): RegionView {
  return {
    inPlace: true,
    variants: kernels.map(variantView),
    tools,
    autoSnapshot,
    commands: commandLines(known),
  };
}

function commandLines(known: readonly Release[]): string[] {
  return wrapText(commandPaths(known).join(" "), 79 - '    ""))'.length);
}

function variantView({ series, variant, variable, module }: Kernel): VariantView {
  return {
    name: variant,
    symbol: new SymbolName(variant),
    series: formatSeries(series),
    kernel: {
      symbol: new SymbolName(variable),
      module: module.map((part) => new SymbolName(part)),
    },
  };
}

function hashOf({ version, sha256 }: Release): string {
  if (sha256 === undefined)
    throw new Error(`the plan pins OpenZFS ${version}, the hash of which is unknown`);
  return sha256;
}

/** As `version-compare` of (guix utils) answers: `< "5.6"`, and two of these for `<=`. */
function advisoryViews({ operator, series }: AdvisoryRange): AdvisoryView[] {
  return Array.from(operator, (sign) => ({
    comparison: new SymbolName(sign),
    series: formatSeries(series),
  }));
}

const symbol = new SymbolName("linux");
const variant: VariantView = { name: "", symbol, series: "", kernel: { symbol, module: [symbol] } };
const commands = [""];

/**
 * For each template that is rendered by itself, a view that has everything
 * which any has: what it lacks, a template cannot name.
 */
export const EXAMPLES = {
  channel: {
    inPlace: false,
    variants: [{ ...variant, release: "" }],
    commands,
    releases: [
      {
        version: "",
        sha256: "",
        linuxMinimum: "",
        linuxMaximum: "",
        advisories: [{ comparison: symbol, series: "" }],
      },
    ],
  } satisfies ChannelView,
  region: {
    inPlace: true,
    variants: [variant],
    commands,
    tools: true,
    autoSnapshot: true,
  } satisfies RegionView,
};
