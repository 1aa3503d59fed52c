// Puts what commands print into README.md and doc/service.md, between
//   <!-- output of: zfs-guix ... -->  and  <!-- end -->,
// and the picture of the matrix beside them.  With --check, only tells whether
// all is as it would be written.  The commands run in a channel of the same
// kernels, just generated: nothing of this one is written, or looked at.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const BLOCK = /(<!-- output of: zfs-guix (.*) -->\n)[^]*?(<!-- end -->)/g;

const channel = mkdtempSync(join(tmpdir(), "zfs-guix-readme-"));
process.on("exit", () => rmSync(channel, { recursive: true }));
cpSync("kernels.scm", join(channel, "kernels.scm"));
zfsGuix("generate", "--quiet");

function zfsGuix(...args) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [resolve("dist/zfs-guix.js"), ...args],
    { cwd: channel, encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`zfs-guix ${args.join(" ")}: ${stderr}`);
  // Which files are as they were says nothing to a newcomer.
  return stdout.replace(/(^unchanged .*\n)+/gm, "…\n");
}

// Of files that stay as they are, one is enough to see how it looks.
const shortened = (text) => text.replace(/^(unchanged .*\n)(unchanged .*\n)+/gm, "$1…\n");

function guile(...args) {
  const { status, stdout, stderr, error } = spawnSync("guile", ["--no-auto-compile", ...args], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`guile ${args.join(" ")}: ${error ?? stderr}`);
  return stdout;
}

const files = {
  "README.md": (text) =>
    text.replace(
      BLOCK,
      (_, begin, line, end) =>
        `${begin}\`\`\`\n$ zfs-guix ${line}\n${shortened(zfsGuix(...line.split(" "))).trimEnd()}\n\`\`\`\n${end}`,
    ),
  "doc/service.md": (text) =>
    text.replace(
      /(<!-- output of: guile (.*) -->\n)[^]*?(<!-- end -->)/g,
      (_, begin, line, end) => `${begin}\n${guile(...line.split(" "))}${end}`,
    ),
  "doc/matrix.svg": () => zfsGuix("matrix", "--format", "svg"),
};

for (const [file, edit] of Object.entries(files)) {
  const before = await readFile(file, "utf8").catch(() => "");
  const after = edit(before);
  if (before === after) continue;
  if (process.argv.includes("--check")) {
    process.stderr.write(`${file} is not as it would be written; run npm run readme\n`);
    process.exitCode = 1;
  } else {
    await writeFile(file, after);
    process.stdout.write(`wrote ${file}\n`);
  }
}
