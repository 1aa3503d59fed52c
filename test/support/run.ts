import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The top of the project. */
export const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command line, as a user would. */
export function zfsGuix(args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv; uid?: number; gid?: number; timeout?: number } = {}): Run {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`${PROJECT}/dist/zfs-guix.js`, ...args], {
    cwd: options.cwd ?? PROJECT,
    env: options.env ?? process.env,
    encoding: "utf8",
    ...(options.uid !== undefined && { uid: options.uid }),
    ...(options.gid !== undefined && { gid: options.gid }),
    timeout: options.timeout ?? 60_000,
  });
  return { status, stdout, stderr };
}
