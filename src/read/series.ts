/**
 * A Linux kernel series such as 6.12: two numbers, never text that is compared
 * as text (5.9 is older than 5.10).
 */
export interface Series {
  readonly major: number;
  readonly minor: number;
}

export const SERIES_FORM = "MAJOR.MINOR, such as 6.12";

/**
 * More than any kernel will need, and few enough digits that a number stays
 * exact and a package name short.
 */
const MAXIMUM = 9999;

/** The series that TEXT writes, or the reason why it writes none. */
export function parseSeries(text: string): Series | { readonly reason: string } {
  const match = /^([0-9]+)\.([0-9]+)$/.exec(text);
  if (match === null) {
    return {
      reason:
        text === ""
          ? "it is empty"
          : /^[0-9]+$/.test(text)
            ? "it has no minor number"
            : /^[0-9]+\.[0-9]+\./.test(text)
              ? "it names a point release, not a series"
              : "it is not two numbers with a point between them",
    };
  }
  const [, major, minor] = match as unknown as [string, string, string];
  for (const digits of [major, minor]) {
    if (digits.length > 1 && digits.startsWith("0"))
      return { reason: "a number in it starts with 0" };
    if (Number(digits) > MAXIMUM) return { reason: `a number in it is larger than ${MAXIMUM}` };
  }
  if (major === "0" && minor === "0") return { reason: "there is no Linux 0.0" };
  return { major: Number(major), minor: Number(minor) };
}

/** The last minor number of each major one that is over, by its index (kernel.org's tags). */
const LAST_MINORS = [99, 3, 6, 19, 20, 19, 19] as const;

/** Two years after the newest that was known when this was written, Linux 7.2; a test asks for more in time. */
const FARTHEST: Series = { major: LAST_MINORS.length, minor: 12 };

/** The series that TEXT writes and that there is, or soon will be, or the reason why not. */
export function parseRealSeries(text: string): Series | { readonly reason: string } {
  const series = parseSeries(text);
  if (!isSeries(series)) return series;
  const last = LAST_MINORS[series.major];
  if (last !== undefined && series.minor > last)
    return {
      reason: `after Linux ${series.major}.${last} came ${series.major + 1}.0`,
    };
  if (compareSeries(series, FARTHEST) > 0)
    return { reason: "no Linux is as new as that, as far as this zfs-guix knows" };
  return series;
}

export function isSeries(value: Series | { readonly reason: string }): value is Series {
  return "major" in value;
}

export function formatSeries({ major, minor }: Series): string {
  return `${major}.${minor}`;
}

/** Negative when A is older than B, 0 when they are the same, positive when A is newer. */
export function compareSeries(a: Series, b: Series): number {
  return a.major - b.major || a.minor - b.minor;
}

/** The series of a full kernel version, `6.12.77` or `7.0-rc1`; undefined where there is none. */
export function seriesOfVersion(version: string): Series | undefined {
  const series = parseSeries(/^([0-9]+\.[0-9]+)(?![0-9])/.exec(version)?.[1] ?? "");
  return isSeries(series) ? series : undefined;
}
