import * as v from "valibot";
import { shellLine, UserError } from "../errors";
import { support } from "../plan/compatibility";
import { isPinned } from "../plan/plan";
import { sourced, type Release } from "../read/openzfs/release";
import { shippedFile } from "../files";
import { schemeString, schemeSymbol } from "../render/literal";
import { formatModule, GUIX_LINUX_MODULE } from "../read/kernel";
import { formatSeries } from "../read/series";
import type { Check, Finding, PackageFindings } from "./findings";
import type { Command, Guix } from "./launcher";
import { ANSWER, NoAnswer, Session, type Answer } from "./session";
import type { Subject, Target } from "./target";

export interface VerificationOptions {
  /** Seconds that a question may take. */
  readonly timeout: number;
  /** Seconds that a build may take; Infinity for as long as it takes. */
  readonly buildTimeout: number;
  readonly system: boolean;
  readonly build: boolean;
}

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
  private readonly directories: readonly string[];
  private readonly command: Command;
  private readonly loading: string;

  constructor(
    private readonly guix: Guix,
    private readonly target: Target,
    private readonly options: VerificationOptions,
  ) {
    const { module, file, channel } = target;
    this.directories = channel === undefined ? [] : [channel];
    const program = shippedFile("src/verify/verify.scm");
    this.command = guix.command("repl", this.directories, "--", program);
    // In a checkout, the two modules import each other, and this is the order
    // in which a kernel that is named too early is unbound.
    const before = channel === undefined ? [formatModule(GUIX_LINUX_MODULE)] : [];
    this.loading = question("loads", module, schemeString(file), ...before);
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
    readonly checks: readonly Finding[];
    readonly subjects: readonly Subject[];
  }> {
    const { name } = this.guix;
    const { service, subjects } = this.target;
    try {
      const { version, error } = await this.start();
      if (error !== undefined)
        throw new UserError({
          message: `${name}: ${error.join(" | ")}`,
          hint: "start guix-daemon, or set GUIX_DAEMON_SOCKET",
        });
      const { finding, answer } = await this.ask("loads", this.loading);
      const checks = [finding];
      if (finding.result === "holds" && service !== undefined) {
        // First of all that loads it, or tries to: Guile takes what it has loaded in part for a module.
        const text = question("loads", service.module, schemeString(service.file));
        const { finding: found } = await this.ask("service", text);
        if (found.result === "holds") this.service = service.module;
        checks.push(found);
      }
      return { version: version!, checks, subjects: subjects(answer.packages) };
    } catch (error) {
      if (!(error instanceof NoAnswer) || this.stopped) throw error;
      throw new UserError({
        message: `${name} gave no answer: ${error.message.replaceAll("\n", " | ")}`,
        // ./configure writes that module.
        hint: error.message.includes("no code for module (guix config)")
          ? "run ./bootstrap && ./configure --localstatedir=/var in the checkout, or install Guix"
          : "see whether guix repl works there, or give it more time with --timeout SECONDS",
      });
    }
  }

  /** The findings about SUBJECT; STEP is told of each check that begins. */
  async package(subject: Subject, step: (check: Check) => void): Promise<PackageFindings> {
    const { module, releases } = this.target;
    const { name, kernel, isVariant } = subject;
    const checks: Finding[] = [];
    const ask = async (
      check: Check,
      more: readonly string[] = [],
      judge?: (answer: Answer) => readonly string[],
    ): Promise<Answer> => {
      step(check);
      const words =
        kernel === undefined
          ? ["#f", "#f", "#f"]
          : [
              formatModule(kernel.module),
              schemeSymbol(kernel.variable),
              schemeString(formatSeries(kernel.series)),
            ];
      const text = question(check, module, schemeSymbol(name), ...words, ...more);
      const { finding, answer } = await this.ask(check, text, judge, name);
      checks.push(finding);
      return answer;
    };
    const found = await ask("evaluates", [], ({ version }) =>
      isVariant && version !== undefined ? releaseLines(version, subject, releases) : [],
    );
    const { version = null, missing = null, location = null } = found;
    const package_ = { name, version, kernel: found.kernel ?? null, location, missing };
    if (missing !== null) return { ...package_, checks: [] };
    if (version === null) return { ...package_, checks };

    const release = releases.find((one) => one.version === version);
    const { error } = await ask("derivation", [], ({ hashes }) =>
      isVariant ? hashLines(hashes, release) : [],
    );
    // The checkers compute the derivation, too: they would say the same again.
    if (error === undefined) await ask("lint");
    await ask("style");
    if (error === undefined && this.options.system && kernel !== undefined)
      await ask("system", this.service === undefined ? [] : [formatModule(this.service)]);
    if (error === undefined && this.options.build) {
      const { sbin = [], bin = [] } = isVariant ? (release?.tools ?? {}) : {};
      await ask("builds", [...sbin, ...bin].map(schemeString));
    }
    return { ...package_, checks };
  }

  /** Whether `guix pull` would find PACKAGES in the channel, if it is one. */
  async cache(packages: readonly string[]): Promise<Finding[]> {
    const { module, channel } = this.target;
    if (channel === undefined) return [];
    const text = question("cache", module, ...[channel, ...packages].map(schemeString));
    return [(await this.ask("cache", text)).finding];
  }

  private async start(): Promise<Answer> {
    this.session = new Session(this.command);
    if (this.stopped) this.session.kill();
    return this.session.ask("(hello)", this.options.timeout);
  }

  /** What comes of TEXT, which asks for CHECK of package NAME; JUDGE knows more than Guix. */
  private async ask(
    check: Check,
    text: string,
    judge: (answer: Answer) => readonly string[] = () => [],
    name?: string,
  ): Promise<{ readonly finding: Finding; readonly answer: Answer }> {
    const started = performance.now();
    const { timeout, buildTimeout } = this.options;
    const finding = (
      result: Finding["result"],
      message: string | null,
      raised: boolean,
    ): Finding => ({
      check,
      result,
      message,
      reproduce: this.reproduce(check, text, raised, name),
      seconds: Math.round((performance.now() - started) / 10) / 100,
    });
    try {
      if (this.session === undefined) {
        await this.start();
        await this.session!.ask(this.loading, timeout);
      }
      const answer = await this.session!.ask(text, check === "builds" ? buildTimeout : timeout);
      const { error } = answer;
      const lines = error ?? [...answer.lines, ...judge(answer)];
      return {
        finding:
          lines.length === 0
            ? finding("holds", null, false)
            : finding("fails", lines.join("\n"), error !== undefined),
        answer,
      };
    } catch (error) {
      this.session = undefined;
      if (!(error instanceof NoAnswer) || check === "loads" || this.stopped) throw error;
      return { finding: finding("undetermined", error.message, true), answer: v.parse(ANSWER, {}) };
    }
  }

  /**
   * A line for a shell that shows what CHECK of package NAME found.  Guix is
   * content with a package that is not what it should be, unless it RAISED an
   * error: only the answer to QUESTION shows that.
   */
  private reproduce(check: Check, question: string, raised: boolean, name = ""): string {
    const guix = (subcommand: string, ...options: readonly string[]): string =>
      shellLine(this.guix.command(subcommand, this.directories, ...options, name));
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

/** What is wrong with OpenZFS VERSION, one of RELEASES, for the kernel of a variant. */
function releaseLines(
  version: string,
  { kernel, isUnwanted }: Subject,
  releases: readonly Release[],
): string[] {
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
  if (isUnwanted)
    return [`the list of kernels says that Linux ${series} is not wanted; run zfs-guix generate`];
  const { pin } = kernel;
  if (!isPinned(release, pin))
    return [
      `its version is ${version}, and ${pin!.file}:${pin!.line} pins it to ${pin!.zfs}; run zfs-guix generate`,
    ];
  const answer = support(release, kernel.series);
  switch (answer.kind) {
    case "supported":
      return [];
    case "advisory":
      return [`OpenZFS ${version}, for Linux ${series}: ${sourced(answer.advisory)}`];
    case "unsupported":
      return [`OpenZFS ${version} does not support Linux ${series}, which is ${answer.because}`];
  }
}

function hashLines(hashes: readonly string[], release: Release | undefined): string[] {
  const expected = `sha256:${release?.sha256}`;
  return release?.sha256 === undefined || hashes.length === 0 || hashes.includes(expected)
    ? []
    : [
        `its source has the hash ${[...hashes].sort().join(", ")}, not ${expected}, that of OpenZFS ${release.version}`,
      ];
}
