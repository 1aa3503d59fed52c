import { describe, expect, test } from "@jest/globals";
import { commitMessage } from "../../src/commands/bump/message";
import { formatMessage } from "../../src/commands/bump/message";
import type { FileChange, FileRole } from "../../src/layout/changeset";
import { parseChangeLog } from "../../tools/replay/expectation";

const FILE = "generated/zfs-guix/packages/zfs.scm";

/** A package file with the variants of VERSIONS, name → release. */
function packages(versions: Readonly<Record<string, string>>, more = ""): string {
  return Object.entries(versions)
    .map(
      ([name, version]) =>
        `(define-public ${name}\n  (package (inherit zfs) (name "${name}") (version "${version}")))\n`,
    )
    .join("\n")
    .concat(more);
}

function file(
  role: FileRole,
  path: string,
  before: string | undefined,
  after: string | undefined,
): FileChange {
  return { role, path, before, after };
}

async function message(...files: FileChange[]): Promise<string> {
  const found = await commitMessage(files);
  if (found === undefined) throw new Error("there is nothing to say");
  const text = formatMessage(found);
  parseChangeLog(text);
  return text;
}

const V = (series: string): string => `zfs-for-linux-${series}`;

describe("the message says what became of each variable", () => {
  test("one is new", async () => {
    expect(
      await message(
        file(
          "packages",
          FILE,
          packages({ [V("6.12")]: "2.4.4" }),
          packages({ [V("6.12")]: "2.4.4", [V("7.0")]: "2.4.4" }),
        ),
      ),
    ).toBe(`gnu: Add zfs-for-linux-7.0.\n\n* ${FILE} (zfs-for-linux-7.0): New variable.\n`);
  });

  test("one is gone", async () => {
    expect(
      await message(
        file(
          "packages",
          FILE,
          packages({ [V("6.12")]: "2.4.4", [V("7.0")]: "2.4.4" }),
          packages({ [V("6.12")]: "2.4.4" }),
        ),
      ),
    ).toBe(`gnu: Remove zfs-for-linux-7.0.\n\n* ${FILE} (zfs-for-linux-7.0): Delete variable.\n`);
  });

  test("one is updated", async () => {
    expect(
      await message(
        file(
          "packages",
          FILE,
          packages({ [V("6.12")]: "2.4.3" }),
          packages({ [V("6.12")]: "2.4.4" }),
        ),
      ),
    ).toBe(
      `gnu: zfs-for-linux-6.12: Update to 2.4.4.\n\n* ${FILE} (zfs-for-linux-6.12): Update to 2.4.4.\n`,
    );
  });

  test("several things at once, the list of kernels among them", async () => {
    const text = await message(
      file(
        "packages",
        FILE,
        packages({ [V("6.12")]: "2.4.3", [V("6.19")]: "2.4.3" }, "(define %variants '(1))"),
        packages(
          { [V("6.12")]: "2.4.4", [V("7.0")]: "2.4.4" },
          "(define %variants '(2))\n(define (f x) x)\n(define (g x) x)\n(define-syntax-rule (m x) x)",
        ),
      ),
      file("kernels", "kernels.scm", '("6.12" "6.19")', '("6.12" "7.0" "7.1")'),
    );
    expect(text).toBe(`gnu: Add, remove and update variants of zfs.

* ${FILE} (zfs-for-linux-6.19): Delete variable.
(zfs-for-linux-6.12): Update to 2.4.4.
(zfs-for-linux-7.0): New variable.
(f, g): New procedures.
(m): New macro.
(%variants): Adjust accordingly.
* kernels.scm: Add 7.0 and 7.1.  Remove 6.19.
`);
  });

  test("the summary names what there is room for", async () => {
    const summary = async (
      before: Record<string, string>,
      after: Record<string, string>,
    ): Promise<string> =>
      (await message(file("packages", FILE, packages(before), packages(after)))).split("\n")[0]!;
    expect(await summary({}, { [V("6.1")]: "2.4.4", [V("6.6")]: "2.4.4" })).toBe(
      "gnu: Add zfs-for-linux-6.1 and zfs-for-linux-6.6.",
    );
    expect(await summary({ [V("6.1")]: "2.4.4" }, { [V("6.6")]: "2.4.4" })).toBe(
      "gnu: Add zfs-for-linux-6.6 and remove zfs-for-linux-6.1.",
    );
    expect(
      await summary(
        { [V("6.1")]: "2.4.3", [V("6.6")]: "2.4.3" },
        { [V("6.1")]: "2.4.4", [V("6.6")]: "2.4.4" },
      ),
    ).toBe("gnu: Update variants of zfs to 2.4.4.");
    expect(
      await summary(
        { [V("6.1")]: "2.4.3", [V("6.6")]: "2.4.3" },
        { [V("6.1")]: "2.4.4", [V("6.6")]: "2.3.9" },
      ),
    ).toBe("gnu: Update variants of zfs.");
  });

  test("a package that is no variant, with the files that it needs", async () => {
    const files = (before: string | undefined, after: string | undefined): FileChange[] => [
      file("plain", "gnu/packages/aux-files/a.c", before, after),
      file("list", "Makefile.am", `AUX =${before ?? ""}`, `AUX =${after ?? ""}`),
    ];
    const tools =
      '(define-public zfs-guix-tools\n  (package (name "zfs-guix-tools") (version "1")))\n';
    expect(await message(...files(undefined, "\na"), file("packages", FILE, "", tools))).toBe(
      `gnu: Add zfs-guix-tools.\n\n* ${FILE} (zfs-guix-tools): New variable.\n* gnu/packages/aux-files/a.c: New file.\n* Makefile.am (AUX_FILES): Register it.\n`,
    );
    expect(await message(...files(undefined, "\na\nb"))).toContain("(AUX_FILES): Register them.\n");
    expect(await message(...files("\na", undefined), file("packages", FILE, tools, ""))).toBe(
      `gnu: Remove zfs-guix-tools.\n\n* ${FILE} (zfs-guix-tools): Delete variable.\n* gnu/packages/aux-files/a.c: Delete file.\n* Makefile.am (AUX_FILES): Adjust accordingly.\n`,
    );
    expect(await message(files("a", "b")[0]!, file("packages", FILE, tools, tools))).toBe(
      "gnu: Update a.c.\n\n* gnu/packages/aux-files/a.c: Update.\n",
    );
  });

  test("a kernel that waits changes no variant", async () => {
    expect(await message(file("kernels", "kernels.scm", '("6.12")', '("6.12" "7.9")'))).toBe(
      "kernels: Add 7.9.\n\n* kernels.scm: Add 7.9.\n",
    );
  });

  test("a template changed", async () => {
    expect(await message(file("packages", FILE, "(define a 1)\n", "(define a 2)\n"))).toBe(
      `gnu: Regenerate the variants of zfs.\n\n* ${FILE} (a): Regenerate.\n`,
    );
    expect(await message(file("packages", FILE, "(define a 1)\n", ";; why\n(define a 1)\n"))).toBe(
      `gnu: Regenerate the variants of zfs.\n\n* ${FILE}: Regenerate.\n`,
    );
  });

  test("a package file that cannot be read is named", async () => {
    for (const [before, after] of [
      ["(define a", "(define a 1)"],
      ["(define a 1)", "(define a"],
    ])
      await expect(message(file("packages", FILE, before, after))).rejects.toThrow(
        `${FILE}:1:1: this list is not closed`,
      );
  });

  test("nothing changed, so there is no message", async () => {
    expect(
      await commitMessage([file("packages", FILE, "(define a 1)", "(define a 1)")]),
    ).toBeUndefined();
  });
});

