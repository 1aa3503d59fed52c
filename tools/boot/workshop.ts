import { join } from "node:path";
import { mkdirSync } from "node:fs";
import { MachineError } from "../command";
import { Machine, type Disk, type Parts } from "./machine";
import { run } from "../run";
import type { Scenario } from "./scenario";

/** Disks with the pools that scenarios begin with. */
interface Prepared extends Pick<Scenario, "prepare" | "abandoned" | "size" | "firmware"> {
  /** What they are called in messages. */
  readonly name: string;
  readonly disks: readonly Disk[];
}

/** The disks of each of SCENARIOS, by its name, with the pools that they begin with; those that begin alike are prepared once. */
export async function makeDisks(
  scenarios: readonly Scenario[],
  parts: Parts,
  directory: string,
): Promise<ReadonlyMap<string, readonly Disk[]>> {
  const prepared = new Map<string, Prepared>();
  const keyOf = ({ prepare, abandoned, size, firmware, disks, late = [] }: Scenario): string =>
    JSON.stringify([prepare, abandoned, size, firmware, [...disks, ...late].toSorted()]);
  for (const scenario of scenarios) {
    const { name, prepare, abandoned, size, firmware, disks, late = [] } = scenario;
    const key = keyOf(scenario);
    if (prepared.has(key)) continue;
    prepared.set(key, {
      name,
      prepare,
      abandoned,
      size,
      firmware,
      disks: [...disks, ...late].map((serial) => ({
        serial,
        file: join(directory, `${name}-${serial}.qcow2`),
      })),
    });
  }
  for (const { disks, size = "256M" } of prepared.values())
    for (const { file } of disks)
      await run(["qemu-img", "create", "-q", "-f", "qcow2", file, size]);

  // Only one pool is called "tank" at a time; that of one that is abandoned
  // cannot be exported, so that it comes last.
  const machines = new Map<boolean, Prepared[][]>([
    [false, [[]]],
    [true, [[]]],
  ]);
  for (const one of [...prepared.values()].toSorted(
    (a, b) => Number(a.abandoned ?? false) - Number(b.abandoned ?? false),
  )) {
    if (one.prepare === undefined) continue;
    const own = machines.get(one.firmware ?? false)!;
    own.at(-1)!.push(one);
    if (one.abandoned === true) own.push([]);
  }
  let count = 0;
  for (const [firmware, own] of machines)
    for (const some of own.filter(({ length }) => length > 0)) {
      await makePools(some, parts, join(directory, `workshop${count}`), firmware);
      count += 1;
    }

  const disks = new Map<string, readonly Disk[]>();
  for (const scenario of scenarios) {
    const own: Disk[] = [];
    for (const { serial, file } of prepared.get(keyOf(scenario))!.disks) {
      const copy = join(directory, `own-${scenario.name}-${serial}.qcow2`);
      await run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", file, copy]);
      own.push({ serial, file: copy });
    }
    disks.set(scenario.name, own);
  }
  return disks;
}

/** Makes the pools of ALL in one machine, with UEFI if FIRMWARE, whose own DIRECTORY is. */
async function makePools(
  all: readonly Prepared[],
  parts: Parts,
  directory: string,
  firmware: boolean,
): Promise<void> {
  const serial = (one: Prepared, disk: Disk): string => `${all.indexOf(one)}${disk.serial}`;
  mkdirSync(directory);
  const machine = new Machine(
    parts,
    directory,
    all.flatMap((one) => one.disks.map((disk) => ({ ...disk, serial: serial(one, disk) }))),
  );
  try {
    await machine.make();
    await machine.boot("workshop", { firmware });
    await machine.settled();
    for (const one of all) {
      const names = one.disks.map(
        (disk) => `${disk.serial}=/dev/disk/by-id/virtio-${serial(one, disk)}`,
      );
      const end = one.abandoned === true ? "zpool sync tank" : "zpool export tank";
      const { status, output } = await machine.sh(
        [
          "set -e",
          "modprobe zfs",
          ...names,
          ...[...parts.systems].map(([name, { file }]) => `${name.replace(/\W/g, "_")}=${file}`),
          one.prepare,
          end,
        ].join("\n"),
      );
      if (status !== 0)
        throw new MachineError(
          `the disks of ${one.name} cannot be made: ${output.trim().split("\n").at(-1)}`,
        );
    }
  } finally {
    await machine.cut();
  }
}
