import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { Ajv2020 } from "ajv/dist/2020.js";
import { OPTIONS } from "../src/options";
import { fileSystemsScm, linuxScm } from "./support/guix-texts";
import { git, temporaryCheckout, temporaryDirectory } from "./support/directory";
import { releaseDataText } from "./support/releases";
import { inProcess } from "./support/in-process";
import { PROJECT, zfsGuix } from "./support/run";
import { standIn } from "./support/stand-in";

const schema = JSON.parse(readFileSync(`${PROJECT}/schemas/output.json`, "utf8")) as object;
const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
ajv.addSchema(schema, "output");
const tested = new Set<string>();

/** What is wrong with TEXT, which COMMAND has printed. */
function problems(command: string, text: string): unknown {
  tested.add(command);
  const validate = ajv.getSchema(`output#/$defs/${command}`)!;
  return validate(JSON.parse(text)) === true ? [] : validate.errors;
}

test("what is printed is what the schema says", async () => {
  const cwd = temporaryDirectory({
    "kernels.scm": '("3.10" "6.12" "6.18")',
    "data/openzfs-releases.json": releaseDataText({ withAdvisories: true }),
  });
  const { directory: guix } = temporaryCheckout({
    linux: linuxScm(
      { "6.12": "6.12.95", "6.18": "6.18.38", "7.0": "7.0.1" },
      { latest: "7.0", lts: "6.12" },
    ),
    fileSystems: fileSystemsScm(),
  });
  const calls = [
    ["check"],
    ["generate"],
    ["generate"],
    ["matrix"],
    ["matrix", "--guix", guix],
    ["explain", "6.12"],
    ["explain", "6.2"],
    ["explain", "6.12", "--guix", guix],
    ["explain", "6.13", "--guix", guix],
    ["bump", "--guix", guix, "--dry-run"],
    ["check", "--guix", guix, "--in-place"],
  ];
  for (const call of calls) {
    const { stdout, stderr } = await inProcess([...call, "--json"], { cwd });
    expect([call, stderr, problems(call[0]!, stdout)]).toEqual([call, expect.any(String), []]);
  }
  git(cwd, "init", "--quiet");
  expect(problems("changelog", (await inProcess(["changelog", "--json"], { cwd })).stdout)).toEqual(
    [],
  );
  git(cwd, "add", "--all");
  git(cwd, "commit", "--quiet", "--message=Start");
  expect(problems("changelog", (await inProcess(["changelog", "--json"], { cwd })).stdout)).toEqual(
    [],
  );
  expect(
    problems(
      "bump",
      zfsGuix(["bump", "--guix", guix, "--commit", "--json"], {
        cwd,
        env: {
          ...process.env,
          GIT_AUTHOR_NAME: "A",
          GIT_AUTHOR_EMAIL: "a@example.org",
          GIT_COMMITTER_NAME: "A",
          GIT_COMMITTER_EMAIL: "a@example.org",
        },
      }).stdout,
    ),
  ).toEqual([]);
  expect(problems("verify", (await standIn().verify("--json")).stdout)).toEqual([]);
  const all = Object.entries(OPTIONS)
    .filter(([, options]) => "json" in options)
    .map(([name]) => name);
  expect([...tested].sort()).toEqual(all.sort());
});

test("the package has it, and nothing else passes", () => {
  expect(
    (JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8")) as { files: string[] }).files,
  ).toContain("schemas");
  expect(
    problems("generate", '{"variants": [], "skipped": [], "files": [], "more": 1}'),
  ).not.toEqual([]);
});
