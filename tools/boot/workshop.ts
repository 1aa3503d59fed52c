import { join } from "node:path";
import { mkdirSync } from "node:fs";
import { MachineError } from "../command";
import { Machine, type Disk, type Parts } from "./machine";
import { run } from "../run";
import type { Scenario } from "./scenario";

/** The disks of each of SCENARIOS, by its name, with the pools that they begin with. */
export async function makeDisks(
  scenarios: readonly Scenario[],
  parts: Parts,
  directory: string,
): Promise<ReadonlyMap<string, readonly Disk[]>> {
  // The pool of one that is abandoned cannot be exported, so that it comes last.
  const order = scenarios.toSorted(
    (a, b) => Number(a.abandoned ?? false) - Number(b.abandoned ?? false),
  );
  const disks = new Map<string, readonly Disk[]>();
  for (const { name, disks: serials, late = [] } of order) {
    disks.set(
      name,
      [...serials, ...late].map((serial) => ({
        serial,
        file: join(directory, `${name}-${serial}.qcow2`),
      })),
    );
  }
  for (const { file } of [...disks.values()].flat())
    await run(["qemu-img", "create", "-q", "-f", "qcow2", file, "256M"]);
  // Only one pool is called "tank" at a time.
  const machines: Scenario[][] = [[]];
  for (const scenario of order.filter(({ prepare }) => prepare !== undefined)) {
    machines.at(-1)!.push(scenario);
    if (scenario.abandoned === true) machines.push([]);
  }
  for (const [index, prepared] of machines.filter(({ length }) => length > 0).entries())
    await makePools(prepared, disks, parts, join(directory, `workshop${index}`));
  return disks;
}

/** Makes the pools of SCENARIOS on DISKS, by their names, in one machine, whose own DIRECTORY is. */
async function makePools(
  scenarios: readonly Scenario[],
  disks: ReadonlyMap<string, readonly Disk[]>,
  parts: Parts,
  directory: string,
): Promise<void> {
  const serial = (scenario: Scenario, disk: Disk): string =>
    `${scenarios.indexOf(scenario)}${disk.serial}`;
  mkdirSync(directory);
  const machine = new Machine(
    parts,
    directory,
    scenarios.flatMap((scenario) =>
      disks.get(scenario.name)!.map((disk) => ({ ...disk, serial: serial(scenario, disk) })),
    ),
  );
  try {
    await machine.make();
    await machine.boot("workshop");
    await machine.settled();
    for (const scenario of scenarios) {
      const names = disks
        .get(scenario.name)!
        .map((disk) => `${disk.serial}=/dev/disk/by-id/virtio-${serial(scenario, disk)}`);
      const end = scenario.abandoned === true ? "zpool sync tank" : "zpool export tank";
      const { status, output } = await machine.sh(
        ["set -e", "modprobe zfs", ...names, scenario.prepare, end].join("\n"),
      );
      if (status !== 0)
        throw new MachineError(
          `the disks of ${scenario.name} cannot be made: ${output.trim().split("\n").at(-1)}`,
        );
    }
  } finally {
    await machine.cut();
  }
}
