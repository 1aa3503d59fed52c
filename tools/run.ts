import { spawn, type ChildProcess } from "node:child_process";
import { UserError } from "../src/errors";

/** Starts COMMAND, which dies with this program however that ends. */
export function start(
  [program, ...rest]: readonly [string, ...string[]],
  environment: NodeJS.ProcessEnv = process.env,
): ChildProcess {
  return spawn("setpriv", ["--pdeathsig", "KILL", program, ...rest], {
    stdio: ["ignore", "pipe", "pipe"],
    env: environment,
  });
}

/** Runs COMMAND and returns what it printed; throws a UserError where it fails, with the last line of what it said. */
export async function run(
  command: readonly [string, ...string[]],
  {
    onLine = () => {},
    environment,
  }: { readonly onLine?: (line: string) => void; readonly environment?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  const child = start(command, environment);
  let [output, errors] = ["", ""];
  child.stdout!.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    onLine(lastLine(text));
  });
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    errors = (errors + text).slice(-4_096);
    onLine(lastLine(text));
  });
  const end = await new Promise<string | undefined>((resolve) => {
    child.on("error", (error) => resolve(`cannot be started: ${error.message}`));
    child.on("close", (status, signal) =>
      resolve(
        status === 0
          ? undefined
          : `ended with ${signal === null ? `status ${status}` : `signal ${signal}`}`,
      ),
    );
  });
  if (end !== undefined)
    throw new UserError({
      message: `${command.join(" ")} ${end}: ${lastLine(errors) || lastLine(output)}`,
    });
  return output;
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1)!;
}
