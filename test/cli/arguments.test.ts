import { describe, expect, test } from "@jest/globals";
import { parseArguments, type Invocation } from "../../src/cli/arguments";
import { helpText } from "../../src/cli/help";
import { OPTIONS } from "../../src/options";
import { UserError } from "../../src/errors";

const parse = (line: string): Invocation => parseArguments(line === "" ? [] : line.split(" "));

describe("arguments become options", () => {
  test.each<[string, string, object]>([
    ["generate", "generate", {}],
    ["generate --kernels 5.10,6.12", "generate", { kernels: "5.10,6.12" }],
    ["generate --kernels 5.10", "generate", { kernels: "5.10" }],
    ["generate -o=there", "generate", { out: "there" }],
    ["generate --out=--there", "generate", { out: "--there" }],
    ["generate -qfothere", "generate", { quiet: true, force: true, out: "there" }],
    ["generate --kernels=6.10 --json", "generate", { kernels: "6.10", json: true }],
    [
      "generate --kernels-file my.scm --zfs 2.3 --out there",
      "generate",
      { kernelsFile: "my.scm", zfs: "2.3", out: "there" },
    ],
    ["generate --zfs 2.10", "generate", { zfs: "2.10" }],
    ["check --out there --releases data.json", "check", { out: "there", releases: "data.json" }],
    [
      "generate -o there -f -n -q",
      "generate",
      { out: "there", force: true, dryRun: true, quiet: true },
    ],
    ["matrix", "matrix", {}],
    ["matrix -f json", "matrix", { format: "json" }],
    ["changelog --json", "changelog", { json: true }],
    ["matrix --format json --kernels 6.1", "matrix", { format: "json", kernels: "6.1" }],
    ["explain 6.19", "explain", { argument: "6.19" }],
    ["explain 6.10 --json --zfs 2.4.3", "explain", { argument: "6.10", json: true, zfs: "2.4.3" }],
    ["explain --json 6.10", "explain", { argument: "6.10", json: true }],
    ["completion", "completion", {}],
    ["completion fish", "completion", { argument: "fish" }],
    [
      "bump --guix g --online --openzfs-url https://example.org --commit --branch next",
      "bump",
      { guix: "g", online: true, openzfsUrl: "https://example.org", commit: true, branch: "next" },
    ],
    [
      "bump --openzfs clone --dry-run --json --kernels-file k",
      "bump",
      { openzfs: "clone", dryRun: true, json: true, kernelsFile: "k" },
    ],
    ["changelog --guix g --in-place", "changelog", { guix: "g", inPlace: true }],
  ])("%s", (line, command, options) => {
    expect(parse(line)).toEqual({ command, options });
  });

  test.each<[string, object]>([
    ["--help", { tell: "help" }],
    ["-h", { tell: "help" }],
    ["--version", { tell: "version" }],
    ["generate --help", { tell: "help", of: "generate" }],
    ["generate --frob -qh", { tell: "help", of: "generate" }],
    ["check --version", { tell: "version" }],
  ])("%s is told something", (line, expected) => {
    expect(parse(line)).toEqual(expected);
  });
});

