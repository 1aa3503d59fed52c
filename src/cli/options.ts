import { MATRIX_FORMATS } from "../render/matrix";

const QUIET_OPTION = {
  quiet: {
    alias: "q",
    type: "boolean",
    describe: "Print nothing but notes and errors; the exit status says the rest",
  },
} as const;

const DRY_RUN_OPTION = {
  "dry-run": { alias: "n", type: "boolean", describe: "Show what would be done, and do nothing" },
} as const;

const JSON_OPTION = { json: { type: "boolean", describe: "Print the result as JSON" } } as const;

const INPUT_OPTIONS = {
  guix: { type: "string", requiresArg: true, describe: "Guix checkout to read the kernels from" },
  kernels: {
    type: "string",
    requiresArg: true,
    describe:
      "Kernel series, such as 5.10,6.12, instead of a file; with --guix, those of the checkout to take",
  },
  "kernels-file": {
    type: "string",
    requiresArg: true,
    describe: "File of the kernels [./kernels.scm]",
  },
  releases: {
    type: "string",
    requiresArg: true,
    describe: "File of the OpenZFS releases [./data/openzfs-releases.json]",
  },
} as const;

const GENERATION_OPTIONS = {
  ...INPUT_OPTIONS,
  zfs: {
    type: "string",
    requiresArg: true,
    describe: "Pin an OpenZFS release (2.4.3) or branch (2.3)",
  },
  out: {
    alias: "o",
    type: "string",
    requiresArg: true,
    describe: "Directory of the channel [./generated]",
  },
  templates: {
    type: "string",
    requiresArg: true,
    describe: "Directory of templates to use in place of those that come along",
  },
} as const;

const IN_PLACE_OPTION = {
  "in-place": { type: "boolean", describe: "Write to that checkout, not to a channel" },
} as const;

const { kernels: _, ...BUMP_INPUTS } = GENERATION_OPTIONS;

const FORCE_OPTION = {
  force: {
    alias: "f",
    type: "boolean",
    describe: "Write over what was edited by hand, and let a channel lose its last variant",
  },
} as const;

/** What each command takes, as yargs wants it told. */
export const OPTIONS = {
  generate: {
    ...GENERATION_OPTIONS,
    ...IN_PLACE_OPTION,
    remove: { type: "boolean", describe: "With --in-place: take out again what was written" },
    ...FORCE_OPTION,
    ...DRY_RUN_OPTION,
    ...QUIET_OPTION,
    ...JSON_OPTION,
  },
  check: {
    ...GENERATION_OPTIONS,
    "in-place": { type: "boolean", describe: "Check that checkout, not a channel" },
    ...QUIET_OPTION,
    ...JSON_OPTION,
  },
  matrix: {
    ...INPUT_OPTIONS,
    format: {
      alias: "f",
      choices: MATRIX_FORMATS,
      requiresArg: true,
      describe: "How to write it [table]",
    },
    json: { type: "boolean", describe: "The same as --format json" },
  },
  explain: { ...GENERATION_OPTIONS, ...JSON_OPTION },
  bump: {
    ...BUMP_INPUTS,
    ...IN_PLACE_OPTION,
    "older-guix": {
      type: "boolean",
      describe: "Follow a Guix that is older than the list of kernels, and remove what it has not",
    },
    openzfs: {
      type: "string",
      requiresArg: true,
      describe: "Clone of openzfs/zfs to read the releases from",
    },
    online: { type: "boolean", describe: "Ask GitHub for the releases and hash their tarballs" },
    "openzfs-url": {
      type: "string",
      requiresArg: true,
      describe: "Server to ask instead of GitHub's",
    },
    ...DRY_RUN_OPTION,
    commit: { type: "boolean", describe: "Commit what was written, and nothing else" },
    branch: { type: "string", requiresArg: true, describe: "Commit on a new branch of this name" },
    ...FORCE_OPTION,
    ...QUIET_OPTION,
    ...JSON_OPTION,
  },
  changelog: {
    guix: INPUT_OPTIONS.guix,
    ...IN_PLACE_OPTION,
    "kernels-file": INPUT_OPTIONS["kernels-file"],
    releases: INPUT_OPTIONS.releases,
    out: GENERATION_OPTIONS.out,
    ...JSON_OPTION,
  },
  verify: {
    guix: { type: "string", requiresArg: true, describe: "Guix checkout to run [guix on PATH]" },
    "in-place": {
      type: "boolean",
      describe: "Verify what was written to that checkout, not a channel",
    },
    out: GENERATION_OPTIONS.out,
    only: {
      type: "string",
      requiresArg: true,
      describe: "Packages to verify, such as zfs-for-linux-6.6,zfs-for-linux-6.12 [all]",
    },
    "kernels-file": INPUT_OPTIONS["kernels-file"],
    releases: INPUT_OPTIONS.releases,
    build: {
      type: "boolean",
      describe: "Build each package, too, and look for its kernel module and commands",
    },
    system: { type: "boolean", describe: "Compute an operating system with each variant, too" },
    jobs: { type: "string", requiresArg: true, hidden: true, describe: "Has no effect any longer" },
    timeout: {
      type: "string",
      requiresArg: true,
      describe: "Seconds that a step may take [1800; a build has no limit]",
    },
    ...QUIET_OPTION,
    ...JSON_OPTION,
  },
} as const;
