import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { guixKernel } from "../../src/read/kernel";
import type { Release } from "../../src/read/openzfs/release";
import * as plans from "../../src/plan/plan";
import { channelPlan, checkoutPlan, lossNotes, type Plan } from "../../src/plan/plan";
import { compareSeries, formatSeries, type Series } from "../../src/read/series";
import { release, seriesOf } from "../support/releases";

/** The plan for KERNELS. */
const makePlan = (
  kernels: plans.Wishes["kernels"],
  { releases, ...choice }: plans.Choice & Pick<plans.Wishes, "releases">,
): Plan => plans.makePlan({ kernels, releases }, choice);

const RELEASES = [
  release("2.4.4", "4.18-7.2"),
  release("2.4.3", "4.18-7.0"),
  release("2.3.9", "4.18-7.2", { sha256: undefined }),
  release("2.3.5", "4.18-6.17"),
  release("2.2.6", "3.10-6.10"),
];

function planOf(
  series: readonly string[],
  candidates: readonly Release[] = RELEASES,
  because?: string,
): Plan {
  return makePlan(
    series.map((text) => guixKernel(seriesOf(text))),
    { releases: RELEASES, candidates, needsHash: true, ...(because !== undefined && { because }) },
  );
}

const pinned = ({ variants }: Plan): string[] =>
  variants.map(({ kernel, release: { version } }) => `${kernel.variant} ${version}`);

test("each series gets the newest release that supports it", () => {
  expect(pinned(planOf(["7.1", "5.10", "5.9", "4.9"]))).toEqual([
    "zfs-for-linux-4.9 2.2.6",
    "zfs-for-linux-5.9 2.4.4",
    "zfs-for-linux-5.10 2.4.4",
    "zfs-for-linux-7.1 2.4.4",
  ]);
});

describe("a series that is skipped says why, and which release would do", () => {
  const skippedOf = (series: string, candidates?: readonly Release[], because?: string) =>
    planOf([series, "6.12"], candidates, because).skipped;

  test("none yet", () => {
    expect(skippedOf("7.9")).toEqual([
      {
        kernel: guixKernel(seriesOf("7.9")),
        reason:
          "linux-libre-7.9 has no release yet that supports it: OpenZFS 2.4.4 supports Linux 4.18 to 7.2",
      },
    ]);
  });

  test("none any more", () => {
    expect(skippedOf("3.9")[0]?.reason).toBe(
      "linux-libre-3.9 is too old: the oldest Linux that a release of OpenZFS supports is 3.10",
    );
  });

  test("a later one", () => {
    expect(skippedOf("7.1", [RELEASES[1]!], "this checkout has 2.4.3")).toEqual([
      {
        kernel: guixKernel(seriesOf("7.1")),
        needs: "2.4.4",
        reason: "linux-libre-7.1 needs OpenZFS 2.4.4 or later; this checkout has 2.4.3",
      },
    ]);
  });

  test("an earlier one", () => {
    expect(skippedOf("4.9", [RELEASES[1]!], "this checkout has 2.4.3")[0]?.reason).toBe(
      "linux-libre-4.9 needs OpenZFS 2.2.6 or earlier; this checkout has 2.4.3",
    );
  });

  test("one whose hash is unknown", () => {
    const releases = [
      release("2.3.9", "4.18-7.2", { sha256: undefined }),
      release("2.3.5", "4.18-6.17"),
    ];
    const plan = makePlan([guixKernel(seriesOf("7.1"))], {
      releases,
      candidates: releases,
      needsHash: true,
    });
    expect(plan.skipped[0]).toMatchObject({
      needs: "2.3.9",
      reason: "linux-libre-7.1 needs OpenZFS 2.3.9, the hash of which is not known",
    });
  });

  test("one of those that may be taken, whose hash is unknown, and another", () => {
    expect(skippedOf("7.1", [RELEASES[2]!, RELEASES[3]!], "--zfs asks for 2.3")).toMatchObject([
      {
        needs: "2.4.4",
        reason:
          "linux-libre-7.1 needs OpenZFS 2.3.9, the hash of which is not known, or 2.4.4; --zfs asks for 2.3",
      },
    ]);
  });

  test("an advisory", () => {
    const advised = release("2.4.2", "4.18-7.0", {
      advisories: [
        {
          range: { operator: "<", series: seriesOf("5.6") },
          says: "does not build",
          source: "somewhere#1",
        },
      ],
    });
    const plan = makePlan([guixKernel(seriesOf("5.4"))], {
      releases: [advised, ...RELEASES],
      candidates: [advised],
      needsHash: true,
    });
    expect(plan.skipped[0]?.reason).toBe(
      "linux-libre-5.4 needs OpenZFS 2.4.3 or later; 2.4.2: does not build (somewhere#1)",
    );
  });
});

