import { UserError } from "../errors";
import { onInterrupt } from "../process";
import { jsonOutcome, lines, type Outcome } from "../outcome";
import { findGuix } from "../verify/launcher";
import { progress, type Row } from "../verify/progress";
import { findingsStatus, findingsText, summary, type PackageFindings } from "../verify/findings";
import type { Options } from "../options";
import { findTarget } from "../verify/target";
import { Verification } from "../verify/verification";
import { noteLines } from "./report";
import { formatModule } from "../read/kernel";

/** A checkout that was not compiled takes many minutes to load. */
const TIMEOUT = 1800;

/** `zfs-guix verify`: what Guix itself says of the definitions; TELL is told what is done meanwhile. */
export async function verify(options: Options, tell: (text: string) => void): Promise<Outcome> {
  const timeout = seconds(options.timeout);
  const guix = await findGuix(options.guix);
  const target = await findTarget(options);
  const module = formatModule(target.module);
  const title = `${module} with ${guix.name}`;
  const write = (line: string): void => tell(`zfs-guix: ${line}`);
  if (options.jobs !== undefined)
    write(
      "--jobs has no effect any longer: one Guix, which loads everything once, is as quick as several",
    );
  write(`loading ${title}`);
  const verification = new Verification(guix, target, {
    timeout: timeout ?? TIMEOUT,
    buildTimeout: timeout ?? Infinity,
    build: options.build === true,
    system: options.system === true,
  });
  let interrupted = false as boolean;
  const deaf = onInterrupt(() => {
    interrupted = true;
    verification.stop();
  });
  try {
    const { version, subjects, ...loaded } = await verification.load();
    const checks = [...loaded.checks];
    const packages: PackageFindings[] = [];
    const rows: Row[] = subjects.map((subject) => ({
      name: subject.name,
      work: async (step) => {
        const found = await verification.package(subject, step);
        packages.push(found);
        return summary(found.checks, found.missing);
      },
    }));
    rows.push({
      name: module,
      work: async (step) => {
        const present = packages.filter(({ missing }) => missing === null);
        step("cache");
        checks.push(...(await verification.cache(present.map(({ name }) => name))));
        return summary(checks);
      },
    });
    if (checks[0]!.result === "holds") await progress(title, rows, options.quiet === true, write);
    else {
      const nothing = { version: null, kernel: null, location: null, missing: null, checks: [] };
      packages.push(...subjects.map(({ name }) => ({ name, ...nothing })));
    }
    const findings = {
      guix: { name: guix.name, version },
      module: { name: module, checks },
      packages,
    };
    const status = findingsStatus(findings);
    const outcome =
      options.json === true
        ? jsonOutcome(status, { holds: status === 0, ...findings })
        : { status, output: lines(...findingsText(findings)) };
    return { ...outcome, talk: noteLines(target.notes) };
  } catch (error) {
    if (interrupted)
      return {
        status: 2,
        output: "",
        talk: lines("zfs-guix: interrupted; what was started is ended"),
      };
    throw error;
  } finally {
    verification.stop();
    deaf();
  }
}

function seconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = /^[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : NaN;
  if (value > 0 && value <= 1e6) return value;
  throw new UserError({
    message: `--timeout ${JSON.stringify(text)}: expected a number of seconds above 0`,
  });
}
