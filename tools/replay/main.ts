import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { isUserError, printable } from "../../src/errors";
import { git, textAt } from "../../src/write/git/git";
import { FILE_SYSTEMS_FILE } from "../../src/read/guix/checkout";
import { LINUX_FILE } from "../../src/read/guix/linux-facts";
import { parseReleaseData } from "../../src/read/openzfs/data-file";
import { shippedFile } from "../../src/files";
import { formatSeries } from "../../src/read/series";
import { ChannelFollower } from "./channel-follower";
import { CheckoutFollower } from "./checkout-follower";
import { dayAnswers, without, type DayAnswer, type DayState } from "./days";
import type { PlainRelease } from "./expectation";
import { FactReader } from "./facts";
import { days, history, type Commit } from "./history";
import { strip } from "./strip";

const USAGE =
  "usage: npm run replay -- --guix-git DIR [--revision REV] [--since YYYY-MM-DD] [--picture FILE.svg] [--verbose]";

/** Replays the history that ARGUMENTS name; the exit status. */
export async function main(argumentsGiven: readonly string[]): Promise<number> {
  let options: {
    "guix-git"?: string;
    revision: string;
    since: string;
    picture?: string;
    verbose?: boolean;
  };
  try {
    options = parseArgs({
      args: [...argumentsGiven],
      options: {
        "guix-git": { type: "string" },
        revision: { type: "string", default: "HEAD" },
        since: { type: "string", default: "2022-01-01" },
        picture: { type: "string" },
        verbose: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    return 2;
  }
  if (options["guix-git"] === undefined || !isDay(options.since)) {
    console.error(USAGE);
    return 2;
  }
  try {
    return await replay(
      options["guix-git"],
      options.revision,
      options.since,
      options.picture,
      options.verbose === true,
    );
  } catch (error) {
    if (!isUserError(error)) throw error;
    console.error(error.message);
    return 2;
  }
}

function isDay(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
  // Date takes 30 February for 2 March.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

async function replay(
  repository: string,
  revision: string,
  since: string,
  picture: string | undefined,
  verbose: boolean,
): Promise<number> {
  const problems: string[] = [];
  const problem = (text: string): void => {
    problems.push(text);
  };
  const data = readFileSync(shippedFile("data/openzfs-releases.json"), "utf8");
  const { releases } = await parseReleaseData(data, "data/openzfs-releases.json");
  const { releases: plain } = JSON.parse(data) as { releases: readonly PlainRelease[] };
  const channel = new ChannelFollower(data, problem);
  const checkout = new CheckoutFollower(releases, plain, problem);

  const commits = await history(repository, revision, since);
  if (commits.length === 0) {
    console.error(
      `there is no commit since ${since} that changed ${LINUX_FILE} or ${FILE_SYSTEMS_FILE}`,
    );
    return 2;
  }
  const tip = (
    await git(repository, "cannot read the history", [
      "log",
      "-1",
      "--format=%cs",
      "--end-of-options",
      revision,
    ])
  ).trim();
  const last = [tip, commits.at(-1)!.day].sort().at(-1)!;
  const byDay = grouped(commits);
  const releaseDays = new Set(plain.map(({ date }) => date));

  const reader = new FactReader();
  const states: DayState[] = [];
  const unreadable: string[] = [];
  const counts = { commits: 0, kernels: 0, zfs: 0, releases: 0 };
  const seenSeries = new Set<string>();
  let now:
    | {
        kernels: string;
        zfs: string;
        newest: string;
        byDefault: string;
        linux: Parameters<ChannelFollower["follow"]>[1];
      }
    | undefined;
  const say = (commit: string, message: string | undefined): void => {
    if (verbose && message !== undefined)
      console.log(printable(`${commit} ${message.split("\n")[0]!}`));
  };

  for (const day of days(since, last)) {
    for (const { id, subject } of byDay.get(day) ?? []) {
      counts.commits += 1;
      if (counts.commits % 50 === 0) progress(counts.commits, commits.length, day);
      const [linuxText, fileSystemsText] = [
        await textAt(repository, id, LINUX_FILE),
        await textAt(repository, id, FILE_SYSTEMS_FILE),
      ];
      if (linuxText === undefined || fileSystemsText === undefined) {
        unreadable.push(`${id.slice(0, 10)} lacks a file`);
        continue;
      }
      const { linux, zfs } = reader.facts(linuxText, fileSystemsText);
      const wrong = [linux, zfs].filter((facts) => typeof facts === "string");
      if (typeof linux === "string" || typeof zfs === "string") {
        unreadable.push(`${id.slice(0, 10)} ${day} ${subject}: ${wrong.join("; ")}`);
        continue;
      }
      const series = linux.kernels.map((kernel) => formatSeries(kernel.series));
      const kernels = series.join(" ");
      series.forEach((one) => seenSeries.add(one));
      if (now !== undefined && now.kernels !== kernels) counts.kernels += 1;
      if (now !== undefined && now.zfs !== zfs.version) counts.zfs += 1;
      now = {
        kernels,
        zfs: zfs.version,
        newest: series.at(-1)!,
        byDefault: linux.linuxLibre === undefined ? series.at(-1)! : formatSeries(linux.linuxLibre),
        linux: linux.kernels,
      };
      say(
        `${day} ${id.slice(0, 10)} in place:`,
        await checkout.follow(
          `${day} ${id.slice(0, 10)}`,
          fileSystemsText,
          linux.kernels,
          zfs.version,
        ),
      );
      say(`${day} ${id.slice(0, 10)} channel: `, await channel.follow(day, linux.kernels));
    }
    if (now === undefined) continue;
    if (releaseDays.has(day)) {
      counts.releases += 1;
      say(`${day} OpenZFS    channel: `, await channel.follow(day, now.linux));
    }
    states.push({ day, newest: now.newest, byDefault: now.byDefault, zfs: now.zfs });
  }
  progress(commits.length, commits.length, last);

  const answers = dayAnswers(states, plain);
  if (picture !== undefined) writeFileSync(picture, strip(answers));
  const percent = (who: Exclude<keyof DayAnswer, "day">): string => {
    const part = without(answers, who);
    return `${part} of ${answers.length} days (${((100 * part) / answers.length).toFixed(1)} %)`;
  };
  for (const line of [
    `${counts.commits} commits of ${since} to ${last} that touched the two files; ${counts.kernels} changed the set of kernels, ${counts.zfs} the release of zfs; ${counts.releases} days on which OpenZFS released`,
    `${seenSeries.size} series seen: ${[...seenSeries].join(" ")}`,
    `channel: ${channel.counts.bumps} bumps; ${channel.counts.added} variants added, ${channel.counts.removed} removed, ${channel.counts.updated} updated; ${channel.counts.news} entries of news; ${channel.variants.size} variants at the end`,
    `in place: ${checkout.counts.bumps} bumps in ${checkout.counts.commits} commits; ${checkout.counts.added} variants added, ${checkout.counts.removed} removed; ${checkout.counts.merges} merges with Guix, ${checkout.counts.conflicts} conflicts; ${checkout.variants.size} variants at the end`,
    ...[...checkout.refused].map(
      ([reason, times]) => `in place, refused ${times} times: ${reason}`,
    ),
    ...unreadable.map((text) => `cannot be read: ${text}`),
    ...problems.map((text) => `PROBLEM ${text}`),
    `${problems.length} problems`,
    "",
    `Without ZFS for the newest kernel of Guix:   Guix as it was ${percent("guixNewest")}; with this channel ${percent("channelNewest")}; were every hash known ${percent("anyNewest")}`,
    `Without ZFS for the kernel it boots by default: Guix as it was ${percent("guixDefault")}; with this channel ${percent("channelDefault")}`,
  ]) {
    console.log(printable(line));
  }
  return problems.length === 0 ? 0 : 1;
}

function grouped(commits: readonly Commit[]): Map<string, Commit[]> {
  const groups = new Map<string, Commit[]>();
  for (const commit of commits) groups.set(commit.day, [...(groups.get(commit.day) ?? []), commit]);
  return groups;
}

function progress(done: number, all: number, day: string): void {
  const text = `${done} of ${all} commits, ${day}`;
  if (process.stderr.isTTY) process.stderr.write(`\r${text}${done === all ? "\n" : ""}`);
  else if (done % 250 === 0 || done === all) process.stderr.write(`${text}\n`);
}
