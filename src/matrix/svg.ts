import type { Support } from "../openzfs/compatibility";
import { formatSeries } from "../series";
import type { Matrix } from "./matrix";

/** In pixels. */
const CELL = { width: 44, height: 18 };
const LEFT = 76;
const TOP = 34;
const LEGEND = 34;

/** Shape as well as colour tells a cell, so that neither is needed to read it. */
const SHAPES = {
  supported: '<path d="M-6 0l4 4 8-8" class="mark"/>',
  advisory: '<path d="M0-6v7" class="mark"/><circle cy="5" r="1.2" class="dot"/>',
  unsupported: '<path d="M-3 0h6" class="mark"/>',
} satisfies Record<Support["kind"], string>;

const WORDS = {
  supported: "supported",
  advisory: "an advisory speaks against it",
  unsupported: "not supported",
} satisfies Record<Support["kind"], string>;

const KINDS = Object.keys(WORDS) as Support["kind"][];

/** Colours for light and for dark surroundings; text on its ground has a contrast of 4.5 or more in both. */
const STYLE = `
text{font:12px system-ui,sans-serif;fill:#1f2328}
.head{font-weight:600}
.cell{stroke:#fff;stroke-width:1}
.supported .cell{fill:#dafbe1}.supported .mark{stroke:#116329}
.advisory .cell{fill:#fff8c5}.advisory .mark{stroke:#7d4e00}.advisory .dot{fill:#7d4e00}
.unsupported .cell{fill:#f6f8fa}.unsupported .mark{stroke:#59636e}
.mark{fill:none;stroke-width:2}
.ground{fill:#fff}
@media(prefers-color-scheme:dark){
text{fill:#f0f6fc}
.cell{stroke:#0d1117}
.supported .cell{fill:#12361f}.supported .mark{stroke:#7ee787}
.advisory .cell{fill:#3d2e00}.advisory .mark{stroke:#f2cc60}.advisory .dot{fill:#f2cc60}
.unsupported .cell{fill:#161b22}.unsupported .mark{stroke:#9198a1}
.ground{fill:#0d1117}
}
`.replaceAll("\n", "");

/** MATRIX as a picture: series across, releases down. */
export function svg({ series, rows }: Matrix): string {
  const width = Math.max(LEFT + series.length * CELL.width + 12, 480);
  const height = TOP + rows.length * CELL.height + LEGEND;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="Which OpenZFS release supports which Linux series">`,
    `<style>${STYLE}</style>`,
    `<defs>${KINDS.map(symbol).join("")}</defs>`,
    `<rect class="ground" width="${width}" height="${height}"/>`,
    `<text class="head" x="8" y="22">OpenZFS</text>`,
    ...series.map((column, index) => `<text class="head" text-anchor="middle" x="${center(index)}" y="22">${escape(formatSeries(column))}</text>`),
    ...rows.flatMap(({ release, cells }, row) => [
      `<text x="8" y="${TOP + row * CELL.height + 13}">${escape(release.version)}</text>`,
      cells.map(({ kind }, index) => picture(kind, LEFT + index * CELL.width, TOP + row * CELL.height)).join(""),
    ]),
    ...legend(height - LEGEND + 10),
    "</svg>",
  ].join("\n")}\n`;
}

function center(column: number): number {
  return LEFT + column * CELL.width + CELL.width / 2;
}

/** A cell of KIND: its ground and its mark, drawn once and used in many places. */
function symbol(kind: Support["kind"]): string {
  return (
    `<g id="${kind}" class="${kind}"><rect class="cell" width="${CELL.width}" height="${CELL.height}"/>` +
    `<g transform="translate(${CELL.width / 2} ${CELL.height / 2})">${SHAPES[kind]}</g></g>`
  );
}

function picture(kind: Support["kind"], x: number, y: number): string {
  return `<use href="#${kind}" x="${x}" y="${y}"/>`;
}

function legend(y: number): string[] {
  return KINDS.flatMap((kind, index) => {
    const x = 8 + [0, 136, 358][index]!;
    return [picture(kind, x, y), `<text x="${x + CELL.width + 6}" y="${y + 13}">${WORDS[kind]}</text>`];
  });
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)!};`);
}