test("a checkout's release needs no hash", () => {
  const plan = makePlan([guixKernel(seriesOf("7.1"))], {
    releases: RELEASES,
    candidates: [RELEASES[2]!],
    needsHash: false,
  });
  expect(pinned(plan)).toEqual(["zfs-for-linux-7.1 2.3.9"]);
});

test("the releases of a plan are those of its variants, once each, newest first", () => {
  const versions = ({ releases }: Plan): string[] => releases.map(({ version }) => version);
  expect(versions(planOf(["4.9", "6.1", "6.12", "7.9"]))).toEqual(["2.4.4", "2.2.6"]);
  // Without variants, the newest that could be taken, for kernels to come.
  expect(versions(planOf(["7.9"]))).toEqual(["2.4.4"]);
  expect(versions(planOf(["7.9"], RELEASES.slice(1)))).toEqual(["2.4.3"]);
});

test("kernels of one series come in the order of their variants' names", () => {
  const kernel = guixKernel(seriesOf("6.12"));
  const of = (...names: string[]): string[] =>
    planNames(names.map((variant) => ({ ...kernel, variant })));
  const planNames = (kernels: (typeof kernel)[]): string[] =>
    makePlan(kernels, { releases: RELEASES, candidates: RELEASES, needsHash: true }).variants.map(
      ({ kernel: { variant } }) => variant,
    );
  expect(of("zfs-for-b", "zfs-for-a", "zfs-for-c")).toEqual([
    "zfs-for-a",
    "zfs-for-b",
    "zfs-for-c",
  ]);
  expect(of("zfs-for-a", "zfs-for-c", "zfs-for-b")).toEqual([
    "zfs-for-a",
    "zfs-for-b",
    "zfs-for-c",
  ]);
});

test("a kernel between the ranges of two releases is not too old", () => {
  const releases = [release("2.4.4", "6.0-7.2"), release("2.3.5", "4.18-5.10")];
  const plan = (series: string): string | undefined =>
    makePlan([guixKernel(seriesOf(series))], { releases, candidates: releases, needsHash: true })
      .skipped[0]?.reason;
  expect(plan("5.15")).toBe(
    "linux-libre-5.15 has no release yet that supports it: OpenZFS 2.4.4 supports Linux 6.0 to 7.2",
  );
  expect(plan("4.17")).toContain("is too old");
  const advised = [
    release("2.4.4", "6.0-7.2", {
      advisories: [{ range: { operator: "=", series: seriesOf("6.0") }, says: "no", source: "x" }],
    }),
  ];
  expect(
    makePlan([guixKernel(seriesOf("6.0"))], {
      releases: advised,
      candidates: advised,
      needsHash: true,
    }).skipped[0]?.reason,
  ).toContain("has no release yet");
});

test("nothing can be taken, yet something would do", () => {
  const unhashed = release("2.4.4", "4.18-7.2", { sha256: undefined });
  const plan = makePlan([guixKernel(seriesOf("6.12"))], {
    releases: [unhashed, release("2.2.6", "3.10-6.12")],
    candidates: [unhashed],
    needsHash: true,
  });
  expect(plan).toMatchObject({
    variants: [],
    releases: [],
    skipped: [
      {
        needs: "2.2.6",
        reason: "linux-libre-6.12 needs OpenZFS 2.4.4, the hash of which is not known, or 2.2.6",
      },
    ],
  });
});

