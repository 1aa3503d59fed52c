import * as v from "valibot";
import type { Guix } from "../guix/launcher";
import { NoAnswer } from "../guix/session";
import type { Release } from "../openzfs/release";
import { runBuild } from "./build";
import { cacheFact, derivationFact, evaluateFact, lintFact, systemFact, type DerivationFact } from "./facts";
import { HOLDS, PACKAGE_CHECKS, UNASKED, type Finding, type Findings, type ModuleCheck, type PackageCheck, type PackageFindings, type Verdict } from "./finding";
import { judgeCache, judgeDerivation, judgeEvaluation, judgeLint, judgeStyle, missing, moduleName, releaseOf } from "./judge";
import { ask, reproduceModuleCheck, reproducePackageCheck } from "./questions";
import type { Subject, Target } from "./subject";
import { Worker, type Asked, type Limits } from "./worker";

export interface VerificationOptions extends Limits {
  /** How many Guix processes may run at once. */
  readonly jobs: number;
  readonly system: boolean;
  readonly build: boolean;
  /** Seconds that a build may take. */
  readonly buildTimeout: number;
}

/** Who is told what goes on. */
export interface Progress {
  /** The definitions are loaded and NAMES are verified. */
  begin(names: readonly string[], module: string, jobs: number): void;
  /** CHECK of package NAME, or of the module, begins. */
  step(name: string, check: PackageCheck | ModuleCheck): void;
  finish(name: string, verdicts: readonly Verdict[], missing?: string): void;
  /** Nothing more comes; resolves when nothing more is shown. */
  end(): Promise<void>;
}

/**
 * What GUIX says of the definitions of TARGET.
 *
 * @throws UserError where it cannot run, NoAnswer where it is interrupted
 */
export async function verification(guix: Guix, target: Target, options: VerificationOptions, progress: Progress): Promise<Findings> {
  const run = new Verification(guix, target, options, progress);
  try {
    return await run.findings();
  } finally {
    await run.close();
  }
}

class Verification {
  private readonly workers: Worker[];
  private readonly moduleText: string;

