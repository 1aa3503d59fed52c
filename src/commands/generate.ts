import { changeStatus, differs, writeChanges, type ChangeSet } from "../changeset";
import { printable } from "../errors";
import { jsonOutcome, lines, type Outcome } from "../outcome";
import { planLines, planJson } from "../plan-report";
import { generation, type GenerationOptions } from "../generation";

export interface GenerateOptions extends GenerationOptions {
  readonly json?: boolean;
}

/** `zfs-guix generate`: writes the change set. */
export async function generate(options: GenerateOptions): Promise<Outcome> {
  const { plan, changes, notes } = await generation(options);
  await writeChanges(changes);
  const talk = lines(...notes.map((note) => `note: ${printable(note)}`));
  if (options.json === true) {
    const files = changes.map((change) => ({ path: change.path, status: changeStatus(change) }));
    return { ...jsonOutcome(0, { ...planJson(plan), files }), talk };
  }
  const nothing = options.remove === true ? "nothing to remove: there is no managed region" : "nothing to write: all is as it would be generated";
  return { status: 0, output: lines(...planLines(plan), ...changeLines(changes, nothing)), talk };
}

function changeLines(changes: ChangeSet, nothing: string): string[] {
  const statuses = changes.map((change) => `${changeStatus(change).padEnd(9)} ${change.path}`);
  return changes.some(differs) ? statuses : [...statuses, nothing];
}