describe("what cannot be understood is one sentence each, with the next command", () => {
  const problems = (words: readonly string[]): string[] => {
    try {
      throw new Error(`no UserError but ${JSON.stringify(parseArguments(words))}`);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return error.message.split("\n");
    }
  };
  const commands = `expected one of ${Object.keys(OPTIONS).join(", ")}`;
  const out = "--out needs a value (Directory of the channel [./generated])";

  test.each<[string, string[]]>([
    ["", [`there is no command: ${commands}; see zfs-guix --help`]],
    ["--json generate", [`--json stands where a command is due: ${commands}; see zfs-guix --help`]],
    ["--frob --help", [`--frob stands where a command is due: ${commands}; see zfs-guix --help`]],
    ["frobnicate", [`there is no command "frobnicate": ${commands}; see zfs-guix --help`]],
    [
      "genrate",
      [`there is no command "genrate": ${commands}; did you mean generate? See zfs-guix --help`],
    ],
    [
      "generate --kernel 6.12",
      ["generate has no option --kernel; did you mean --kernels? See zfs-guix generate --help"],
    ],
    ["bump --kernels 6.12", ["bump has no option --kernels; see zfs-guix bump --help"]],
    ["matrix --in-place", ["matrix has no option --in-place; see zfs-guix matrix --help"]],
    [
      "generate --no-json",
      ["generate has no option --no-json; did you mean --json? See zfs-guix generate --help"],
    ],
    [
      "generate --out.x y",
      ["generate has no option --out.x; did you mean --out? See zfs-guix generate --help"],
    ],
    [
      "generate --constructor",
      ["generate has no option --constructor; see zfs-guix generate --help"],
    ],
    [
      "generate --__proto__=1",
      ["generate has no option --__proto__; see zfs-guix generate --help"],
    ],
    [
      "generate --inPlace",
      ["generate has no option --inPlace; did you mean --in-place? See zfs-guix generate --help"],
    ],
    [
      "generate --json false",
      ['"false" is one argument too many for generate; see zfs-guix generate --help'],
    ],
    [
      "generate extra",
      ['"extra" is one argument too many for generate; see zfs-guix generate --help'],
    ],
    [
      "generate -- extra",
      ['"extra" is one argument too many for generate; see zfs-guix generate --help'],
    ],
    [
      "generate --json=maybe",
      ['--json takes no value, and here it has "maybe"; see zfs-guix generate --help'],
    ],
    ["generate --out", [`${out}; see zfs-guix generate --help`]],
    ["generate --out --json", [`${out}; see zfs-guix generate --help`]],
    ["generate -o", [`${out}; see zfs-guix generate --help`]],
    [
      "generate -o a --out b",
      ["--out is given 2 times, but counts once; see zfs-guix generate --help"],
    ],
    ["generate -qx", ["generate has no option -x; see zfs-guix generate --help"]],
    [
      "check -q --json",
      [
        "--quiet prints nothing and --json all there is: leave out one of them; see zfs-guix check --help",
      ],
    ],
    ["generate --out=", [`${out}; see zfs-guix generate --help`]],
    [
      "generate --out a --out b",
      ["--out is given 2 times, but counts once; see zfs-guix generate --help"],
    ],
    [
      "check --kernels 6.12 --kernels=6.6",
      ["--kernels is given 2 times, but counts once; see zfs-guix check --help"],
    ],
    [
      "matrix --format pdf",
      [
        '--format cannot be "pdf": expected one of table, markdown, json, svg; see zfs-guix matrix --help',
      ],
    ],
    [
      "matrix --format json --format json",
      ["--format is given 2 times, but counts once; see zfs-guix matrix --help"],
    ],
    [
      "explain",
      ["explain needs a series after it: Kernel series, such as 6.12; see zfs-guix explain --help"],
    ],
    [
      "explain 6.1 6.2",
      ['"6.2" is one argument too many for explain; see zfs-guix explain --help'],
    ],
    ["explain --series 6.1", ["explain has no option --series; see zfs-guix explain --help"]],
    [
      "completion tcsh",
      [
        'the shell of completion cannot be "tcsh": expected one of bash, zsh, fish; see zfs-guix completion --help',
      ],
    ],
  ])("%j", (line, expected) => {
    expect(problems(line === "" ? [] : line.split(" "))).toEqual(expected);
  });

  test.each(["guix", "kernels-file", "releases", "out", "zfs", "kernels"])(
    "an empty value: --%s",
    (name) => {
      expect(problems(["generate", `--${name}`, ""])).toEqual([
        expect.stringMatching(
          new RegExp(`^--${name} needs a value \\(.*\\); see zfs-guix generate --help$`),
        ),
      ]);
    },
  );

  test("all of it together", () => {
    expect(
      problems(["generate", "--out", "", "extra", "--frob", "-x", "--zfs", "2.3", "--zfs", "2.4"]),
    ).toHaveLength(5);
  });
});

test("each command's help has an example", async () => {
  for (const command of Object.keys(OPTIONS) as (keyof typeof OPTIONS)[])
    expect(await helpText(command)).toMatch(/Examples:\n {2}zfs-guix /);
});
