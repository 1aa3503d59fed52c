import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { PROJECT } from "./support/run";

test("what README.md shows is what the commands print, and the picture is the matrix", () => {
  const { status, stderr } = spawnSync(process.execPath, ["tools/readme.mjs", "--check"], { cwd: PROJECT, encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test("every command is in README.md's reference", () => {
  const readme = readFileSync(`${PROJECT}/README.md`, "utf8");
  const help = readme.slice(readme.indexOf("$ zfs-guix --help"));
  const commands = [...help.matchAll(/^ {2}zfs-guix (\w+)/gm)].map(([, command]) => command!);
  expect(commands).toContain("generate");
  for (const command of commands.filter((name) => name !== "completion")) expect(readme).toContain(`$ zfs-guix ${command} --help`);
});
