import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { temporaryDirectory } from "./support/directory";
import { PROJECT } from "./support/run";

interface Manifest {
  readonly bin: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

interface Locked {
  readonly resolved?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly integrity?: string;
  readonly link?: boolean;
}

const manifest = JSON.parse(readFileSync(`${PROJECT}/package.json`, "utf8")) as Manifest;
const { packages } = JSON.parse(readFileSync(`${PROJECT}/package-lock.json`, "utf8")) as { packages: Readonly<Record<string, Locked>> };
const locked = Object.entries(packages).filter(([path]) => path !== "");

function npm(...args: string[]): string {
  return execFileSync("npm", [...args, "--ignore-scripts", "--offline"], { cwd: PROJECT, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}

test("a package holds what runs, what is read while it runs, and nothing else", () => {
  const [{ files }] = JSON.parse(npm("pack", "--dry-run", "--json")) as [{ files: { path: string }[] }];
  const expected = [
    ...["COPYING", "README.md", "package.json", "kernels.scm", "data/openzfs-releases.json", "src/guix/verify.scm"],
    ...readdirSync(`${PROJECT}/dist`).map((name) => `dist/${name}`),
    ...readdirSync(`${PROJECT}/templates`).map((name) => `templates/${name}`),
  ];
  expect(files.map(({ path }) => path).sort()).toEqual(expected.sort());
  expect(expected.filter((path) => !/^(dist\/[a-z-]+\.cjs|templates\/[a-z-]+\.scm(\.hbs)?|[^/]+|data\/[^/]+|src\/guix\/verify\.scm)$/.test(path))).toEqual([]);
});

test("unpacked elsewhere, without any other package, it runs", () => {
  const place = temporaryDirectory({ "work/kernels.scm": '("6.12")', "work/mine/auto-snapshot.scm.hbs": ";; mine\n" });
  const [{ filename }] = JSON.parse(npm("pack", "--json", "--pack-destination", place)) as [{ filename: string }];
  execFileSync("tar", ["xf", filename], { cwd: place });
  const run = (...args: string[]): { status: number | null; stdout: string; stderr: string } => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(place, "package", manifest.bin["zfs-guix"]!), ...args], { cwd: join(place, "work"), encoding: "utf8", env: { PATH: process.env["PATH"] } });
    return { status, stdout, stderr };
  };
  expect(run("generate")).toMatchObject({ status: 0, stdout: expect.stringContaining("zfs-for-linux-6.12"), stderr: "" });
  expect(run("generate", "--templates", "mine")).toMatchObject({ status: 0, stdout: expect.stringContaining("changed"), stderr: "" });
  expect(run("check").stdout).toContain("-;; mine");
  for (const args of [["--help"], ["--version"], ["matrix"], ["explain", "6.12"], ["matrix", "--format", "svg"], ["completion"]]) {
    expect(run(...args)).toMatchObject({ status: 0, stderr: "" });
  }
  // Each part that is loaded late can be.
  for (const file of readdirSync(join(place, "package/dist"))) {
    if (file === "zfs-guix.cjs") continue;
    expect(spawnSync(process.execPath, ["-e", "require(process.argv[1])", join(place, "package/dist", file)], { cwd: place, encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
  }
});

test("the lock file says what, and not from where", () => {
  expect(locked.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
  // Nothing is taken that cannot be checked.
  expect(locked.filter(([, { integrity }]) => !/^sha512-/.test(integrity ?? "")).map(([path]) => path)).toEqual([]);
});

test("nothing has to run when it is installed", () => {
  expect(Object.keys(manifest.scripts).filter((name) => /^(pre|post)?(install|uninstall)$/.test(name))).toEqual([]);
  const scripts = locked.filter(([, { hasInstallScript, dev, devOptional }]) => hasInstallScript === true && dev !== true && devOptional !== true);
  expect(scripts.map(([path]) => path)).toEqual([]);
});

test("every package that it needs is imported, and every package that is imported is one that it needs", () => {
  const sources = readdirSync(`${PROJECT}/src`, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const imported = sources.flatMap((file) => [...readFileSync(`${PROJECT}/src/${file}`, "utf8").matchAll(/(?:from|import\()\s*"((?:@[^/"]+\/)?[^./"][^/":]*)(?:\/[^"]*)?"/g)].map((match) => match[1]!));
  expect([...new Set(imported)].filter((name) => !name.startsWith("node:")).sort()).toEqual(Object.keys(manifest.dependencies).sort());
});

test("README.md says why each is there", () => {
  const [, table] = /\n\| package \| for \|\n\| --- \| --- \|\n((?:\|[^\n]*\n)+)/.exec(readFileSync(`${PROJECT}/README.md`, "utf8")) ?? [];
  const rows = table!.trimEnd().split("\n").map((row) => row.split("|").map((cell) => cell.trim()));
  expect(rows.map(([, name]) => name)).toEqual(Object.keys(manifest.dependencies).sort());
  expect(rows.filter(([, , reason]) => !/\w \w/.test(reason ?? ""))).toEqual([]);
});
