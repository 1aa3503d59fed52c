import { printable } from "../errors";
import { branchOf, lossLines, marked } from "../read/openzfs/release";
import { formatSeries } from "../read/series";
import type { Matrix, MatrixRow, Support } from "../plan/compatibility";
import { wrapText } from "../outcome";

/** In pixels. */
const ROW = 24;
const MARGIN = 12;
const TOP = 36;
/** From a line of text to the next. */
const LINE = 16;
/** Of the text, where it stands in a row. */
const BASELINE = 16;

/** What a character of a font of fixed width takes at the most: so widths can be told without a font. */
export const CHARACTER = 12 * 0.61;

/** Text as well as colour tells a cell, so that neither is needed to read it. */
const SIGNS = { supported: "x.y.z", advisory: "no*", unsupported: "-" } satisfies Record<
  Support["kind"],
  string
>;

const WORDS = {
  supported: "supported, first by release x.y.z of that branch",
  advisory: "an advisory speaks against it",
  unsupported: "not supported",
} satisfies Record<Support["kind"], string>;

const TITLE = "OpenZFS";

const KINDS = Object.keys(WORDS) as Support["kind"][];

/** Colours for light and for dark surroundings; text on its ground has a contrast of 4.5 or more in both. */
const STYLE = `
text{font:12px ui-monospace,monospace;fill:#1f2328}
.cell{stroke:#fff;stroke-width:2}
.supported{fill:#dafbe1}.advisory{fill:#fff8c5}.unsupported{fill:#f6f8fa}
.ground{fill:#fff}
@media(prefers-color-scheme:dark){
text{fill:#f0f6fc}
.cell{stroke:#0d1117}
.supported{fill:#12361f}.advisory{fill:#3d2e00}.unsupported{fill:#161b22}
.ground{fill:#0d1117}
}
`.replaceAll("\n", "");

/** MATRIX as a picture: series across, the branches of OpenZFS down, each by its newest release. */
export function svg({ series, rows }: Matrix): string {
  const branches = byBranch(rows);
  const names = series.map(formatSeries);
  // Every column is as wide as the longest text that may stand in one.
  const versions = rows.map(({ release }) => marked(release));
  const column = widthOf([TITLE, ...names, ...Object.values(SIGNS), ...versions]) + MARGIN;
  const centered = (text: string, index: number, y: number): string =>
    `<text text-anchor="middle" x="${(index + 1.5) * column}" y="${y}">${escape(text)}</text>`;
  const cell = (kind: Support["kind"], text: string, index: number, y: number): string[] => [
    `<rect class="cell ${kind}" x="${(index + 1) * column}" y="${y}" width="${column}" height="${ROW}"/>`,
    centered(text, index, y + BASELINE),
  ];
  const legend = TOP + branches.length * ROW + MARGIN;
  const width =
    Math.max((series.length + 1) * column, 2 * column + MARGIN + widthOf(Object.values(WORDS))) +
    MARGIN;
  const room = Math.floor((width - 2 * MARGIN) / CHARACTER);
  const losses = lossLines(rows.map(({ release }) => release)).flatMap((line) =>
    wrapText(printable(line), room),
  );
  const end = legend + KINDS.length * ROW;
  const height = end + losses.length * LINE + MARGIN;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="Which OpenZFS release supports which Linux series">`,
    `<style>${STYLE}</style>`,
    `<rect class="ground" width="${width}" height="${height}"/>`,
    ...[TITLE, ...names].map((name, index) => centered(name, index - 1, 22)),
    ...branches.flatMap((branch, row) => {
      const y = TOP + row * ROW;
      const { release, cells } = branch[0]!;
      return [
        centered(marked(release), -1, y + BASELINE),
        ...cells.flatMap(({ kind }, index) =>
          cell(kind, kind === "supported" ? supportedSince(branch, index) : SIGNS[kind], index, y),
        ),
      ];
    }),
    ...KINDS.flatMap((kind, index) => {
      const y = legend + index * ROW;
      return [
        ...cell(kind, SIGNS[kind], 0, y),
        `<text x="${2 * column + MARGIN}" y="${y + BASELINE}">${WORDS[kind]}</text>`,
      ];
    }),
    ...losses.map(
      (line, index) =>
        `<text x="${MARGIN}" y="${end + index * LINE + BASELINE}">${escape(line)}</text>`,
    ),
    "</svg>",
  ].join("\n")}\n`;
}

function widthOf(texts: readonly string[]): number {
  return Math.ceil(texts.reduce((longest, text) => Math.max(longest, text.length), 0) * CHARACTER);
}

function byBranch(rows: readonly MatrixRow[]): MatrixRow[][] {
  const versions = rows.map(({ release }) => release.version);
  return [...new Set(versions.map(branchOf))].map((branch) =>
    rows.filter(({ release }) => branchOf(release.version) === branch),
  );
}

/** The first of BRANCH, its releases newest first, that support the series at INDEX without a break. */
function supportedSince(branch: readonly MatrixRow[], index: number): string {
  const end = branch.findIndex(({ cells }) => cells[index]!.kind !== "supported");
  return marked(branch.at(end === -1 ? -1 : end - 1)!.release);
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)!};`);
}