describe("for any series and ranges", () => {
  const someSeries = fc.record({
    major: fc.integer({ min: 1, max: 9 }),
    minor: fc.integer({ min: 0, max: 30 }),
  });
  const someRelease = fc
    .record({
      patch: fc.integer({ min: 0, max: 99 }),
      a: someSeries,
      b: someSeries,
      hashed: fc.boolean(),
    })
    .map(({ patch, a, b, hashed }): Release => {
      const [low, high] = [a, b].sort(compareSeries) as [Series, Series];
      return release(
        `2.4.${patch}`,
        `${formatSeries(low)}-${formatSeries(high)}`,
        hashed ? {} : { sha256: undefined },
      );
    });
  const someReleases = fc.uniqueArray(someRelease, {
    minLength: 1,
    maxLength: 8,
    selector: ({ version }) => version,
  });
  const someKernels = fc
    .uniqueArray(someSeries, { maxLength: 12, selector: formatSeries })
    .map((list) => list.map(guixKernel));
  const choice = (releases: readonly Release[]) => ({
    releases,
    candidates: releases,
    needsHash: true,
  });

  test("a higher maximum never drops a variant", () => {
    fc.assert(
      fc.property(
        someKernels,
        someReleases,
        fc.nat(),
        someSeries,
        (kernels, releases, which, higher) => {
          const index = which % releases.length;
          const raised = releases.map((item, at) =>
            at === index && compareSeries(higher, item.linuxMaximum) > 0
              ? { ...item, linuxMaximum: higher }
              : item,
          );
          const before = makePlan(kernels, choice(releases)).variants.map(
            ({ kernel }) => kernel.variant,
          );
          const after = makePlan(kernels, choice(raised)).variants.map(
            ({ kernel }) => kernel.variant,
          );
          expect(after).toEqual(expect.arrayContaining(before));
        },
      ),
    );
  });

  test("order does not matter", () => {
    fc.assert(
      fc.property(someKernels, someReleases, (kernels, releases) => {
        expect(makePlan([...kernels].reverse(), choice([...releases].reverse()))).toEqual(
          makePlan(kernels, choice(releases)),
        );
      }),
    );
  });

  test("every kernel is either a variant or skipped with a reason, oldest first", () => {
    fc.assert(
      fc.property(someKernels, someReleases, (kernels, releases) => {
        const { variants, skipped } = makePlan(kernels, choice(releases));
        expect(variants.length + skipped.length).toBe(kernels.length);
        for (const { reason } of skipped) expect(reason).toMatch(/\w/);
        for (const list of [variants, skipped]) {
          const order = list.map(({ kernel }) => kernel.series);
          expect([...order].sort(compareSeries)).toEqual(order);
        }
      }),
    );
  });
});

describe("a release that is known to lose data", () => {
  const losesData = [{ says: "loses blocks", source: "x#1" }];
  const releases = [
    release("2.4.1", "4.18-7.0", { losesData }),
    release("2.4.0", "4.18-6.18"),
    release("2.3.1", "4.18-7.1", { losesData }),
    release("2.3.0", "4.18-6.12", { losesData }),
    release("2.2.0", "3.10-6.12"),
  ];
  const chosen = (pin: string | undefined, ...series: string[]): string[] =>
    channelPlan({
      kernels: series.map((one) => guixKernel(seriesOf(one))),
      releases,
      zfs: pin,
    }).variants.map(({ release: { version } }) => version);

  test("is not taken while there is another", () => {
    expect(chosen(undefined, "4.14", "6.12", "6.18")).toEqual(["2.2.0", "2.4.0", "2.4.0"]);
    expect(chosen("2.4", "6.12")).toEqual(["2.4.0"]);
  });

  test("is taken where there is no other, the newest of them, and comes last in what a channel chooses from", () => {
    expect(chosen(undefined, "7.0", "7.1")).toEqual(["2.4.1", "2.3.1"]);
    expect(chosen("2.3", "6.12")).toEqual(["2.3.1"]);
    const kernels = ["6.12", "7.0"].map((one) => guixKernel(seriesOf(one)));
    const plan = channelPlan({ kernels, releases });
    expect(plan.releases.map(({ version }) => version)).toEqual(["2.4.0", "2.4.1"]);
    expect(lossNotes(plan, false)).toEqual([
      "OpenZFS 2.4.1 is known to lose data, and no other that may be taken supports linux-libre-7.0: loses blocks (x#1)",
    ]);
  });

  test("is taken where it is asked for by name", () => {
    expect(chosen("2.4.1", "6.12")).toEqual(["2.4.1"]);
  });

  test("is not taken for its hash alone", () => {
    const [first, ...rest] = releases;
    expect(
      makePlan([guixKernel(seriesOf("6.12"))], {
        releases,
        candidates: [first!, { ...rest[0]!, sha256: undefined }],
        needsHash: true,
      }).variants[0]!.release.version,
    ).toBe("2.4.1");
  });

  test("is told where a checkout has it, whatever it has a variant for", () => {
    for (const series of ["6.12", "7.2"]) {
      const plan = checkoutPlan(
        { kernels: [guixKernel(seriesOf(series))], releases },
        releases[0]!,
      );
      expect(lossNotes(plan, true)).toEqual([
        "OpenZFS 2.4.1, the zfs of this checkout, is known to lose data: loses blocks (x#1)",
      ]);
    }
  });
});
