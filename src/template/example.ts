import { SymbolName } from "./literal";
import type { ChannelView, RegionView, VariantView } from "./view";

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
    releases: [{ version: "", sha256: "", linuxMinimum: "", linuxMaximum: "", advisories: [{ comparison: symbol, series: "" }] }],
  } satisfies ChannelView,
  region: { inPlace: true, variants: [variant], commands, tools: true, autoSnapshot: true } satisfies RegionView,
} as const;
