import { readFileSync } from "node:fs";
import { followKernels } from "../../src/commands/bump/kernels-edit";
import { channelModule } from "../../src/write/channel";
import { channelPlan } from "../../src/plan/choice";
import { guixKernel } from "../../src/read/kernel";
import { parseKernelList, parseKernelsFile } from "../../src/read/kernels";
import { parseReleaseData } from "../../src/read/openzfs/data-file";
import { shippedFile } from "../../src/files";
import { planLines } from "../../src/commands/plan-report";
import { lines } from "../../src/outcome";
import { compareSeries } from "../../src/read/series";
import { loadTemplates } from "../../src/render/templates";
import { expectVariants } from "../emitted";
import { mutate, HOSTILE } from "../mutate";
import { expectShown, expectThat, orSentence, type Target } from "../target";

const templates = await loadTemplates();

const BASES = [
  readFileSync(shippedFile("kernels.scm"), "utf8"),
  '("6.12" ("6.12" linux-6.12 (nongnu packages linux) zfs-for-nongnu-linux-6.12)\r\n ; why\r\n "7.0")\r\n',
  '(("6.6" linux (a) zfs-for-a) ;one\n ("6.1" linux (a) zfs-for-b))',
  '("7.1" "7.0" "6.1")',
];

const { releases } = await parseReleaseData(
  readFileSync(shippedFile("data/openzfs-releases.json"), "utf8"),
  "data",
);

const PIECES = [
  '"6.1"',
  '"9.9"',
  "6.1",
  '("6.1" linux-libre (gnu packages linux) zfs-for-x)',
  "zfs-for-kernel",
  "(a)",
  "()",
  "#|a|#",
  ";b\n",
  "#;",
  '"0.0"',
  '"06.1"',
  '"6.12.1"',
  "#{zfs-for-a b}#",
  "\n",
  " ",
];

export const kernels: Target = {
  async run(random, note) {
    const text = random.oneIn(10)
      ? `(${'"6.1"\n'.repeat(random.below(20_000))})`
      : mutate(random, random.pick(BASES), PIECES);
    note(text);
    const found = await orSentence(() => parseKernelsFile(text, "kernels.scm"));
    await orSentence(() => parseKernelList(random.pick(HOSTILE) + text.slice(0, 100)));
    if (found === undefined) return;
    const plan = channelPlan(found, releases, undefined);
    expectVariants(
      channelModule(plan, releases, templates.compiled),
      plan.variants.map(({ kernel }) => kernel.variant),
    );
    expectShown(lines(...planLines(plan)));

    const guix = [
      ...new Set(random.several(8, () => `${5 + random.below(3)}.${random.below(20)}`)),
    ].map((series) => {
      const [major, minor] = series.split(".");
      return guixKernel({ major: Number(major), minor: Number(minor) });
    });
    if (guix.length === 0) return;
    const followed = await orSentence(() =>
      followKernels(
        text,
        "kernels.scm",
        guix.sort((a, b) => compareSeries(a.series, b.series)),
      ),
    );
    if (followed === undefined) return;
    const ofGuix = parseKernelsFile(followed.text, "kernels.scm").filter(
      ({ variable, module }) =>
        /^linux-libre-\d+\.\d+$/.test(variable) && module.join(" ") === "gnu packages linux",
    );
    const have = new Set(ofGuix.map(({ variable }) => variable));
    expectThat(
      have.size === guix.length && guix.every(({ variable }) => have.has(variable)),
      `the list follows Guix to ${[...have].join()}`,
    );
    expectThat(
      followKernels(followed.text, "kernels.scm", guix).text === followed.text,
      "following twice changes it again",
    );
  },
};
