import { UserError } from "../errors";
import { newestFirst } from "./compatibility";
import type { Release } from "../read/openzfs/release";

/**
 * The releases that PIN, what `--zfs` was given, leaves: a release (`2.4.3`)
 * or the releases of a branch (`2.3`).
 *
 * Throws a UserError where there is none, or none that can be pinned.
 */
export function pinnedReleases(releases: readonly Release[], given: string): readonly Release[] {
  // As OpenZFS names its tags and its tarballs.
  const pin = given.replace(/^(zfs-)?v?(?=[0-9])/, "");
  if (!/^[0-9]+\.[0-9]+(\.[0-9]+)?$/.test(pin)) {
    throw new UserError({
      message: `--zfs ${JSON.stringify(given)}: expected a release such as 2.4.3, or a branch such as 2.4`,
    });
  }
  const isBranch = pin.split(".").length === 2;
  const found = releases.filter(({ version }) =>
    isBranch ? version.startsWith(`${pin}.`) : version === pin,
  );
  if (found.length === 0) {
    const branches = [
      ...new Set(newestFirst(releases).map(({ version }) => version.replace(/\.[0-9]+$/, ""))),
    ];
    const known = isBranch
      ? branches
      : newestFirst(releases)
          .filter(({ version }) => version.startsWith(pin.replace(/[0-9]+$/, "")))
          .map(({ version }) => version);
    throw new UserError({
      message: `--zfs ${pin}: no such ${isBranch ? "branch" : "release"} of OpenZFS is known`,
      hint:
        known.length > 0
          ? `known are ${known.join(", ")}`
          : `known are the branches ${branches.join(", ")}`,
    });
  }
  if (found.every(({ sha256 }) => sha256 === undefined)) {
    throw new UserError({
      message: `--zfs ${pin}: the hash of ${isBranch ? "every release of that branch" : "that release"} is unknown, so it cannot be pinned`,
      hint: "pin another one, or add its hash to the data file",
    });
  }
  return found;
}
