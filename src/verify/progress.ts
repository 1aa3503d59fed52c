import { Listr, ListrLogger, ProcessOutput } from "listr2";
import type { Summary } from "./findings";

export interface Row {
  readonly name: string;
  /** Verifies it, tells STEP what begins, and returns what came of it, in a few words. */
  readonly work: (step: (check: string) => void) => Promise<Summary>;
}

/** Works ROWS off, with a live list of them where somebody looks on, a log elsewhere; both on standard error. */
export async function progress(
  title: string,
  rows: readonly Row[],
  isQuiet: boolean,
  write: (line: string) => void,
): Promise<void> {
  const looksOn =
    process.stderr.isTTY && process.env.TERM !== "dumb" && process.env.CI === undefined;
  return looksOn && !isQuiet ? listed(title, rows) : logged(rows, write);
}

async function logged(rows: readonly Row[], write: (line: string) => void): Promise<void> {
  for (const [index, { name, work }] of rows.entries()) {
    // That takes minutes or hours: that it begins is worth a line.
    const { text } = await work((check) => check === "builds" && write(`${name}: ${check} …`));
    write(`[${index + 1}/${rows.length}] ${name}: ${text}`);
  }
}

/** What runs, for how long, and how many are left. */
async function listed(title: string, rows: readonly Row[]): Promise<void> {
  const output = new ProcessOutput(process.stderr, process.stderr);
  let left = rows.length;
  const errors: unknown[] = [];
  const headline = (): string => `${title}: ${left} left`;
  await new Listr(
    {
      title: headline(),
      task: (_, heading) =>
        heading.newListr(
          rows.map(({ name, work }) => ({
            title: name,
            task: async (_context, task) => {
              let [check, since] = ["", performance.now()];
              const tick = (): void =>
                void (task.title = `${name}: ${check}, ${Math.round((performance.now() - since) / 1000)} s`);
              const ticker = setInterval(tick, 1000);
              const begin = (begun: string): void => {
                [check, since] = [begun, performance.now()];
                tick();
              };
              const came = await work(begin).catch((error: unknown) => void errors.push(error));
              clearInterval(ticker);
              if (came === undefined) return;
              left -= 1;
              heading.title = headline();
              task.title = `${name}: ${came.text}`;
              if (came.kind === "missing") task.skip(task.title);
              // So that it is shown as failed.
              if (came.kind === "bad") throw new Error(task.title);
            },
          })),
        ),
    },
    {
      exitOnError: false,
      // The program's own handler ends what was started.
      registerSignalListeners: false,
      rendererOptions: {
        clearOutput: true,
        collapseErrors: false,
        showErrorMessage: true,
        logger: new ListrLogger({ useIcons: true, toStderr: [], processOutput: output }),
      },
    },
  ).run();
  if (errors.length > 0) throw errors[0];
}
