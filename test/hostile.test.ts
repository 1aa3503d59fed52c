import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { commitMessage } from "../src/commands/bump/message";
import { formatMessage } from "../src/commands/bump/message";
import { addNews, removalNews } from "../src/commands/bump/news";
import { isUserError, printable } from "../src/errors";
import { jsonText } from "../src/outcome";
import { guixKernel } from "../src/read/kernel";
import { parseKernelsFile } from "../src/read/kernels";
import { schemeString } from "../src/render/literal";
import { read } from "../src/read/scheme/read";
import { isList } from "../src/read/scheme/datum";
import { fileSystemsScm, linuxScm, ZFS } from "./support/guix-texts";
import { temporaryCheckout, temporaryDirectory } from "./support/directory";
import { askGuile } from "./support/guile";
import { obeyed, PROJECT, zfsGuix } from "./support/run";
import { seriesOf } from "./support/releases";
import { inProcess } from "./support/in-process";

/** Strings of somebody who wants them to be obeyed, in a terminal, a log, a shell, a page or a program. */
const TRICKS = [
  "a\u001b[31mred\u001b]0;title\u0007",
  "a\u009b2J\u202eevil\u2028b",
  "a\n::add-mask::secret\nb",
  "  ::error::x",
  "##[add-matcher]x",
  "%0A::set-env name=PATH::x",
  "a\n* gnu/packages/base.scm (glibc): New variable.\n",
  '") (system "touch hacked") ("',
  "$(touch hacked)`touch hacked`; touch hacked",
  "</text></svg><script>alert(1)</script><!--",
  "| a | [x](javascript:x) <img src=x> |",
  "]]>&amp;\"'",
];

const DATA = JSON.parse(readFileSync(`${PROJECT}/data/openzfs-releases.json`, "utf8")) as {
  releases: Record<string, unknown>[];
};

test("what is in the data is shown and not obeyed", async () => {
  const releases = DATA.releases.slice(0, TRICKS.length).map((release, index) => ({
    ...release,
    linuxMaximum: "7.2",
    statedBy: TRICKS,
    advisories: [{ series: "6.12", says: TRICKS[index], source: TRICKS[index] }],
  }));
  const cwd = temporaryDirectory({
    "kernels.scm": '("6.12" "6.18")',
    "data.json": JSON.stringify({ ...DATA, about: TRICKS, releases }),
  });
  const run = async (...args: string[]): Promise<string> => {
    const { status, stdout, stderr } = await inProcess([...args, "--releases", "data.json"], {
      cwd,
    });
    expect({ stdout: obeyed(stdout), stderr: obeyed(stderr) }).toEqual({});
    expect(status).toBe(0);
    return stdout;
  };
  expect(
    (await run("explain", "6.12")).split("\n").filter((line) => line.startsWith("Not ")),
  ).toHaveLength(TRICKS.length);
  await run("generate");
  expect(JSON.parse(await run("generate", "--json"))).toMatchObject({
    skipped: [{ reason: expect.stringContaining(TRICKS[0]!) }],
  });
  expect(JSON.parse(await run("matrix", "--format", "json"))).toMatchObject({
    releases: TRICKS.map((trick) => ({ advisories: [{ says: trick, source: trick }] })),
  });
  expect((await run("matrix")).split("\n").filter((line) => line.startsWith("* "))).toHaveLength(
    TRICKS.length,
  );
  expect(await run("matrix", "--format", "svg")).not.toMatch(/<script|<!--/);
  const markdown = await run("matrix", "--format", "markdown");
  expect(markdown.split("\n").filter((line) => line.startsWith("\\* "))).toHaveLength(
    TRICKS.length,
  );
  expect(markdown.replace(/\\[^]/g, "")).not.toMatch(/[<>[\]`]/);
  expect(readFileSync(join(cwd, "generated/zfs-guix/packages/zfs.scm"), "utf8")).not.toContain(
    "hacked",
  );
  expect(existsSync(join(cwd, "hacked"))).toBe(false);
});

test("what is in a kernel list is refused, and shown in the refusal", () => {
  for (const trick of TRICKS) {
    const quoted = schemeString(trick);
    for (const entry of [
      quoted,
      `("6.12" ${quoted} (a) zfs-for-a)`,
      `("6.12" a (${quoted}) zfs-for-a)`,
      `("6.12" a (b) ${quoted})`,
      `("6.12" #{${trick.replaceAll("}", "")}}# (a) zfs-for-a)`,
    ]) {
      const refusal = sentence(() => parseKernelsFile(`(${entry})`, "kernels.scm"));
      expect(obeyed(refusal)).toBeUndefined();
      expect(refusal).toMatch(/^kernels\.scm:1:\d+: [^\n]*$/);
    }
  }
});

