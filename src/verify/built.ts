import { access, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Release } from "../openzfs/release";
import { formatSeries, seriesOfVersion } from "../series";
import { verdict, type Verdict } from "./finding";
import type { Subject } from "./subject";
import { list } from "./words";

/** A kernel module, compressed as the kernel's configuration has it. */
const MODULE = /^zfs\.ko(\.xz|\.zst|\.gz)?$/;

/** Whether OUT, the path of a built "out", has the kernel module and the commands of its release. */
export async function judgeBuild(out: string, { kernel }: Subject, release: Release | undefined): Promise<Verdict> {
  if (kernel === undefined || release === undefined) return verdict([]);
  const [modules, commands] = await Promise.all([findModules(out), missingCommands(out, [...release.tools.sbin, ...release.tools.bin])]);
  const series = formatSeries(kernel.series);
  const lines: string[] = [];
  const releases = modules.map((path) => path.split("/")[0]!);
  if (modules.length === 0) lines.push(`there is no zfs.ko below ${join(out, "lib/modules")}`);
  else if (!releases.some((name) => formatted(name) === series)) lines.push(`its kernel module is for Linux ${list(releases)}, not for ${series}`);
  if (commands.length > 0) lines.push(`${out} lacks the commands ${list(commands)}`);
  return verdict(lines);
}

function formatted(release: string): string | undefined {
  const series = seriesOfVersion(release);
  return series === undefined ? undefined : formatSeries(series);
}

/** The paths below lib/modules, RELEASE/…/zfs.ko. */
async function findModules(out: string): Promise<string[]> {
  const top = join(out, "lib/modules");
  // The kernel's release is a directory; "build" and "source" in it are links out of here.
  const names = await readdir(top, { recursive: true }).catch((): string[] => []);
  return names.filter((name) => name.includes("/") && MODULE.test(name.slice(name.lastIndexOf("/") + 1)));
}

async function missingCommands(out: string, commands: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    commands.map(async (command) => {
      const places = await Promise.all(["sbin", "bin"].map((folder) => isThere(join(out, folder, command))));
      return places.includes(true);
    }),
  );
  return commands.filter((_, index) => !found[index]);
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
