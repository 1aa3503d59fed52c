/** @type {import('jest').Config} */
export default {
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  globalSetup: "<rootDir>/test/support/setup.mjs",
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts", ".hbs"],
  transform: { "\\.(ts|hbs)$": "<rootDir>/test/support/transform.mjs" },
  // As build.mjs has it: yargs composes its help, asked for or not.
  moduleNameMapper: { "^string-width$": "<rootDir>/src/cli/string-width.ts" },
  modulePathIgnorePatterns: ["<rootDir>/dist/"],
  testTimeout: 60_000,
  // Jest leaves one of two cores idle; most tests wait for a process of their own anyway.
  maxWorkers: "100%",
};
