import { covers, newestFor, type PlainRelease } from "./expectation";

/** What there was at the end of a day. */
export interface DayState {
  readonly day: string;
  /** The newest series of Guix, and the one that it boots by default. */
  readonly newest: string;
  readonly byDefault: string;
  /** Guix's own release. */
  readonly zfs: string;
}

/** Whether there was a ZFS for a kernel on a day: in Guix as it was, and with a channel that follows both day by day. */
export interface DayAnswer {
  readonly day: string;
  readonly guixNewest: boolean;
  readonly guixDefault: boolean;
  readonly channelNewest: boolean;
  readonly channelDefault: boolean;
  /** With releases whose hash nobody has stated, too. */
  readonly anyNewest: boolean;
}

export function dayAnswers(
  states: readonly DayState[],
  releases: readonly PlainRelease[],
): DayAnswer[] {
  return states.map(({ day, newest, byDefault, zfs }) => {
    const guixHas = (series: string): boolean =>
      releases.some((release) => release.version === zfs && covers(release, series));
    const out = releases.filter(({ date }) => date <= day);
    const pinnable = out.filter(({ sha256 }) => sha256 !== null);
    return {
      day,
      guixNewest: guixHas(newest),
      guixDefault: guixHas(byDefault),
      channelNewest: newestFor(pinnable, newest) !== undefined,
      channelDefault: newestFor(pinnable, byDefault) !== undefined,
      anyNewest: newestFor(out, newest) !== undefined,
    };
  });
}

/** On how many days ANSWERS say no. */
export function without(
  answers: readonly DayAnswer[],
  who: Exclude<keyof DayAnswer, "day">,
): number {
  return answers.filter((answer) => !answer[who]).length;
}
