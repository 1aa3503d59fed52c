import type { CompiledTemplates } from "./render";
import { shippedTemplates } from "./shipped";

/** The templates of DIRECTORY, or those that come with zfs-guix. */
export async function loadTemplates(directory: string | undefined): Promise<CompiledTemplates> {
  if (directory === undefined) return shippedTemplates;
  // The compiler of Handlebars is most of its size, and seldom needed.
  const { customTemplates } = await import("./custom");
  return customTemplates(directory);
}
