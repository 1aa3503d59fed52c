import type { Kernel } from "../kernel";
import { commandFolders } from "../openzfs/commands";
import type { AdvisoryRange, Release } from "../openzfs/release";
import type { Plan } from "../plan";
import { formatSeries } from "../series";
import { SymbolName } from "./literal";

/** What a template can name of a variant. */
export interface VariantView {
  readonly name: string;
  readonly symbol: SymbolName;
  readonly series: string;
  /** The release that it is built from; false where it inherits the one of `zfs`. */
  readonly pin: { readonly version: string; readonly sha256: string } | false;
  /** The module is false where the kernel is imported. */
  readonly kernel: { readonly symbol: SymbolName; readonly module: readonly SymbolName[] | false };
}

/** A variant of a channel. */
export interface ChannelVariantView extends VariantView {
  /** Whether its names, module and series are too much for a line of 79 columns. */
  readonly long: boolean;
}

/** What the template of the managed region in a checkout can name. */
export interface RegionView {
  readonly variants: readonly VariantView[];
  /** Whether there is a `zfs-auto-snapshot` to inherit from. */
  readonly autoSnapshot: boolean;
  readonly commands: readonly CommandsView[];
}

/** What the templates of the channel can name. */
export interface ChannelView {
  readonly variants: readonly ChannelVariantView[];
  readonly releases: readonly ReleaseView[];
  readonly commands: readonly CommandsView[];
}

/** The programs that any release installs in a folder. */
interface CommandsView {
  readonly folder: string;
  readonly names: readonly string[];
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
    variants: variants.map(({ kernel, release }) => ({
      ...commonView(kernel),
      pin: { version: release.version, sha256: hashOf(release) },
      long: [kernel.variant, ...kernel.module, kernel.variable, formatSeries(kernel.series)].join(" ").length > 79 - '    (() ""))))'.length,
      kernel: {
        symbol: new SymbolName(kernel.variable),
        module: kernel.module.map((part) => new SymbolName(part)),
      },
    })),
    commands: commandsView(known),
    releases: releases.map((release) => ({
      version: release.version,
      sha256: hashOf(release),
      linuxMinimum: formatSeries(release.linuxMinimum),
      linuxMaximum: formatSeries(release.linuxMaximum),
      advisories: release.advisories.flatMap(({ range }) => (range === undefined ? [] : advisoryViews(range))),
    })),
  };
}

/** In a checkout the variants inherit the release, and the kernels are imported. */
export function regionView({ variants }: Plan, known: readonly Release[], autoSnapshot: boolean): RegionView {
  return {
    variants: variants.map(({ kernel }) => ({
      ...commonView(kernel),
      pin: false,
      kernel: { symbol: new SymbolName(kernel.variable), module: false },
    })),
    autoSnapshot,
    commands: commandsView(known),
  };
}

function commandsView(known: readonly Release[]): CommandsView[] {
  return commandFolders(known).map(({ folder, commands }) => ({ folder, names: commands }));
}

function commonView({ series, variant }: Kernel): Pick<VariantView, "name" | "symbol" | "series"> {
  return { name: variant, symbol: new SymbolName(variant), series: formatSeries(series) };
}

function hashOf({ version, sha256 }: Release): string {
  if (sha256 === undefined) throw new Error(`the plan pins OpenZFS ${version}, the hash of which is unknown`);
  return sha256;
}

/** As `version-compare` of (guix utils) answers: `< "5.6"`, and two of these for `<=`. */
function advisoryViews({ operator, series }: AdvisoryRange): AdvisoryView[] {
  return [...operator].map((sign) => ({ comparison: new SymbolName(sign), series: formatSeries(series) }));
}
