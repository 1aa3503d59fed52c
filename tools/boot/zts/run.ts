import { join } from "node:path";
import { MachineError } from "../../command";
import { Machine, type Answer, type Parts } from "../machine";
import type { Fact } from "../../report";
import { run } from "../../run";
import { differing, parseResults } from "./results";

/** Where the tests look for commands first. */
const FIND_FIRST = "/usr/local/sbin";

/** After this long without a line of the test runner, it hangs: a test may take an hour. */
const PATIENCE = 90 * 60_000;

/** Runs OpenZFS's own tests in one machine, with the real commands and with the wrapped ones; SAY gets the last line. */
export async function runZts(
  parts: Parts,
  directory: string,
  say: (line: string) => void,
): Promise<{
  readonly facts: readonly Fact[];
  readonly failure?: string;
  readonly console: string;
}> {
  const disks = ["a", "b", "c"].map((serial) => ({
    serial,
    file: join(directory, `${serial}.qcow2`),
  }));
  for (const { file } of disks) await run(["qemu-img", "create", "-q", "-f", "qcow2", file, "4G"]);
  const machine = new Machine(parts, directory, disks);
  const facts: Fact[] = [];
  let failure: string | undefined;
  /** Has the tests take the commands of PROFILE that are of the package NAME, and not Debian's. */
  const find = (profile: string, name: string): Promise<Answer> =>
    machine.sh(`for file in ${profile}/sbin/* ${profile}/bin/*; do
  case $(readlink -f "$file") in *${name}*) ln -sf "$file" ${FIND_FIRST} ;; esac
done`);
  try {
    await machine.make();
    await machine.boot("workshop", { init: "/machine/init" });
    await machine.sh("until [ -e /run/ready ]; do sleep 1; done");
    await find("/run/booted-system/kernel", "zfs-for-linux");
    const real = await tests(machine, "real", say);
    await find("/run/current-system/profile", "zfs-guix-tools");
    const which = await machine.sh("readlink -f $(PATH=/usr/local/sbin:$PATH command -v zpool)");
    facts.push({
      what: "zpool is the wrapped one the second time",
      holds: which.output.includes("zfs-guix-tools"),
      seen: which.output,
    });
    const wrapped = await tests(machine, "wrapped", say);
    const passed = [...real.values()].filter((result) => result === "PASS").length;
    facts.push({
      what: "tests were run",
      holds: passed > 0,
      seen: `${passed} of ${real.size} passed`,
    });
    const differences = differing(real, wrapped);
    facts.push({
      what: "the same tests pass",
      holds: differences.length === 0,
      seen: differences.join("; "),
    });
    if (facts.some(({ holds }) => !holds))
      await machine.tell("cat /var/tmp/real.log /var/tmp/wrapped.log");
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  } finally {
    await machine.cut();
  }
  return { facts, failure, console: machine.console };
}

async function tests(
  machine: Machine,
  name: string,
  say: (line: string) => void,
): Promise<ReadonlyMap<string, string>> {
  const log = `/var/tmp/${name}.log`;
  await machine.sh(
    // The agent's own PATH has what stands in for Guix's sudo, which is nobody's but its caller's.
    `(PATH=/usr/sbin:/usr/bin su tester -c 'DISKS="vdb vdc vdd" /usr/share/zfs/zfs-tests.sh -r /machine/zts.run' > ${log} 2>&1; echo "$?" > /var/tmp/${name}.status) > /dev/null 2>&1 &`,
  );
  let [last, since] = ["", Date.now()];
  for (;;) {
    const { status } = await machine.sh(`sleep 5; test -e /var/tmp/${name}.status`);
    const { output } = await machine.sh(`cat ${log}`);
    if (status === 0) return parseResults(output);
    const line = output.trim().split("\n").at(-1)!;
    if (line !== last) [last, since] = [line, Date.now()];
    else if (Date.now() - since > PATIENCE)
      throw new MachineError(`OpenZFS's tests hang after: ${line}`);
    say(line);
  }
}
