import { expect, test } from "@jest/globals";
import { parseArguments } from "../../src/cli";
import { OPTIONS } from "../../src/cli/options";
import { zfsGuix } from "../support/run";

// The build has it from yargs, which measures texts in another way there; see build.mjs.
test.each([[], ...Object.keys(OPTIONS).map((command) => [command])])("the built program shows the same help: %s", async (...command) => {
  const { text } = (await parseArguments([...command, "--help"], "1.2.3")) as { text: string };
  for (const words of [[...command, "--help"], [...command, "-h"], ["--help", ...command]]) {
    expect(zfsGuix(words)).toEqual({ status: 0, stdout: text, stderr: "" });
  }
});
