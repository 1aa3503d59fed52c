import { printable } from "../errors";
import type { ExitStatus } from "../outcome";
import { PACKAGE_CHECKS, type Finding, type Findings, type PackageFindings } from "./finding";

const WORDS = { holds: "ok", fails: "FAILS", undetermined: "no answer" } as const satisfies Record<
  Finding["result"],
  string
>;

/** The worst of what came of FINDINGS; `unasked` where nothing was asked. */
function worst(findings: readonly Finding[]): Finding["result"] | "unasked" {
  return (
    (["undetermined", "fails", "holds"] as const).find((result) =>
      findings.some((finding) => finding.result === result),
    ) ?? "unasked"
  );
}

/** 0 all hold, 1 something does not, 2 Guix left a question without an answer. */
export function findingsStatus({ module, packages }: Findings): ExitStatus {
  const result = worst([...module.findings, ...packages.flatMap(({ findings }) => findings)]);
  return result === "undetermined" ? 2 : result === "fails" ? 1 : 0;
}

/** FINDINGS about one package, or about the module, in a few words. */
export function summary(
  findings: readonly Finding[],
  missing?: string,
): { readonly text: string; readonly kind: "good" | "bad" | "missing" } {
  if (missing !== undefined) return { text: "not in this Guix", kind: "missing" };
  const count = (result: Finding["result"]): number =>
    findings.filter((finding) => finding.result === result).length;
  const parts = [
    ...(count("fails") > 0
      ? [
          `${count("fails")} of ${findings.length} checks ${count("fails") === 1 ? "fails" : "fail"}`,
        ]
      : []),
    ...(count("undetermined") > 0 ? [`${count("undetermined")} without an answer`] : []),
  ];
  return parts.length === 0
    ? { text: "holds", kind: "good" }
    : { text: parts.join(", "), kind: "bad" };
}

/** FINDINGS for a person. */
export function findingsText({ guix, module, packages }: Findings): string[] {
  return [
    `GNU Guix ${guix.version} (${guix.name})`,
    "",
    ...table(packages),
    "",
    `${module.name}: ${module.findings.map(({ check, result }) => `${check} ${WORDS[result]}`).join(", ")}`,
    ...[module, ...packages].flatMap(({ name, findings }) =>
      (findings as readonly Finding[]).flatMap((finding) => complaint(name, finding)),
    ),
    "",
    ...packages.flatMap(({ name, missing }) =>
      missing === undefined ? [] : [`${name} is not in this Guix: ${missing}`],
    ),
    count(packages, worst(module.findings)),
  ].map(printable);
}

function table(packages: readonly PackageFindings[]): string[] {
  const asked = PACKAGE_CHECKS.filter((check) =>
    packages.some(({ findings }) => findings.some((finding) => finding.check === check)),
  );
  const word = (findings: readonly Finding[], check: string): string => {
    const result = findings.find((finding) => finding.check === check)?.result;
    return result === undefined ? "-" : WORDS[result];
  };
  const rows = [
    ["package", "version", "kernel", ...asked],
    ...packages.map(({ name, version, kernel, missing, findings }) => [
      name,
      version ?? "-",
      kernel ?? "-",
      ...(missing === undefined
        ? asked.map((check) => word(findings, check))
        : ["not in this Guix"]),
    ]),
  ];
  const widths = rows[0]!.map((_, column) =>
    Math.max(
      ...rows.map((row) =>
        row.length === rows[0]!.length || column < 3 ? (row[column] ?? "").length : 0,
      ),
    ),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  );
}

function complaint(name: string, { check, result, lines, reproduce }: Finding): string[] {
  if (result === "holds") return [];
  return [
    "",
    `${name}: ${check} ${WORDS[result]}`,
    ...lines.map((line) => `  ${line}`),
    `  $ ${reproduce}`,
  ];
}

function count(packages: readonly PackageFindings[], module: string): string {
  const kinds = packages.map(({ missing, findings }) =>
    missing !== undefined ? "missing" : worst(findings),
  );
  const of = (kind: string): number => kinds.filter((found) => found === kind).length;
  return [
    `${of("holds")} of ${packages.length - of("missing")} packages hold`,
    ...(of("fails") > 0 ? [`${of("fails")} ${of("fails") === 1 ? "does" : "do"} not`] : []),
    ...(of("undetermined") > 0 ? [`${of("undetermined")} without an answer`] : []),
    ...(of("unasked") > 0 ? [`${of("unasked")} not asked about`] : []),
    ...(of("missing") > 0 ? [`${of("missing")} not in this Guix`] : []),
    module === "holds"
      ? "the module holds"
      : module === "fails"
        ? "the module does not hold"
        : "the module is undetermined",
  ].join(", ");
}

/** FINDINGS as data. */
export function findingsJson(findings: Findings): object {
  return {
    holds: findingsStatus(findings) === 0,
    guix: findings.guix,
    module: { name: findings.module.name, checks: findings.module.findings.map(findingJson) },
    packages: findings.packages.map(
      ({ name, version, kernel, location, missing, findings: list }) => ({
        name,
        version: version ?? null,
        kernel: kernel ?? null,
        location: location ?? null,
        missing: missing ?? null,
        checks: list.map(findingJson),
      }),
    ),
  };
}

function findingJson({ check, result, lines, reproduce, seconds }: Finding): object {
  return {
    check,
    result,
    message: lines.length === 0 ? null : lines.join("\n"),
    reproduce,
    seconds,
  };
}
