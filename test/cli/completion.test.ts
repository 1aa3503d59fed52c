import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { shellLine } from "../../src/errors";
import { temporaryDirectory } from "../support/directory";
import { inProcess } from "../support/in-process";
import { PROJECT, zfsGuix } from "../support/run";

/** Each shell, the file that it reads when it starts, and what has to stand in it besides the script. */
const SHELLS = [
  { name: "bash", file: ".bashrc", before: "" },
  { name: "zsh", file: ".zshrc", before: "autoload -U compinit; compinit -u -D\n" },
  { name: "fish", file: ".config/fish/completions/zfs-guix.fish", before: "" },
] as const;

const isInstalled = (name: string): boolean =>
  spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0;

function home(
  name: string,
  file: string,
  before: string,
): { readonly directory: string; readonly env: NodeJS.ProcessEnv } {
  const script = zfsGuix(["completion"], { env: { ...process.env, SHELL: `/bin/${name}` } });
  expect(script).toMatchObject({ status: 0, stderr: "" });
  const program = `#!/bin/sh\ncase "$1" in\n--get-yargs-completions) exec ${shellLine([process.execPath, `${PROJECT}/dist/zfs-guix.js`])} "$@";;\nesac\necho "$*" >> log\n`;
  const directory = temporaryDirectory({ "bin/zfs-guix": program, [file]: before + script.stdout });
  chmodSync(join(directory, "bin/zfs-guix"), 0o755);
  return {
    directory,
    env: {
      PATH: `${directory}/bin:${process.env.PATH}`,
      HOME: directory,
      SHELL: `/bin/${name}`,
      TERM: "xterm",
    },
  };
}

for (const { name, file, before } of SHELLS.slice(0, 2)) {
  (isInstalled(name) ? test : test.skip)(
    `Tab in ${name}${isInstalled(name) ? "" : `: ${name} is not installed`}`,
    () => {
      const { directory, env } = home(name, file, before);
      spawnSync("script", ["-qec", `${name} -i`, "/dev/null"], {
        cwd: directory,
        env,
        input: "zfs-guix ge\t--o\tplace --js\t\nzfs-guix matrix --format mark\t\nexit\n",
        timeout: 50_000,
      });
      expect(readFileSync(join(directory, "log"), "utf8")).toBe(
        "generate --out place --json\nmatrix --format markdown\n",
      );
    },
  );
}

(isInstalled("fish") ? test : test.skip)(
  `Tab in fish${isInstalled("fish") ? "" : ": fish is not installed"}`,
  () => {
    const { directory, env } = home("fish", SHELLS[2].file, "");
    const candidates = (line: string): string[] =>
      spawnSync("fish", ["-c", `complete -C ${shellLine([line])}`], {
        cwd: directory,
        env,
        encoding: "utf8",
        timeout: 50_000,
      })
        .stdout.split("\n")
        .map((found) => found.split("\t")[0]!);
    expect(candidates("zfs-guix ge")).toContain("generate");
    expect(candidates("zfs-guix generate --o")).toContain("--out");
    expect(candidates("zfs-guix matrix --format ")).toEqual(
      expect.arrayContaining(["table", "markdown", "json", "svg"]),
    );
  },
);

test("a line that is not finished is no mistake", async () => {
  for (const words of [
    ["ge"],
    ["generate", "--"],
    ["explain", ""],
    ["nonsense", "--x"],
    ["generate", "--json=x", "--"],
    [],
  ]) {
    expect(await inProcess(["--get-yargs-completions", "zfs-guix", ...words])).toMatchObject({
      status: 0,
      stderr: "",
    });
  }
});
