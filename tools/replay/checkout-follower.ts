import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bumpOf } from "../../src/bump/bump";
import { isUserError } from "../../src/errors";
import { withoutRegion } from "../../src/guix/region-edit";
import type { CheckoutKernel } from "../../src/guix/linux-facts";
import { FILE_SYSTEMS_FILE } from "../../src/guix/checkout";
import { readRegion } from "../../src/guix/region";
import { regionEdit } from "../../src/in-place";
import type { Release } from "../../src/openzfs/release";
import { formatSeries } from "../../src/series";
import { loadTemplates } from "../../src/template/load";
import { covers, variantsIn, wrongInMessage, type PlainRelease } from "./expectation";

const templates = await loadTemplates();

/** A checkout in which the region is committed, and which is rebased on Guix's main line again and again. */
export class CheckoutFollower {
  readonly counts = { bumps: 0, added: 0, removed: 0, merges: 0, conflicts: 0 };
  readonly refused = new Map<string, number>();
  #upstream = "";
  #own = "";
  #kernels = "";

  constructor(
    private readonly releases: readonly Release[],
    private readonly plain: readonly PlainRelease[],
    private readonly problem: (text: string) => void,
  ) {}

  /** The variants that there are. */
  get variants(): ReadonlySet<string> {
    return new Set(variantsIn(this.#own).keys());
  }

  /** Takes in UPSTREAM, then bumps; the commit message where there was something to do. */
  async follow(day: string, upstream: string, kernels: readonly CheckoutKernel[], version: string): Promise<string | undefined> {
    const series = kernels.map((kernel) => formatSeries(kernel.series));
    if (upstream === this.#upstream && series.join() === this.#kernels) return undefined;
    const before = this.#merge(upstream);
    try {
      const { plan, after } = regionEdit(before, kernels, this.releases, templates);
      this.#upstream = upstream;
      this.#own = after;
      this.#kernels = series.join();
      this.#check(day, upstream, after, kernels, version);
      const bump = await bumpOf({ plan, files: [{ role: "packages", path: FILE_SYSTEMS_FILE, before, after }], kernels: { add: [], remove: [] }, notes: [] });
      if (bump.message === undefined) return undefined;
      this.counts.bumps += 1;
      this.counts.added += bump.variants.added.length;
      this.counts.removed += bump.variants.removed.length;
      for (const problem of wrongInMessage(bump.message, FILE_SYSTEMS_FILE, before, after)) this.problem(`${day}: in place: ${problem}`);
      return bump.message;
    } catch (error) {
      if (!isUserError(error)) throw error;
      this.#upstream = upstream;
      this.#own = upstream;
      this.#kernels = series.join();
      const reason = error.message.replace(/\d+/g, "N").slice(0, 160);
      this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1);
      return undefined;
    }
  }

  /** As a person rebases a commit: what cannot be merged is taken from UPSTREAM, and written anew. */
  #merge(upstream: string): string {
    if (this.#own === this.#upstream) return upstream;
    if (upstream === this.#upstream) return this.#own;
    const directory = mkdtempSync(join(tmpdir(), "replay-merge-"));
    try {
      const files = Object.entries({ own: this.#own, base: this.#upstream, upstream }).map(([name, text]) => {
        writeFileSync(join(directory, name), text);
        return join(directory, name);
      });
      const { status, stdout } = spawnSync("git", ["merge-file", "-p", "--", ...files], { encoding: "utf8", maxBuffer: 1 << 28 });
      this.counts.merges += 1;
      if (status === 0) return stdout;
      this.counts.conflicts += 1;
      return upstream;
    } finally {
      rmSync(directory, { recursive: true });
    }
  }

  #check(day: string, upstream: string, after: string, kernels: readonly CheckoutKernel[], version: string): void {
    if (regionEdit(after, kernels, this.releases, templates).after !== after) this.problem(`${day}: check is not clean after the bump of the checkout`);
    if (withoutRegion(readRegion(after)).after !== upstream) this.problem(`${day}: without the region the file is not Guix's`);
    const release = this.plain.find((candidate) => candidate.version === version)!;
    const expected = kernels.map(({ series }) => formatSeries(series)).filter((series) => covers(release, series)).map((series) => `zfs-for-linux-${series}`);
    const found = [...variantsIn(after).keys()];
    if (found.join() !== expected.join()) this.problem(`${day}: the checkout has ${found.join(", ")}; expected ${expected.join(", ")}`);
  }
}