function sentence(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (isUserError(error)) return error.message;
    throw error;
  }
  throw new Error("nothing was refused");
}

test("what is in a checkout is shown and not obeyed", async () => {
  const all = TRICKS.join(" ");
  const linux = linuxScm().replace('"6.12.95"', schemeString(`6.12.1${all}`));
  // Beside the place of the region, so that a diff shows some of it.
  const beside = TRICKS.map(
    (trick) => `(define-public beside "\n${trick.replace(/["\\]/g, "")}\n")`,
  );
  for (const text of beside) {
    const { directory } = temporaryCheckout({
      linux,
      fileSystems: fileSystemsScm({ after: text }).replace(
        ")\n\n(define-public beside",
        ")\n(define-public beside",
      ),
    });
    const { status, stdout, stderr } = zfsGuix(["check", "--guix", directory, "--in-place"], {
      env: { ...process.env, GITHUB_ACTIONS: "true" },
    });
    expect({ status, stdout: obeyed(stdout), stderr: obeyed(stderr) }).toEqual({
      status: 1,
      stderr: undefined,
    });
  }
  const { directory } = temporaryCheckout({
    linux,
    fileSystems: fileSystemsScm({ after: beside[0]! }),
  });
  for (const args of [
    ["explain", "6.12"],
    ["explain", "6.12", "--json"],
    ["matrix"],
    ["matrix", "--format", "markdown"],
    ["matrix", "--format", "json"],
    ["generate", "--in-place"],
    ["check", "--in-place", "--json"],
  ]) {
    const { status, stdout, stderr } = await inProcess([...args, "--guix", directory]);
    expect({ args, status, stdout: obeyed(stdout), stderr: obeyed(stderr) }).toEqual({
      args,
      status: 0,
    });
  }
  const text = readFileSync(join(directory, "gnu/packages/file-systems.scm"), "utf8");
  expect(
    text.slice(text.indexOf(";;; zfs-guix: begin"), text.indexOf(";;; zfs-guix: end")),
  ).not.toContain("hacked");
  const zfs = temporaryCheckout({
    fileSystems: fileSystemsScm({ zfs: ZFS.replace('"2.4.3"', schemeString(`2.4.3${all}`)) }),
  }).directory;
  const refusal = await inProcess(["generate", "--in-place", "--guix", zfs]);
  expect({ status: refusal.status, obeyed: obeyed(refusal.stderr) }).toEqual({ status: 2 });
});

test("a diff in a pipe has the very bytes, for git apply", async () => {
  const { directory, path } = temporaryCheckout({
    fileSystems: fileSystemsScm({ after: `(define-public beside\n  "\n\u001b[31m ::x\n")` }),
  });
  const diff = (await inProcess(["check", "--guix", directory, "--in-place"])).stdout;
  expect(diff).toContain("\n \u001b[31m ::x\n");
  expect(spawnSync("git", ["apply"], { cwd: directory, input: diff }).status).toBe(0);
  expect(readFileSync(path, "utf8")).toContain(";;; zfs-guix: begin");
  expect((await inProcess(["check", "--guix", directory, "--in-place"])).status).toBe(0);
});

test("a terminal is shown the escapes of a diff", () => {
  const { directory } = temporaryCheckout({
    fileSystems: fileSystemsScm({ after: `(define-public beside\n  "\n\u001b[31m\n")` }),
  });
  const { status, stdout } = spawnSync(
    "script",
    [
      "-qec",
      `'${process.execPath}' '${PROJECT}/dist/zfs-guix.js' check --guix '${directory}' --in-place`,
      "/dev/null",
    ],
    { encoding: "utf8" },
  );
  if (status === null) return;
  expect(stdout).toContain("\\x1b[31m");
});

