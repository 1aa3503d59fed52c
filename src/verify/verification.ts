import { shellLine, UserError } from "../errors";
import { support } from "../plan/compatibility";
import type { Release } from "../read/openzfs/release";
import { shippedFile } from "../files";
import { schemeString, schemeSymbol } from "../render/literal";
import { formatModule } from "../read/kernel";
import { formatSeries } from "../read/series";
import type { Finding, ModuleCheck, PackageCheck, PackageFindings } from "./finding";
import type { Command, Guix } from "./launcher";
import { NoAnswer, Session, type Answer, trimmed } from "./session";
import type { Subject, Target } from "./target";

export interface VerificationOptions {
  /** Seconds that a question may take. */
  readonly timeout: number;
  /** Seconds that a build may take; Infinity for as long as it takes. */
  readonly buildTimeout: number;
  readonly system: boolean;
  readonly build: boolean;
}

/** Judges an answer beyond what Guix knows. */
type Judge = (answer: Answer) => readonly string[];

/**
 * What a Guix says of the definitions of a target.
 *
 * Its process loads them once and answers all questions; one that hangs or dies
 * is followed by another at the next question.
 */
export class Verification {
  private session: Session | undefined;
  /** The module of the service, where there is one and it loads. */
  private service: readonly string[] | undefined;
  private stopped = false;
  private readonly command: Command;
  private readonly loading: string;

  constructor(
    private readonly guix: Guix,
    private readonly target: Target,
    private readonly options: VerificationOptions,
  ) {
    this.command = guix.command(
      "repl",
      target.loadPath,
      "--",
      shippedFile("src/verify/verify.scm"),
    );
    this.loading = question(
      "loads",
      target.module,
      schemeString(target.file),
      ...target.before.map(formatModule),
    );
  }

  /** Ends what was started; what is asked meanwhile, or later, throws NoAnswer. */
  stop(): void {
    this.stopped = true;
    this.session?.kill();
  }

  /**
   * Starts Guix and loads the definitions: its version, and the packages that are to be verified.
   *
   * @throws UserError where Guix cannot run
   */
  async load(): Promise<{
    readonly version: string;
    readonly loads: readonly Finding<ModuleCheck>[];
    readonly subjects: readonly Subject[];
  }> {
    const { name } = this.guix;
    const { service, subjects } = this.target;
    try {
      const { version, error } = await this.start();
      if (error !== undefined)
        throw new UserError({
          message: `${name}: ${trimmed(error).join(" | ")}`,
          hint: "start guix-daemon, or set GUIX_DAEMON_SOCKET",
        });
      const { finding, answer } = await this.ask("loads", this.loading);
      const loads: Finding<ModuleCheck>[] = [finding];
      if (finding.result === "holds" && service !== undefined) {
        // First of all that loads it, or tries to: Guile takes what it has loaded in part for a module.
        const { finding: found } = await this.ask(
          "service",
          question("loads", service.module, schemeString(service.file)),
        );
        if (found.result === "holds") this.service = service.module;
        loads.push(found);
      }
      return { version: version!, loads, subjects: subjects(answer.packages) };
    } catch (error) {
      if (!(error instanceof NoAnswer) || this.stopped) throw error;
      const lines = [error.message, ...trimmed(error.said)];
      // ./configure writes it.
      const isConfigured = !lines.some((line) => line.includes("no code for module (guix config)"));
      throw new UserError({
        message: `${name} gave no answer: ${lines.join(" | ")}`,
        hint: isConfigured
          ? "see whether guix repl works there, or give it more time with --timeout SECONDS"
          : "run ./bootstrap && ./configure --localstatedir=/var in the checkout, or install Guix",
      });
    }
  }

  /** The findings about SUBJECT; STEP is told of each check that begins. */
  async package(subject: Subject, step: (check: PackageCheck) => void): Promise<PackageFindings> {
    const { target, options } = this;
    const { name, kernel, isVariant } = subject;
    const findings: Finding<PackageCheck>[] = [];
    const ask = async (
      check: PackageCheck,
      more: readonly string[] = [],
      judge?: Judge,
    ): Promise<Answer> => {
      step(check);
      const { finding, answer } = await this.ask(
        check,
        question(check, target.module, schemeSymbol(name), ...kernelWords(subject), ...more),
        judge,
        name,
      );
      findings.push(finding);
      return answer;
    };
    const {
      missing,
      version,
      kernel: actual,
      location,
    } = await ask("evaluates", [], (answer) =>
      isVariant && answer.version !== undefined
        ? releaseLines(answer.version, subject, target)
        : [],
    );
    if (missing !== undefined) return { name, missing, findings: [] };
    if (version === undefined) return { name, findings };

    const release = target.releases.find((one) => one.version === version);
    const { error } = await ask("derivation", [], ({ hashes }) =>
      isVariant ? hashLines(hashes, release) : [],
    );
    // The checkers compute the derivation, too: they would say the same again.
    if (error === undefined) await ask("lint");
    await ask("style");
    if (error === undefined && options.system && kernel !== undefined)
      await ask("system", this.service === undefined ? [] : [formatModule(this.service)]);
    if (error === undefined && options.build)
      await ask(
        "builds",
        isVariant && release !== undefined
          ? [...release.tools.sbin, ...release.tools.bin].map(schemeString)
          : [],
      );
    return {
      name,
      version,
      ...(actual !== undefined && { kernel: actual }),
      ...(location !== undefined && { location }),
      findings,
    };
  }

