import type { ModuleCheck, PackageCheck, Verdict } from "./finding";
import { summary } from "./summary";
import type { Progress } from "./verification";

/** Those that take minutes or hours: that they begin is worth a line. */
const LONG: ReadonlySet<PackageCheck | ModuleCheck> = new Set(["builds"]);

/** A line for each package when it is done, for a log. */
export class ProgressLog implements Progress {
  private total = 0;
  private done = 0;

  constructor(private readonly write: (line: string) => void) {}

  begin(names: readonly string[]): void {
    this.total = names.length + 1;
  }

  step(name: string, check: PackageCheck | ModuleCheck): void {
    if (LONG.has(check)) this.write(`${name}: ${check} …`);
  }

  finish(name: string, verdicts: readonly Verdict[], missing?: string): void {
    this.done += 1;
    this.write(`[${this.done}/${this.total}] ${name}: ${summary(verdicts, missing)}`);
  }

  async end(): Promise<void> {}
}
