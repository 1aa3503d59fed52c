import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What Guile's `read` makes of a text: the forms before the error, if there is one. */
export interface GuileReading {
  readonly forms: readonly string[];
  readonly error?: string;
}

export type Request = { readonly file: string } | { readonly text: string };

/**
 * Asks one Guile process about all of REQUESTS; the answers come in the same
 * order. SCRIPT is `read-forms.scm`.
 *
 * @throws Error where Guile is not installed: nothing can stand in for it.
 */
export function askGuile(requests: readonly Request[], script = SCRIPT): GuileReading[] {
  if (requests.length === 0) return [];
  const run = spawnSync("guile", ["--no-auto-compile", script], {
    input: requests.map((request) => `${requestLine(request)}\n`).join(""),
    encoding: "utf8",
    maxBuffer: 2 ** 30,
    env: { ...process.env, GUILE_AUTO_COMPILE: "0" },
  });
  if (run.error !== undefined)
    throw new Error(`Guile 3.0 is needed to test the reader: ${run.error.message}`);
  if (run.status !== 0) throw new Error(`Guile failed: ${run.stderr}`);
  const answers = parseAnswers(run.stdout);
  if (answers.length !== requests.length) {
    throw new Error(
      `Guile gave ${answers.length} answers to ${requests.length} requests: ${run.stderr}`,
    );
  }
  return answers;
}

const SCRIPT = fileURLToPath(new URL("read-forms.scm", import.meta.url));

function requestLine(request: Request): string {
  return "file" in request ? `F ${request.file}` : `T ${Buffer.from(request.text).toString("hex")}`;
}

function parseAnswers(output: string): GuileReading[] {
  const answers: GuileReading[] = [];
  let forms: string[] = [];
  let error: { error?: string } = {};
  for (const line of output.split("\n")) {
    if (line === ".") {
      answers.push({ forms, ...error });
      forms = [];
      error = {};
    } else if (line.startsWith("!")) error = { error: line.slice(1) };
    else if (line !== "") forms.push(line);
  }
  return answers;
}
