import { definitions } from "../read/guix/definition";
import { read } from "../read/scheme/read";
import { digest } from "./seal";

/** What versions of zfs-guix write into a checkout, as digests, which do not stand in Guix's own files. */
export interface Written {
  /** What `definitionsIn` gives of a managed region. */
  readonly definitions: readonly string[];
  /** Of auxiliary files, by their names. */
  readonly files: Readonly<Record<string, readonly string[]>>;
}

/**
 * By this version and by those before it since 0.3.0, so that what they wrote is
 * told from an edit by hand.  What is released stays here.
 */
export const WRITTEN: Written = {
  definitions: [
    // 0.3.0
    ..."007add3d43bf 873f7adc2622 2d91199159dc d1bc500dcf76 5b81aedc146c 6322a829d984".split(" "),
  ],
  files: { "zfs-guix-command.c": ["bc29c23b9af9"] },
};

/**
 * The definitions of BODY, of a managed region, in their order: each with the
 * comment before it, a variant without its series; and what is behind the last.
 */
export function definitionsIn(body: string): string[] {
  const { forms } = read(body);
  const series = new Map(
    definitions(forms).map(({ name, form }) => [
      form.start,
      /^zfs-for-linux-([0-9]+\.[0-9]+)$/.exec(name)?.[1],
    ]),
  );
  let end = 0;
  const texts = forms.map((form) => {
    const before = comment(body.slice(end, form.start));
    end = form.end;
    const [text, one] = [body.slice(form.start, end), series.get(form.start)];
    return before + (one === undefined ? text : text.replaceAll(one, "SERIES"));
  });
  return [...texts, comment(body.slice(end))].filter((text) => text !== "").map(digest);
}

/** What stands between two definitions, without empty lines around it: commits leave some until they are filled. */
function comment(gap: string): string {
  const text = gap.trim().replace(/\n{3,}/g, "\n\n");
  return text === "" ? "" : `${text}\n`;
}
