import type { Support } from "../openzfs/compatibility";
import { formatSeries } from "../series";
import type { Matrix } from "./matrix";

export const MATRIX_FORMATS = ["table", "markdown", "json"] as const;
export type MatrixFormat = (typeof MATRIX_FORMATS)[number];

const WRITERS = {
  table,
  markdown,
  json,
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
  const header = ["OpenZFS", ...matrix.series.map(formatSeries)];
  const body = matrix.rows.map(({ release, cells }) => [release.version, ...cells.map(({ kind }) => SIGNS[kind])]);
  const widths = header.map((_, column) => Math.max(...[header, ...body].map((row) => row[column]!.length)));
  const text = [header, ...body].map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd());
  return `${[...text, ...notes(matrix)].join("\n")}\n`;
}

function markdown(matrix: Matrix): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const text = [
    row(["OpenZFS", ...matrix.series.map(formatSeries)]),
    row(["---", ...matrix.series.map(() => ":---:")]),
    ...matrix.rows.map(({ release, cells }) => row([release.version, ...cells.map(({ kind }) => SIGNS[kind].replace("*", "\\*"))])),
    ...notes(matrix).map((note) => note.replace(/[*<>|]/g, "\\$&")),
  ];
  return `${text.join("\n")}\n`;
}

/** Why a cell says `no*`. */
function notes({ rows }: Matrix): string[] {
  const found = rows.flatMap(({ release, cells }) =>
    [...new Set(cells.flatMap((cell) => (cell.kind === "advisory" ? [cell.advisory] : [])))].map(
      ({ says, source }) => `* ${release.version} ${says} (${source})`,
    ),
  );
  return found.length === 0 ? [] : ["", ...found];
}

function json({ series, rows }: Matrix): string {
  return `${JSON.stringify(
    {
      series: series.map(formatSeries),
      releases: rows.map(({ release, cells }) => ({
        version: release.version,
        date: release.date,
        linuxMinimum: formatSeries(release.linuxMinimum),
        linuxMaximum: formatSeries(release.linuxMaximum),
        sha256: release.sha256 ?? null,
        support: Object.fromEntries(cells.map((cell, index) => [formatSeries(series[index]!), cell.kind])),
        advisories: release.advisories.map(({ says, source }) => ({ says, source })),
      })),
    },
    null,
    2,
  )}\n`;
}
