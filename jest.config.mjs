/** @type {import('jest').Config} */
export default {
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts"],
  transform: { "\\.ts$": "<rootDir>/test/support/transform.mjs" },
  modulePathIgnorePatterns: ["<rootDir>/dist/"],
  testTimeout: 60_000,
};