  constructor(
    private readonly guix: Guix,
    private readonly target: Target,
    private readonly options: VerificationOptions,
    private readonly progress: Progress,
  ) {
    this.workers = Array.from({ length: options.jobs }, () => new Worker(guix, target, options));
    this.moduleText = moduleName(target.module);
  }

  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.close()));
    await this.progress.end();
  }

  async findings(): Promise<Findings> {
    const { target } = this;
    const started = performance.now();
    const loaded = await this.workers[0]!.load();
    const loads = this.moduleFinding("loads", "verdict" in loaded ? loaded.verdict : HOLDS, started);
    if ("verdict" in loaded) {
      const packages = target.subjects.map(({ name }) => ({ name, findings: this.unasked(name, ["evaluates", "derivation", "lint", "style"]) }));
      return { version: loaded.version, module: [loads], packages };
    }
    const seen = new Set(target.subjects.map(({ name }) => name));
    const subjects = [...target.subjects, ...loaded.packages.filter((name) => !seen.has(name)).map((name) => target.subject(name))].filter(({ name }) => target.isWanted(name));
    this.progress.begin(subjects.map(({ name }) => name), this.moduleText, this.options.jobs);

    const packages: PackageFindings[] = [];
    const waiting = [...subjects.entries()];
    await Promise.all(
      this.workers.map(async (worker) => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
          const [index, subject] = next;
          packages[index] = await this.packageFindings(worker, subject);
        }
      }),
    );
    const module = [loads, ...(target.channel === undefined ? [] : [await this.cacheFinding(this.workers[0]!, target.channel, packages)])];
    this.progress.finish(this.moduleText, module.map(({ verdict }) => verdict));
    return { version: loaded.version, module, packages };
  }

  private async packageFindings(worker: Worker, subject: Subject): Promise<PackageFindings> {
    const { target, options } = this;
    const findings: Finding<PackageCheck>[] = [];
    const check = async <Schema extends v.GenericSchema>(
      name: PackageCheck,
      question: string,
      schema: Schema,
      judge: (fact: v.InferOutput<Schema>, said: string) => Verdict,
    ): Promise<Asked<v.InferOutput<Schema>>> => {
      this.progress.step(subject.name, name);
      const started = performance.now();
      const asked = await worker.ask(question, schema);
      const verdict = "verdict" in asked ? asked.verdict : judge(asked.fact, asked.said);
      findings.push(this.finding(name, subject, verdict, started, "fact" in asked && verdict.kind === "fails"));
      return asked;
    };
    const done = (found: Omit<PackageFindings, "name" | "findings"> = {}): PackageFindings => {
      if (found.missing !== undefined) findings.length = 0;
      else findings.push(...this.unasked(subject.name, this.checks(subject).filter((name) => !findings.some((finding) => finding.check === name))));
      this.progress.finish(subject.name, findings.map(({ verdict }) => verdict), found.missing);
      return { name: subject.name, ...found, findings };
    };

    const evaluated = await check("evaluates", ask.evaluates(target, subject), evaluateFact, (fact) => judgeEvaluation(fact, subject, target));
    if ("verdict" in evaluated) return done();
    const absent = missing(evaluated.fact, subject);
    if (absent !== undefined) return done({ missing: absent });
    const found = evaluated.fact.package;
    if (found === null || (subject.kernel !== undefined && evaluated.fact.kernel === null)) return done();
    const { kernel } = evaluated.fact;
    const about = {
      version: found.version,
      ...(kernel !== null && { kernel: `${kernel.name} ${kernel.version}` }),
      ...(found.location !== null && { location: `${found.location.file}:${found.location.line}:${found.location.column}` }),
    };

    const release = releaseOf(found.version, target);
    const derived = await check("derivation", ask.derivation(target, subject), derivationFact, (fact) => judgeDerivation(fact, subject, release));
    const raised = "verdict" in derived && derived.raised;
    // The checkers compute the derivation, too: they would say the same again.
    if (!raised) await check("lint", ask.lint(target, subject), lintFact, judgeLint);
    await check("style", ask.style(target, subject), v.object({}), (_, said) => judgeStyle(said));
    if (!raised && options.system && subject.kernel !== undefined) {
      await check("system", ask.system(target, subject), systemFact, () => HOLDS);
    }
    if (options.build && "fact" in derived) findings.push(await this.built(subject, derived.fact, release));
    return done(about);
  }

  private async built(subject: Subject, derivation: DerivationFact, release: Release | undefined): Promise<Finding<PackageCheck>> {
    this.progress.step(subject.name, "builds");
    const started = performance.now();
    const { guix, target, options } = this;
    return this.finding("builds", subject, await runBuild(guix, target, subject, derivation, release, options.buildTimeout, options.interrupt), started);
  }

  private async cacheFinding(worker: Worker, directory: string, packages: readonly PackageFindings[]): Promise<Finding<ModuleCheck>> {
    this.progress.step(this.moduleText, "cache");
    const started = performance.now();
    const asked = await worker.ask(ask.cache(directory), cacheFact);
    const present = packages.filter((found) => found.missing === undefined).map(({ name }) => name);
    return this.moduleFinding("cache", "verdict" in asked ? asked.verdict : judgeCache(asked.fact.packages, present), started);
  }

  /** The checks of SUBJECT that the options ask for. */
  private checks({ kernel }: Subject): PackageCheck[] {
    const { system, build } = this.options;
    return PACKAGE_CHECKS.filter((name) => (name === "system" ? system && kernel !== undefined : name === "builds" ? build : true));
  }

  private unasked(name: string, checks: readonly PackageCheck[]): Finding<PackageCheck>[] {
    return checks.map((check) => this.finding(check, this.target.subject(name), UNASKED, performance.now()));
  }

  private finding(check: PackageCheck, subject: Subject, verdict: Verdict, started: number, judged = false): Finding<PackageCheck> {
    const reproduce = reproducePackageCheck(check, this.guix, this.target, subject, judged);
    return { check, verdict, reproduce, seconds: seconds(started) };
  }

  private moduleFinding(check: ModuleCheck, verdict: Verdict, started: number): Finding<ModuleCheck> {
    return { check, verdict, reproduce: reproduceModuleCheck(check, this.guix, this.target), seconds: seconds(started) };
  }
}

function seconds(started: number): number {
  return Math.round((performance.now() - started) / 10) / 100;
}

/** Whether ERROR says that the user has had enough. */
export function isInterruption(error: unknown): boolean {
  return error instanceof NoAnswer && error.reason === "interrupted";
}
