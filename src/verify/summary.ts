import type { Verdict } from "./finding";

/** VERDICTS about one package in a few words. */
export function summary(verdicts: readonly Verdict[], missing?: string): string {
  if (missing !== undefined) return "not in this Guix";
  const count = (kind: Verdict["kind"]): number => verdicts.filter((verdict) => verdict.kind === kind).length;
  const parts = [
    ...(count("fails") > 0 ? [`${count("fails")} of ${verdicts.length} checks ${count("fails") === 1 ? "fails" : "fail"}`] : []),
    ...(count("undetermined") > 0 ? [`${count("undetermined")} without an answer`] : []),
  ];
  return parts.length === 0 ? "holds" : parts.join(", ");
}
