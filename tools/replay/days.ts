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

/** On how many days there was no ZFS for a kernel. */
export interface DayCounts {
  readonly days: number;
  readonly guixNewest: number;
  readonly guixDefault: number;
  readonly channelNewest: number;
  readonly channelDefault: number;
  /** With releases whose hash nobody has stated, too. */
  readonly anyNewest: number;
}

export function countDays(states: readonly DayState[], releases: readonly PlainRelease[]): DayCounts {
  const count = (lacks: (state: DayState) => boolean): number => states.filter(lacks).length;
  const guixHas = ({ zfs }: DayState, series: string): boolean => releases.some((release) => release.version === zfs && covers(release, series));
  const out = (day: string, needsHash: boolean): PlainRelease[] => releases.filter(({ date, sha256 }) => date <= day && (!needsHash || sha256 !== null));
  const channelHas = ({ day }: DayState, series: string, needsHash = true): boolean => newestFor(out(day, needsHash), series) !== undefined;
  return {
    days: states.length,
    guixNewest: count((state) => !guixHas(state, state.newest)),
    guixDefault: count((state) => !guixHas(state, state.byDefault)),
    channelNewest: count((state) => !channelHas(state, state.newest)),
    channelDefault: count((state) => !channelHas(state, state.byDefault)),
    anyNewest: count((state) => !channelHas(state, state.newest, false)),
  };
}
