import { differs, type FileChange } from "../layout/changeset";
import { formatProblem } from "../errors";
import { jsonOutcome, lines, type Outcome } from "../outcome";
import type { Options } from "../options";
import { unifiedDiff } from "../write/changes";
import { generation } from "./generation";
import { fileJson, noteLines, planJson } from "./report";

/** `zfs-guix check`: shows what `generate` would change, and writes nothing. */
export async function check(options: Options): Promise<Outcome> {
  const { plan, changes, notes } = await generation(options);
  const stale = changes.filter(differs);
  const status = stale.length === 0 ? 0 : 1;
  const talk = noteLines(notes, options.inPlace === true ? undefined : plan);
  if (options.json === true) {
    const files = await Promise.all(changes.map(checkedJson));
    return { ...jsonOutcome(status, { clean: status === 0, files, ...planJson(plan) }), talk };
  }
  if (status === 0)
    return {
      status,
      output: lines(...changes.map(({ path }) => `${path} is as it would be generated`)),
      talk,
    };
  const losses = changes.flatMap((change) => change.losses ?? []);
  const why =
    losses.length > 0
      ? losses.map((problem) => `zfs-guix: ${formatProblem(problem)}`)
      : [
          `${stale.map(({ path }) => path).join(", ")}: not as it would be generated; run zfs-guix generate with the same options`,
        ];
  return { status, look: "diff", output: await unifiedDiff(changes), talk: talk + lines(...why) };
}

async function checkedJson(change: FileChange): Promise<object> {
  const { losses = [] } = change;
  return {
    ...fileJson(change),
    diff: await unifiedDiff([change]),
    ...(losses.length > 0 && { losses: losses.map(formatProblem) }),
  };
}
