// Bundles the command line into dist/: one file, in which what is imported with
// import("…") is not run before it is asked for, and beside it what is not even
// read before.
import { chmod, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { build } from "esbuild";
import { templatesPlugin } from "./tools/handlebars.mjs";

/** Libraries that few commands need. */
const APART = [
  "diff",
  "jsonc-parser",
  "listr2",
  "proper-lockfile",
  "tar-stream",
  "undici",
  "yargs",
];

const apartPlugin = {
  name: "apart",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^/ }, ({ kind, path, namespace }) => {
      if (kind === "entry-point") return undefined;
      if (path === "./program" || namespace === "apart")
        return { path: `${path.replace(/\.js$/, "")}.js`, external: true };
      return APART.includes(path) ? { path, namespace: "apart" } : undefined;
    });
    // An empty file, as a full disk leaves it, loads well, and has nothing in it.
    onLoad({ filter: /^/, namespace: "apart" }, ({ path }) => ({
      contents: `
        const part = require("./${path}.js");
        if (typeof part !== "function" && Object.keys(part).length === 0)
          throw Object.assign(new Error("dist/${path}.js is empty"), { code: "MODULE_NOT_FOUND" });
        module.exports = part.default ?? part;`,
    }));
  },
};

// Beside what is there, which is in use meanwhile, and which stays where this fails.
const beside = `dist.${process.pid}.tmp`;
try {
  const { metafile } = await build({
    entryPoints: {
      "zfs-guix": "src/zfs-guix.ts",
      program: "src/program.ts",
      ...Object.fromEntries(APART.map((name) => [name, name])),
    },
    outdir: beside,
    bundle: true,
    platform: "node",
    target: "node20",
    // Node starts scripts sooner than modules.
    format: "cjs",
    supported: { "dynamic-import": false },
    define: { "import.meta.url": "MODULE_URL" },
    // Without dist/package.json there is no `require`: the program has to come as far as to say so.
    banner: {
      js: 'const MODULE_URL=typeof require=="function"&&require("node:url").pathToFileURL(__filename).href;',
    },
    metafile: true,
    // jsonc-parser's main file finds its parts in a way that cannot be bundled.
    mainFields: ["module", "main"],
    plugins: [templatesPlugin, apartPlugin],
    alias: { "string-width": "./src/cli/string-width.ts" },
    // A bug's stack must name our functions, so their names stay.
    minifyWhitespace: true,
    minifySyntax: true,
    logLevel: "warning",
  });
  await writeFile(`${beside}/package.json`, '{"type":"commonjs"}\n');
  const built = [
    "package.json",
    ...Object.keys(metafile.outputs).map((path) => path.slice(beside.length + 1)),
  ];
  await chmod(`${beside}/zfs-guix.js`, 0o755);
  await mkdir("dist", { recursive: true });
  // The program last, when all that it loads is there; what an earlier build
  // left is not to be packed.
  for (const name of [...built.filter((name) => name !== "zfs-guix.js"), "zfs-guix.js"])
    await rename(`${beside}/${name}`, `dist/${name}`);
  for (const name of await readdir("dist"))
    if (!built.includes(name)) await rm(`dist/${name}`, { recursive: true });
} catch (error) {
  // esbuild has told its own.
  if (error.errors === undefined) process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
} finally {
  await rm(beside, { recursive: true, force: true });
}
