export const MATRIX_FORMATS = ["table", "markdown", "json", "svg"] as const;
export type MatrixFormat = (typeof MATRIX_FORMATS)[number];

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

/** All options, as yargs, which writes help, wants them told. */
const ALL = {
  guix: text("Guix checkout to read the kernels from", "DIR"),
  kernels: text(
    "Kernel series, such as 5.10,6.12, instead of a file; with --guix, those of the checkout to take",
    "SERIES",
  ),
  "kernels-file": text("File of the kernels [./kernels.scm]", "FILE"),
  releases: text("File of the OpenZFS releases [./data/openzfs-releases.json]", "FILE"),
  zfs: text("Pin an OpenZFS release (2.4.3) or branch (2.3)"),
  out: { alias: "o", ...text("Directory of the channel [./generated]", "DIR") },
  "in-place": flag("Write to that checkout, not to a channel"),
  remove: flag("With --in-place: take out again what was written"),
  "older-guix": flag(
    "Follow a Guix that is older than the list of kernels, and remove what it has not",
  ),
  openzfs: text("Clone of openzfs/zfs to read the releases from", "DIR"),
  online: flag("Ask GitHub for the releases and hash their tarballs"),
  "openzfs-url": text("Server to ask instead of GitHub's"),
  commit: flag("Commit what was written, and nothing else"),
  branch: text("Commit on a new branch of this name"),
  only: text("Packages to verify, such as zfs-for-linux-6.6,zfs-for-linux-6.12 [all]"),
  build: flag("Build each package, too, and look for its kernel module and commands"),
  system: flag("Compute an operating system with each variant, too"),
  jobs: { ...text("Has no effect any longer"), hidden: true },
  timeout: text("Seconds that a step may take [1800; a build has no limit]"),
  force: {
    alias: "f",
    ...flag("Write over what was edited by hand, and let a channel lose its last variant"),
  },
  format: {
    alias: "f",
    choices: MATRIX_FORMATS,
    requiresArg: true,
    describe: "How to write it [table]",
  },
  "dry-run": { alias: "n", ...flag("Show what would be done, and do nothing") },
  quiet: {
    alias: "q",
    ...flag("Print nothing but notes and errors; the exit status says the rest"),
  },
  json: flag("Print the result as JSON"),
} as const;

type All = typeof ALL;

type CamelCase<Name> = Name extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<CamelCase<Rest> & string>}`
  : Name;

type Value<Of> = Of extends { type: "boolean" }
  ? boolean
  : Of extends { choices: readonly (infer Choice)[] }
    ? Choice
    : string;

/** What a command can be given, `in-place` being `inPlace`: no command takes all of it. */
export type Options = {
  readonly [Name in keyof All as CamelCase<Name> & string]?: Value<All[Name]> | undefined;
} & {
  /** What stands after the command's name. */
  readonly argument?: string;
};

/** Those of NAMES, in their order; OWN says what some of them are to a command. */
function those(
  names: readonly (keyof All)[],
  own: Partial<Record<keyof All, string>> = {},
): Readonly<Record<string, Option>> {
  return Object.fromEntries(
    names.map((name) => [name, { ...ALL[name], describe: own[name] ?? ALL[name].describe }]),
  );
}

const INPUTS = ["guix", "kernels", "kernels-file", "releases"] as const;
const FOLLOWED = ["older-guix", "openzfs", "online", "openzfs-url"] as const;
const TALK = ["quiet", "json"] as const;

/** What each command takes, in the order in which help has it. */
export const OPTIONS = {
  generate: those([...INPUTS, "zfs", "out", "in-place", "remove", "force", "dry-run", ...TALK]),
  check: those([...INPUTS, "zfs", "out", "in-place", ...TALK], {
    "in-place": "Check that checkout, not a channel",
  }),
  matrix: those([...INPUTS, "format", "json"], { json: "The same as --format json" }),
  explain: those([...INPUTS, "zfs", "json"]),
  bump: those([
    "guix",
    "kernels-file",
    "releases",
    "zfs",
    "out",
    "in-place",
    ...FOLLOWED,
    "dry-run",
    "commit",
    "branch",
    "force",
    ...TALK,
  ]),
  changelog: those(["guix", "in-place", "kernels-file", "releases", "out", "json"], {
    "in-place": "Speak of that checkout, not of a channel",
  }),
  verify: those(
    [
      "guix",
      "in-place",
      "out",
      "only",
      "kernels-file",
      "releases",
      "build",
      "system",
      "jobs",
      "timeout",
      ...TALK,
    ],
    {
      guix: "Guix checkout to run [guix on PATH]",
      "in-place": "Verify what was written to that checkout, not a channel",
    },
  ),
  completion: {},
} as const;