describe("a commit message has the entries that it should have", () => {
  const entries = (message: string): string[] =>
    message.split("\n").filter((line) => line.startsWith("* "));

  test("whatever the version of a package", async () => {
    const file = (version: string): string =>
      `(define-public zfs-for-linux-6.12\n  (package (name "a") (version ${JSON.stringify(version)})))\n`;
    for (const trick of [
      ...TRICKS,
      `2.4.4${" ".repeat(3)}* gnu/packages/base.scm (glibc): New variable.`,
      `${"x".repeat(60)} * gnu/packages/base.scm (glibc): New.`,
    ]) {
      const message = formatMessage(
        (await commitMessage([
          { role: "packages", path: "a.scm", before: file("2.4.3"), after: file(trick) },
        ]))!,
      );
      expect(message).toBe(
        "gnu: Regenerate the variants of zfs.\n\n* a.scm (zfs-for-linux-6.12): Regenerate.\n",
      );
    }
  });

  test("whatever the name of a definition", async () => {
    const file = (names: readonly string[]): string =>
      names.map((name) => `(define-public #{${name.replace(/[\\}]/g, "")}}# 1)`).join("\n");
    const message = formatMessage(
      (await commitMessage([
        {
          role: "packages",
          path: "a.scm",
          before: undefined,
          after: `(define-public b 1)\n${file(TRICKS)}`,
        },
      ]))!,
    );
    expect(message).toBe("gnu: Regenerate the variants of zfs.\n\n* a.scm (b): New variable.\n");
  });

  test("a file whose name would be more than a name is refused", () => {
    for (const file of [
      ...TRICKS.filter((trick) => /[\n*]/.test(trick)),
      "a * b",
      "* b",
      "a (b): New",
      "a\u202eb",
    ]) {
      let refusal: unknown;
      try {
        expect(
          entries(
            formatMessage({
              summary: "a: B.",
              entries: [{ file, items: [{ names: [], text: "C." }] }],
            }),
          ),
        ).toHaveLength(1);
      } catch (error) {
        refusal = error;
      }
      expect(isUserError(refusal)).toBe(true);
    }
  });
});

test("news are one entry, and its texts are text to Guile", () => {
  const news = "(channel-news\n (version 0))\n";
  for (const trick of TRICKS) {
    const entry = removalNews(
      [{ kernel: guixKernel(seriesOf("6.12")), reason: trick }],
      [],
      "0".repeat(40),
    );
    const added = addNews(news, "news.scm", entry);
    const [form] = read(added).forms;
    expect(isList(form) && form.items.filter((item) => isList(item, "entry"))).toHaveLength(1);
    const [reading] = askGuile([{ text: added }]);
    expect(reading?.error).toBeUndefined();
    expect(reading?.forms).toHaveLength(1);
    expect(reading?.forms[0]).not.toContain('y"system"');
  }
});

test("text and JSON that are shown keep what they say", () => {
  expect(printable("a :: b ##[c] ::d")).toBe("a :: b \\x23#[c] ::d");
  expect(printable("::d")).toBe("\\x3a:d");
  expect(printable("é λ 😀 \\n")).toBe("é λ 😀 \\n");
  for (const trick of TRICKS) {
    expect(obeyed(printable(trick))).toBeUndefined();
    expect(printable(printable(trick))).toBe(printable(trick));
    expect(obeyed(jsonText({ [trick]: trick }))).toBeUndefined();
    expect(JSON.parse(jsonText({ [trick]: trick }))).toEqual({ [trick]: trick });
  }
});

test("no shell is ever asked to run anything", () => {
  const sources = readdirSync(`${PROJECT}/src`, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts"),
  );
  for (const file of sources) {
    const text = readFileSync(`${PROJECT}/src/${file}`, "utf8");
    expect({
      file,
      shell: /\bexec(Sync)?\(|shell: ?true|["'`]\/bin\/sh/.test(text.replace(/\.exec\(/g, "")),
    }).toEqual({ file, shell: false });
  }
});
