import { printable } from "../errors";
import { PACKAGE_CHECKS, type Finding, type Findings, type ModuleCheck, type PackageCheck, type PackageFindings, type Verdict } from "./finding";
import type { ExitStatus } from "../outcome";

/** 0 all hold, 1 something does not, 2 Guix left a question without an answer. */
export function findingsStatus(findings: Findings): ExitStatus {
  const kinds = new Set(allFindings(findings).map(({ verdict }) => verdict.kind));
  return kinds.has("undetermined") ? 2 : kinds.has("fails") ? 1 : 0;
}

function allFindings({ module, packages }: Findings): Finding[] {
  return [...module, ...packages.flatMap((found) => found.findings)];
}

const WORDS = { holds: "ok", fails: "FAILS", undetermined: "no answer", unasked: "-" } as const satisfies Record<Verdict["kind"], string>;

/** FINDINGS for a person; GUIX, MODULE name what was run and what it ran on. */
export function findingsText(findings: Findings, { guix, module }: { readonly guix: string; readonly module: string }): string[] {
  return [
    `GNU Guix ${findings.version} (${guix})`,
    "",
    ...table(findings.packages),
    "",
    `${module}: ${findings.module.map(({ check, verdict }) => `${check} ${WORDS[verdict.kind]}`).join(", ")}`,
    ...findings.module.flatMap((finding) => complaint(module, finding)),
    ...findings.packages.flatMap(({ name, findings: list }) => list.flatMap((finding) => complaint(name, finding))),
    "",
    ...missingLines(findings.packages),
    count(findings),
  ].map(printable);
}

function table(packages: readonly PackageFindings[]): string[] {
  const asked = PACKAGE_CHECKS.filter((check) => packages.some(({ findings }) => findings.some((finding) => finding.check === check)));
  const rows = [
    ["package", "version", "kernel", ...asked],
    ...packages.map(({ name, version, kernel, missing, findings }) => [
      name,
      version ?? "-",
      kernel ?? "-",
      ...(missing === undefined
        ? asked.map((check) => WORDS[findings.find((finding) => finding.check === check)?.verdict.kind ?? "unasked"])
        : ["not in this Guix"]),
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => (row.length === rows[0]!.length || column < 3 ? (row[column] ?? "").length : 0))));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd());
}

function complaint(name: string, { check, verdict, reproduce }: Finding): string[] {
  if (verdict.kind !== "fails" && verdict.kind !== "undetermined") return [];
  return ["", `${name}: ${check} ${WORDS[verdict.kind]}`, ...verdict.lines.map((line) => `  ${line}`), `  $ ${reproduce}`];
}

function missingLines(packages: readonly PackageFindings[]): string[] {
  return packages.flatMap(({ name, missing }) => (missing === undefined ? [] : [`${name} is not in this Guix: ${missing}`]));
}

function count({ packages, module }: Findings): string {
  const kinds = packages.map(({ missing, findings }) =>
    missing !== undefined ? "missing" : worst(findings),
  );
  const of = (kind: string): number => kinds.filter((found) => found === kind).length;
  const moduleKind = worst(module);
  return [
    `${of("holds")} of ${packages.length - of("missing")} packages hold`,
    ...(of("fails") > 0 ? [`${of("fails")} ${of("fails") === 1 ? "does" : "do"} not`] : []),
    ...(of("undetermined") > 0 ? [`${of("undetermined")} without an answer`] : []),
    ...(of("unasked") > 0 ? [`${of("unasked")} not asked about`] : []),
    ...(of("missing") > 0 ? [`${of("missing")} not in this Guix`] : []),
    moduleKind === "holds" ? "the module holds" : moduleKind === "fails" ? "the module does not hold" : "the module is undetermined",
  ].join(", ");
}

function worst(findings: readonly Finding[]): Verdict["kind"] {
  const kinds = findings.map(({ verdict }) => verdict.kind);
  return (["undetermined", "fails", "unasked"] as const).find((kind) => kinds.includes(kind)) ?? "holds";
}

/** FINDINGS as data. */
export function findingsJson(findings: Findings, { guix, module }: { readonly guix: string; readonly module: string }): object {
  return {
    holds: findingsStatus(findings) === 0,
    guix: { name: guix, version: findings.version },
    module: { name: module, checks: findings.module.map(findingJson) },
    packages: findings.packages.map(({ name, version, kernel, location, missing, findings: list }) => ({
      name,
      version: version ?? null,
      kernel: kernel ?? null,
      location: location ?? null,
      missing: missing ?? null,
      checks: list.map(findingJson),
    })),
  };
}

function findingJson({ check, verdict, reproduce, seconds }: Finding<PackageCheck | ModuleCheck>): object {
  const lines = verdict.kind === "fails" || verdict.kind === "undetermined" ? verdict.lines : [];
  return { check, result: verdict.kind, message: lines.length === 0 ? null : lines.join("\n"), reproduce, seconds };
}
