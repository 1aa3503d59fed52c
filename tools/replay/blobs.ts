import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { cannotRun, GIT_SETTINGS, gitEnvironment } from "../../src/write/git/git";

/**
 * Reads files out of a repository's history without a checkout: one
 * `git cat-file --batch` that answers as long as it is asked.
 */
export class BlobReader {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #chunks: AsyncIterator<Buffer, undefined>;
  #rest: Buffer = Buffer.alloc(0);
  #failure: Error | undefined;

  constructor(repository: string) {
    this.#child = spawn("git", [...GIT_SETTINGS, "cat-file", "--batch"], {
      cwd: repository,
      env: gitEnvironment(),
      stdio: ["pipe", "pipe", "ignore"],
    }) as unknown as ChildProcessWithoutNullStreams;
    this.#child.on("error", (error) => (this.#failure = cannotRun(error, repository)));
    this.#child.stdin.on("error", () => {});
    this.#chunks = this.#child.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
  }

  /** The text of the file that REVISION:PATH names, undefined where there is none; one call at a time. */
  async read(revision: string, path: string): Promise<string | undefined> {
    const name = `${revision}:${path}`;
    // The names go to git line by line.
    if (name.includes("\n")) return undefined;
    this.#child.stdin.write(`${name}\n`);
    const header = await this.#line();
    const match = /^[0-9a-f]+ (\w+) (\d+)$/.exec(header);
    if (match === null) return undefined;
    const content = await this.#bytes(Number(match[2]) + 1);
    return match[1] === "blob" ? content.toString("utf8", 0, content.length - 1) : undefined;
  }

  async close(): Promise<void> {
    this.#child.stdin.end();
    if (this.#child.exitCode === null)
      await new Promise((resolve) => this.#child.once("close", resolve).stdout.resume());
  }

  async #line(): Promise<string> {
    for (let searched = 0; ;) {
      const end = this.#rest.indexOf(0x0a, searched);
      if (end !== -1) return (await this.#bytes(end + 1)).toString("utf8", 0, end);
      searched = this.#rest.length;
      await this.#more();
    }
  }

  async #bytes(length: number): Promise<Buffer> {
    // One concatenation for all chunks: a large file comes in hundreds.
    const chunks = [this.#rest];
    let have = this.#rest.length;
    while (have < length) {
      const chunk = await this.#next();
      chunks.push(chunk);
      have += chunk.length;
    }
    const all = chunks.length === 1 ? this.#rest : Buffer.concat(chunks);
    this.#rest = all.subarray(length);
    return all.subarray(0, length);
  }

  async #more(): Promise<void> {
    this.#rest = Buffer.concat([this.#rest, await this.#next()]);
  }

  async #next(): Promise<Buffer> {
    const { value, done } = await this.#chunks.next();
    if (done === true)
      throw this.#failure ?? new Error("git cat-file ended before it had answered");
    return value;
  }
}