  /** Whether `guix pull` would find PACKAGES in the channel, if it is one. */
  async cache(packages: readonly string[]): Promise<Finding<ModuleCheck>[]> {
    const { module, channel } = this.target;
    return channel === undefined
      ? []
      : [
          (
            await this.ask(
              "cache" as const,
              question("cache", module, ...[channel, ...packages].map(schemeString)),
            )
          ).finding,
        ];
  }

  /** A new Guix, connected to its daemon. */
  private async start(): Promise<Answer> {
    this.session = new Session(this.command);
    if (this.stopped) this.session.kill();
    return this.session.ask("(hello)", this.options.timeout);
  }

  private async ask<Check extends PackageCheck | ModuleCheck>(
    check: Check,
    text: string,
    judge: Judge = () => [],
    name?: string,
  ): Promise<{ readonly finding: Finding<Check>; readonly answer: Answer }> {
    const started = performance.now();
    const { timeout, buildTimeout } = this.options;
    const found = (
      result: Finding["result"],
      lines: readonly string[],
      raised: boolean,
    ): Finding<Check> => ({
      check,
      result,
      lines,
      reproduce: this.reproduce(check, text, raised, name),
      seconds: Math.round((performance.now() - started) / 10) / 100,
    });
    try {
      if (this.session === undefined) {
        await this.start();
        await this.session!.ask(this.loading, timeout);
      }
      const answer = await this.session!.ask(text, check === "builds" ? buildTimeout : timeout);
      const lines =
        answer.error === undefined
          ? [...trimmed(answer.lines), ...judge(answer)]
          : trimmed(answer.error);
      return {
        finding: found(lines.length === 0 ? "holds" : "fails", lines, answer.error !== undefined),
        answer,
      };
    } catch (error) {
      this.session = undefined;
      if (!(error instanceof NoAnswer) || check === "loads" || this.stopped) throw error;
      return {
        finding: found("undetermined", [error.message, ...trimmed(error.said)], true),
        answer: { lines: [], packages: [], hashes: [] },
      };
    }
  }

  /**
   * A line for a shell that shows what CHECK of package NAME found.  Guix is
   * content with a package that is not what it should be, unless it RAISED an
   * error: only the answer to QUESTION shows that.
   */
  private reproduce(
    check: PackageCheck | ModuleCheck,
    question: string,
    raised: boolean,
    name = "",
  ): string {
    const guix = (subcommand: string, ...options: readonly string[]): string =>
      shellLine(this.guix.command(subcommand, this.target.loadPath, ...options, name));
    if (check === "lint") return guix("lint", "--no-network");
    if (check === "builds") return guix("build", "--no-grafts");
    if (raised && (check === "evaluates" || check === "derivation"))
      return guix("build", "--no-grafts", "--derivations");
    return `${shellLine(["echo", question])} | ${shellLine(this.command)}`;
  }
}

/** An S-expression for verify.scm. */
function question(check: string, module: readonly string[], ...rest: readonly string[]): string {
  return `(${[check, formatModule(module), ...rest].join(" ")})`;
}

function kernelWords({ kernel }: Subject): string[] {
  return kernel === undefined
    ? ["#f", "#f", "#f"]
    : [
        formatModule(kernel.module),
        schemeSymbol(kernel.variable),
        schemeString(formatSeries(kernel.series)),
      ];
}

/** What is wrong with OpenZFS VERSION for the kernel of a variant. */
function releaseLines(version: string, { kernel }: Subject, { releases }: Target): string[] {
  const release = releases.find((one) => one.version === version);
  if (release === undefined)
    return [
      `its version, ${version}, is no known release of OpenZFS; name newer data with --releases FILE`,
    ];
  if (kernel === undefined)
    return [
      "no kernel of the list asks for it, so none is known that it is for; name the list with --kernels-file FILE",
    ];
  const series = formatSeries(kernel.series);
  const answer = support(release, kernel.series);
  switch (answer.kind) {
    case "supported":
      return [];
    case "advisory":
      return [
        `OpenZFS ${version}, for Linux ${series}: ${answer.advisory.says} (${answer.advisory.source})`,
      ];
    case "unsupported":
      return [`OpenZFS ${version} does not support Linux ${series}, which is ${answer.because}`];
  }
}

function hashLines(hashes: readonly string[], release: Release | undefined): string[] {
  if (
    release?.sha256 === undefined ||
    hashes.length === 0 ||
    hashes.includes(`sha256:${release.sha256}`)
  )
    return [];
  return [
    `its source has the hash ${[...hashes].sort().join(", ")}, not sha256:${release.sha256}, that of OpenZFS ${release.version}`,
  ];
}
