import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  convertWorkflowTemplate,
  NoOperationTraceWriter,
  parseWorkflow,
} from "@actions/workflow-parser";
import { ErrorPolicy } from "@actions/workflow-parser/model/convert";
import { isJob, isRunStep } from "@actions/workflow-parser/model/type-guards";
import { describe, expect, test } from "@jest/globals";
import { git, IDENTITY, temporaryDirectory, temporaryRepository } from "./support/directory";
import { PROJECT } from "./support/run";

const FILES = [".github", ".forgejo"].flatMap((directory) =>
  ["test.yml", "bump.yml", "boot.yml"].map((name) => `${directory}/workflows/${name}`),
);

const FORGE = "https://code.forgejo.org/";

const read = (file: string): string => readFileSync(join(PROJECT, file), "utf8");

/** What GitHub's own parser says about TEXT; Forgejo has the same language, and addresses for actions. */
async function lint(
  text: string,
): Promise<{ problems: string[]; template: Awaited<ReturnType<typeof convertWorkflowTemplate>> }> {
  const { context, value } = parseWorkflow(
    { name: "workflow.yml", content: text.replaceAll(FORGE, "") },
    new NoOperationTraceWriter(),
  );
  const template = await convertWorkflowTemplate(context, value!, undefined, {
    errorPolicy: ErrorPolicy.TryConversion,
  });
  return { problems: context.errors.getErrors().map(({ message }) => message), template };
}

/** The jobs of TEXT: the lines of each, and its scripts as they are written. */
async function jobs(text: string): Promise<{ name: string; section: string; scripts: string[] }[]> {
  const { template } = await lint(text);
  return template.jobs.filter(isJob).map(({ id, steps }) => ({
    name: id.value,
    section: new RegExp(`^  ${id.value}:\\n((    .*)?\\n)*`, "m").exec(text)![0],
    scripts: steps.flatMap((step) => (isRunStep(step) ? [step.run.toString()] : [])),
  }));
}

describe("the linter finds", () => {
  test.each([
    ["an unknown key", "on: push\njobs:\n  a:\n    runs-on: x\n    step:\n      - run: x\n"],
    ["a job without a machine", "on: push\njobs:\n  a:\n    steps:\n      - run: x\n"],
    [
      "a need that is not there",
      "on: push\njobs:\n  a:\n    needs: b\n    runs-on: x\n    steps:\n      - run: x\n",
    ],
    [
      "an expression that does not parse",
      "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: x ${{ github. }}\n",
    ],
    [
      "a context that does not exist",
      "on: push\njobs:\n  a:\n    runs-on: x\n    if: nothing.a == 1\n    steps:\n      - run: x\n",
    ],
    [
      "a permission that does not exist",
      "on: push\npermissions:\n  everything: write\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: x\n",
    ],
    [
      "a schedule that is none",
      "on:\n  schedule:\n    - cron: daily\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: x\n",
    ],
    ["YAML that is none", "on: [push\njobs:"],
  ])("%s", async (_, text) => {
    expect(
      (await lint(text).catch((error: unknown) => ({ problems: [(error as Error).message] })))
        .problems,
    ).not.toEqual([]);
  });
});

