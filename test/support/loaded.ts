import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll } from "@jest/globals";
import { schemeString } from "../../src/render/literal";
import type { Run } from "./run";

/**
 * Starts Guile before the tests, with the words of COMMAND and in ENVIRONMENT,
 * and ends it after them.  Its script does what it is asked, one thing after the
 * other, with `serve` of apart.scm: what takes most of the time, reading and
 * expanding Scheme, is done once.
 *
 * @returns the function to ask it with.
 */
export function loadedGuile(
  command: () => readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): (...words: readonly string[]) => Promise<Run> {
  const start = () =>
    spawn("guile", ["--no-auto-compile", ...command()], {
      env: environment,
      stdio: ["pipe", "pipe", "inherit"],
    });
  let guile: ReturnType<typeof start>;
  beforeAll(() => {
    guile = start();
    guile.stdout.setEncoding("utf8");
  });
  afterAll(async () => {
    const ended = once(guile, "close");
    guile.stdin.end();
    await ended;
  });
  return async (...words) => {
    guile.stdin.write(`(${words.map(schemeString).join(" ")})\n`);
    let said = "";
    for (;;) {
      const [status, stdout, stderr, more] = said.split("\0");
      if (more !== undefined) return { status: Number(status), stdout: stdout!, stderr: stderr! };
      const [text] = (await Promise.race([
        once(guile.stdout, "data"),
        once(guile, "exit").then(() => {
          throw new Error("Guile has ended before it was told to");
        }),
      ])) as [string];
      said += text;
    }
  };
}