test("long lists of names are wrapped, and a name that is too long stands alone", () => {
  const names = Array.from({ length: 12 }, (_, index) => `a-rather-long-variable-${index}`);
  const text = formatMessage({
    summary: "gnu: Regenerate.",
    entries: [{ file: "a/b.scm", items: [{ names, text: "Adjust accordingly." }] }],
  });
  expect(parseChangeLog(text).entries.map(({ name }) => name)).toEqual(names);
  const long = "x".repeat(90);
  expect(
    formatMessage({
      summary: "gnu: Add.",
      entries: [{ file: "a.scm", items: [{ names: [long], text: "New variable." }] }],
    }),
  ).toBe(`gnu: Add.\n\n* a.scm\n(${long}):\nNew variable.\n`);
});

describe("nobody can add an entry of their own", () => {
  test("a variable with a line break in its name is not named", async () => {
    const text = await message(
      file(
        "packages",
        FILE,
        "(define a 1)",
        "(define a 2)\n(define #{x): New variable.\n\n* etc/passwd (b}# 1)\n(define #{y z}# 1)",
      ),
    );
    expect(parseChangeLog(text).entries).toEqual([{ file: FILE, name: "a", text: "Regenerate." }]);
  });

  test.each(["a\n* b", "a\u2028* b", "a\u0085b", "a\u001b[2Jb"])(
    "the path %j is refused",
    (path) => {
      expect(() =>
        formatMessage({
          summary: "gnu: Add.",
          entries: [{ file: path, items: [{ names: [], text: "New file." }] }],
        }),
      ).toThrow("cannot have");
    },
  );
});
