import { GUIX_LINUX_MODULE } from "../../read/kernel";

/** Names that the managed region may use, and the module that they come from. */
export interface ModuleNames {
  readonly module: readonly string[];
  /** As they are called here; all start with the prefix, where there is one. */
  readonly names: readonly string[];
  /** What Guix's files put before the names of that module, `license:`. */
  readonly prefix?: string;
}

/**
 * What templates of the region can use; what of it they do use is looked up in
 * the text that they give, and what the file does not import is told.  So a new
 * name in a template is a name here.
 */
const OFFERED: readonly ModuleNames[] = [
  {
    module: ["guix", "gexp"],
    names: [
      "gexp",
      "ungexp",
      "computed-file",
      "file-append",
      "local-file",
      "plain-file",
      "program-file",
      "scheme-file",
      "with-imported-modules",
    ],
  },
  {
    module: ["guix", "packages"],
    names: [
      "package",
      "package-arguments",
      "package-inputs",
      "package-native-inputs",
      "package-outputs",
      "package-source",
      "package-version",
      "modify-inputs",
      "origin",
      "base32",
    ],
  },
  {
    module: ["guix", "utils"],
    names: [
      "substitute-keyword-arguments",
      "%current-target-system",
      "cc-for-target",
      "nix-system->gnu-triplet",
    ],
  },
  { module: ["guix", "build-system", "gnu"], names: ["gnu-build-system"] },
  { module: ["guix", "build-system", "trivial"], names: ["trivial-build-system"] },
  { module: ["guix", "licenses"], names: ["license:gpl3+"], prefix: "license:" },
  { module: ["gnu", "packages"], names: ["search-auxiliary-file"] },
  { module: ["gnu", "packages", "base"], names: ["coreutils-minimal"] },
  { module: ["gnu", "packages", "guile"], names: ["guile-3.0"] },
];

/** The names that a region takes from each module, USED being all that it names; KERNELS are variables of Guix's kernels. */
export function neededNames(used: ReadonlySet<string>, kernels: readonly string[]): ModuleNames[] {
  const offered: readonly ModuleNames[] = [
    ...OFFERED,
    { module: GUIX_LINUX_MODULE, names: kernels },
  ];
  return offered
    .map((entry) => ({ ...entry, names: entry.names.filter((name) => used.has(name)) }))
    .filter(({ names }) => names.length > 0);
}
