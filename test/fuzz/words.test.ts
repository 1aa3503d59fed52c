import { expect } from "@jest/globals";
import fc from "fast-check";
import { parseArguments } from "../../src/cli/arguments";
import { candidates } from "../../src/cli/candidates";
import { helpText } from "../../src/cli/help";
import { OPTIONS } from "../../src/options";
import { formatMessage } from "../../src/commands/bump/message";
import { addNews } from "../../src/commands/bump/news";
import { parseDescription } from "../../src/read/description";
import { rangeOf, toolsOf } from "../../src/online/source-tree";
import { read, readFirst } from "../../src/read/scheme/read";
import { isList } from "../../src/read/scheme/datum";
import { parseSeries, seriesOfVersion } from "../../src/read/series";
import { schemeSymbol } from "../../src/render/literal";
import { hostile, mostly, mutated, wellFormed } from "./input";
import { expectShown, fuzz, orSentence } from "./property";

const META =
  "Meta:          1\nName:          zfs\nVersion:       2.4.4\nLinux-Maximum: 7.2\nLinux-Minimum: 4.18\n";
const MAKEFILE =
  "sbin_PROGRAMS = zfs \\\n  zpool\nif BUILD_FREEBSD\nsbin_PROGRAMS += zfsd\nelse\nbin_SCRIPTS = %D%/arcstat\nendif\nx:\n\tcd $(DESTDIR)$(sbindir) && $(LN_S) -f zstream zstreamdump\n";
const CHANNEL = '(channel\n (version 0)\n (news-file "news.scm"))\n';
const NEWS =
  ';; News\n(channel-news\n (version 0)\n (entry (commit "abc") (title (en "a")) (body (en "b"))))\n';
const ARGUMENTS = `${Object.keys(OPTIONS).join(" ")} 6.12 svg - -- -h 1e3 '
--json --guix --kernels --format --help --version --in-place --remove --out=x --zfs --no-json
--json=maybe --kernels= --constructor --__proto__ --__proto__.x=1`;

const path = fc
  .array(fc.constantFrom("news.scm", "a", "..", ".", ".git", ""), { minLength: 1, maxLength: 4 })
  .map((parts) => `(channel (news-file "${parts.join("/")}"))`);

const text = (base: string): fc.Arbitrary<string> => mutated(fc.constant(base));

const input = fc.record({
  meta: text(META),
  makefile: text(MAKEFILE),
  channel: fc.oneof(path, text(CHANNEL)),
  news: text(NEWS),
  args: fc.array(mostly(fc.constantFrom("", ...ARGUMENTS.split(/\s/)), 4, hostile), {
    maxLength: 5,
  }),
  names: fc.array(mostly(fc.constantFrom("zfs", "a b", "x".repeat(90)), 2, hostile), {
    maxLength: 4,
  }),
});

// The small languages: META, Makefile.am, the files of a channel, arguments, names, messages.
fuzz("words", input, { floor: 0.9 }, async ({ meta, makefile, channel, news, args, names }) => {
  const range = rangeOf(meta, "2.4.4");
  if (typeof range === "string") expectShown(range);
  for (const tool of Object.values(toolsOf([makefile])).flat())
    expect(tool).toMatch(/^[A-Za-z0-9][\w.-]*$/);
  const description = await orSentence(() => parseDescription(channel, ".guix-channel"));
  const file = description?.newsFile;
  expect(file ?? "").not.toMatch(/^\/|(^|\/)(\.\.|\.git)(\/|$)/);
  await expectNews(news, names);
  const invocation = await orSentence(() => parseArguments(args));
  if (invocation !== undefined && "of" in invocation)
    expect(await helpText(invocation.of)).toMatch(/\n$/);
  for (const [word] of await candidates(args)) expect(word).toMatch(/^[a-z0-9.-]+$/);

  for (const name of names) {
    parseSeries(name);
    seriesOfVersion(name);
    const symbol = await orSentence(() => schemeSymbol(name));
    if (symbol !== undefined)
      expect(read(`(${symbol} #:${symbol} #$${symbol})`).forms).toHaveLength(1);
  }
  expectMessage(names);
  return true;
});

async function expectNews(news: string, names: readonly string[]): Promise<void> {
  const entry = {
    commit: "0".repeat(40),
    title: wellFormed(names.join(" ")),
    body: names.map(wellFormed),
  };
  const added = await orSentence(() => addNews(news, "news.scm", entry));
  if (added === undefined) return;
  // As Guix reads it: the first datum alone.
  const count = (scheme: string): number => {
    const form = readFirst(scheme);
    return isList(form, "channel-news")
      ? form.items.filter((item) => isList(item, "entry")).length
      : 0;
  };
  expect(count(added)).toBe(count(news) + 1);
}

/** A message that would fake another entry is refused, by an error since no caller may let it come so far. */
function expectMessage(names: readonly string[]): void {
  let message: string;
  try {
    message = formatMessage({
      summary: "gnu: Add a.",
      entries: [{ file: "a.scm", items: [{ names, text: "New variable." }] }],
    });
  } catch (error) {
    if (!(error as Error).message.includes("cannot have")) throw error;
    return;
  }
  expect(names.join()).not.toMatch(/\p{Cc}/u);
  expect(message.split("\n").filter((line) => line.startsWith("* "))).toHaveLength(1);
}
