import { createHash } from "node:crypto";

/**
 * What is generated ends in lines that tell what it was when it was written:
 * a digest of itself, and of each file that came with it.  So an edit by hand
 * is told from the work of another version, or of other templates.
 */
export interface Seal {
  /** `unsealed` is what 0.1.0 wrote, or what is not ours at all. */
  readonly state: "pristine" | "edited" | "unsealed";
  /** Name → digest of the files that came with it. */
  readonly files: ReadonlyMap<string, string>;
}

const FILE_LINE = /^;;; zfs-guix: file (\S+) \(sha256 ([0-9a-f]{12})\)$/;

/** The last line, which is the end marker where it ends a managed region. */
export const END_LINE = /^;;; zfs-guix: end \(sha256 ([0-9a-f]{12}), so that an edit is noticed\)$/;

/** LINES, and behind them their seal, FILES (name → text) having come with them. */
export function sealed(lines: readonly string[], files: ReadonlyMap<string, string>): string[] {
  const all = [
    ...lines,
    ...[...files].map(([name, text]) => `;;; zfs-guix: file ${name} (sha256 ${digest(text)})`),
  ];
  return [
    ...all,
    `;;; zfs-guix: end (sha256 ${digest(all.join("\n"))}, so that an edit is noticed)`,
  ];
}

/** The seal at the end of TEXT, whatever its line ends are. */
export function sealOf(text: string): Seal {
  const lines = text.trimEnd().split(/\r?\n/);
  const files = new Map(
    lines.flatMap((line) => {
      const match = FILE_LINE.exec(line);
      return match === null ? [] : [[match[1]!, match[2]!] as const];
    }),
  );
  const end = END_LINE.exec(lines.at(-1)!);
  if (end !== null)
    return {
      state: end[1] === digest(lines.slice(0, -1).join("\n")) ? "pristine" : "edited",
      files,
    };
  return { state: lines.some((line) => END_LINE.test(line)) ? "edited" : "unsealed", files };
}

/** Of TEXT, whatever its line ends are. */
export function digest(text: string): string {
  return createHash("sha256").update(text.replace(/\r\n/g, "\n")).digest("hex").slice(0, 12);
}
