import { changeStatus, differs, writeChanges, type ChangeSet } from "../changeset";
import { jsonOutcome, lines, type Outcome } from "../outcome";
import { planLines, planJson } from "../plan-report";
import { generation, removalFor, type Generation, type GenerationOptions } from "../generation";

export interface GenerateOptions extends GenerationOptions {
  readonly json?: boolean;
  /** Whether to take out again what was written into a checkout. */
  readonly remove?: boolean;
}

/** `zfs-guix generate`: writes the change set. */
export async function generate(options: GenerateOptions): Promise<Outcome> {
  const isRemoval = options.remove === true;
  const { plan, changes } = isRemoval ? await removed(options) : await generation(options);
  await writeChanges(changes);
  if (options.json === true) {
    return jsonOutcome(0, {
      ...planJson(plan),
      files: changes.map((change) => ({ path: change.path, status: changeStatus(change) })),
    });
  }
  const nothing = isRemoval ? "nothing to remove: there is no managed region" : "nothing to write: all is as it would be generated";
  return { status: 0, output: lines(...planLines(plan), ...changeLines(changes, nothing)) };
}

async function removed(options: GenerationOptions): Promise<Generation> {
  return { plan: { variants: [], skipped: [], releases: [] }, changes: await removalFor(options) };
}

function changeLines(changes: ChangeSet, nothing: string): string[] {
  const statuses = changes.map((change) => `${changeStatus(change).padEnd(9)} ${change.path}`);
  return changes.some(differs) ? statuses : [...statuses, nothing];
}
