import { changeStatus, differs, refuseLosses } from "../layout/changeset";
import { jsonOutcome, lines, type Outcome } from "../outcome";
import type { Options } from "../options";
import { writeChanges } from "../write/changes";
import { generation } from "./generation";
import { fileJson, noteLines, planJson, planLines } from "./report";

/** `zfs-guix generate`: writes the change set. */
export async function generate(options: Options): Promise<Outcome> {
  const { plan, changes, notes, effects } = await generation(options);
  if (options.dryRun === true) refuseLosses(changes);
  else await writeChanges(changes);
  const isStale = changes.some(differs);
  const status = options.dryRun === true && isStale ? 1 : 0;
  const isUnseen = options.quiet === true && options.inPlace !== true;
  const talk = noteLines([...notes, ...effects], isUnseen ? plan : undefined);
  if (options.json === true)
    return { ...jsonOutcome(status, { ...planJson(plan), files: changes.map(fileJson) }), talk };
  const statuses = changes.map((change) => `${changeStatus(change).padEnd(9)} ${change.path}`);
  if (!isStale)
    statuses.push(
      options.remove === true
        ? "nothing to remove: there is no managed region"
        : "nothing to write: all is as it would be generated",
    );
  else if (options.dryRun === true)
    statuses.push("nothing is written: that is what --dry-run asks for");
  return { status, look: "changes", output: lines(...planLines(plan), ...statuses), talk };
}
