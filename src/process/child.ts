import { spawn, type ChildProcess } from "node:child_process";
import { errorCode } from "../files";
import { Tail } from "./tail";

/** How a process came to its end. */
export type End =
  | { readonly kind: "exit"; readonly status: number }
  | { readonly kind: "signal"; readonly signal: string }
  | { readonly kind: "unstarted"; readonly code: string; readonly message: string };

/** How long a process may take to leave when it is asked to. */
const PATIENCE = 2_000;

const TAIL = 64 * 1024;

const groups = new Set<number>();
let watching = false;

/**
 * A process and all that it starts, as one group: they end together.
 *
 * Nothing of it outlives this program, unless that is killed itself.
 */
export class Child {
  /** The end of what it printed on standard error. */
  readonly errors = new Tail(TAIL);
  readonly ended: Promise<End>;
  private readonly process: ChildProcess;
  private over = false;

  constructor(
    [program, ...rest]: readonly [string, ...string[]],
    options: { readonly environment: NodeJS.ProcessEnv; readonly onOutput: (chunk: Buffer) => void; readonly onErrors?: () => void },
  ) {
    // A group of its own: what Guix starts ends with it, and the terminal's
    // Ctrl-C comes through here, in an order that is ours.
    this.process = spawn(program, rest, { detached: true, stdio: ["pipe", "pipe", "pipe"], env: options.environment });
    const { pid, stdin, stdout, stderr } = this.process;
    if (pid !== undefined) remember(pid);
    stdout!.on("data", options.onOutput);
    stderr!.setEncoding("utf8").on("data", (chunk: string) => {
      this.errors.add(chunk);
      options.onErrors?.();
    });
    // A process that has gone reads nothing more; `ended` tells why.
    stdin!.on("error", () => {});
    this.ended = new Promise((resolve) => {
      this.process.on("error", (error) => {
        if (pid === undefined) resolve({ kind: "unstarted", code: errorCode(error) ?? "", message: error.message });
      });
      // Not "close": a grandchild may hold the pipes open for ever.
      this.process.on("exit", (status, signal) => {
        this.over = true;
        // What it printed last is still in the pipe.
        setTimeout(() => resolve(signal === null ? { kind: "exit", status: status ?? 0 } : { kind: "signal", signal }), 20);
      });
    });
  }

  write(text: string): void {
    this.process.stdin!.write(text);
  }

  closeInput(): void {
    this.process.stdin!.end();
  }

  /** Ends the whole group and waits until its leader is gone. */
  async kill(): Promise<void> {
    const { pid } = this.process;
    if (pid === undefined) return;
    signalGroup(pid, "SIGTERM");
    if (!this.over) {
      const timer = setTimeout(() => signalGroup(pid, "SIGKILL"), PATIENCE);
      await this.ended;
      clearTimeout(timer);
    }
    // Those of the group that did not mind the first signal.
    signalGroup(pid, "SIGKILL");
    groups.delete(pid);
    this.process.stdout!.destroy();
    this.process.stderr!.destroy();
  }
}

function remember(pid: number): void {
  groups.add(pid);
  if (watching) return;
  watching = true;
  process.on("exit", () => {
    for (const group of groups) signalGroup(group, "SIGKILL");
  });
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It is gone already.
  }
}

/** END for a message: "ended with status 1". */
export function endText(end: End): string {
  switch (end.kind) {
    case "exit":
      return `ended with status ${end.status}`;
    case "signal":
      return `was ended by signal ${end.signal}`;
    case "unstarted":
      return `could not be started (${end.message})`;
  }
}
