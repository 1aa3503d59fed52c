import { linuxFacts, type LinuxFacts } from "../../src/read/guix/linux-facts";
import { zfsFacts } from "../../src/read/guix/zfs-facts";
import { read } from "../../src/read/scheme/read";
import { isUserError } from "../../src/errors";

/** What the two files of a commit say; an Error's message where they cannot be read. */
export interface GuixFacts {
  readonly linux: LinuxFacts | string;
  readonly zfs: { readonly version: string; readonly isGexp: boolean } | string;
}

/** Reads each text once, however many commits have it. */
export class FactReader {
  #linuxText = "";
  #linux: GuixFacts["linux"] = "";
  #fileSystemsText = "";
  #zfs: GuixFacts["zfs"] = "";

  facts(linuxText: string, fileSystemsText: string): GuixFacts {
    if (linuxText !== this.#linuxText) {
      this.#linuxText = linuxText;
      this.#linux = attempt(() => linuxFacts(read(linuxText)));
    }
    if (fileSystemsText !== this.#fileSystemsText) {
      this.#fileSystemsText = fileSystemsText;
      this.#zfs = attempt(() => zfsFacts(read(fileSystemsText)));
    }
    return { linux: this.#linux, zfs: this.#zfs };
  }
}

function attempt<T>(action: () => T): T | string {
  try {
    return action();
  } catch (error) {
    if (!isUserError(error)) throw error;
    return error.message;
  }
}
