import { Child, endText, type End } from "../process/child";
import { Tail } from "../process/tail";
import type { Command } from "./launcher";

/** What Guix answers to a question. */
export type Answer =
  /** The facts that were asked for, still to be validated, and what Guix printed meanwhile. */
  | { readonly kind: "fact"; readonly fact: unknown; readonly said: string }
  /** An error that Guix raised, in its words. */
  | { readonly kind: "error"; readonly said: string };

/** Guix did not answer; the process is gone. */
export class NoAnswer extends Error {
  constructor(
    readonly reason: "ended" | "timeout" | "nonsense" | "interrupted",
    message: string,
    /** The last lines that it printed. */
    readonly said: readonly string[] = [],
  ) {
    super(message);
    this.name = "NoAnswer";
  }
}

/** What an answer starts with; anything else on standard output is not ours. */
const MARK = "zfs-guix:";

/** An answer has a few thousand bytes. */
const LONGEST_LINE = 4 * 1024 * 1024;

/** Standard output goes to standard error once the script runs; until then a Guix prints little. */
const MOST_NONSENSE = 16 * 1024 * 1024;

/** One process of Guix that answers questions, one at a time; see verify.scm. */
export class Session {
  private readonly child: Child;
  private readonly nonsense = new Tail(4 * 1024);
  private readonly buffer: Buffer[] = [];
  private buffered = 0;
  private discarded = 0;
  private pending: { readonly resolve: (answer: Answer) => void; readonly reject: (error: NoAnswer) => void } | undefined;
  private end: End | undefined;

  constructor(command: Command, environment: NodeJS.ProcessEnv) {
    this.child = new Child(command, { environment, onOutput: (chunk) => this.take(chunk) });
    void this.child.ended.then((end) => {
      this.end = end;
      this.fail(this.ended(end));
    });
  }

  /**
   * The answer to QUESTION, an S-expression.
   *
   * @param seconds how long to wait; Infinity for as long as it takes
   * @throws NoAnswer, after which the session is of no use
   */
  async ask(question: string, seconds: number, interrupt: AbortSignal): Promise<Answer> {
    if (this.pending !== undefined) throw new Error("the session is busy");
    if (this.end !== undefined) throw this.ended(this.end);
    if (interrupt.aborted) throw interrupted();
    let timer: NodeJS.Timeout | undefined;
    const abort = (): void => this.fail(interrupted());
    interrupt.addEventListener("abort", abort);
    try {
      return await new Promise<Answer>((resolve, reject) => {
        this.pending = { resolve, reject };
        if (Number.isFinite(seconds)) {
          timer = setTimeout(
            () => this.fail(new NoAnswer("timeout", `no answer within ${seconds} ${seconds === 1 ? "second" : "seconds"}`, this.said())),
            seconds * 1000,
          );
        }
        this.child.write(`${question}\n`);
      });
    } catch (error) {
      await this.child.kill();
      throw error;
    } finally {
      clearTimeout(timer);
      interrupt.removeEventListener("abort", abort);
    }
  }

  /** Ends the process. */
  async close(): Promise<void> {
    this.child.closeInput();
    await this.child.kill();
  }

  private take(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      this.buffer.push(chunk.subarray(start, end));
      const line = Buffer.concat(this.buffer).toString("utf8");
      this.buffer.length = 0;
      this.buffered = 0;
      start = end + 1;
      this.line(line);
    }
    const rest = chunk.subarray(start);
    this.buffer.push(rest);
    this.buffered += rest.length;
    if (this.buffered > LONGEST_LINE) {
      this.buffer.length = 0;
      this.buffered = 0;
      this.fail(new NoAnswer("nonsense", "it prints a line without an end", this.said()));
    }
  }

  private line(text: string): void {
    if (!text.startsWith(MARK)) {
      this.nonsense.add(`${text}\n`);
      this.discarded += text.length + 1;
      if (this.discarded > MOST_NONSENSE) this.fail(new NoAnswer("nonsense", "it floods its output", this.said()));
      return;
    }
    const answer = parse(text.slice(MARK.length));
    if (answer === undefined) this.fail(new NoAnswer("nonsense", "its answer cannot be read", [text.slice(0, 200)]));
    else this.settle((pending) => pending.resolve(answer));
  }

  private fail(error: NoAnswer): void {
    this.settle((pending) => pending.reject(error));
  }

  private settle(action: (pending: NonNullable<Session["pending"]>) => void): void {
    const { pending } = this;
    this.pending = undefined;
    if (pending !== undefined) action(pending);
  }

  private ended(end: End): NoAnswer {
    return new NoAnswer("ended", `it ${endText(end)}`, this.said());
  }

  private said(): string[] {
    const errors = this.child.errors.lines();
    return (errors.length > 0 ? errors : this.nonsense.lines()).slice(-10);
  }
}

function interrupted(): NoAnswer {
  return new NoAnswer("interrupted", "interrupted");
}

function parse(text: string): Answer | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { fact, said, error } = value as Record<string, unknown>;
  if (typeof error === "string") return { kind: "error", said: error };
  return fact === undefined ? undefined : { kind: "fact", fact, said: typeof said === "string" ? said : "" };
}
