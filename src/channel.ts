import { join } from "node:path";
import type { FileChange } from "./changeset";
import { readTextIfAny } from "./files";
import type { Release } from "./openzfs/release";
import type { Plan } from "./plan";
import { render, type CompiledTemplates } from "./template/render";
import { channelView } from "./template/view";

/** The file of the module (zfs-guix packages zfs), below the channel's directory. */
export const CHANNEL_MODULE_FILE = "zfs-guix/packages/zfs.scm";

/** The text of the channel's module for PLAN; KNOWN are all releases. */
export function channelModule(plan: Plan, known: readonly Release[], templates: CompiledTemplates): string {
  return render(templates, "channel", channelView(plan, known));
}

/** What generating the channel below DIRECTORY changes. */
export async function channelChanges(plan: Plan, known: readonly Release[], templates: CompiledTemplates, directory: string): Promise<FileChange[]> {
  const path = join(directory, CHANNEL_MODULE_FILE);
  return [{ path, before: await readTextIfAny(path, "generated file"), after: channelModule(plan, known, templates) }];
}
