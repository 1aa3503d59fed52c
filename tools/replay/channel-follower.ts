import { relative } from "node:path";
import { bumpOf, changesSomething, removedVariants } from "../../src/commands/bump/steps";
import { channelBump, type ChannelState } from "../../src/commands/bump/channel-bump";
import { addNews, removalNews } from "../../src/commands/bump/news";
import type { CheckoutKernel } from "../../src/read/guix/linux-facts";
import type { FoundRelease } from "../../src/online/refresh";
import { editReleaseData, type ReleaseEntry } from "../../src/write/data-edit";
import { listIn } from "../../src/read/kernels";
import { parseReleaseData } from "../../src/read/openzfs/data-file";
import { formatSeries } from "../../src/read/series";
import { channelLayout, CHANNEL_MODULE_FILE, CHANNEL_TOP } from "../../src/layout/channel";
import { readPlainFiles } from "../../src/read/plain-files";
import {
  newestFor,
  variantsIn,
  wrongInMessage,
  type PlainData,
  type PlainRelease,
} from "./expectation";

const DIRECTORY = "generated";
const TOP = `${DIRECTORY}/${CHANNEL_TOP}`;
const MODULE = `${DIRECTORY}/${CHANNEL_MODULE_FILE}`;

const plain = await readPlainFiles();

/** A channel that is bumped whenever Guix or OpenZFS has something new. */
export class ChannelFollower {
  readonly counts = { bumps: 0, added: 0, removed: 0, updated: 0, news: 0 };
  /** All that was ever written to the news. */
  news: string | undefined;
  #state: ChannelState;
  #day = "";
  #releases: readonly PlainRelease[] = [];

  /** DATA is a file of releases, of which each is known from its day on. */
  constructor(
    private readonly data: string,
    private readonly problem: (text: string) => void,
  ) {
    this.#state = {
      kernels: listIn("kernels.scm", ';; Followed.\n("5.10")\n'),
      releases: { path: "data.json", before: "", text: "" },
      layout: channelLayout(TOP, new Map(), plain),
    };
  }

  /** The variants that there are. */
  get variants(): ReadonlyMap<string, string> {
    return variantsIn(this.#module);
  }

  get #module(): string {
    return this.#state.layout.texts.get(relative(TOP, MODULE)) ?? "";
  }

  /** Bumps for the KERNELS that Guix has on DAY; the commit message where there was something to do. */
  async follow(day: string, kernels: readonly CheckoutKernel[]): Promise<string | undefined> {
    const findings = [{ releases: await this.#newReleases(day), unusable: [] }];
    const bump = await bumpOf(await channelBump(this.#state, { guix: kernels, findings }));
    const before = this.#module;
    const text = (path: string): string | undefined =>
      bump.files.find((file) => file.path === path)?.after;
    const releases = text("data.json") ?? this.#state.releases.text;
    this.#state = {
      ...this.#state,
      kernels: listIn("kernels.scm", text("kernels.scm")!),
      releases: { ...this.#state.releases, before: releases, text: releases },
      layout: channelLayout(
        TOP,
        new Map(
          bump.files.flatMap(({ path, after }) =>
            path.startsWith(`${DIRECTORY}/`) && after !== undefined
              ? [[relative(TOP, path), after]]
              : [],
          ),
        ),
        plain,
      ),
    };
    const after = this.#module;
    this.#check(day, kernels, after);
    const again = await channelBump(this.#state, { guix: kernels, findings: [] });
    if (changesSomething(again))
      this.problem(`${day}: check is not clean after the bump of the channel`);
    const [step] = bump.steps;
    if (step === undefined) return undefined;

    const { added, removed, updated } = bump.variants;
    this.counts.bumps += 1;
    this.counts.added += added.length;
    this.counts.removed += removed.length;
    this.counts.updated += updated.length;
    for (const problem of wrongInMessage(step.message, MODULE, before, after))
      this.problem(`${day}: ${problem}`);
    const gone = removedVariants(bump);
    if (gone.length !== removed.length)
      this.problem(`${day}: ${removed.join(", ")} are gone, and the news speak of ${gone.length}`);
    if (gone.length > 0) {
      const entry = removalNews(
        gone,
        bump.plan.variants.map(({ kernel }) => kernel),
        (this.counts.bumps * 16).toString(16).padStart(40, "0"),
      );
      this.news = addNews(this.news, "news.scm", entry);
      this.counts.news += 1;
    }
    return step.message;
  }

  #check(day: string, kernels: readonly CheckoutKernel[], module: string): void {
    const expected = kernels.flatMap(({ series }) => {
      const text = formatSeries(series);
      const release = newestFor(
        this.#releases.filter(({ sha256 }) => sha256 !== null),
        text,
        (JSON.parse(this.data) as PlainData).advisories,
      );
      return release === undefined ? [] : [`zfs-for-linux-${text} ${release.version}`];
    });
    const found = [...variantsIn(module)].map(([name, version]) => `${name} ${version}`);
    if (found.join() !== expected.join())
      this.problem(`${day}: the channel has ${found.join(", ")}; expected ${expected.join(", ")}`);
  }

  /** What came out since the last time; the first time all until then is in the data from the start. */
  async #newReleases(day: string): Promise<FoundRelease[]> {
    const { releases: all } = JSON.parse(this.data) as { releases: PlainRelease[] };
    this.#releases = all.filter(({ date }) => date <= day);
    const [first, since] = [this.#day === "", this.#day];
    this.#day = day;
    if (first) {
      this.#setData(
        `${JSON.stringify({ ...JSON.parse(this.data), asOf: "2020-01-01", releases: this.#releases }, null, 1)}\n`,
      );
      return [];
    }
    const fresh = this.#releases.filter(({ date }) => date > since);
    // What is known beyond META, somebody writes into the data by hand.
    const byHand = fresh.filter(({ advisories }) => advisories !== undefined);
    if (byHand.length > 0)
      this.#setData(
        editReleaseData(this.#state.releases.text, {
          add: byHand as unknown as ReleaseEntry[],
          hashes: [],
        }),
      );
    const { releases } = await parseReleaseData(this.data, "data.json");
    return releases
      .filter(({ version }) =>
        fresh.some((release) => release.version === version && !byHand.includes(release)),
      )
      .map(({ sha256, tools, advisories: _, ...release }) => ({
        ...release,
        source: "tag" as const,
        tools: () => Promise.resolve(tools),
        ...(sha256 !== undefined && { sha256 }),
      }));
  }

  #setData(text: string): void {
    this.#state = { ...this.#state, releases: { ...this.#state.releases, before: text, text } };
  }
}
