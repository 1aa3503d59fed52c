import { inFile, UserError } from "../../errors";
import { refuseConflicts } from "../../files";
import { sameModule, type Kernel } from "../../read/kernel";
import { schemeString } from "../../render/literal";
import { readFirst } from "../../read/scheme/read";
import { isList } from "../../read/scheme/datum";
import { compareSeries, formatSeries } from "../../read/series";
import { enumerate } from "./message";
import { wrapText } from "../../outcome";

/** An entry of a channel's news, for one commit; its texts are Texinfo. */
export interface NewsEntry {
  /** The full id. */
  readonly commit: string;
  readonly title: string;
  /** Paragraphs. */
  readonly body: readonly string[];
}

export interface RemovedVariant {
  readonly kernel: Kernel;
  /** A sentence without its period; absent where Guix has dropped the kernel. */
  readonly reason?: string;
}

/**
 * The news that REMOVED are gone: what the users of each can choose among LEFT,
 * the kernels with a variant.  Guix itself, where they are IN_PLACE, has no
 * `zfs-for-kernel`.
 */
export function removalNews(
  removed: readonly RemovedVariant[],
  left: readonly Kernel[],
  commit: string,
  inPlace = false,
): NewsEntry {
  const names = removed.map(({ kernel }) => texinfo(kernel.variant));
  return {
    commit,
    title:
      removed.length > 2
        ? `${removed.length} ZFS packages are gone`
        : `${enumerate(names)} ${names.length === 1 ? "is" : "are"} gone`,
    body: [
      ...removed.map(
        ({ kernel, reason }) => `${whyGone(kernel, reason)}  ${whatElse(kernel, left)}`,
      ),
      `Change @code{kernel} and @code{kernel-loadable-modules} of your @code{operating-system} together${inPlace ? "." : ", or write @code{(zfs-for-kernel KERNEL)} in the latter, which names the package for the kernel that it is given."}`,
    ],
  };
}

function whyGone({ variable, variant }: Kernel, reason: string | undefined): string {
  return reason === undefined
    ? `Guix no longer has ${code(variable)}, so ${code(variant)} is gone, too.`
    : `${code(variant)} is gone: ${texinfo(reason)}.`;
}

function whatElse({ series, module }: Kernel, left: readonly Kernel[]): string {
  // Who runs Guix's kernel is not sent to one of another channel, which may not even be free.
  const alike = left.filter((kernel) => sameModule(kernel.module, module));
  const sorted = [...(alike.length > 0 ? alike : left)].sort((a, b) =>
    compareSeries(a.series, b.series),
  );
  // One of the same series is the nearest: Guix's own, where another one's is gone.
  const newer = sorted.find((kernel) => compareSeries(kernel.series, series) >= 0);
  const older = sorted.findLast((kernel) => compareSeries(kernel.series, series) < 0);
  const choices = [newer, older]
    .filter((kernel) => kernel !== undefined)
    .map(
      (kernel) =>
        `${code(kernel.variable)} (Linux ${formatSeries(kernel.series)}) with ${code(kernel.variant)}`,
    );
  return choices.length === 0
    ? "There is no other package at the moment."
    : `The nearest that remain: ${choices.join("; ")}.`;
}

function code(name: string): string {
  return `@code{${texinfo(name)}}`;
}

function texinfo(text: string): string {
  return text.replace(/[@{}]/g, "@$&");
}

/**
 * TEXT, the contents of FILE, a channel's news, with ENTRY before the others.
 * TEXT may be undefined: there is no such file yet.
 */
export function addNews(text: string | undefined, file: string, entry: NewsEntry): string {
  const old = text ?? ";; News of this channel, for 'guix pull'.\n\n(channel-news\n (version 0))\n";
  refuseConflicts(file, old);
  return inFile(file, () => {
    const news = readFirst(old);
    const version = isList(news, "channel-news")
      ? news.items.find((item) => isList(item, "version"))
      : undefined;
    if (version === undefined) {
      throw new UserError({
        line: 1,
        column: 1,
        message: "this is no channel news",
        hint: "expected (channel-news (version 0) (entry …) …)",
      });
    }
    const eol = old.includes("\r\n") ? "\r\n" : "\n";
    return (
      `${old.slice(0, version.end)}\n\n${formatNews(entry)}`.replace(/\r?\n/g, eol) +
      old.slice(version.end)
    );
  });
}

/** Laid out as in Guix's own etc/news.scm. */
function formatNews({ commit, title, body }: NewsEntry): string {
  return [
    ` (entry (commit ${schemeString(commit)})`,
    "        (title",
    `         (en ${schemeString(title)}))`,
    "        (body",
    `         (en ${block(body, '         (en "'.length)})))`,
  ].join("\n");
}

/** Room is left for what closes the entry behind the last line. */
const WIDTH = 79 - '"))))'.length;

/** PARAGRAPHS as a string literal of several lines, the first of which begins in COLUMN. */
function block(paragraphs: readonly string[], column: number): string {
  const lines = paragraphs.flatMap((paragraph, index) => [
    ...(index === 0 ? [] : [""]),
    ...wrapText(paragraph, WIDTH, index === 0 ? WIDTH - column : WIDTH),
  ]);
  return `"${lines.map((line) => schemeString(line).slice(1, -1)).join("\n")}"`;
}
