import { UserError } from "../../src/errors";
import type { RegionEdit } from "../../src/guix/region-edit";

/** What would be written; what must not be is an error. */
export function written({ after, losses }: RegionEdit): string {
  if (losses.length > 0) throw new UserError(losses);
  return after;
}
