import { join } from "node:path";
import { CHANNEL_DIRECTORY, CHANNEL_MODULE_FILE, CHANNEL_TOP } from "../layout/channel";
import type { FileChange, FileRole } from "../layout/changeset";
import { commitMessage, formatMessage } from "./bump/message";
import { readTextIfAny, refuseConflicts } from "../files";
import { textAt } from "../write/git/git";
import { openRepository, pathInRepository, type Repository } from "../write/git/repository";
import { AUX_FILES, auxiliaryNames, LIST_FILE } from "../layout/in-place";
import type { Options } from "../options";
import { FILE_SYSTEMS_FILE } from "../read/guix/checkout";
import { markedRange } from "../layout/region";
import { KERNELS_FILE, RELEASES_FILE } from "../read/inputs";
import { jsonOutcome, lines, type Outcome } from "../outcome";
import { sealOf } from "../layout/seal";

/** `zfs-guix changelog`: the commit message for what is written and not committed yet. */
export async function changelog(options: Options): Promise<Outcome> {
  const repository = await openRepository(
    options.inPlace === true ? options.guix! : ".",
    "run it in the repository of a channel, or give --guix DIR --in-place for that of a checkout",
  );
  const files = await Promise.all(
    (await generatedFiles(repository, options)).map(async ([role, path]): Promise<FileChange[]> => {
      const name = await pathInRepository(repository, path);
      const [before, after] = [
        await textAt(repository.top, "HEAD", name),
        await readTextIfAny(path, "file"),
      ];
      refuseConflicts(path, after ?? "");
      return before === undefined && after === undefined
        ? []
        : [{ role, path: name, before, after }];
    }),
  );
  const message = await commitMessage(files.flat());
  if (options.json === true)
    return jsonOutcome(0, {
      summary: message?.summary ?? null,
      entries: message?.entries ?? [],
      message: message === undefined ? null : formatMessage(message),
    });
  return message === undefined
    ? { status: 0, output: "", talk: lines("nothing has changed since the last commit") }
    : { status: 0, output: formatMessage(message) };
}

/** The files that are written, those included that the last commit has and that are gone. */
async function generatedFiles(
  repository: Repository,
  { inPlace, guix, kernelsFile, releases, out }: Options,
): Promise<[FileRole, string][]> {
  const top = inPlace === true ? guix! : (out ?? CHANNEL_DIRECTORY);
  const module = join(top, inPlace === true ? FILE_SYSTEMS_FILE : CHANNEL_MODULE_FILE);
  const name = await pathInRepository(repository, module);
  const texts = [await textAt(repository.top, "HEAD", name), await readTextIfAny(module, "file")];
  const named = new Set(
    texts.flatMap((text = "") =>
      inPlace === true ? filesOfRegion(text) : [...sealOf(text).files.keys()],
    ),
  );
  const plain = [...named].map((name): [FileRole, string] => [
    "plain",
    join(top, inPlace === true ? AUX_FILES : CHANNEL_TOP, name),
  ]);
  if (inPlace === true) return [["packages", module], ...plain, ["list", join(top, LIST_FILE)]];
  return [
    ["packages", module],
    ...plain,
    ["kernels", kernelsFile ?? KERNELS_FILE],
    ["releases", releases ?? RELEASES_FILE],
  ];
}

/** What came with the managed region of TEXT: what it names, and what 0.2.0 has recorded. */
function filesOfRegion(text: string): string[] {
  const { start, end } = markedRange(text) ?? { start: 0, end: 0 };
  const region = text.slice(start, end);
  return [...auxiliaryNames(region), ...sealOf(region).files.keys()];
}
