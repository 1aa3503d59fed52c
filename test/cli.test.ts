import { describe, expect, test } from "@jest/globals";
import { parseArguments, type Invocation } from "../src/cli";

const parse = (line: string): Promise<Invocation> => parseArguments(line === "" ? [] : line.split(" "), "1.2.3");

describe("arguments become options", () => {
  test.each<[string, string, object]>([
    ["generate", "generate", {}],
    ["generate --kernels 5.10,6.12", "generate", { kernels: "5.10,6.12" }],
    ["generate --kernels 5.10", "generate", { kernels: "5.10" }],
    ["generate --kernels=6.10 --json", "generate", { kernels: "6.10", json: true }],
    ["generate --kernels-file my.scm --zfs 2.3 --out there", "generate", { kernelsFile: "my.scm", zfs: "2.3", out: "there" }],
    ["generate --zfs 2.10", "generate", { zfs: "2.10" }],
    ["generate --out one --out two", "generate", { out: "two" }],
    ["check --templates mine --releases data.json", "check", { templates: "mine", releases: "data.json" }],
    ["matrix", "matrix", { format: "table" }],
    ["matrix --format json --kernels 6.1", "matrix", { format: "json", kernels: "6.1" }],
    ["explain 6.19", "explain", { series: "6.19" }],
    ["explain 6.10 --json --zfs 2.4.3", "explain", { series: "6.10", json: true, zfs: "2.4.3" }],
    ["bump --guix g --online --openzfs-url https://example.org --commit --branch next", "bump", { guix: "g", online: true, openzfsUrl: "https://example.org", commit: true, branch: "next" }],
    ["bump --openzfs clone --dry-run --json --kernels-file k", "bump", { openzfs: "clone", dryRun: true, json: true, kernelsFile: "k" }],
    ["changelog --guix g --in-place", "changelog", { guix: "g", inPlace: true }],
  ])("%s", async (line, command, options) => {
    expect(await parse(line)).toMatchObject({ command, options });
  });
});

describe("what cannot be understood is one sentence with the next command, status 2", () => {
  test.each([
    ["", "expected a command; see zfs-guix --help"],
    ["frobnicate", "Unknown argument: frobnicate; see zfs-guix --help"],
    ["generate --kernel 6.12", "Unknown argument: kernel; see zfs-guix generate --help"],
    ["bump --kernels 6.12", "Unknown argument: kernels; see zfs-guix bump --help"],
    ["generate extra", "Unknown argument: extra; see zfs-guix generate --help"],
    ["generate --out", "Not enough arguments following: out; see zfs-guix generate --help"],
    ["matrix --format pdf", "Invalid values:"],
    ["explain", "Not enough non-option arguments: got 0, need at least 1; see zfs-guix explain --help"],
  ])("%j", async (line, text) => {
    const invocation = await parse(line);
    expect(invocation).toMatchObject({ command: "print", status: 2, text: expect.stringContaining(text) });
    expect((invocation as { text: string }).text.trimEnd()).not.toContain("\n");
  });
});

test("each command's help has an example", async () => {
  for (const command of ["generate", "check", "matrix", "explain", "bump", "changelog"]) {
    expect(await parse(`${command} --help`)).toMatchObject({ command: "print", status: 0, text: expect.stringMatching(/Examples:\n {2}zfs-guix /) });
  }
});

test("the version, and a script of completions", async () => {
  expect(await parse("--version")).toEqual({ command: "print", status: 0, text: "1.2.3\n" });
  expect(await parse("completion")).toMatchObject({ command: "print", status: 0, text: expect.stringContaining("--get-yargs-completions") });
});
