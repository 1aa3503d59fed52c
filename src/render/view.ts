import { wrapText } from "../wrap";
import type { Kernel } from "../read/kernel";
import { commandPaths, type Release } from "../read/openzfs/release";
import type { Plan } from "../plan/plan";
import { formatSeries } from "../read/series";
import { SymbolName } from "./literal";

const symbol = new SymbolName("linux");
/** A variant: its name, as text and as a name, its series, and its kernel's name and module. */
const aVariant = { name: "", symbol, series: "", kernel: { symbol, module: [symbol] } };

/** The programs that any release installs, `sbin/zpool sbin/zfs …`, a line of them each. */
const commands = [""];

/**
 * For each template that is rendered by itself, a view that has everything
 * which any has: what it lacks, a template cannot name.
 */
export const EXAMPLES = {
  channel: {
    inPlace: false,
    /** Each pinned to the version of one of `releases`. */
    variants: [{ ...aVariant, release: "" }],
    commands,
    releases: [
      {
        version: "",
        sha256: "",
        linuxMinimum: "",
        linuxMaximum: "",
        /** Series that it does not support all the same: `<` and `5.6` are all before 5.6. */
        advisories: [{ comparison: symbol, series: "" }],
      },
    ],
  },
  /** The managed region in a checkout. */
  region: {
    inPlace: true,
    variants: [aVariant],
    commands,
    /** Whether it defines `zfs-guix-tools` already: a bump in commits comes to it step by step. */
    tools: true,
    /** False where there is no `zfs-auto-snapshot` to inherit from. */
    autoSnapshot: true,
  },
};

/** The view of PLAN; KNOWN are all releases, since the commands must fit whichever is booted. */
export function channelView(
  { variants, releases }: Plan,
  known: readonly Release[],
): typeof EXAMPLES.channel {
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
        // As `version-compare` of (guix utils) answers: `< "5.6"`, and two of these for `<=`.
        Array.from(range?.operator ?? "", (sign) => ({
          comparison: new SymbolName(sign),
          series: formatSeries(range!.series),
        })),
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
): typeof EXAMPLES.region {
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

function variantView({ series, variant, variable, module }: Kernel): typeof aVariant {
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
