import { basename } from "node:path";
import { UserError } from "../errors";
import { readText, shippedFile } from "../files";
import type { Outcome } from "../outcome";

/** Those that there is a script for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** `zfs-guix completion SHELL`: a script that completes the command line in that shell, by default $SHELL. */
export async function completion(named: string | undefined): Promise<Outcome> {
  const shell = named ?? basename(process.env.SHELL ?? "");
  if (!SHELLS.some((one) => one === shell))
    throw new UserError({
      message:
        shell === ""
          ? "SHELL does not say which shell this is"
          : `there is no script of completions for ${shell}, which is the shell in SHELL`,
      hint: `name one: ${SHELLS.map((one) => `zfs-guix completion ${one}`).join(", ")}`,
    });
  const file = shippedFile(`src/commands/completion.${shell}`);
  return {
    status: 0,
    output: await readText(file, "script of completions", "install zfs-guix again"),
  };
}
