import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "@jest/globals";
import { filesBelow, temporaryDirectory } from "./support/directory";
import { PROJECT } from "./support/run";

interface Manifest {
  readonly bin: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
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
const { packages } = JSON.parse(readFileSync(`${PROJECT}/package-lock.json`, "utf8")) as {
  packages: Readonly<Record<string, Locked>>;
};
const locked = Object.entries(packages).filter(([path]) => path !== "");

function npm(...args: string[]): string {
  return execFileSync("npm", [...args, "--ignore-scripts", "--offline"], {
    cwd: PROJECT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
}

/** The package as it is published: what is in it, and its archive. */
let packed: { readonly files: readonly { readonly path: string }[]; readonly archive: Buffer };

beforeAll(() => {
  const place = temporaryDirectory();
  const [{ files, filename }] = JSON.parse(npm("pack", "--json", "--pack-destination", place)) as [
    { files: { path: string }[]; filename: string },
  ];
  packed = { files, archive: readFileSync(join(place, filename)) };
});

test("a package holds what runs, what is read while it runs, and nothing else", () => {
  const expected = [
    ...[
      "COPYING",
      "README.md",
      "package.json",
      "kernels.scm",
      "data/openzfs-releases.json",
      "schemas/output.json",
      "src/verify/verify.scm",
      ...["bash", "fish", "zsh"].map((shell) => `src/commands/completion.${shell}`),
    ],
    // What README.md links to, above all.
    ...readdirSync(`${PROJECT}/doc`).map((name) => `doc/${name}`),
    ...readdirSync(`${PROJECT}/dist`).map((name) => `dist/${name}`),
    ...filesBelow(`${PROJECT}/templates`).map((name) => `templates/${name}`),
  ];
  expect(packed.files.map(({ path }) => path).sort()).toEqual(expected.sort());
  expect(
    expected.filter(
      (path) =>
        !/^(dist\/[a-z0-9-]+\.js|dist\/package\.json|templates\/[a-z-/]+\.(scm|scm\.hbs|c|in)|[^/]+|data\/[^/]+|doc\/[a-z-]+\.(1|md|scm|svg)|schemas\/output\.json|src\/verify\/verify\.scm|src\/commands\/completion\.[a-z]+)$/.test(
          path,
        ),
    ),
  ).toEqual([]);
});

test("what README.md links to is in the package", () => {
  const readme = readFileSync(`${PROJECT}/README.md`, "utf8");
  const linked = [...readme.matchAll(/\]\(([^)#:]+)\)|src="([^"]+)"/g)].map(
    ([, link, picture]) => link ?? picture,
  );
  expect(packed.files.map(({ path }) => path)).toEqual(expect.arrayContaining(linked));
});

test("unpacked elsewhere, without any other package, it runs", () => {
  const place = temporaryDirectory({
    "work/kernels.scm": '("6.12")',
    "package.tgz": packed.archive,
  });
  execFileSync("tar", ["xf", "package.tgz"], { cwd: place });
  const run = (...args: string[]): { status: number | null; stdout: string; stderr: string } => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(place, "package", manifest.bin["zfs-guix"]!), ...args],
      { cwd: join(place, "work"), encoding: "utf8", env: { PATH: process.env.PATH } },
    );
    return { status, stdout, stderr };
  };
  expect(run("generate")).toMatchObject({
    status: 0,
    stdout: expect.stringContaining("zfs-for-linux-6.12"),
    stderr: "",
  });
  expect(run("check")).toMatchObject({ status: 0, stderr: "" });
  for (const args of [
    ["--help"],
    ["--version"],
    ["matrix"],
    ["explain", "6.12"],
    ["matrix", "--format", "svg"],
    ["completion", "zsh"],
  ]) {
    expect(run(...args)).toMatchObject({ status: 0, stderr: "" });
  }
  // Each part that is loaded late can be.
  const parts = readdirSync(join(place, "package/dist"))
    .filter((file) => file !== "zfs-guix.js" && file.endsWith(".js"))
    .map((file) => join(place, "package/dist", file));
  expect(
    spawnSync(
      process.execPath,
      ["-e", "for (const part of process.argv.slice(1)) require(part)", ...parts],
      { cwd: place, encoding: "utf8" },
    ),
  ).toMatchObject({ status: 0, stderr: "" });
});

test("installed, it is one package, a command and a manual", () => {
  const place = temporaryDirectory({ "package.tgz": packed.archive });
  execFileSync(
    "npm",
    [
      "install",
      "--global",
      "--prefix",
      place,
      "--offline",
      "--no-audit",
      "--no-fund",
      join(place, "package.tgz"),
    ],
    { cwd: place, stdio: "ignore" },
  );
  expect(readdirSync(join(place, "lib/node_modules"))).toEqual(["zfs-guix"]);
  expect(readdirSync(join(place, "lib/node_modules/zfs-guix"))).not.toContain("node_modules");
  expect(execFileSync(join(place, "bin/zfs-guix"), ["--version"], { encoding: "utf8" })).toMatch(
    /^\d+\.\d+\.\d+\n$/,
  );
  expect(readFileSync(join(place, "share/man/man1/zfs-guix.1"), "utf8")).toContain(".SH NAME");
});

test("the lock file says what, and not from where", () => {
  expect(locked.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
  // Nothing is taken that cannot be checked.
  expect(
    locked
      .filter(([, { integrity }]) => !(integrity ?? "").startsWith("sha512-"))
      .map(([path]) => path),
  ).toEqual([]);
});

test("nothing has to run when it is installed", () => {
  expect(
    Object.keys(manifest.scripts).filter((name) => /^(pre|post)?(install|uninstall)$/.test(name)),
  ).toEqual([]);
  const scripts = locked.filter(
    ([, { hasInstallScript, dev, devOptional }]) =>
      hasInstallScript === true && dev !== true && devOptional !== true,
  );
  expect(scripts.map(([path]) => path)).toEqual([]);
});

/** The packages that doc/reference.md gives a reason for: those that are bundled. */
function explained(): string[] {
  const [, table] =
    /\n\| package \| for \|\n\| --- \| --- \|\n((?:\|[^\n]*\n)+)/.exec(
      readFileSync(`${PROJECT}/doc/reference.md`, "utf8"),
    ) ?? [];
  const rows = table!
    .trimEnd()
    .split("\n")
    .map((row) => row.split("|").map((cell) => cell.trim()));
  expect(rows.filter(([, , reason]) => !/\w \w/.test(reason ?? ""))).toEqual([]);
  return rows.map(([, name]) => name!);
}

test("what is bundled need not be installed", () => {
  expect(manifest.dependencies).toBeUndefined();
});

test("doc/reference.md says why each package is there that is bundled, and no other is imported", () => {
  const sources = readdirSync(`${PROJECT}/src`, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts"),
  );
  const imported = sources.flatMap((file) =>
    [
      ...readFileSync(`${PROJECT}/src/${file}`, "utf8").matchAll(
        /(?:\bfrom\s|import\()\s*"((?:@[^/"]+\/)?[^./"][^/":]*)(?:\/[^"]*)?"/g,
      ),
    ].map((match) => match[1]!),
  );
  const packages = [...new Set(imported)].filter((name) => !name.startsWith("node:")).sort();
  expect(packages).toEqual(explained());
  for (const name of packages) expect(manifest.devDependencies).toHaveProperty([name]);
});
