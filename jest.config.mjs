// The rooms that are pure, and what a command line is refused for: what needs
// neither Guile nor a compiler, and is done in seconds.
const FAST = ["read/", "plan/", "render/", "layout/", "rooms.test.ts", "mistakes.test.ts"].map(
  (name) => `<rootDir>/test/${name}`,
);

const common = {
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts", ".hbs"],
  transform: { "\\.(ts|hbs)$": "<rootDir>/test/support/transform.mjs" },
  // As build.mjs has it: yargs composes its help, asked for or not.
  moduleNameMapper: { "^string-width$": "<rootDir>/src/cli/string-width.ts" },
  modulePathIgnorePatterns: ["<rootDir>/dist/"],
};

/** @type {import('jest').Config} */
export default {
  projects: [
    {
      ...common,
      displayName: "fast",
      testMatch: FAST.map((path) => (path.endsWith("/") ? `${path}**/*.test.ts` : path)),
    },
    {
      ...common,
      displayName: "whole",
      testMatch: ["<rootDir>/test/**/*.test.ts"],
      testPathIgnorePatterns: FAST,
      globalSetup: "<rootDir>/test/support/setup.mjs",
    },
  ],
  testTimeout: 60_000,
  // Jest leaves one of two cores idle; most tests wait for a process of their own anyway.
  maxWorkers: "100%",
};
