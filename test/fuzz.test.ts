import { spawnSync } from "node:child_process";
import { expect, test } from "@jest/globals";
import { PROJECT } from "./support/run";

const fuzz = (...args: string[]): { status: number | null; stdout: string } =>
  spawnSync(process.execPath, [`${PROJECT}/fuzz/fuzz.mjs`, ...args], { encoding: "utf8" });

// The same cases each time: a long run with other ones is `npm run fuzz`.
test("a short run finds nothing", () => {
  const { status, stdout } = fuzz("--seed", "1", "--cases", "60");
  expect(stdout).toMatch(
    /^seed 1\nreader 60, kernels 60, data 60, checkout 60, templates 60, words 60\n360 cases, 0 faults\n$/,
  );
  expect(status).toBe(0);
}, 300_000);
