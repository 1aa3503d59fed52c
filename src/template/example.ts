import { SymbolName } from "./literal";
import type { ChannelView, RegionView, VariantView } from "./view";

const symbol = new SymbolName("linux");

const variant: VariantView = { name: "", symbol, series: "", pin: { version: "", sha256: "" }, kernel: { symbol, module: [symbol] } };

const commands = [{ folder: "", names: [""] }];

/**
 * For each template that is rendered by itself, a view that has everything
 * which any has: what it lacks, a template cannot name.
 */
export const EXAMPLES = {
  channel: {
    variants: [{ ...variant, long: true }],
    commands,
    releases: [{ version: "", sha256: "", linuxMinimum: "", linuxMaximum: "", advisories: [{ comparison: symbol, series: "" }] }],
  } satisfies ChannelView,
  region: { variants: [variant], commands, autoSnapshot: true } satisfies RegionView,
} as const;
