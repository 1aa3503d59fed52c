import { changeStatus, differs, writeChanges, type ChangeSet } from "../changeset";
import { jsonOutcome, lines, type Outcome } from "../outcome";
import { planLines, planJson } from "../plan-report";
import { generation, type GenerationOptions } from "../generation";

/** `zfs-guix generate`: writes the change set. */
export async function generate(options: GenerationOptions & { readonly json?: boolean }): Promise<Outcome> {
  const { plan, changes } = await generation(options);
  await writeChanges(changes);
  if (options.json === true) {
    return jsonOutcome(0, {
      ...planJson(plan),
      files: changes.map((change) => ({ path: change.path, status: changeStatus(change) })),
    });
  }
  return { status: 0, output: lines(...planLines(plan), ...changeLines(changes)) };
}

function changeLines(changes: ChangeSet): string[] {
  const statuses = changes.map((change) => `${changeStatus(change).padEnd(9)} ${change.path}`);
  return changes.some(differs) ? statuses : [...statuses, "nothing to write: all is as it would be generated"];
}
