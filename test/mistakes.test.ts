import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { temporaryCheckout, temporaryDirectory } from "./support/directory";
import { inProcess } from "./support/in-process";
import { obeyed } from "./support/run";

/** What a new user has: a list of kernels, a Guix checkout beside it, and some other files. */
function place(): string {
  const directory = temporaryDirectory({
    "kernels.scm": '("6.12")',
    file: "text\n",
    "object.json": '{"asOf": "2026-01-01"}\n',
    "bytes.scm": Buffer.from([0xff, 0xfe, 0x00]),
    "directory/x": "",
  });
  cpSync(temporaryCheckout().directory, join(directory, "guix"), { recursive: true });
  symlinkSync("nowhere", join(directory, "link"));
  return directory;
}

/** The files in DIRECTORY: none may be written where something was wrong. */
function contents(directory: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((one) => one.isFile())
      .map((one) => join(one.parentPath, one.name))
      .map((path) => [path, readFileSync(path, "latin1")]),
  );
}

/** A command line, and what its one sentence has to say. */
type Mistake = readonly [line: string, said: RegExp];

/** What is done to the place before. */
const BREAKINGS = {
  "nothing else is wrong": () => {},
  "kernels.scm is a link to nothing": (directory) => {
    replaced(directory, "kernels.scm", (path) => symlinkSync("nowhere", path));
  },
  "kernels.scm is a directory": (directory) => {
    replaced(directory, "kernels.scm", (path) => mkdirSync(path));
  },
  "the data is a link to nothing": (directory) => {
    mkdirSync(join(directory, "data"));
    symlinkSync("nowhere", join(directory, "data/openzfs-releases.json"));
  },
  "generated is a file": (directory) => {
    cpSync(join(directory, "file"), join(directory, "generated"));
  },
  "the description is a directory": (directory) => {
    mkdirSync(join(directory, ".guix-channel"));
  },
  "the repository is broken": (directory) => {
    cpSync(join(directory, "file"), join(directory, ".git"));
  },
} satisfies Record<string, (directory: string) => void>;

function replaced(directory: string, name: string, by: (path: string) => void): void {
  const path = join(directory, name);
  rmSync(path);
  by(path);
}

