import { expect, test } from "@jest/globals";
import { parseArguments } from "../../src/cli";
import { OPTIONS } from "../../src/cli/options";
import { zfsGuix } from "../support/run";

// The build has yargs measure its texts in another way, see build.mjs.
test.each([[], ...Object.keys(OPTIONS).map((command) => [command])])("the built program shows the same help: %s", async (...command) => {
  const words = [...command, "--help"];
  const { text } = (await parseArguments(words, "1.2.3")) as { text: string };
  expect(zfsGuix(words)).toEqual({ status: 0, stdout: text, stderr: "" });
});
