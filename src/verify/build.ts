import type { Guix } from "../guix/launcher";
import { NoAnswer } from "../guix/session";
import { Child, endText } from "../process/child";
import { judgeBuild } from "./built";
import type { Release } from "../openzfs/release";
import type { DerivationFact } from "./facts";
import type { Verdict } from "./finding";
import { buildCommand } from "./questions";
import type { Subject, Target } from "./subject";
import { trimmed } from "./words";

/**
 * Builds SUBJECT with `guix build` and looks at what it built.
 *
 * @throws NoAnswer where it is interrupted
 */
export async function runBuild(
  guix: Guix,
  target: Target,
  subject: Subject,
  derivation: DerivationFact,
  release: Release | undefined,
  timeout: number,
  interrupt: AbortSignal,
): Promise<Verdict> {
  if (interrupt.aborted) throw new NoAnswer("interrupted", "interrupted");
  // What is built is in the derivation; what is printed of it goes by.
  const child = new Child(buildCommand(guix, target, subject), { environment: { ...process.env, LANGUAGE: "en" }, onOutput: () => {} });
  child.closeInput();
  const stop = new Promise<"timeout" | "interrupted">((resolve) => {
    interrupt.addEventListener("abort", () => resolve("interrupted"), { once: true });
    if (Number.isFinite(timeout)) setTimeout(() => resolve("timeout"), timeout * 1000).unref();
  });
  const end = await Promise.race([child.ended, stop]);
  await child.kill();
  if (end === "interrupted") throw new NoAnswer("interrupted", "interrupted");
  const last = trimmed(child.errors.lines().slice(-10));
  if (end === "timeout") return { kind: "undetermined", lines: [`not built within ${timeout} seconds`, ...last] };
  if (end.kind !== "exit") return { kind: "undetermined", lines: [`guix build ${endText(end)}`, ...last] };
  if (end.status !== 0) return { kind: "fails", lines: last.length > 0 ? last : [`guix build ${endText(end)}`] };
  const out = derivation.outputs.find(({ name }) => name === "out");
  return out === undefined ? { kind: "fails", lines: ['it has no output "out"'] } : judgeBuild(out.path, subject, release);
}
