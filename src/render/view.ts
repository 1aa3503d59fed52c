import { wrapText } from "../outcome";
import { isOfGuix, type Kernel } from "../read/kernel";
import { commandPaths, type Release } from "../read/openzfs/release";
import type { Plan } from "../plan/plan";
import { compareSeries, formatSeries } from "../read/series";
import { SymbolName } from "./literal";

interface VariantView {
  /** As text and as a name. */
  readonly name: string;
  readonly symbol: SymbolName;
  readonly series: string;
  readonly kernel: { readonly symbol: SymbolName; readonly module: readonly SymbolName[] };
}

/** All that the template of a channel can name. */
export interface ChannelView {
  readonly inPlace: false;
  /** Each pinned to the version of one of `releases`. */
  readonly variants: readonly (VariantView & { readonly release: string })[];
  /** The programs that any release installs, `sbin/zpool`, by the lines that they stand in. */
  readonly commands: readonly (readonly string[])[];
  /** What is decided of a kernel, or of all others of its series: the version of one of `releases`, or false where no ZFS is wanted. */
  readonly pins: readonly {
    readonly kernel: VariantView["kernel"] | undefined;
    readonly series: string;
    readonly release: string | false;
  }[];
  readonly releases: readonly {
    readonly version: string;
    readonly sha256: string;
    readonly linuxMinimum: string;
    readonly linuxMaximum: string;
    /** Series that it does not support all the same: `<` and `5.6` are all before 5.6. */
    readonly advisories: readonly { readonly comparison: SymbolName; readonly series: string }[];
    readonly losesData: boolean;
  }[];
}

/** All that the template of the managed region in a checkout can name. */
export interface RegionView {
  readonly inPlace: true;
  readonly variants: readonly VariantView[];
  readonly commands: readonly (readonly string[])[];
  /** False where there is no `zfs-auto-snapshot` to inherit from. */
  readonly autoSnapshot: boolean;
}

/** The view of PLAN; KNOWN are all releases, since the commands must fit whichever is booted. */
export function channelView(plan: Plan, known: readonly Release[]): ChannelView {
  const { variants, releases } = plan;
  return {
    inPlace: false,
    variants: variants.map(({ kernel, release }) => ({
      ...variantView(kernel),
      release: release.version,
    })),
    commands: commandLines(known),
    pins: pinsOf(plan),
    releases: releases.map((release) => ({
      version: release.version,
      sha256: hashOf(release),
      linuxMinimum: formatSeries(release.linuxMinimum),
      linuxMaximum: formatSeries(release.linuxMaximum),
      advisories: release.advisories.flatMap(({ range }) =>
        // As `version-compare` of (guix utils) answers: `< "5.6"`, and two of these for `<=`.
        Array.from(range?.operator ?? "", (sign) => ({
          comparison: new SymbolName(sign),
          series: formatSeries(range!.series),
        })),
      ),
      losesData: release.losesData.length > 0,
    })),
  };
}

/** What PLAN decides of each of its kernels, and of any other of a series, such as somebody's own. */
function pinsOf({ variants, skipped, unwanted }: Plan): ChannelView["pins"] {
  const kernels = [
    ...variants.map(({ kernel, release: { version, losesData } }) => ({
      kernel,
      series: kernel.series,
      release: version,
      // No kernel gets a release that loses data but one that the plan gives it to.
      isDecided: kernel.pin !== undefined || losesData.length > 0,
    })),
    ...skipped.map(({ kernel }) => ({
      kernel,
      series: kernel.series,
      release: false as const,
      isDecided: kernel.pin !== undefined,
    })),
  ];
  // What stands for a series, the last first: a kernel, Guix's own, that it is not wanted.
  const standing = new Map(
    [
      ...kernels
        .toReversed()
        .sort((a, b) => Number(isOfGuix(a.kernel)) - Number(isOfGuix(b.kernel))),
      ...unwanted.map((series) => ({ series, release: false as const, isDecided: true })),
    ].map((one) => [formatSeries(one.series), one]),
  );
  return [
    ...kernels
      .filter(({ series, release, isDecided }) => {
        const other = standing.get(formatSeries(series))!;
        return other.isDecided ? other.release !== release : isDecided;
      })
      .map((one) => ({ ...one, kernel: variantView(one.kernel).kernel })),
    ...[...standing.values()]
      .filter(({ isDecided }) => isDecided)
      .map((one) => ({ ...one, kernel: undefined })),
  ]
    .sort((a, b) => compareSeries(a.series, b.series))
    .map(({ kernel, series, release }) => ({ kernel, series: formatSeries(series), release }));
}

/** What the managed region has: in a checkout the variants inherit the release, and the kernels are imported. */
export interface RegionParts {
  readonly kernels: readonly Kernel[];
  readonly autoSnapshot: boolean;
}

export function regionView(
  { kernels, autoSnapshot }: RegionParts,
  known: readonly Release[],
): RegionView {
  return {
    inPlace: true,
    variants: kernels.map(variantView),
    autoSnapshot,
    commands: commandLines(known),
  };
}

function commandLines(known: readonly Release[]): string[][] {
  const quoted = commandPaths(known).map((path) => `"${path}"`);
  return wrapText(quoted.join(" "), 79 - "    ".length).map((line) =>
    line.replaceAll('"', "").split(" "),
  );
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
