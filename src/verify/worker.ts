import * as v from "valibot";
import { UserError } from "../errors";
import type { Guix } from "../guix/launcher";
import { NoAnswer, Session, type Answer } from "../guix/session";
import { loadFact, helloFact } from "./facts";
import { verdict, type Verdict } from "./finding";
import { cannotRun, noAnswerLines } from "./guix-error";
import { answeringScript, ask } from "./questions";
import type { Target } from "./subject";
import { trimmed } from "./words";

export interface Limits {
  /** Seconds that a question may take. */
  readonly timeout: number;
  readonly interrupt: AbortSignal;
}

/** What a question led to: a fact, or a verdict where there is none. */
export type Asked<Fact> = { readonly fact: Fact; readonly said: string } | { readonly verdict: Verdict; readonly raised: boolean };

export type Loaded = { readonly version: string } & ({ readonly packages: readonly string[] } | { readonly verdict: Verdict });

/** One Guix process with the definitions loaded, and its successor where it dies. */
export class Worker {
  private session: Session | undefined;
  /** Why no successor could be started. */
  private broken: NoAnswer | undefined;

  constructor(
    private readonly guix: Guix,
    private readonly target: Target,
    private readonly limits: Limits,
  ) {}

  /**
   * Starts Guix and loads the definitions.
   *
   * @throws UserError where Guix cannot run
   */
  async load(): Promise<Loaded> {
    const session = this.start();
    const { version } = await this.first(session, "starting", ask.hello(), helloFact);
    await this.first(session, "connecting to guix-daemon", ask.connect(), v.object({}));
    const answer = await this.fatal(session, "loading the definitions", ask.load(this.target));
    if (answer.kind === "error") return { version, verdict: verdict(errorLines(answer.said)) };
    const { file, packages } = v.parse(loadFact, answer.fact);
    if (file !== this.target.file) {
      return { version, verdict: verdict([`Guix takes the module from ${file ?? "somewhere else"}, not from ${this.target.file}`]) };
    }
    return { version, packages };
  }

  /** Asks QUESTION; a Guix that hangs or dies leaves its verdict, and the next question gets a new one. */
  async ask<Schema extends v.GenericSchema>(question: string, schema: Schema): Promise<Asked<v.InferOutput<Schema>>> {
    try {
      const session = this.session ?? (await this.restart());
      const answer = await session.ask(question, this.limits.timeout, this.limits.interrupt);
      if (answer.kind === "error") return { verdict: verdict(errorLines(answer.said)), raised: true };
      const parsed = v.safeParse(schema, answer.fact);
      if (parsed.success) return { fact: parsed.output, said: answer.said };
      return { verdict: { kind: "undetermined", lines: [`Guix answered something else than was asked: ${parsed.issues[0].message}`] }, raised: false };
    } catch (error) {
      if (!(error instanceof NoAnswer) || error.reason === "interrupted") throw error;
      this.session = undefined;
      return { verdict: { kind: "undetermined", lines: noAnswerLines(error) }, raised: false };
    }
  }

  async close(): Promise<void> {
    await this.session?.close();
    this.session = undefined;
  }

  private start(): Session {
    // Its messages are recognized, and quoted, as they are in the source; and
    // a compiled copy of what is verified helps nobody.
    const environment = { ...process.env, LANGUAGE: "en", GUILE_AUTO_COMPILE: "0" };
    this.session = new Session(this.guix.script(answeringScript(), this.target.loadPath), environment);
    return this.session;
  }

  private async restart(): Promise<Session> {
    // What failed once to come up would do so for each question that is left.
    if (this.broken !== undefined) throw this.broken;
    const session = this.start();
    try {
      await session.ask(ask.hello(), this.limits.timeout, this.limits.interrupt);
      await session.ask(ask.load(this.target), this.limits.timeout, this.limits.interrupt);
    } catch (error) {
      if (error instanceof NoAnswer && error.reason !== "interrupted") this.broken = error;
      throw error;
    }
    return session;
  }

  /** The answer to one of the first questions, which must have one. */
  private async first<Schema extends v.GenericSchema>(session: Session, step: string, question: string, schema: Schema): Promise<v.InferOutput<Schema>> {
    const answer = await this.fatal(session, step, question);
    if (answer.kind === "fact") return v.parse(schema, answer.fact);
    throw new UserError({
      message: `${this.guix.name}: ${trimmed(answer.said).join(" | ") || `an error without words while ${step}`}`,
      ...(question === ask.connect() && { hint: "start guix-daemon, or set GUIX_DAEMON_SOCKET" }),
    });
  }

  private async fatal(session: Session, step: string, question: string): Promise<Answer> {
    try {
      return await session.ask(question, this.limits.timeout, this.limits.interrupt);
    } catch (error) {
      if (error instanceof NoAnswer && error.reason !== "interrupted") throw cannotRun(this.guix.name, step, error);
      throw error;
    }
  }
}

function errorLines(said: string): string[] {
  const lines = trimmed(said);
  return lines.length > 0 ? lines : ["Guix raised an error without words"];
}
