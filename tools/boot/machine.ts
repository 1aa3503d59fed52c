import type { ChildProcess } from "node:child_process";
import { appendFileSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { shippedFile } from "../../src/files";
import { parseHerdStatus, type Services } from "./herd";
import { MachineError } from "../command";
import { run, start } from "../run";

/** What a script in the machine came to. */
export interface Answer {
  readonly status: number;
  readonly output: string;
}

/** A disk of a machine: what it is in /dev/disk/by-id, after "virtio-", and its file. */
export interface Disk {
  readonly serial: string;
  readonly file: string;
}

/** What a machine is made of. */
export interface Parts {
  /** By series. */
  readonly kernels: ReadonlyMap<string, BootedKernel>;
  /** The file system that each machine starts from. */
  readonly image: string;
  /** By the names in systems.scm. */
  readonly systems: ReadonlyMap<string, System>;
}

/** The files that a machine starts with. */
export interface BootedKernel {
  readonly kernel: string;
  readonly initrd: string;
}

/** A system in the store, and the version of its kernel. */
export interface System {
  readonly file: string;
  readonly kernel: string;
}

/** Debian's package "ovmf" has it. */
const FIRMWARE = "/usr/share/ovmf/OVMF.fd";

/** The series of the kernel of those systems that are about no other. */
export const MAIN_SERIES = "6.12";

/** After this long without an answer a machine hangs: nothing is asserted on time below it. */
const PATIENCE = 15 * 60_000;

/**
 * Drivers of hardware that is emulated, or that emulation gives away; udev
 * waits for them, which takes longer than the rest of a boot.
 */
const UNUSED = readFileSync(shippedFile("tools/boot/machine/unused"), "utf8").trim();

/** A machine with its disks, which keeps what is on them from one boot to the next. */
export class Machine {
  readonly console: string;
  private readonly root: string;
  private running:
    | {
        child: ChildProcess;
        agent: Line;
        monitor: Line;
        console: Line;
        over: Promise<void>;
      }
    | undefined;

  /** DIRECTORY is the machine's own, and short: it holds sockets. */
  constructor(
    private readonly parts: Parts,
    private readonly directory: string,
    readonly disks: Disk[],
    private readonly unnamed = false,
  ) {
    this.console = join(directory, "console");
    this.root = join(directory, "root.qcow2");
  }

  /** Makes the disk that the systems are on; what an earlier boot wrote is forgotten. */
  async make(): Promise<void> {
    await run([
      "qemu-img",
      "create",
      "-q",
      "-f",
      "qcow2",
      "-F",
      "raw",
      "-b",
      this.parts.image,
      this.root,
    ]);
  }

  /** The store file name of what build.scm calls NAME. */
  system(name: string): string {
    return this.known(name).file;
  }

  /** The version of the kernel of what build.scm calls NAME. */
  kernelOf(name: string): string {
    return this.known(name).kernel;
  }

  /**
   * Starts SYSTEM, with the SERVICES of another one, or INIT in their place, and
   * comes back when the agent answers, which is before the Shepherd is there.
   */
  async boot(
    system: string,
    {
      services = system,
      init,
      words = "",
      firmware = false,
      clock,
    }: {
      readonly services?: string;
      readonly init?: string;
      /** What is added to the kernel's command line. */
      readonly words?: string;
      /** Whether it has UEFI. */
      readonly firmware?: boolean;
      /** What its clock says when it is switched on, where that is not now. */
      readonly clock?: Date;
    } = {},
  ): Promise<void> {
    const { file, kernel: version } = this.known(system);
    // A container has its host's.
    const { kernel, initrd } =
      this.parts.kernels.get(/^\d+\.\d+/.exec(version)![0]) ?? this.parts.kernels.get(MAIN_SERIES)!;
    await this.start(
      system,
      [
        ...(firmware ? ["-bios", FIRMWARE] : []),
        ...(clock === undefined ? [] : ["-rtc", `base=${clock.toISOString().slice(0, 19)}`]),
        ...["-kernel", kernel, "-initrd", initrd],
        ...[
          "-append",
          `console=ttyS0 panic=-1 module_blacklist=${UNUSED} gnu.system=${file} machine.release=${version}-gnu ${init === undefined ? `gnu.load=${this.system(services)}/boot` : `machine.init=${init}`} ${words}`,
        ],
      ],
      [{ serial: "root", file: this.root }, ...this.disks],
    );
    await this.ready();
  }

  /** Has UEFI start what is on the disks, which is all that there is; comes back at once. */
  async bootDisks(): Promise<void> {
    await this.start("the disks", ["-bios", FIRMWARE], this.disks);
  }

  /** Comes back when the agent answers. */
  async ready(): Promise<void> {
    await this.on().agent.until("ready");
  }

  /** Comes back when the console has shown PATTERN, since the last boot, COUNT times. */
  async shows(pattern: RegExp, count = 1): Promise<void> {
    const started = Date.now();
    while ([...this.log().matchAll(new RegExp(pattern, "g"))].length < count) {
      if (this.on().child.exitCode !== null) throw new MachineError("the machine stopped");
      if (Date.now() - started > PATIENCE)
        throw new MachineError(`the console does not show ${pattern}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  /** Types KEYS on the console. */
  type(keys: string): void {
    this.on().console.send(keys);
  }

  private async start(
    what: string,
    options: readonly string[],
    disks: readonly Disk[],
  ): Promise<void> {
    appendFileSync(this.console, `\n=== boot of ${what}\n`);
    const [agent, monitor, console] = [
      new Line(join(this.directory, "agent")),
      new Line(join(this.directory, "monitor")),
      new Line(join(this.directory, "tty")),
    ];
    await Promise.all([agent.listening, monitor.listening, console.listening]);
    const child = start([
      "qemu-system-x86_64",
      ...["-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "1536"],
      ...["-nodefaults", "-no-reboot", "-display", "none", "-device", "virtio-rng-pci"],
      ...options,
      ...[
        "-chardev",
        `socket,id=console,path=${console.path},logfile=${this.console},logappend=on`,
        "-serial",
        "chardev:console",
      ],
      ...["-chardev", `socket,id=agent,path=${agent.path}`, "-serial", "chardev:agent"],
      ...[
        "-chardev",
        `socket,id=monitor,path=${monitor.path}`,
        "-mon",
        "chardev=monitor,mode=control",
      ],
      ...disks.flatMap(({ serial, file }) => [
        "-drive",
        `if=none,id=disk-${serial},format=qcow2,file=${file}`,
        "-device",
        `virtio-blk-pci,drive=disk-${serial}${this.unnamed ? "" : `,serial=${serial}`}`,
      ]),
    ]);
    child.stdout!.resume();
    let errors = "";
    child.stderr!.setEncoding("utf8").on("data", (text: string) => (errors += text));
    const over = new Promise<void>((resolve) =>
      child
        .on("close", () => resolve())
        .on("error", (error) => {
          errors += error.message;
          resolve();
        }),
    ).then(() => {
      const reason = new MachineError(`the machine stopped ${errors.trim()}`);
      agent.close(reason);
      monitor.close(reason);
      console.close(reason);
    });
    this.running = { child, agent, monitor, console, over };
    await monitor.next("greet");
    await this.command("qmp_capabilities");
  }

  /** Runs SCRIPT by sh in the machine. */
  async sh(script: string): Promise<Answer> {
    const { agent } = this.on();
    const number = agent.number();
    agent.write(`${number} ${Buffer.from(script).toString("base64")}`);
    for (;;) {
      const [answered, text] = (await agent.next(`answer to ${JSON.stringify(script)}`)).split(" ");
      if (answered !== String(number)) continue;
      const whole = /^([^]*)\n(\d+)$/.exec(Buffer.from(text ?? "", "base64").toString());
      if (whole === null)
        throw new MachineError(`the machine broke off its answer to ${JSON.stringify(script)}`);
      return { status: Number(whole[2]), output: whole[1]! };
    }
  }

  /** Writes to the console's log what SCRIPT says; a machine that is off says nothing. */
  async tell(script: string): Promise<void> {
    if (this.running === undefined) return;
    appendFileSync(
      this.console,
      `\n=== ${script}\n${(await this.sh(script).catch((error: unknown) => ({ output: (error as Error).message }))).output}\n`,
    );
  }

  /** The state of all services, once none is starting any more. */
  async settled(): Promise<Services> {
    const started = Date.now();
    for (;;) {
      const { status, output } = await this.sh("herd status");
      const services = parseHerdStatus(output);
      // "root" is the Shepherd itself: it has read its configuration then.
      if (status === 0 && services.has("udev") && ![...services.values()].includes("starting"))
        return services;
      if (Date.now() - started > PATIENCE)
        throw new MachineError(`the services do not settle: ${output.trim().split("\n").at(-1)}`);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }

  /** Puts DISK in while the machine runs. */
  async plug(disk: Disk): Promise<void> {
    this.disks.push(disk);
    await this.command("blockdev-add", {
      "node-name": `disk-${disk.serial}`,
      driver: "qcow2",
      file: { driver: "file", filename: disk.file },
    });
    await this.command("device_add", {
      driver: "virtio-blk-pci",
      drive: `disk-${disk.serial}`,
      serial: disk.serial,
      id: `device-${disk.serial}`,
    });
  }

  /** Stops the machine as its administrator does, and waits until it is off. */
  async halt(): Promise<void> {
    const { agent, over } = this.on();
    // The agent is a process like others, and is ended before it can answer.
    agent.write(`0 ${Buffer.from("reboot").toString("base64")}`);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new MachineError("the machine does not stop")), PATIENCE);
    });
    await Promise.race([over, late]).finally(() => clearTimeout(timer));
    this.running = undefined;
  }

  /** Takes the power away. */
  async cut(): Promise<void> {
    if (this.running === undefined) return;
    const { child, over } = this.running;
    this.running = undefined;
    child.kill("SIGKILL");
    await over;
  }

  /** What the console showed since the last boot. */
  log(): string {
    return readFileSync(this.console, "utf8").split("=== boot of ").at(-1)!;
  }

  private known(name: string): System {
    const system = this.parts.systems.get(name);
    if (system === undefined) throw new Error(`build.scm made no ${name}`);
    return system;
  }

  private on(): NonNullable<Machine["running"]> {
    if (this.running === undefined) throw new MachineError("the machine is off");
    return this.running;
  }

  private async command(execute: string, parameters?: object): Promise<void> {
    const { monitor } = this.on();
    monitor.write(JSON.stringify({ execute, arguments: parameters }));
    for (;;) {
      const answer = JSON.parse(await monitor.next(execute)) as {
        return?: object;
        error?: { desc: string };
      };
      if (answer.error !== undefined)
        throw new MachineError(`qemu does not ${execute}: ${answer.error.desc}`);
      if (answer.return !== undefined) return;
    }
  }
}

/** A socket that qemu connects to, line by line. */
class Line {
  readonly listening: Promise<void>;
  private readonly server: Server;
  private readonly socket: Promise<Socket>;
  private readonly lines: string[] = [];
  private waiting: { resolve: (line: string) => void; reject: (error: Error) => void } | undefined;
  private over: Error | undefined;
  private count = 0;

  constructor(readonly path: string) {
    rmSync(path, { force: true });
    this.server = createServer();
    this.socket = new Promise((resolve) => this.server.once("connection", resolve));
    this.listening = new Promise((resolve, reject) =>
      this.server.once("error", reject).listen(path, resolve),
    );
    void this.socket.then((socket) => {
      socket.on("error", () => {});
      createInterface({ input: socket }).on("line", (line) => {
        const { waiting } = this;
        this.waiting = undefined;
        if (waiting === undefined) this.lines.push(line);
        else waiting.resolve(line);
      });
    });
  }

  number(): number {
    this.count += 1;
    return this.count;
  }

  write(line: string): void {
    this.send(`${line}\n`);
  }

  send(text: string): void {
    void this.socket.then((socket) => socket.write(text));
  }

  /** The next line; a machine that stays silent is one that does not do WHAT. */
  async next(what: string): Promise<string> {
    const line = this.lines.shift();
    if (line !== undefined) return line;
    if (this.over !== undefined) throw this.over;
    let timer: NodeJS.Timeout | undefined;
    return new Promise<string>((resolve, reject) => {
      timer = setTimeout(() => reject(new MachineError(`the machine does not ${what}`)), PATIENCE);
      this.waiting = { resolve, reject };
    }).finally(() => clearTimeout(timer));
  }

  /** Comes back after a line that ends with TEXT: UEFI may have begun it, which writes to all lines. */
  async until(text: string): Promise<void> {
    while (!(await this.next(`say ${text}`)).trim().endsWith(text));
  }

  close(reason: Error): void {
    this.over = reason;
    this.waiting?.reject(reason);
    this.server.close();
    void this.socket.then((socket) => socket.destroy());
  }
}
