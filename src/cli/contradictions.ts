import { UserError, type Problem } from "../errors";
import type { Options } from "../options";

/** Options that do not go together, or say nothing without another one. */
const CONTRADICTIONS: readonly (Problem & {
  readonly holds: (given: Options, command: string) => boolean;
})[] = [
  {
    holds: ({ inPlace, guix }) => inPlace === true && guix === undefined,
    message: "--in-place does not say which checkout",
    hint: "name it with --guix DIR",
  },
  {
    holds: ({ inPlace, out }) => inPlace === true && out !== undefined,
    message: "--out names the directory of a channel, and --in-place means a checkout",
    hint: "leave out one of them",
  },
  {
    holds: ({ inPlace, zfs }) => inPlace === true && zfs !== undefined,
    message: "--zfs chooses the release of a channel; a checkout has its own",
    hint: "leave out --zfs, or --in-place",
  },
  {
    holds: ({ inPlace, remove }) => remove === true && inPlace !== true,
    message: "--remove takes the managed region out of a checkout",
    hint: "give --guix DIR --in-place, too",
  },
  ...(["kernels", "kernels-file"] as const).map((name) => ({
    holds: ({ remove, kernels, kernelsFile }: Options) =>
      remove === true && (name === "kernels" ? kernels : kernelsFile) !== undefined,
    message: `--${name} says what to generate, and --remove generates nothing`,
    hint: "leave out one of them",
  })),
  {
    holds: ({ kernels, kernelsFile }) => kernels !== undefined && kernelsFile !== undefined,
    message: "--kernels and --kernels-file both name the kernels",
    hint: "give one of them",
  },
  {
    holds: ({ guix, openzfs, online, inPlace }, command) =>
      command === "bump" &&
      guix === undefined &&
      openzfs === undefined &&
      online !== true &&
      inPlace !== true,
    message: "bump has nothing to follow",
    hint: "give --guix DIR for the kernels of a Guix, and --online or --openzfs DIR for the releases; generate alone writes what kernels.scm says",
  },
  {
    holds: ({ olderGuix, inPlace, guix }) =>
      olderGuix === true && (inPlace === true || guix === undefined),
    message: "--older-guix is about the kernels that a channel takes from a Guix",
    hint: "give --guix DIR without --in-place, too, or leave it out",
  },
  {
    holds: ({ branch, commit }) => branch !== undefined && commit !== true,
    message: "--branch names a branch for a commit that is not asked for",
    hint: "give --commit, too",
  },
  {
    holds: ({ openzfsUrl, online }) => openzfsUrl !== undefined && online !== true,
    message: "--openzfs-url names a server that is not asked",
    hint: "give --online, too",
  },
  {
    holds: ({ inPlace, openzfs, online }) =>
      inPlace === true && (openzfs !== undefined || online === true),
    message: "new releases go to the data of a channel, and --in-place writes a checkout",
    hint: "leave out --openzfs and --online, or --in-place",
  },
  {
    holds: ({ json, format }) => json === true && format !== undefined && format !== "json",
    message: "--json and another --format both say how to write it",
    hint: "leave out one of them",
  },
];

export function refuseContradictions(command: string, given: Options): void {
  const problems = CONTRADICTIONS.filter(({ holds }) => holds(given, command));
  if (problems.length > 0)
    throw new UserError(
      problems.map(({ message, hint }) => ({ message, ...(hint !== undefined && { hint }) })),
    );
}
