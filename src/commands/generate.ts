import { changeStatus, differs, refuseLosses, writeChanges } from "../write/changeset";
import { printable } from "../errors";
import { jsonOutcome, lines, type Outcome } from "../outcome";
import { planLines, planJson, skippedNotes } from "./plan-report";
import { generation, type GenerationOptions } from "../generation";

export interface GenerateOptions extends GenerationOptions {
  /** Show what would be done, and do nothing. */
  readonly dryRun?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** `zfs-guix generate`: writes the change set. */
export async function generate(options: GenerateOptions): Promise<Outcome> {
  const { plan, changes, notes, effects } = await generation(options);
  if (options.dryRun === true) refuseLosses(changes);
  else await writeChanges(changes);
  const status = options.dryRun === true && changes.some(differs) ? 1 : 0;
  const isUnseen = options.quiet === true && options.inPlace !== true;
  const talk = lines(
    ...[...notes, ...effects].map((note) => `note: ${printable(note)}`),
    ...(isUnseen ? skippedNotes(plan) : []),
  );
  if (options.json === true) {
    const files = changes.map((change) => ({ path: change.path, status: changeStatus(change) }));
    return { ...jsonOutcome(status, { ...planJson(plan), files }), talk };
  }
  const statuses = changes.map((change) => `${changeStatus(change).padEnd(9)} ${change.path}`);
  if (!changes.some(differs))
    statuses.push(
      options.remove === true
        ? "nothing to remove: there is no managed region"
        : "nothing to write: all is as it would be generated",
    );
  else if (options.dryRun === true)
    statuses.push("nothing is written: that is what --dry-run asks for");
  return {
    status,
    look: "changes",
    output: lines(...planLines(plan), ...statuses),
    talk,
  };
}
