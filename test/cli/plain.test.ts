import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { parseArguments } from "../../src/cli";
import { OPTIONS } from "../../src/cli/options";
import { plainArguments } from "../../src/cli/plain";

/** What yargs makes of WORDS, without what it adds: other spellings of the names, and what was not given. */
async function parsed(words: readonly string[]): Promise<unknown> {
  const { command, ...rest } = await parseArguments(words, "1.2.3");
  if (!("options" in rest)) return { command };
  const options = Object.entries(rest.options).filter(([name, value]) => !/[-_$]/.test(name) && value !== undefined);
  return { command, options: Object.fromEntries(options) };
}

const names = [...new Set(Object.values(OPTIONS).flatMap((options) => Object.keys(options)))];
const word = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...names).map((name) => `--${name}`) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...names), fc.constantFrom("6.12", "", "true", "json")).map(([name, value]) => `--${name}=${value}`) },
  { weight: 6, arbitrary: fc.constantFrom("6.10", "5.10,6.12", "dir/file.scm", "/tmp/a b", "~/guix", "table", "010", "1e3", "0x10", "+1", ".5", "@x", "a=b", "a:b") },
  { weight: 2, arbitrary: fc.constantFrom("--", "-", "-h", "--help", "--version", "true", "false", "", "'a'", '"b"', "--no-json", "--inPlace", "--out.x", "--__proto__", "-1", "é", "$(x)", "x\ny") },
  { weight: 1, arbitrary: fc.string({ maxLength: 6 }) },
);
const command = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...Object.keys(OPTIONS)) }, { weight: 1, arbitrary: word });

test("what is read without yargs is what yargs makes of it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 1 }), fc.array(word, { maxLength: 5 }), async (first, rest) => {
      const words = [...first, ...rest];
      const found = plainArguments(words);
      fc.pre(found !== undefined);
      expect(found).toEqual(await parsed(words));
    }),
    { numRuns: 300, maxSkipsPerRun: 1000 },
  );
});

describe("what people write in scripts needs no yargs", () => {
  test.each([
    "generate",
    "generate --guix /home/me/guix --in-place",
    "generate --kernels 6.12,6.18 --zfs 2.3 --out channel",
    "check --guix=../guix --in-place --json",
    "matrix --format markdown",
    "bump --guix checkout --online --commit",
  ])("%s", async (line) => {
    const words = line.split(" ");
    expect(plainArguments(words)).toEqual(await parsed(words));
  });
});

describe("all else is left to yargs", () => {
  test.each(["", "--help", "generate --help", "generate extra", "generate --out", "generate --out --json", "generate --json false", "matrix --format pdf", "explain 6.12", "toString", "generate --out a --out b"])(
    "%j",
    (line) => {
      expect(plainArguments(line === "" ? [] : line.split(" "))).toBeUndefined();
    },
  );
});
