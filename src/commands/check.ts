import { changeStatus, differs, unifiedDiff } from "../write/changeset";
import { formatProblem, printable } from "../errors";
import { generation, type GenerationOptions } from "../generation";
import { jsonOutcome, lines, type Outcome } from "../outcome";
import { planJson, skippedNotes } from "./plan-report";

export interface CheckOptions extends GenerationOptions {
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** `zfs-guix check`: shows what `generate` would change, and writes nothing. */
export async function check(options: CheckOptions): Promise<Outcome> {
  const { plan, changes, notes } = await generation(options);
  const stale = changes.filter(differs);
  const status = stale.length === 0 ? 0 : 1;
  const told = lines(
    ...notes.map((note) => `note: ${printable(note)}`),
    ...(options.inPlace === true ? [] : skippedNotes(plan)),
  );
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
    return {
      ...jsonOutcome(status, { clean: status === 0, files, ...planJson(plan) }),
      talk: told,
    };
  }
  if (status === 0) {
    return {
      status,
      output: lines(...changes.map(({ path }) => `${path} is as it would be generated`)),
      talk: told,
    };
  }
  const losses = changes.flatMap((change) => change.losses ?? []);
  return {
    status,
    look: "diff",
    output: await unifiedDiff(changes),
    talk:
      told +
      (losses.length > 0
        ? lines(...losses.map((problem) => `zfs-guix: ${formatProblem(problem)}`))
        : lines(
            `${stale.map(({ path }) => path).join(", ")}: not as it would be generated; run zfs-guix generate with the same options`,
          )),
  };
}
