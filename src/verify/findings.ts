import { printable } from "../errors";
import { columns, type ExitStatus } from "../outcome";

/** What is asked of each package. */
const PACKAGE_CHECKS = ["evaluates", "derivation", "lint", "style", "system", "builds"] as const;

/** The last three are asked of the module, and of its channel. */
export type Check = (typeof PACKAGE_CHECKS)[number] | "loads" | "cache" | "service";

/** What came of one check; of one that an earlier answer makes idle there is none. */
export interface Finding {
  readonly check: Check;
  /** `undetermined`: Guix hung, crashed, or talked nonsense. */
  readonly result: "holds" | "fails" | "undetermined";
  /** Sentences without their periods, or Guix's own lines; null where there is nothing to say. */
  readonly message: string | null;
  /** What shows the same to a person, a line for a shell. */
  readonly reproduce: string;
  readonly seconds: number;
}

export interface PackageFindings {
  readonly name: string;
  readonly version: string | null;
  /** Such as `linux-libre 6.12.95`. */
  readonly kernel: string | null;
  /** FILE:LINE:COLUMN as Guix counts. */
  readonly location: string | null;
  readonly missing: string | null;
  readonly checks: readonly Finding[];
}

/** As `verify --json` prints it. */
export interface Findings {
  /** What was run, and the version that it calls itself. */
  readonly guix: { readonly name: string; readonly version: string };
  readonly module: { readonly name: string; readonly checks: readonly Finding[] };
  readonly packages: readonly PackageFindings[];
}

const WORDS = { holds: "ok", fails: "FAILS", undetermined: "no answer" };

/** The worst of what came of CHECKS; `unasked` where nothing was asked. */
function worst(checks: readonly Finding[]): Finding["result"] | "unasked" {
  return (
    (["undetermined", "fails", "holds"] as const).find((result) =>
      checks.some((finding) => finding.result === result),
    ) ?? "unasked"
  );
}

/** 0 all hold, 1 something does not, 2 Guix left a question without an answer. */
export function findingsStatus({ module, packages }: Findings): ExitStatus {
  const result = worst([module, ...packages].flatMap(({ checks }) => checks));
  return result === "undetermined" ? 2 : result === "fails" ? 1 : 0;
}

export interface Summary {
  readonly text: string;
  readonly kind: "good" | "bad" | "missing";
}

/** What CHECKS of one package, or of the module, found, in a few words; none of one that is MISSING. */
export function summary(checks: readonly Finding[], missing: string | null = null): Summary {
  if (missing !== null) return { text: "not in this Guix", kind: "missing" };
  const [fails, open] = (["fails", "undetermined"] as const).map(
    (result) => checks.filter((finding) => finding.result === result).length,
  );
  const parts = [
    fails! > 0 && `${fails} of ${checks.length} checks ${fails === 1 ? "fails" : "fail"}`,
    open! > 0 && `${open} without an answer`,
  ].filter((part) => part !== false);
  return parts.length === 0
    ? { text: "holds", kind: "good" }
    : { text: parts.join(", "), kind: "bad" };
}

/** FINDINGS for a person, in lines. */
export function findingsText({ guix, module, packages }: Findings): string[] {
  const asked = PACKAGE_CHECKS.filter((check) =>
    packages.some(({ checks }) => checks.some((finding) => finding.check === check)),
  );
  const cells = ({ missing, checks }: PackageFindings): string[] =>
    missing !== null
      ? ["not in this Guix"]
      : asked.map((check) => {
          const result = checks.find((finding) => finding.check === check)?.result;
          return result === undefined ? "-" : WORDS[result];
        });
  return [
    `GNU Guix ${guix.version} (${guix.name})`,
    "",
    ...columns([
      ["package", "version", "kernel", ...asked],
      ...packages.map((one) => [one.name, one.version ?? "-", one.kernel ?? "-", ...cells(one)]),
    ]),
    "",
    `${module.name}: ${module.checks.map(({ check, result }) => `${check} ${WORDS[result]}`).join(", ")}`,
    ...[module, ...packages].flatMap(({ name, checks }) =>
      checks
        .filter(({ result }) => result !== "holds")
        .flatMap(({ check, result, message, reproduce }) => [
          "",
          `${name}: ${check} ${WORDS[result]}`,
          ...message!.split("\n").map((line) => `  ${line}`),
          `  $ ${reproduce}`,
        ]),
    ),
    "",
    ...packages.flatMap(({ name, missing }) =>
      missing === null ? [] : [`${name} is not in this Guix: ${missing}`],
    ),
    conclusion(packages, worst(module.checks)),
  ].map(printable);
}

function conclusion(
  packages: readonly PackageFindings[],
  module: ReturnType<typeof worst>,
): string {
  const kinds = packages.map(({ missing, checks }) =>
    missing === null ? worst(checks) : "missing",
  );
  const of = (kind: string): number => kinds.filter((found) => found === kind).length;
  const others = {
    fails: of("fails") === 1 ? "does not" : "do not",
    undetermined: "without an answer",
    unasked: "not asked about",
    missing: "not in this Guix",
  };
  return [
    `${of("holds")} of ${packages.length - of("missing")} packages hold`,
    ...Object.entries(others).flatMap(([kind, words]) =>
      of(kind) > 0 ? [`${of(kind)} ${words}`] : [],
    ),
    `the module ${module === "holds" ? "holds" : module === "fails" ? "does not hold" : "is undetermined"}`,
  ].join(", ");
}
