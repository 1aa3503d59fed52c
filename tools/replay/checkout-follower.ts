import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bumpOf, type Bump } from "../../src/commands/bump/steps";
import { laidOut } from "../../src/commands/generation";
import { differs, type Texts } from "../../src/layout/changeset";
import { isUserError } from "../../src/errors";
import type { CheckoutKernel } from "../../src/read/guix/linux-facts";
import { FILE_SYSTEMS_FILE } from "../../src/read/guix/checkout";
import { withoutRegion } from "../../src/layout/region-edit";
import { readRegion } from "../../src/layout/region";
import { checkoutLayout } from "../../src/layout/in-place";
import type { Release } from "../../src/read/openzfs/release";
import { formatSeries } from "../../src/read/series";
import { readPlainFiles } from "../../src/read/plain-files";
import { covers, variantsIn, wrongInMessage, type PlainRelease } from "./expectation";

const plain = await readPlainFiles();

/** A checkout in which the region is committed, and which is rebased on Guix's main line again and again. */
export class CheckoutFollower {
  readonly counts = { bumps: 0, commits: 0, added: 0, removed: 0, merges: 0, conflicts: 0 };
  readonly refused = new Map<string, number>();
  #upstream = "";
  #own = "";
  #texts: Texts = new Map();
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

  /** Takes in UPSTREAM, then bumps; the summaries of the commits where there was something to do. */
  async follow(
    day: string,
    upstream: string,
    kernels: readonly CheckoutKernel[],
    version: string,
  ): Promise<string | undefined> {
    const series = kernels.map((kernel) => formatSeries(kernel.series));
    if (upstream === this.#upstream && series.join() === this.#kernels) return undefined;
    const before = this.#merge(upstream);
    try {
      const wishes = { kernels, releases: this.releases };
      const layout = checkoutLayout(
        "",
        new Map([...this.#texts, [FILE_SYSTEMS_FILE, before]]),
        plain,
      );
      const { plan, changes: files } = laidOut(layout, wishes);
      const bump = await bumpOf({
        plan,
        files,
        steps: layout.steps(plan, this.releases),
        kernels: { add: [], remove: [] },
        notes: [],
      });
      this.#checkSteps(day, before, bump);
      this.#upstream = upstream;
      this.#texts = layout.files(plan, this.releases).after;
      this.#own = this.#texts.get(FILE_SYSTEMS_FILE)!;
      this.#kernels = series.join();
      const now = readRegion(this.#own);
      const again = laidOut(checkoutLayout("", this.#texts, plain), wishes).changes;
      if (again.some(differs))
        this.problem(`${day}: check is not clean after the bump of the checkout`);
      if (files.some(({ losses }) => (losses ?? []).length > 0))
        this.problem(`${day}: something would be lost`);
      if (withoutRegion(now).after !== upstream)
        this.problem(`${day}: without the region the file is not Guix's`);
      this.#checkVariants(day, kernels, version);
      if (bump.steps.length === 0) return undefined;
      this.counts.bumps += 1;
      this.counts.commits += bump.steps.length;
      this.counts.added += bump.variants.added.length;
      this.counts.removed += bump.variants.removed.length;
      return bump.steps.map(({ message }) => message.split("\n")[0]!).join(" ");
    } catch (error) {
      if (!isUserError(error)) throw error;
      this.#upstream = upstream;
      this.#own = upstream;
      this.#texts = new Map();
      this.#kernels = series.join();
      const reason = error.message.replace(/\d+/g, "N").slice(0, 160);
      this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1);
      return undefined;
    }
  }

  /** Each commit is about one variant at the most, says so, and parses; together they do what the bump does. */
  #checkSteps(day: string, before: string, { files, steps: commits }: Bump): void {
    const texts = new Map(files.map((file) => [file.path, file.before]));
    for (const { files: changes, message } of commits) {
      const { before: old = "", after = "" } =
        changes.find(({ role }) => role === "packages") ?? {};
      for (const problem of wrongInMessage(message, FILE_SYSTEMS_FILE, old, after))
        this.problem(`${day}: in place: ${problem}`);
      const variants = [...message.matchAll(/\(([^)]*)\): (?:New|Delete) /g)].flatMap(([, names]) =>
        names!.split(/,\s/).filter((name) => name.startsWith("zfs-for-linux-")),
      );
      if (variants.length > 1)
        this.problem(
          `${day}: in place: a commit is about ${variants.length} variants: ${message.split("\n")[0]}`,
        );
      readRegion(after);
      for (const change of changes) {
        if (texts.get(change.path) !== change.before)
          this.problem(`${day}: in place: a commit does not begin where the one before it ends`);
        texts.set(change.path, change.after);
      }
    }
    if (files.some((file) => texts.get(file.path) !== file.after))
      this.problem(`${day}: in place: the commits do not lead to where the bump leads`);
    if (before !== files.find(({ role }) => role === "packages")!.before)
      this.problem(`${day}: in place: another file is bumped`);
  }

  /** As a person rebases a commit: what cannot be merged is taken from UPSTREAM, and written anew. */
  #merge(upstream: string): string {
    if (this.#own === this.#upstream) return upstream;
    if (upstream === this.#upstream) return this.#own;
    const directory = mkdtempSync(join(tmpdir(), "replay-merge-"));
    try {
      const files = Object.entries({ own: this.#own, base: this.#upstream, upstream }).map(
        ([name, text]) => {
          writeFileSync(join(directory, name), text);
          return join(directory, name);
        },
      );
      const { status, stdout } = spawnSync("git", ["merge-file", "-p", "--", ...files], {
        encoding: "utf8",
        maxBuffer: 1 << 28,
      });
      this.counts.merges += 1;
      if (status === 0) return stdout;
      this.counts.conflicts += 1;
      return upstream;
    } finally {
      rmSync(directory, { recursive: true });
    }
  }

  #checkVariants(day: string, kernels: readonly CheckoutKernel[], version: string): void {
    const release = this.plain.find((candidate) => candidate.version === version)!;
    const expected = kernels
      .map(({ series }) => formatSeries(series))
      .filter((series) => covers(release, series))
      .map((series) => `zfs-for-linux-${series}`);
    const found = [...this.variants];
    if (found.join() !== expected.join())
      this.problem(`${day}: the checkout has ${found.join(", ")}; expected ${expected.join(", ")}`);
  }
}
