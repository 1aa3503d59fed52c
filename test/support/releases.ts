import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "@jest/globals";
import type { Advisory, Release } from "../../src/read/openzfs/release";
import { isSeries, parseSeries, type Series } from "../../src/read/series";
import { PROJECT } from "./run";

export function seriesOf(text: string): Series {
  const series = parseSeries(text);
  if (!isSeries(series)) throw new Error(`${text} is no series`);
  return series;
}

/** A release that supports RANGE, `4.18-6.12`, with a hash unless told otherwise. */
export function release(
  version: string,
  range: string,
  more: { sha256?: string | undefined; advisories?: readonly Advisory[] } = {},
): Release {
  const [minimum, maximum] = range.split("-") as [string, string];
  const sha256 = "sha256" in more ? more.sha256 : "0".repeat(52);
  return {
    version,
    date: "2026-01-01",
    linuxMinimum: seriesOf(minimum),
    linuxMaximum: seriesOf(maximum),
    ...(sha256 !== undefined && { sha256 }),
    tools: { sbin: ["zfs"], bin: ["arcstat"] },
    advisories: more.advisories ?? [],
  };
}

/** The text of the data file as it was on 21 August 2026, whatever came out since. */
export function releaseDataText(): string {
  const data = JSON.parse(readFileSync(`${PROJECT}/data/openzfs-releases.json`, "utf8")) as {
    releases: { date: string }[];
  };
  const asOf = "2026-08-21";
  return `${JSON.stringify({ ...data, asOf, releases: data.releases.filter(({ date }) => date <= asOf) }, null, 1)}\n`;
}

let directory: string | undefined;

/** A file that holds it, for --releases. */
export function releaseDataFile(): string {
  directory ??= mkdtempSync(join(tmpdir(), "zfs-guix-releases-"));
  // For the tests that run as another user.
  chmodSync(directory, 0o755);
  const file = join(directory, "releases.json");
  writeFileSync(file, releaseDataText());
  return file;
}

afterAll(() => {
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
});
