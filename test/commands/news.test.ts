import { spawnSync } from "node:child_process";
import { describe, expect, test } from "@jest/globals";
import { addNews, removalNews, type NewsEntry } from "../../src/commands/bump/news";
import { parseDescription } from "../../src/read/description";
import { UserError } from "../../src/errors";
import { guixKernel } from "../../src/read/kernel";
import { seriesOf } from "../support/releases";

const kernel = (series: string): ReturnType<typeof guixKernel> => guixKernel(seriesOf(series));
const ENTRY: NewsEntry = { commit: "a".repeat(40), title: 'A "title"', body: ["One.  Two."] };

describe(".guix-channel", () => {
  test.each([
    ['(channel (version 0) (news-file "etc/news.scm"))', "etc/news.scm"],
    [';; A channel.\n(channel\n  (version 0)\n  (directory "x"))\n', undefined],
    ["(something-else)", undefined],
  ])("%s", (text, file) => {
    expect(parseDescription(text, ".guix-channel").newsFile).toBe(file);
  });

  test.each([
    '"../news.scm"',
    '"/etc/passwd"',
    '"a/../../b"',
    '".git/config"',
    '"./x"',
    '""',
    "news",
  ])("the news file %s is refused", (path) => {
    expect(() => parseDescription(`(channel (news-file ${path}))`, ".guix-channel")).toThrow(
      UserError,
    );
  });
});

describe("an entry", () => {
  test("is the first of a new file", () => {
    expect(addNews(undefined, "news.scm", ENTRY)).toBe(`;; News of this channel, for 'guix pull'.

(channel-news
 (version 0)

 (entry (commit "${"a".repeat(40)}")
        (title
         (en "A \\"title\\""))
        (body
         (en "One.  Two."))))
`);
  });

  test("goes before the others, which stay as they are", () => {
    const first = addNews(undefined, "news.scm", ENTRY);
    const second = addNews(first, "news.scm", { ...ENTRY, commit: "b".repeat(40) });
    expect(second.indexOf("bbb")).toBeLessThan(second.indexOf("aaa"));
    expect(second.endsWith(first.slice(first.indexOf(' (entry (commit "aaa')))).toBe(true);
  });

  test("is put where Guix reads, whatever is behind that", () => {
    const first = addNews(undefined, "news.scm", ENTRY);
    for (const behind of [
      ")\n",
      "\n(channel-news",
      '\n"',
      "\n#| open",
      "\n(channel-news (version 0))\n",
    ]) {
      const second = addNews(first + behind, "news.scm", { ...ENTRY, commit: "b".repeat(40) });
      expect(second).toBe(
        addNews(first, "news.scm", { ...ENTRY, commit: "b".repeat(40) }) + behind,
      );
    }
    expect(
      parseDescription('(channel (version 0) (news-file "a"))\n)', ".guix-channel").newsFile,
    ).toBe("a");
    // Guix does not look at the second.
    for (const text of ["(a)\n(channel-news (version 0))", "\n)"])
      expect(() => addNews(text, "news.scm", ENTRY)).toThrow(UserError);
  });

  test.each(["", "(channel)", "(channel-news)", "(channel-news (version 0)"])(
    "is not put into %j",
    (text) => {
      expect(() => addNews(text, "news.scm", ENTRY)).toThrow(UserError);
    },
  );
});

test("users learn what is gone, why, and what to switch to", () => {
  const { title, body } = removalNews(
    [{ kernel: kernel("6.19") }],
    [kernel("7.0"), kernel("6.12"), kernel("6.18")],
    "c".repeat(40),
  );
  expect(title).toBe("zfs-for-linux-6.19 is gone");
  expect(body[0]).toBe(
    "Guix no longer has @code{linux-libre-6.19}, so @code{zfs-for-linux-6.19} is gone, too.  The nearest that remain: @code{linux-libre-7.0} (Linux 7.0) with @code{zfs-for-linux-7.0}; @code{linux-libre-6.18} (Linux 6.18) with @code{zfs-for-linux-6.18}.",
  );
});

test("who runs Guix's kernel is sent to another of Guix's while there is one", () => {
  const elsewhere = {
    ...kernel("6.18"),
    variable: "linux-6.18",
    module: ["nongnu", "packages", "linux"],
    variant: "zfs-for-nongnu-linux-6.18",
  };
  const nearest = (...left: Parameters<typeof removalNews>[1]): string =>
    removalNews([{ kernel: kernel("6.19") }], left, "c".repeat(40)).body[0]!;
  expect(nearest(kernel("6.12"), kernel("6.18"), elsewhere)).toContain(
    "The nearest that remain: @code{linux-libre-6.18} (Linux 6.18) with @code{zfs-for-linux-6.18}.",
  );
  expect(nearest(elsewhere)).toContain(
    "The nearest that remain: @code{linux-6.18} (Linux 6.18) with @code{zfs-for-nongnu-linux-6.18}.",
  );
  // Of whose kernel another channel's is gone, to one of that series first.
  const { body } = removalNews(
    [{ kernel: elsewhere }],
    ["6.12", "6.18", "6.19"].map(kernel),
    "c".repeat(40),
  );
  expect(body[0]).toContain(
    "The nearest that remain: @code{linux-libre-6.18} (Linux 6.18) with @code{zfs-for-linux-6.18}; @code{linux-libre-6.12} (Linux 6.12) with",
  );
});

test("what comes from elsewhere is no Texinfo", () => {
  const { body } = removalNews(
    [{ kernel: kernel("6.19"), reason: "it @needs{that}" }],
    [],
    "c".repeat(40),
  );
  expect(body[0]).toBe(
    "@code{zfs-for-linux-6.19} is gone: it @@needs@{that@}.  There is no other package at the moment.",
  );
});

test("Guile reads it as Guix does", () => {
  const entry = removalNews(
    [{ kernel: kernel("6.19") }, { kernel: kernel("6.17") }],
    [kernel("6.18"), kernel("7.0")],
    "c".repeat(40),
  );
  const text = addNews(addNews(undefined, "news.scm", ENTRY), "news.scm", entry);
  expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThan(80);
  // As `read-channel-news` and `sexp->channel-news-entry` of (guix channels) match it.
  const program = `(use-modules (ice-9 match))
(match (read)
  (('channel-news ('version 0) entries ...)
   (for-each (match-lambda
               (('entry ((and (or 'commit 'tag) type) commit-or-tag)
                        ('title ((? symbol? title-tags) (? string? titles)) ...)
                        ('body ((? symbol? body-tags) (? string? bodies)) ...)
                        _ ...)
                (format #t "~a~%~a~%~a~%" commit-or-tag (car titles) (car bodies))))
             entries)))`;
  const { stdout, status } = spawnSync("guile", ["--no-auto-compile", "-c", program], {
    input: text,
    encoding: "utf8",
  });
  expect(status).toBe(0);
  expect(stdout.split("\n")[0]).toBe(entry.commit);
  expect(stdout.replace(/\s+/g, " ")).toContain(entry.body.join(" ").replace(/\s+/g, " "));
});
