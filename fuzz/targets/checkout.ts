import { readFileSync } from "node:fs";
import { isUserError } from "../../src/errors";
import { linuxFacts, type CheckoutKernel } from "../../src/read/guix/linux-facts";
import { withoutRegion } from "../../src/write/region/region-edit";
import { BEGIN, END } from "../../src/write/region/markers";
import { readRegion } from "../../src/write/region/region";
import { parseReleaseData } from "../../src/read/openzfs/data-file";
import { shippedFile } from "../../src/files";
import { read } from "../../src/read/scheme/read";
import { loadTemplates } from "../../src/render/templates";
import {
  fileSystemsScm,
  IMPORTS,
  linuxScm,
  MERGERFS,
  OLD_ZFS,
  ZFS,
} from "../../test/support/guix-texts";
import { regionEdit } from "../../test/support/region-edit";
import { FRAGMENTS } from "../../test/support/scheme-arbitraries";
import { expectVariants } from "../emitted";
import { mutate } from "../mutate";
import type { Random } from "../random";
import { expectThat, orSentence, type Target } from "../target";

const templates = await loadTemplates();

const { releases } = await parseReleaseData(
  readFileSync(shippedFile("data/openzfs-releases.json"), "utf8"),
  "data",
);

const LINUX = linuxScm();
const KERNELS = linuxFacts(read(LINUX)).kernels;
const PLAIN = fileSystemsScm();
const WITH_REGION = regionEdit(PLAIN, KERNELS, releases, templates).after;

const BASES = [
  PLAIN,
  PLAIN,
  WITH_REGION,
  fileSystemsScm({ imports: IMPORTS.slice(0, 5) }),
  fileSystemsScm({ after: "" }).replaceAll("\n", "\r\n"),
  fileSystemsScm({ autoSnapshot: "" }).trimEnd(),
  fileSystemsScm({ zfs: OLD_ZFS }),
];

const PIECES = [
  ...FRAGMENTS.filter((fragment) => fragment.length > 1),
  ...[BEGIN, END, `\n${BEGIN}\n`, `\n${END}\n`, "\n;;;zfs-guix: begin\n"],
  ...[
    "#:use-module (guix utils)",
    "\n  #:use-module ((guix gexp) #:select (gexp))",
    "#:autoload (a b) (c)",
    "(use-modules (guix gexp))",
  ],
  ...[
    "(define-public zfs zfs)",
    "(define-public a zfs)",
    "(define-public zfs a)",
    "(begin ",
    "(let ((x 1)) ",
    "(define ((((",
    ZFS,
    MERGERFS,
  ],
  ...[
    '(version "2.4.3")',
    '(version "2.4.3\\n::add-mask::x")',
    "(inherit zfs)",
    "(package/inherit zfs",
    "(define-deprecated-package zfs zfs-auto-snapshot)",
  ],
  ...[
    "linux-libre-6.12",
    "(define-public linux-libre-6.13 linux-libre-6.12)",
    '(define-public linux-libre-6.12-version "6.12.1\\u001b[31m")',
    "(define-module (a))",
  ],
];

async function kernelsOf(random: Random): Promise<readonly CheckoutKernel[]> {
  if (random.oneIn(2)) return KERNELS;
  const text = mutate(random, LINUX, PIECES);
  return (await orSentence(() => linuxFacts(read(text)).kernels)) ?? KERNELS;
}

export const checkout: Target = {
  async run(random, note) {
    const text = random.oneIn(8) ? random.pick(BASES) : mutate(random, random.pick(BASES), PIECES);
    note(text);
    const kernels = await kernelsOf(random);
    const first = await orSentence(() => regionEdit(text, kernels, releases, templates));
    const removed = await orSentence(() => withoutRegion(readRegion(text)).after);
    if (first === undefined) return;
    const { plan, after, losses } = first;
    // What would lose something of somebody's is not written.
    if (losses.length > 0) return;
    const { source, region } = readRegion(after);
    expectThat(region !== undefined, "there is no region after the edit");
    expectVariants(
      after.slice(region.start, region.end),
      plan.variants.map(({ kernel }) => kernel.variant),
    );
    const again = regionEdit(after, kernels, releases, templates).after;
    expectThat(again === after, `a second time changes it again: ${difference(after, again)}`);
    const back = withoutRegion(readRegion(after)).after;
    if (readRegion(text).region === undefined)
      expectThat(back === text, `taken out, it is not what it was: ${difference(text, back)}`);
    expectThat(
      removed === undefined || withoutRegion(readRegion(removed)).after === removed,
      "taking out twice changes it again",
    );
    expectThat(source.text === after, "the text is another one");
    // What is generated for other kernels takes the place of it, and leaves nothing behind.
    const some = kernels.slice(0, 1 + random.below(kernels.length));
    const narrowed = regionEdit(after, some, releases, templates).after;
    try {
      expectThat(
        narrowed === regionEdit(text, some, releases, templates).after ||
          readRegion(text).region !== undefined,
        "the way there can be seen in the result",
      );
    } catch (error) {
      if (!isUserError(error)) throw error;
    }
  },
};

function difference(a: string, b: string): string {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return `${JSON.stringify(a.slice(Math.max(0, at - 60), at + 60))} became ${JSON.stringify(b.slice(Math.max(0, at - 60), at + 60))}`;
}
