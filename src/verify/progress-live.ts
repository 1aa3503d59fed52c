import { Listr, ListrLogger, ProcessOutput, type DefaultRenderer, type ListrTaskWrapper, type SimpleRenderer } from "listr2";
import type { ModuleCheck, PackageCheck, Verdict } from "./finding";
import { summary } from "./summary";
import type { Progress } from "./verification";

type Task = ListrTaskWrapper<unknown, typeof DefaultRenderer, typeof SimpleRenderer>;

interface Row {
  readonly done: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  task?: Task;
  check?: string;
  since: number;
  finished: boolean;
}

/** A list on the terminal of what runs, for how long, and how many are left. */
export class LiveProgress implements Progress {
  private readonly rows = new Map<string, Row>();
  private heading: Task | undefined;
  private list: Promise<unknown> = Promise.resolve();
  private ticker: NodeJS.Timeout | undefined;

  constructor(private readonly title: string) {}

  begin(names: readonly string[], module: string, jobs: number): void {
    for (const name of [...names, module]) this.rows.set(name, row());
    const output = new ProcessOutput(process.stderr, process.stderr);
    this.list = new Listr(
      [
        {
          title: this.headline(),
          task: (_, heading) => {
            this.heading = heading as Task;
            return heading.newListr(
              [...this.rows].map(([name, found]) => ({
                title: name,
                task: (_context: unknown, task: unknown) => {
                  found.task = task as Task;
                  return found.done;
                },
              })),
              // As many at once as there are workers: a row turns when its package does.
              { concurrent: jobs, exitOnError: false },
            );
          },
        },
      ],
      {
        exitOnError: false,
        // The program's own handler ends what was started.
        registerSignalListeners: false,
        rendererOptions: { clearOutput: true, collapseErrors: false, showErrorMessage: true, logger: new ListrLogger({ useIcons: true, toStderr: [], processOutput: output }) },
      },
    ).run();
    this.ticker = setInterval(() => this.tick(), 1000);
  }

  step(name: string, check: PackageCheck | ModuleCheck): void {
    const found = this.rows.get(name);
    if (found === undefined) return;
    found.check = check;
    found.since = performance.now();
    this.tick();
  }

  finish(name: string, verdicts: readonly Verdict[], missing?: string): void {
    const found = this.rows.get(name);
    if (found === undefined) return;
    found.finished = true;
    const text = `${name}: ${summary(verdicts, missing)}`;
    if (missing !== undefined) found.task?.skip(text);
    else if (found.task !== undefined) found.task.title = text;
    if (verdicts.some(({ kind }) => kind === "fails" || kind === "undetermined")) found.reject(new Error(text));
    else found.resolve();
    this.tick();
  }

  async end(): Promise<void> {
    clearInterval(this.ticker);
    for (const { resolve } of this.rows.values()) resolve();
    await this.list.catch(() => {});
  }

  private headline(): string {
    const left = [...this.rows.values()].filter(({ finished }) => !finished).length;
    return `${this.title}: ${left} left`;
  }

  private tick(): void {
    if (this.heading !== undefined) this.heading.title = this.headline();
    for (const [name, { task, check, since, finished }] of this.rows) {
      if (task === undefined || check === undefined || finished) continue;
      task.title = `${name}: ${check}, ${Math.round((performance.now() - since) / 1000)} s`;
    }
  }
}

function row(): Row {
  let resolve = (): void => {};
  let reject = (_: Error): void => {};
  const done = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  // It may end before the list comes to it.
  done.catch(() => {});
  return { done, resolve, reject, since: performance.now(), finished: false };
}
