/** @type {import('jest').Config} */
export default {
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts"],
  transform: { "\\.ts$": "<rootDir>/test/support/transform.mjs" },
  // What the bundle gets from the build; see build.mjs.
  moduleNameMapper: { "^zfs-guix:templates$": "<rootDir>/test/support/shipped-templates.ts" },
  modulePathIgnorePatterns: ["<rootDir>/dist/"],
  testTimeout: 60_000,
};
