import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { OPTIONS } from "../../src/options";
import { shellLine } from "../../src/errors";
import { temporaryDirectory } from "../support/directory";
import { inProcess } from "../support/in-process";
import { PROJECT } from "../support/run";

/** Each shell, and the file that it reads when it starts. */
const SHELLS = [
  { name: "bash", file: ".bashrc" },
  { name: "zsh", file: ".zshrc" },
  { name: "fish", file: ".config/fish/completions/zfs-guix.fish" },
] as const;

const isInstalled = (name: string): boolean =>
  spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0;

/** A home with the script, a list of kernels and a directory, and a zfs-guix that logs what it is called with. */
function home(
  name: string,
  file: string,
): { readonly directory: string; readonly env: NodeJS.ProcessEnv } {
  const script = readFileSync(`${PROJECT}/src/commands/completion.${name}`, "utf8");
  const program = `#!/bin/sh\ncase "$1" in\n--complete) exec ${shellLine([process.execPath, `${PROJECT}/dist/zfs-guix.js`])} "$@";;\nesac\necho "$*" >> log\n`;
  const directory = temporaryDirectory({
    "bin/zfs-guix": program,
    "kernels.scm": '("6.6" "7.1")',
    "guix-here/x": "",
    // Somebody who has no completions yet.
    [file]: script,
  });
  chmodSync(join(directory, "bin/zfs-guix"), 0o755);
  return {
    directory,
    env: {
      PATH: `${directory}/bin:${process.env.PATH}`,
      HOME: directory,
      // The shell of the login is not always the one that runs.
      SHELL: "/bin/sh",
      ZDOTDIR: directory,
      TERM: "xterm",
    },
  };
}

for (const { name, file } of SHELLS.slice(0, 2)) {
  (isInstalled(name) ? test : test.skip)(
    `Tab in ${name}${isInstalled(name) ? "" : `: ${name} is not installed`}`,
    () => {
      const { directory, env } = home(name, file);
      spawnSync("script", ["-qec", `${name} -i`, "/dev/null"], {
        cwd: directory,
        env,
        input:
          "zfs-guix ge\t--o\tplace --js\t\nzfs-guix matrix --format mark\t\nzfs-guix generate --guix gui\t --in\t\nzfs-guix explain 7\t\nexit\n",
        timeout: 50_000,
      });
      expect(readFileSync(join(directory, "log"), "utf8").replace("here/ ", "here ")).toBe(
        "generate --out place --json\nmatrix --format markdown\ngenerate --guix guix-here --in-place\nexplain 7.1\n",
      );
    },
  );
}

(isInstalled("fish") ? test : test.skip)(
  `Tab in fish${isInstalled("fish") ? "" : ": fish is not installed"}`,
  () => {
    const { directory, env } = home("fish", SHELLS[2].file);
    const found = (line: string): string[] =>
      spawnSync("fish", ["-c", `complete -C ${shellLine([line])}`], {
        cwd: directory,
        env,
        encoding: "utf8",
        timeout: 50_000,
      })
        .stdout.split("\n")
        .filter((one) => one !== "")
        .map((one) => one.split("\t")[0]!);
    expect(found("zfs-guix ge")).toContain("generate");
    expect(found("zfs-guix generate --o")).toContain("--out");
    expect(found("zfs-guix matrix --format ")).toEqual(
      expect.arrayContaining(["table", "markdown", "json", "svg"]),
    );
    expect(found("zfs-guix generate --guix gui")).toEqual(["guix-here/"]);
    expect(found("zfs-guix explain 7")).toEqual(["7.1"]);
  },
);

describe("what may stand next", () => {
  const next = async (line: string): Promise<string[]> => {
    const cwd = temporaryDirectory({ "kernels.scm": '("6.6" "7.1")' });
    const words = ["--complete", "zfs-guix", ...line.split(" ")];
    const { stdout, stderr, status } = await inProcess(words, { cwd });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    return stdout
      .split("\n")
      .slice(0, -1)
      .map((one) => one.split("\t")[0]!);
  };

  test.each<[string, string[]]>([
    ["generate --guix ", []],
    ["generate --guix ~/g", []],
    ["bump --openzfs ", []],
    ["check -o ", []],
    ["generate --kernels-file ", []],
    ["explain ", ["6.6", "7.1"]],
    ["generate --kernels ", ["6.6", "7.1"]],
    ["matrix -f ta", ["table", "markdown", "json", "svg"]],
    ["explain --json ", ["--guix", "--kernels", "--kernels-file", "--releases", "--zfs"]],
    ["completion ", ["bash", "zsh", "fish"]],
    ["--help ", []],
    ["frobnicate ", []],
    ["__proto__ ", []],
  ])("%s", async (line, expected) => {
    expect(await next(line)).toEqual(expected);
  });

  test("commands, and the options of one", async () => {
    expect(await next("")).toEqual(Object.keys(OPTIONS));
    const options = await next("generate --o");
    expect(options).toEqual(expect.arrayContaining(["--out", "--in-place", "--quiet"]));
    expect(await next("explain -")).toContain("--zfs");
  });
});

describe("a script", () => {
  test.each(["bash", "zsh", "fish"])("for %s, named, or the one of SHELL", async (shell) => {
    const named = await inProcess(["completion", shell], { env: { SHELL: "/bin/tcsh" } });
    expect(named).toMatchObject({ status: 0, stderr: "", stdout: expect.stringContaining(shell) });
    expect(await inProcess(["completion"], { env: { SHELL: `/usr/bin/${shell}` } })).toEqual(named);
  });

  test.each([
    ["/bin/tcsh", "there is no script of completions for tcsh, which is the shell in SHELL"],
    ["", "SHELL does not say which shell this is"],
  ])("for SHELL=%s there is none", async (shell, said) => {
    expect(await inProcess(["completion"], { env: { SHELL: shell } })).toEqual({
      status: 2,
      stdout: "",
      stderr: `zfs-guix: ${said}; name one: zfs-guix completion bash, zfs-guix completion zsh, zfs-guix completion fish\n`,
    });
  });
});

test("a line that is not finished is no mistake", async () => {
  for (const words of [
    ["ge"],
    ["generate", "--"],
    ["explain", ""],
    ["nonsense", "--x"],
    ["generate", "--json=x", "--"],
    [],
  ]) {
    expect(await inProcess(["--complete", "zfs-guix", ...words])).toMatchObject({
      status: 0,
      stderr: "",
    });
  }
});
