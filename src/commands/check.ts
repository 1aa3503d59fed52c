import { changeStatus, differs, unifiedDiff } from "../write/changeset";
import { lossNotes } from "../plan/plan";
import { formatProblem, printable } from "../errors";
import { generation, type GenerationOptions } from "../generation";
import { jsonOutcome, lines, type Outcome } from "../outcome";
import { planJson } from "./plan-report";

export interface CheckOptions extends GenerationOptions {
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** `zfs-guix check`: shows what `generate` would change, and writes nothing. */
export async function check(options: CheckOptions): Promise<Outcome> {
  const { plan, changes } = await generation(options);
  const stale = changes.filter(differs);
  const status = stale.length === 0 ? 0 : 1;
  if (options.json === true) {
    const files = await Promise.all(
      changes.map(async (change) => ({
        path: change.path,
        status: changeStatus(change),
        diff: await unifiedDiff([change]),
        ...(change.losses !== undefined &&
          change.losses.length > 0 && { losses: change.losses.map(formatProblem) }),
      })),
    );
    return jsonOutcome(status, { clean: status === 0, files, ...planJson(plan) });
  }
  const notes = lines(
    ...lossNotes(plan, options.inPlace === true).map((note) => `note: ${printable(note)}`),
  );
  if (status === 0) {
    return {
      status,
      output: lines(...changes.map(({ path }) => `${path} is as it would be generated`)),
      talk: notes,
    };
  }
  const losses = changes.flatMap((change) => change.losses ?? []);
  return {
    status,
    look: "diff",
    output: await unifiedDiff(changes),
    talk:
      notes +
      (losses.length > 0
        ? lines(...losses.map((problem) => `zfs-guix: ${formatProblem(problem)}`))
        : lines(
            `${stale.map(({ path }) => path).join(", ")}: not as it would be generated; run zfs-guix generate with the same options`,
          )),
  };
}