const MISTAKES: Readonly<Record<keyof typeof BREAKINGS, readonly Mistake[]>> = {
  "nothing else is wrong": [
    // Misspelt, misplaced, or of another command.
    ["", /^there is no command: expected one of generate, /],
    ["genrate", /did you mean generate\?/],
    ["help", /^there is no command "help": .*; see zfs-guix --help$/],
    ["GENERATE", /^there is no command "GENERATE"/],
    ["ｇenerate", /^there is no command "ｇenerate"/],
    ["-n generate", /^-n stands where a command is due/],
    ["generate --kernel 6.12", /did you mean --kernels\?/],
    ["generate --dryrun", /did you mean --dry-run\?/],
    ["generate -x", /^generate has no option -x; see zfs-guix generate --help$/],
    ["explain -6.12", /^explain has no option -6; see/],
    ["check --force", /^check has no option --force/],
    ["bump --kernels 6.12", /^bump has no option --kernels/],
    ["matrix --in-place", /^matrix has no option --in-place/],
    ["changelog --quiet", /^changelog has no option --quiet/],
    ["generate 6.12", /^"6.12" is one argument too many for generate/],
    ["explain 6.12 6.6", /^"6.6" is one argument too many for explain/],
    ["generate --quiet=yes", /^--quiet takes no value, and here it has "yes"/],
    ["generate --out", /^--out needs a value \(Directory of the channel/],
    ["generate --out --json", /^--out needs a value/],
    ["explain", /^explain needs a series after it/],
    // Values of the wrong kind.
    ["generate --kernels 6", /it has no minor number; expected MAJOR.MINOR, such as 6.12/],
    ["generate --kernels 6.12.3", /it names a point release, not a series/],
    ["generate --kernels v6.12", /expected MAJOR.MINOR, such as 6.12/],
    ["generate --kernels 6.12,", /"" is not a series: it is empty; expected/],
    ["generate --kernels ６.12", /expected MAJOR.MINOR/],
    ["generate --kernels 6.12;6.6", /with commas between several$/],
    ["generate --kernels 6.20", /after Linux 6.19 came 7.0/],
    ["generate --kernels 99.1", /no Linux is as new as that/],
    ["explain 5.99", /after Linux 5.19 came 6.0/],
    ["explain linux-libre-6.12", /expected MAJOR.MINOR, such as 6.12/],
    ["generate --zfs 2", /expected a release such as 2.4.3, or a branch such as 2.4/],
    ["generate --zfs 9.9", /no such branch of OpenZFS is known; known are the branches 2.4/],
    ["matrix -f yaml", /expected one of table, markdown, json, svg/],
    ["completion powershell", /expected one of bash, zsh, fish/],
    ["verify --timeout soon", /expected a number of seconds above 0/],
    ["bump --online --openzfs-url mirror", /expected one such as https:\/\//],
    // Wrong places.
    ["generate --guix nowhere", /expected a directory that holds gnu\/packages\/linux.scm/],
    ["generate --guix file", /there is no Guix checkout here/],
    ["generate --guix guix/gnu/packages", /there is no Guix checkout here/],
    ["generate --guix https://example.org/guix", /there is no Guix checkout here/],
    ["generate --guix guix --out guix", /the channel would be in it, in guix; give --in-place to/],
    ["check --guix guix --out guix/x", /the channel would be in it, in guix\/x; give --in-place/],
    ["bump --guix guix --out guix/x", /the channel would be in it, in guix\/x; give --in-place/],
    ["generate --kernels-file nowhere", /no such file or directory; name one with --kernels-file/],
    ["generate --kernels-file directory", /on a directory; name one with --kernels-file FILE/],
    ["generate --kernels-file file/x", /a file stands where a directory is due; name a directory/],
    ["generate --kernels-file bytes.scm", /^bytes.scm:1:1: the kernel list is not UTF-8 text/],
    ["generate --kernels-file object.json", /^object.json:1:1: there is no list of kernels here/],
    ["generate --kernels-file /dev/null", /not a file; name a file, or \/dev\/stdin/],
    ["generate --releases kernels.scm", /^kernels.scm:1:1: this is not JSON .*; mend the file/],
    ["matrix --releases object.json", /^object.json:1:1: releases is missing; mend the file/],
    ["generate --out file", /a file stands where a directory is due; name a directory/],
    ["generate --out link", /make it and its directory writable, or name another place/],
    ["bump --openzfs file", /^cannot run git in file: .*; install git, or name another directory$/],
    ["bump --openzfs nowhere", /^cannot run git in nowhere: .*; install git, or name another/],
    ["bump --openzfs directory", /not a git repository.*; see git -C directory status$/],
    ["changelog", /no git repository; run it in the repository of a channel, or give --guix/],
    ["bump --guix guix --commit", /no git repository; run git init, or leave --commit away/],
    ["verify --guix directory", /there is no guix\/packages.scm; name the top directory/],
    ["verify --guix file --in-place", /name the top directory of a checkout with --guix DIR/],
    // What does not go together.
    ["check --quiet --json", /leave out one of them/],
    ["generate --in-place", /^--in-place does not say which checkout; name it with --guix DIR$/],
    ["generate --guix guix --in-place --out out", /^--out names the directory of a channel/],
    ["generate --guix guix --in-place --zfs 2.3", /leave out --zfs, or --in-place/],
    ["generate --remove", /^--remove takes .*; give --guix DIR --in-place, too$/],
    ["generate --kernels 6.12 --kernels-file file", /both name the kernels; give one of them/],
    ["matrix --json --format table", /leave out one of them/],
    ["bump", /^bump has nothing to follow; give --guix DIR/],
    ["bump --guix guix --branch next", /give --commit, too/],
    ["bump --guix guix --openzfs-url https://x.example", /give --online, too/],
  ],
  "kernels.scm is a link to nothing": [
    ["generate", /^kernels.scm: cannot read the kernel list: no such file or directory; name one/],
    ["check", /^kernels.scm: cannot read the kernel list/],
    ["explain 6.12", /^kernels.scm: cannot read the kernel list/],
    ["bump --guix guix", /^kernels.scm: cannot read the kernel list/],
  ],
  "kernels.scm is a directory": [
    ["generate", /^kernels.scm: cannot read the kernel list: .*; name one with --kernels-file/],
    ["generate --guix guix --in-place", /^kernels.scm: cannot read the kernel list/],
    ["matrix", /^kernels.scm: cannot read the kernel list/],
  ],
  "the data is a link to nothing": [
    ["generate", /^data\/openzfs-releases.json: cannot read .*; name it with --releases FILE$/],
    ["matrix", /^data\/openzfs-releases.json: cannot read/],
  ],
  "generated is a file": [
    ["generate", /a file stands where a directory is due/],
    ["check", /a file stands where a directory is due/],
  ],
  "the description is a directory": [
    ["generate", /^.guix-channel: cannot read the channel's description: .*; make it a file/],
  ],
  "the repository is broken": [
    ["bump --guix guix --commit", /invalid gitfile format/],
    ["changelog", /invalid gitfile format/],
  ],
};

for (const [breaking, mistakes] of Object.entries(MISTAKES))
  describe(`where ${breaking}`, () => {
    test.each(mistakes)("zfs-guix %s", async (line, said) => {
      const cwd = place();
      BREAKINGS[breaking as keyof typeof BREAKINGS](cwd);
      const before = contents(cwd);
      const run = await inProcess(line === "" ? [] : line.split(" "), { cwd });
      expect(run).toMatchObject({ status: 2, stdout: "" });
      const sentences = run.stderr.split("\n").slice(0, -1);
      // Each is one of ours, none is a stack.
      expect(sentences.filter((sentence) => !sentence.startsWith("zfs-guix: "))).toEqual([]);
      expect(sentences.length).toBe(1);
      expect(sentences[0]).toMatch(/expected|; \w/);
      expect(sentences[0]!.replace("zfs-guix: ", "")).toMatch(said);
      expect(obeyed(run.stderr)).toBeUndefined();
      expect(contents(cwd)).toEqual(before);
    });
  });
