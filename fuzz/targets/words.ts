import { parseArguments } from "../../src/cli/cli";
import { formatMessage } from "../../src/commands/bump/message";
import { addNews, newsFileOf } from "../../src/commands/bump/news";
import { isMeta, parseMeta, toolsOf } from "../../src/online/source-tree";
import { parseSeries, seriesOfVersion } from "../../src/read/series";
import { schemeSymbol } from "../../src/render/literal";
import { read } from "../../src/read/scheme/read";
import { isList } from "../../src/read/scheme/walk";
import { HOSTILE, mutate, wellFormed } from "../mutate";
import { expectShown, expectThat, orSentence, type Target } from "../target";

const META =
  "Meta:          1\nName:          zfs\nVersion:       2.4.4\nLinux-Maximum: 7.2\nLinux-Minimum: 4.18\n";
const MAKEFILE =
  "sbin_PROGRAMS = zfs \\\n  zpool\nif BUILD_FREEBSD\nsbin_PROGRAMS += zfsd\nelse\nbin_SCRIPTS = %D%/arcstat\nendif\nx:\n\tcd $(DESTDIR)$(sbindir) && $(LN_S) -f zstream zstreamdump\n";
const CHANNEL = '(channel\n (version 0)\n (news-file "news.scm"))\n';
const NEWS =
  ';; News\n(channel-news\n (version 0)\n (entry (commit "abc") (title (en "a")) (body (en "b"))))\n';
const WORDS = [
  "generate",
  "check",
  "matrix",
  "explain",
  "bump",
  "changelog",
  "completion",
  "--json",
  "--guix",
  "--kernels",
  "6.12",
  "--format",
  "svg",
  "--help",
  "--version",
  "--",
  "-",
  "--in-place",
  "--remove",
  "--out=x",
  "--get-yargs-completions",
  "--no-json",
  "--json=maybe",
  "--kernels=",
  "-h",
  "--zfs",
  "--constructor",
  "--__proto__.x=1",
  "--__proto__",
  "1e3",
  "'",
  "",
];

/** The small languages: META, Makefile.am, arguments, the files of a channel, messages. */
export const words: Target = {
  async run(random, note) {
    const meta = mutate(random, META);
    const makefile = mutate(random, MAKEFILE);
    const channel = mutate(random, CHANNEL);
    const news = mutate(random, NEWS);
    const args = random.several(6, () =>
      random.oneIn(5) ? random.pick(HOSTILE) : random.pick(WORDS),
    );
    const names = random.several(5, () =>
      random.oneIn(3) ? random.pick(HOSTILE) : random.pick(["zfs", "a b", "x".repeat(90)]),
    );
    note(JSON.stringify({ meta, makefile, channel, news, args, names }));

    const parsed = parseMeta(meta);
    if (!isMeta(parsed)) expectShown(parsed.reason);
    for (const tool of Object.values(toolsOf([makefile])).flat())
      expectThat(/^[A-Za-z0-9][\w.-]*$/.test(tool), `${tool} is a tool`);
    for (const name of names) {
      parseSeries(name);
      seriesOfVersion(name);
      const symbol = await orSentence(() => schemeSymbol(name));
      if (symbol !== undefined)
        expectThat(
          read(`(${symbol} #:${symbol} #$${symbol})`).forms.length === 1,
          `${symbol} is more than a symbol`,
        );
    }
    const file = await orSentence(() => newsFileOf(channel, ".guix-channel"));
    expectThat(!file?.split("/").includes(".."), `the news are in ${file}`);
    const entry = {
      commit: "0".repeat(40),
      title: wellFormed(names.join(" ")),
      body: names.map(wellFormed),
    };
    const added = await orSentence(() => addNews(news, "news.scm", entry));
    if (added !== undefined) {
      const count = (text: string): number =>
        read(text).forms.flatMap((form) =>
          isList(form, "channel-news") ? form.items.filter((item) => isList(item, "entry")) : [],
        ).length;
      expectThat(count(added) === count(news) + 1, "the news have not one entry more");
      expectThat(
        addNews(added, "news.scm", entry) === added,
        "adding news twice changes them again",
      );
    }
    // A message that would fake another entry is refused, by an error since no caller may let it come so far.
    try {
      const message = formatMessage({
        summary: "gnu: Add a.",
        entries: [{ file: "a.scm", items: [{ names, text: "New variable." }] }],
      });
      expectThat(
        message.split("\n").filter((line) => line.startsWith("* ")).length === 1,
        `the message has more than one entry: ${JSON.stringify(message)}`,
      );
    } catch (error) {
      if (!(error as Error).message.includes("cannot have")) throw error;
    }
    const invocation = await orSentence(() => parseArguments(args, "1.0.0"));
    if (invocation?.command === "print") expectThat(/^$|\n$/.test(invocation.text), "no line end");
    expectThat(
      Object.keys(Object.prototype).length === 0,
      "the prototype of all objects was changed",
    );
  },
};
