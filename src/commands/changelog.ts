import { join } from "node:path";
import { CHANNEL_MODULE_FILE } from "../channel";
import type { FileChange, FileRole } from "../changeset";
import { commitMessage } from "../bump/changelog";
import { formatMessage } from "../bump/message";
import { UserError } from "../errors";
import { readTextIfAny } from "../files";
import { CHANNEL_DIRECTORY } from "../generation";
import { committedText, openRepository, pathInRepository } from "../git/repository";
import { FILE_SYSTEMS_FILE } from "../guix/checkout";
import { KERNELS_FILE, RELEASES_FILE } from "../inputs";
import { lines, type Outcome } from "../outcome";

export interface ChangelogOptions {
  readonly guix?: string;
  readonly inPlace?: boolean;
  readonly kernelsFile?: string;
  readonly releases?: string;
  readonly out?: string;
}

/** `zfs-guix changelog`: the commit message for what is written and not committed yet. */
export async function changelog(options: ChangelogOptions): Promise<Outcome> {
  const { inPlace, guix } = options;
  if (inPlace === true && guix === undefined) throw new UserError({ message: "--in-place does not say which checkout", hint: "name it with --guix DIR" });
  const directory = inPlace === true ? guix! : ".";
  const repository = await openRepository(directory, "run it in the repository of a channel, or give --guix DIR --in-place for that of a checkout");
  const files = await Promise.all(
    generatedFiles(options).map(async ([role, path]): Promise<FileChange[]> => {
      const after = await readTextIfAny(path, "file");
      if (after === undefined) return [];
      const name = await pathInRepository(repository, path);
      return [{ role, path: name, before: await committedText(repository, name), after }];
    }),
  );
  const message = await commitMessage(files.flat());
  return message === undefined ? { status: 0, output: "", talk: lines("nothing has changed since the last commit") } : { status: 0, output: formatMessage(message) };
}

function generatedFiles({ inPlace, guix, kernelsFile, releases, out }: ChangelogOptions): [FileRole, string][] {
  if (inPlace === true) return [["packages", join(guix!, FILE_SYSTEMS_FILE)]];
  return [
    ["packages", join(out ?? CHANNEL_DIRECTORY, CHANNEL_MODULE_FILE)],
    ["kernels", kernelsFile ?? KERNELS_FILE],
    ["releases", releases ?? RELEASES_FILE],
  ];
}
