import { printable } from "../errors";
import type { MatrixFormat } from "../options";
import { checkoutJson, type CheckoutSummary } from "../read/guix/checkout";
import { columns, jsonText } from "../outcome";
import { formatSeries } from "../read/series";
import type { Matrix, Support } from "../plan/compatibility";
import { lossLines, marked, sourced } from "../read/openzfs/release";
import { svg } from "./matrix-svg";

const WRITERS = {
  table,
  markdown,
  json,
  svg,
} satisfies Record<MatrixFormat, (matrix: Matrix) => string>;

export function formatMatrix(matrix: Matrix, format: MatrixFormat): string {
  return WRITERS[format](matrix);
}

/** What a cell says where there is little room. */
const SIGNS = {
  supported: "yes",
  advisory: "no*",
  unsupported: "-",
} satisfies Record<Support["kind"], string>;

function table(matrix: Matrix): string {
  const rows = [
    ["OpenZFS", ...matrix.series.map(formatSeries)],
    ...matrix.rows.map(({ release, cells }) => [
      marked(release),
      ...cells.map(({ kind }) => SIGNS[kind]),
    ]),
  ];
  return `${[...columns(rows), ...notes(matrix)].join("\n")}\n`;
}

function markdown(matrix: Matrix): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const text = [
    row(["OpenZFS", ...matrix.series.map(formatSeries)]),
    row(["---", ...matrix.series.map(() => ":---:")]),
    ...matrix.rows.map(({ release, cells }) =>
      row([marked(release), ...cells.map(({ kind }) => SIGNS[kind].replace("*", "\\*"))]),
    ),
    ...notes(matrix).map(markdownText),
  ];
  return `${text.join("\n")}\n`;
}

/** TEXT as Markdown shows it: no link, no markup, no HTML. */
function markdownText(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|~&!]/g, "\\$&");
}

/** Why a cell says `no*`, why a release has a mark, which kernels are pinned, and what the checkout has; a line each. */
function notes({ rows, pinned, checkout }: Matrix): string[] {
  const found = rows.flatMap(({ release, cells }) =>
    [...new Set(cells.flatMap((cell) => (cell.kind === "advisory" ? [cell.advisory] : [])))].map(
      (advisory) => `* ${release.version}: ${sourced(advisory)}`,
    ),
  );
  const all = [
    ...found,
    ...lossLines(rows.map(({ release }) => release)),
    ...pinned.map(
      ({ variable, pin }) =>
        `${variable} is pinned to OpenZFS ${pin!.zfs} (${pin!.file}:${pin!.line})`,
    ),
    ...(checkout ? [checkoutNote(checkout, rows)] : []),
  ];
  return all.length === 0 ? [] : ["", ...all.map(printable)];
}

function checkoutNote(
  { directory, zfs, linuxLibre, lts }: CheckoutSummary,
  rows: Matrix["rows"],
): string {
  const own = rows.find(({ release }) => release.version === zfs.version)?.release;
  const named = [
    ...(linuxLibre ? [`linux-libre ${formatSeries(linuxLibre)}`] : []),
    ...(lts ? [`linux-libre-lts ${formatSeries(lts)}`] : []),
  ];
  return [
    `${directory} has OpenZFS ${own === undefined ? zfs.version : marked(own)}`,
    ...named,
  ].join(", ");
}

function json({ series, rows, pinned, checkout }: Matrix): string {
  return jsonText({
    series: series.map(formatSeries),
    pins: Object.fromEntries(pinned.map(({ variant, pin }) => [variant, pin!.zfs])),
    ...(checkout && { checkout: checkoutJson(checkout) }),
    releases: rows.map(({ release, cells }) => ({
      version: release.version,
      date: release.date,
      linuxMinimum: formatSeries(release.linuxMinimum),
      linuxMaximum: formatSeries(release.linuxMaximum),
      sha256: release.sha256 ?? null,
      support: Object.fromEntries(
        cells.map((cell, index) => [formatSeries(series[index]!), cell.kind]),
      ),
      advisories: release.advisories.map(({ says, source }) => ({ says, source })),
      losesData: release.losesData,
    })),
  });
}
