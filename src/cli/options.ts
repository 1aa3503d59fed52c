import { MATRIX_FORMATS } from "../given";

/** What the parser, help, completions and the manual have to know of an option. */
export interface Option {
  readonly alias?: string;
  readonly type?: "string" | "boolean";
  /** What its value is; help and Tab have something to say of some. */
  readonly value?: "DIR" | "FILE" | "SERIES" | "VALUE";
  readonly choices?: readonly string[];
  readonly describe: string;
  readonly hidden?: boolean;
}

const text = (describe: string, value: Option["value"] = "VALUE") =>
  ({ type: "string", value, requiresArg: true, describe }) as const;

const flag = (describe: string) => ({ type: "boolean", describe }) as const;

const QUIET_OPTION = {
  quiet: {
    alias: "q",
    ...flag("Print nothing but notes and errors; the exit status says the rest"),
  },
} as const;

const DRY_RUN_OPTION = {
  "dry-run": { alias: "n", ...flag("Show what would be done, and do nothing") },
} as const;

const JSON_OPTION = { json: flag("Print the result as JSON") } as const;

const INPUT_OPTIONS = {
  guix: text("Guix checkout to read the kernels from", "DIR"),
  kernels: text(
    "Kernel series, such as 5.10,6.12, instead of a file; with --guix, those of the checkout to take",
    "SERIES",
  ),
  "kernels-file": text("File of the kernels [./kernels.scm]", "FILE"),
  releases: text("File of the OpenZFS releases [./data/openzfs-releases.json]", "FILE"),
} as const;

const GENERATION_OPTIONS = {
  ...INPUT_OPTIONS,
  zfs: text("Pin an OpenZFS release (2.4.3) or branch (2.3)"),
  out: { alias: "o", ...text("Directory of the channel [./generated]", "DIR") },
} as const;

const IN_PLACE_OPTION = {
  "in-place": flag("Write to that checkout, not to a channel"),
} as const;

const { kernels: _, ...BUMP_INPUTS } = GENERATION_OPTIONS;

const FORCE_OPTION = {
  force: {
    alias: "f",
    ...flag("Write over what was edited by hand, and let a channel lose its last variant"),
  },
} as const;

/** What each command takes, as yargs, which writes help, wants it told. */
export const OPTIONS = {
  generate: {
    ...GENERATION_OPTIONS,
    ...IN_PLACE_OPTION,
    remove: flag("With --in-place: take out again what was written"),
    ...FORCE_OPTION,
    ...DRY_RUN_OPTION,
    ...QUIET_OPTION,
    ...JSON_OPTION,
  },
  check: {
    ...GENERATION_OPTIONS,
    "in-place": flag("Check that checkout, not a channel"),
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
    json: flag("The same as --format json"),
  },
  explain: { ...INPUT_OPTIONS, zfs: GENERATION_OPTIONS.zfs, ...JSON_OPTION },
  bump: {
    ...BUMP_INPUTS,
    ...IN_PLACE_OPTION,
    "older-guix": flag(
      "Follow a Guix that is older than the list of kernels, and remove what it has not",
    ),
    openzfs: text("Clone of openzfs/zfs to read the releases from", "DIR"),
    online: flag("Ask GitHub for the releases and hash their tarballs"),
    "openzfs-url": text("Server to ask instead of GitHub's"),
    ...DRY_RUN_OPTION,
    commit: flag("Commit what was written, and nothing else"),
    branch: text("Commit on a new branch of this name"),
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
    guix: text("Guix checkout to run [guix on PATH]", "DIR"),
    "in-place": flag("Verify what was written to that checkout, not a channel"),
    out: GENERATION_OPTIONS.out,
    only: text("Packages to verify, such as zfs-for-linux-6.6,zfs-for-linux-6.12 [all]"),
    "kernels-file": INPUT_OPTIONS["kernels-file"],
    releases: INPUT_OPTIONS.releases,
    build: flag("Build each package, too, and look for its kernel module and commands"),
    system: flag("Compute an operating system with each variant, too"),
    jobs: { ...text("Has no effect any longer"), hidden: true },
    timeout: text("Seconds that a step may take [1800; a build has no limit]"),
    ...QUIET_OPTION,
    ...JSON_OPTION,
  },
  completion: {},
} as const;
