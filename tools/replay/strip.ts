import { CHARACTER } from "../../src/render/matrix-svg";
import { without, type DayAnswer } from "./days";

/** In pixels. */
const BAND = 28;
/** From one band to the next, with its title. */
const STEP = BAND + 24;
const MARGIN = 12;
const WIDTH = 720;

/** A day without ZFS is low, one with it is high: so nobody needs the colours to tell them apart. */
const STYLE = `
text{font:12px ui-monospace,monospace;fill:#1f2328}
.ground{fill:#fff}.with{fill:#1a7f37}.without{fill:#cf222e}.tick{stroke:#59636e}
@media(prefers-color-scheme:dark){
text{fill:#f0f6fc}
.ground{fill:#0d1117}.with{fill:#3fb950}.without{fill:#ff7b72}.tick{stroke:#9198a1}
}
`.replaceAll("\n", "");

const BANDS = [
  { who: "guixNewest", title: "Guix as it was" },
  { who: "channelNewest", title: "with this channel" },
] as const;

/** A picture of ANSWERS, one a day in their order: when the newest kernel of Guix had a ZFS. */
export function strip(answers: readonly DayAnswer[]): string {
  const scale = WIDTH / answers.length;
  const width = WIDTH + 2 * MARGIN;
  const x = (index: number): string => (MARGIN + index * scale).toFixed(2);
  const years = answers.flatMap(({ day }, index) =>
    day.endsWith("-01-01") || index === 0 ? [{ year: day.slice(0, 4), index }] : [],
  );
  const axis = MARGIN + BANDS.length * STEP;
  const height = axis + 64;
  const said = ({ who, title }: (typeof BANDS)[number]): string =>
    `${title}: ${without(answers, who)} of ${answers.length} days without`;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="Days on which the newest kernel of Guix had a ZFS. ${BANDS.map(said).join("; ")}">`,
    `<style>${STYLE}</style>`,
    `<rect class="ground" width="${width}" height="${height}"/>`,
    ...BANDS.flatMap((band, index) => {
      const top = MARGIN + index * STEP;
      return [
        `<text x="${MARGIN}" y="${top + 12}">${said(band)}</text>`,
        ...runs(answers.map((answer) => answer[band.who])).map(({ has, from, to }) =>
          box(has, Number(x(from)), top + 18, (to - from) * scale),
        ),
      ];
    }),
    ...years.flatMap(({ year, index }, position) => {
      const room = ((years[position + 1]?.index ?? answers.length) - index) * scale;
      const label =
        room < (year.length + 1) * CHARACTER
          ? []
          : [`<text x="${Number(x(index)) + 3}" y="${axis + 12}">${year}</text>`];
      return [`<path class="tick" d="M${x(index)} ${axis - 4}v16"/>`, ...label];
    }),
    ...[true, false].flatMap((has, index) => {
      const left = MARGIN + index * (WIDTH / 2);
      return [
        box(has, left, axis + 28, 24),
        `<text x="${left + 32}" y="${axis + 47}">${has ? "the newest kernel of Guix has a ZFS" : "it has none"}</text>`,
      ];
    }),
    "</svg>",
  ].join("\n")}\n`;
}

function box(has: boolean, x: number, y: number, width: number): string {
  const low = has ? 0 : BAND - 8;
  return `<rect class="${has ? "with" : "without"}" x="${x.toFixed(2)}" y="${y + low}" width="${width.toFixed(2)}" height="${BAND - low}"/>`;
}

/** The runs of equal VALUES. */
function runs(
  values: readonly boolean[],
): { readonly has: boolean; readonly from: number; readonly to: number }[] {
  const starts = values.flatMap((value, index) =>
    index === 0 || value !== values[index - 1] ? [index] : [],
  );
  return starts.map((from, index) => ({
    has: values[from]!,
    from,
    to: starts[index + 1] ?? values.length,
  }));
}
