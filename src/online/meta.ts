import { compareSeries, isSeries, parseSeries, type Series } from "../read/series";

/** What is read of the file META at the top of OpenZFS. */
export interface Meta {
  readonly version: string;
  /** `Linux-Minimum` and `Linux-Maximum`, both included. */
  readonly linuxMinimum: Series;
  readonly linuxMaximum: Series;
}

/** The META that TEXT is, or the reason why it is none. */
export function parseMeta(text: string): Meta | { readonly reason: string } {
  const fields = new Map(
    text.split(/\r?\n/).flatMap((line): [string, string][] => {
      const match = /^([A-Za-z-]+):\s*(\S+)\s*$/.exec(line);
      return match === null ? [] : [[match[1]!, match[2]!]];
    }),
  );
  const version = fields.get("Version");
  if (version === undefined) return { reason: "its META has no Version" };
  const range: Series[] = [];
  for (const name of ["Linux-Minimum", "Linux-Maximum"]) {
    const value = fields.get(name);
    if (value === undefined) return { reason: `its META has no ${name}` };
    const series = parseSeries(value);
    if (!isSeries(series))
      return { reason: `the ${name} of its META is no series: ${series.reason}` };
    range.push(series);
  }
  const [linuxMinimum, linuxMaximum] = range as [Series, Series];
  if (compareSeries(linuxMinimum, linuxMaximum) > 0)
    return { reason: "the range of its META is reversed" };
  return { version, linuxMinimum, linuxMaximum };
}

export function isMeta(value: Meta | { readonly reason: string }): value is Meta {
  return "version" in value;
}
