import { dirname, join, relative, resolve } from "node:path";
import { inFile, UserError, position } from "../errors";
import { exists, readTextIfAny, refuseConflicts } from "../files";
import { asString, isList, type ListDatum } from "./scheme/datum";
import { readFirst } from "./scheme/read";

export const DESCRIPTION_FILE = ".guix-channel";

export interface Description {
  /** Where the modules are, below its own directory. */
  readonly directory: string;
  /** Where the news are; undefined where there are none. */
  readonly newsFile: string | undefined;
}

/** What TEXT, the contents of FILE, a `.guix-channel`, says. */
export function parseDescription(text: string, file: string): Description {
  refuseConflicts(file, text);
  return inFile(file, () => {
    const channel = readFirst(text);
    const field = (name: string): ListDatum | undefined =>
      isList(channel, "channel")
        ? channel.items.find((item): item is ListDatum => isList(item, name))
        : undefined;
    const news = field("news-file");
    const newsFile = news && asString(news.items[1]);
    if (news !== undefined && !isBelow(newsFile))
      throw new UserError({
        ...position(text, news.start),
        message: "the news file is no path below the channel",
        hint: 'expected one such as (news-file "news.scm")',
      });
    return { directory: asString(field("directory")?.items[1]) ?? ".", newsFile };
  });
}

function isBelow(path: string | undefined): boolean {
  return (
    path !== undefined &&
    /^(?!\.{1,2}\/)[^/\0][^\0]*$/.test(path) &&
    !path.split("/").some((part) => part === ".." || part === ".git")
  );
}

/** The description that is to be of the channel in a directory. */
export interface FoundDescription {
  /** As it is shown and opened. */
  readonly path: string;
  /** Undefined where there is none. */
  readonly text: string | undefined;
  /** The channel's directory, as a description has it. */
  readonly directory: string;
  /** Whether it is, or would be, at the top of a repository. */
  readonly isOfRepository: boolean;
}

/** The description of the repository that OUT, a channel's directory, is in, or of this directory where it is in none. */
export async function findDescription(out: string): Promise<FoundDescription> {
  const of = async (top: string): Promise<FoundDescription> => {
    const path = relative("", join(top, DESCRIPTION_FILE));
    const text = await readTextIfAny(path, "channel's description");
    const isOfRepository = await exists(join(top, ".git"));
    return { path, text, directory: relative(top, resolve(out)) || ".", isOfRepository };
  };
  for (let top = resolve(out); ; top = dirname(top)) {
    const found = await of(top);
    if (found.text !== undefined || found.isOfRepository) return found;
    if (top === dirname(top)) return of("");
  }
}