describe.each(FILES)("%s", (file) => {
  const text = read(file);

  test("passes the linter", async () => {
    expect((await lint(text)).problems).toEqual([]);
  });

  test("uses actions by their commit, with the version beside it", () => {
    const uses = text.split("\n").filter((line) => /^\s*(- )?uses:/.test(line));
    expect(uses.length).toBeGreaterThan(0);
    const source = file.startsWith(".forgejo") ? FORGE.replace(/[.]/g, "\\.") : "";
    for (const line of uses)
      expect(line).toMatch(
        new RegExp(`uses: ${source}actions/[a-z-]+@[0-9a-f]{40} # v\\d+\\.\\d+\\.\\d+$`),
      );
  });

  test("runs in containers by the day that they were made", () => {
    const images = text.split("\n").filter((line) => /^\s*(container|image): /.test(line));
    // What mounts and starts machines needs more than a container may do.
    if (!file.endsWith("boot.yml")) expect(images.length).toBeGreaterThan(0);
    for (const line of images)
      expect(line).toMatch(/(container|image): debian:(sid|trixie)-\d{8}$/);
  });

  test("gives its jobs no more than they need, and an end", async () => {
    expect(text).toMatch(/^permissions:( \{\}|\n {2}contents: read)$/m);
    for (const { name, section, scripts } of await jobs(text)) {
      expect(section).toMatch(/^ {4}timeout-minutes: \d+$/m);
      const writes = name === "pull-request";
      expect(/: write$/m.test(section)).toBe(writes);
      // Nothing that was installed or downloaded runs where something can be written.
      if (writes) expect(scripts.join("\n")).not.toMatch(/npm|dist\//);
      else expect(section).toContain("persist-credentials: false");
    }
  });

  test("lets what has to mount do so in a container", async () => {
    for (const { section, scripts } of await jobs(text))
      if (/^ {4}container:/m.test(section) && /test:guix|daily-bump/.test(scripts.join("\n")))
        expect(section).toMatch(/^ {6}options: --privileged$/m);
  });

  test("puts no expression into a script, where it could be code", async () => {
    for (const { scripts } of await jobs(text)) {
      expect(scripts.length).toBeGreaterThan(0);
      for (const script of scripts) expect(script).not.toContain("${{");
    }
  });

  test("shows no secret", () => {
    expect(text).not.toMatch(/secrets\.|set -x|echo.*TOKEN|pull_request_target/);
  });
});

test("GitHub's token goes to GitHub, and Forgejo's nowhere but to Forgejo", () => {
  expect(read(".github/workflows/bump.yml")).toContain(
    "ZFS_GUIX_GITHUB_TOKEN: ${{ github.token }}",
  );
  expect(read(".forgejo/workflows/bump.yml")).not.toContain("ZFS_GUIX_GITHUB_TOKEN");
});

test("both do the same", () => {
  for (const name of ["test.yml", "bump.yml", "boot.yml"]) {
    const plain = (text: string): string =>
      text
        .replaceAll(FORGE, "")
        .replace(/@[0-9a-f]{40} # v.*/g, "")
        .replace(/runs-on: .*/g, "")
        // Nobody but root is in Forgejo's containers; they lack what GitHub's machines have.
        .replace(/(?<=^ +run: )sudo (env "PATH=\$PATH" )?|(?<=apt-get update -qq && )sudo /gm, "")
        .replace(/(?<=^ +run: apt-get .*) curl$/m, "")
        .replace(/^# The runner needs containers.*\n/m, "")
        .replace(/^ +# It can read.*\n +ZFS_GUIX_GITHUB_TOKEN.*\n/m, "");
    expect(plain(read(`.forgejo/workflows/${name}`))).toBe(
      plain(read(`.github/workflows/${name}`)),
    );
  }
});

describe.each([".github", ".forgejo"])("the push of %s, where the branch", (forge) => {
  const BOT = "zfs-guix@noreply.invalid";
  const commit = (directory: string, message: string, email = "me@example.org"): string => {
    spawnSync("git", ["commit", "--quiet", "--allow-empty", "-m", message], {
      cwd: directory,
      env: { ...process.env, ...IDENTITY, GIT_COMMITTER_EMAIL: email },
    });
    return git(directory, "rev-parse", "HEAD").trim();
  };

  /** What the job says that pushes a bump, where PREPARE has made the origin's branch, and what is there then. */
  async function pushed(
    prepare: (origin: string) => void,
  ): Promise<{ status: number | null; output: string; bump: string; there: string }> {
    const origin = temporaryRepository({ "kernels.scm": "6.12" });
    const directory = temporaryDirectory();
    const clone = join(directory, "clone");
    prepare(origin);
    git(origin, "checkout", "--quiet", "main");
    git(directory, "clone", "--quiet", origin, clone);
    const bump = commit(clone, "gnu: Add zfs-for-linux-7.3.", BOT);
    git(clone, "bundle", "create", "--quiet", join(directory, "made"), "origin/main..HEAD");
    git(clone, "reset", "--quiet", "--hard", "origin/main");
    const { scripts } = (await jobs(read(`${forge}/workflows/bump.yml`))).find(
      ({ name }) => name === "pull-request",
    )!;
    const { status, stdout, stderr } = spawnSync("bash", ["-eo", "pipefail", "-c", scripts[0]!], {
      cwd: clone,
      encoding: "utf8",
      env: {
        ...process.env,
        ...IDENTITY,
        RUNNER_TEMP: directory,
        BUNDLE: readFileSync(join(directory, "made")).toString("base64"),
      },
    });
    const there = git(origin, "rev-parse", "zfs-guix-bump").trim();
    return { status, output: stdout + stderr, bump, there };
  }

  const yesterday = (origin: string): void => {
    git(origin, "checkout", "--quiet", "-b", "zfs-guix-bump");
    commit(origin, "gnu: Add zfs-for-linux-7.2.", BOT);
  };

  test.each<[string, (origin: string) => void]>([
    ["is not there", () => {}],
    ["has the bump of yesterday", yesterday],
    [
      "has that, and what was merged since",
      (origin) => {
        yesterday(origin);
        git(origin, "checkout", "--quiet", "main");
        commit(origin, "A change");
        git(origin, "checkout", "--quiet", "zfs-guix-bump");
        git(origin, "merge", "--quiet", "--no-edit", "main");
      },
    ],
  ])("%s", async (_, prepare) => {
    const { status, output, bump, there } = await pushed(prepare);
    expect([status, output, there]).toEqual([0, "", bump]);
  });

  test("has a commit of somebody else, which stays", async () => {
    let theirs = "";
    const { status, output, there } = await pushed((origin) => {
      yesterday(origin);
      theirs = commit(origin, "Mend the bump");
    });
    expect([status, output, there]).toEqual([
      1,
      "zfs-guix-bump has commits of somebody else: merge it, or take it away\n",
      theirs,
    ]);
  });
});
