import { printable, UserError } from "../errors";
import { findGuix } from "../guix/launcher";
import { jsonOutcome, lines, type Outcome } from "../outcome";
import { moduleName } from "../verify/judge";
import { ProgressLog } from "../verify/progress-log";
import { findingsJson, findingsStatus, findingsText } from "../verify/report";
import { findTarget, type TargetOptions } from "../verify/target";
import { isInterruption, verification, type Progress } from "../verify/verification";

export interface VerifyOptions extends TargetOptions {
  readonly jobs?: string;
  /** Seconds for a step; a build has no limit unless one is given. */
  readonly timeout?: string;
  readonly build?: boolean;
  readonly system?: boolean;
  readonly json?: boolean;
}

/** A checkout that was not compiled takes many minutes to load. */
const TIMEOUT = "1800";

const MOST_JOBS = 64;

const INTERRUPTS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** `zfs-guix verify`: what Guix itself says of the definitions. */
export async function verify(options: VerifyOptions): Promise<Outcome> {
  const jobs = numberOf("--jobs", options.jobs ?? "1", (value) => Number.isInteger(value) && value >= 1 && value <= MOST_JOBS, `a whole number from 1 to ${MOST_JOBS}`);
  const timeout = numberOf("--timeout", options.timeout ?? TIMEOUT, (value) => value > 0 && value <= 1e6, "a number of seconds above 0");
  const [guix, target] = await Promise.all([findGuix(options.guix), findTarget(options)]);
  const about = { guix: guix.name, module: moduleName(target.module) };
  const progress = await progressFor(`${about.module} with ${guix.name}`);
  const interrupt = new AbortController();
  const stop = (): void => interrupt.abort();
  for (const signal of INTERRUPTS) process.on(signal, stop);
  try {
    const findings = await verification(
      guix,
      target,
      {
        jobs,
        timeout,
        buildTimeout: options.timeout === undefined ? Infinity : timeout,
        build: options.build === true,
        system: options.system === true,
        interrupt: interrupt.signal,
      },
      progress,
    );
    const status = findingsStatus(findings);
    return options.json === true ? jsonOutcome(status, findingsJson(findings, about)) : { status, output: lines(...findingsText(findings, about)) };
  } catch (error) {
    if (isInterruption(error)) return { status: 2, output: "", talk: lines("zfs-guix: interrupted; what was started is ended") };
    throw error;
  } finally {
    for (const signal of INTERRUPTS) process.off(signal, stop);
  }
}

function numberOf(option: string, text: string, isGood: (value: number) => boolean, expected: string): number {
  const value = /^[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : NaN;
  if (isGood(value)) return value;
  throw new UserError({ message: `${option} ${JSON.stringify(text)}: expected ${expected}` });
}

/** A live list where somebody looks on, a log elsewhere; both on standard error. */
async function progressFor(title: string): Promise<Progress> {
  const write = (line: string): void => void process.stderr.write(`zfs-guix: ${printable(line)}\n`);
  write(`loading ${title}`);
  if (!process.stderr.isTTY || process.env["TERM"] === "dumb" || process.env["CI"] !== undefined) return new ProgressLog(write);
  const { LiveProgress } = await import("../verify/progress-live");
  return new LiveProgress(title);
}
