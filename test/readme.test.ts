import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { OPTIONS } from "../src/options";
import { shellLine } from "../src/errors";
import { fileSystemsScm, linuxScm, MAKEFILE } from "./support/guix-texts";
import { temporaryDirectory } from "./support/directory";
import { PROJECT } from "./support/run";

test("what README.md shows is what the commands print, and the picture is the matrix", () => {
  const { status, stderr } = spawnSync(process.execPath, ["tools/readme.mjs", "--check"], {
    cwd: PROJECT,
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test.each([
  [
    "in a checkout",
    {
      "guix/gnu/packages/linux.scm": linuxScm(),
      "guix/gnu/packages/file-systems.scm": fileSystemsScm(),
      "guix/Makefile.am": MAKEFILE,
    },
  ],
  ["in a new directory", {}],
])("what README.md shows %s is what happens there", (where, files) => {
  const readme = readFileSync(`${PROJECT}/README.md`, "utf8");
  const [, transcript] = new RegExp(`<!-- ${where} -->\\n\`\`\`\\n([^]*?)\`\`\`\\n`).exec(readme)!;
  const cwd = temporaryDirectory(files);
  const bin = temporaryDirectory({
    "zfs-guix": `#!/bin/sh\nexec ${shellLine([process.execPath, `${PROJECT}/dist/zfs-guix.js`])} "$@"\n`,
  });
  chmodSync(join(bin, "zfs-guix"), 0o755);
  const shown = [...transcript!.matchAll(/^\$ (.*)$/gm)].map(
    ([line, command]) =>
      `${line}\n${spawnSync("sh", ["-c", command!], { cwd, encoding: "utf8", env: { ...process.env, PATH: `${bin}:${process.env.PATH}` } }).stdout}`,
  );
  expect(shown.join("")).toBe(transcript);
});

test("the manual is what help says, and the reference names the commands that have --json", () => {
  expect(
    spawnSync(process.execPath, ["tools/manual.mjs", "--check"], {
      cwd: PROJECT,
      encoding: "utf8",
    }),
  ).toMatchObject({ status: 0, stderr: "" });
  const reference = readFileSync(`${PROJECT}/doc/reference.md`, "utf8");
  const [, withJson] = /\n\n([^.]*?) have\n`--json`/.exec(reference)!;
  const manual = readFileSync(`${PROJECT}/doc/zfs-guix.1`, "utf8").replaceAll("\\-", "-");
  for (const [command, options] of Object.entries(OPTIONS)) {
    expect(manual).toContain(`.SS zfs-guix ${command}`);
    expect(withJson!.includes(`\`${command}\``)).toBe("json" in options);
    for (const [name, option] of Object.entries(options))
      if (!("hidden" in option)) expect(manual).toContain(`--${name}`);
  }
});

test("README.md is two screens, and what it links to is there", () => {
  const readme = readFileSync(`${PROJECT}/README.md`, "utf8");
  expect(readme.split("\n").length).toBeLessThan(140);
  for (const [, path] of readme.matchAll(/\]\(([^)#:]+)\)|src="([^"]+)"/g))
    if (path !== undefined) expect(existsSync(join(PROJECT, path))).toBe(true);
});
