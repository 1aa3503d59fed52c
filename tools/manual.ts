import { ABOUT, COMMANDS, ENVIRONMENT, STATUS, type Argument } from "../src/cli/commands";
import { OPTIONS, type Option } from "../src/options";

/** TEXT as roff shows it: no escape, no request. */
function roff(text: string): string {
  return text
    .replace(/\\/g, "\\e")
    .replace(/-/g, "\\-")
    .replace(/^(?=[.'])/gm, "\\&");
}

function section(title: string, ...text: readonly string[]): string[] {
  return [`.SH ${title}`, ...text];
}

/** WHAT, and its explanation beside it. */
function item(what: string, text: string): string[] {
  return [".TP", what, roff(text)];
}

function option([name, { alias, type, value = "VALUE", choices, describe }]: readonly [
  string,
  Option,
]): string[] {
  const shown = type === "boolean" ? "" : ` \\fI${roff(choices?.join("|") ?? value)}\\fR`;
  const names = [...(alias === undefined ? [] : [`-${alias}`]), `--${name}`]
    .map((one) => `\\fB${roff(one)}\\fR`)
    .join(", ");
  return item(names + shown, describe);
}

function argumentShown({ name, isNeeded }: Argument): string {
  const shown = `\\fI${name.toUpperCase()}\\fR`;
  return isNeeded ? ` ${shown}` : ` [${shown}]`;
}

function command(name: keyof typeof OPTIONS): string[] {
  const { about, status, examples } = COMMANDS[name];
  const { argument }: { readonly argument?: Argument } = COMMANDS[name];
  const options = Object.entries<Option>(OPTIONS[name]).filter(([, { hidden }]) => hidden !== true);
  return [
    `.SS zfs\\-guix ${name}${argument === undefined ? "" : argumentShown(argument)}`,
    roff(about),
    ...(status === undefined ? [] : [`Exit status: ${roff(status)}.`]),
    ...options.flatMap(option),
    ".PP",
    ...examples.flatMap(([words, what]) => item(`\\fBzfs\\-guix ${roff(words)}\\fR`, what)),
  ];
}

/** The manual, zfs-guix(1), of the same texts as `--help`. */
export function manual(version: string): string {
  const lines = [
    '.\\" Written by npm run readme.',
    `.TH ZFS\\-GUIX 1 "" "zfs\\-guix ${version}" "User Commands"`,
    ...section("NAME", `zfs\\-guix \\- ${roff(ABOUT.replace(/\.$/, ""))}`),
    ...section(
      "SYNOPSIS",
      ".B zfs\\-guix",
      "\\fICOMMAND\\fR [\\fIOPTION\\fR]...",
      ".br",
      ".B zfs\\-guix",
      "[\\fICOMMAND\\fR] \\fB\\-\\-help\\fR | \\fB\\-\\-version\\fR",
    ),
    ...section(
      "DESCRIPTION",
      roff(
        "OpenZFS is a kernel module and a set of commands that must come from one build, for one kernel.  zfs-guix writes Guix packages of it for a list of kernels, into a channel or into a Guix checkout, and keeps them up to date.",
      ),
      ".PP",
      roff(
        "Results go to standard output, what is said about them to standard error.  Each --json has a schema in schemas/output.json of the package.",
      ),
    ),
    ...section("COMMANDS", ...(Object.keys(OPTIONS) as (keyof typeof OPTIONS)[]).flatMap(command)),
    ...section(
      "KERNELS.SCM",
      roff(
        "The list of kernels, an S-expression: what a person decides there, every command obeys, and no command undoes.  In it stand, in any order:",
      ),
      ...item(
        '\\fB"6.12"\\fR',
        "Guix's own kernel of that series: linux-libre-6.12 of (gnu packages linux).",
      ),
      ...item(
        '\\fB("6.12" \\fIKERNEL\\fB (\\fIMODULE\\fB ...) \\fIVARIANT\\fB)\\fR',
        "A kernel from elsewhere: its series, its variable, its module, and the name of its package, which starts with zfs-for-.",
      ),
      ...item(
        '\\fB("6.6" (zfs "2.3"))\\fR',
        "A kernel held to a release or a branch of OpenZFS.  One from elsewhere has (zfs ...) at its end.",
      ),
      ...item(
        '\\fB(unwanted "5.10" ...)\\fR',
        "Series of Guix that get no package: bump does not add them, and zfs-for-kernel of the channel refuses them.",
      ),
      ...item(
        "\\fB(new-series #f)\\fR",
        "Guix's new series do not come in.  Without this line they do, unless the list has other people's kernels alone and they would come into a channel; (new-series #t) has them come in then, too.",
      ),
    ),
    ...section("EXIT STATUS", roff(`${STATUS}.`)),
    ...section(
      "ENVIRONMENT",
      ...Object.entries(ENVIRONMENT).flatMap(([name, text]) => item(`\\fB${roff(name)}\\fR`, text)),
    ),
    ...section(
      "FILES",
      ...item("\\fIkernels.scm\\fR", "The kernels of the channel in this directory."),
      ...item(
        "\\fIdata/openzfs\\-releases.json\\fR",
        "The OpenZFS releases: the Linux that each supports, and its hash.",
      ),
      ...item("\\fIgenerated/\\fR", "The channel."),
      ...item("\\fInews.scm\\fR", "What users of a variant that is gone are told."),
    ),
    ...section("SEE ALSO", ".BR guix (1),", ".BR zfs (8),", ".BR zpool (8)"),
  ];
  return `${lines.join("\n")}\n`;
}
