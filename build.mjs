// Bundles the command line into dist/; what is imported with import("…")
// becomes a file of its own.
import { chmod, mkdir, readdir, rename, rm } from "node:fs/promises";
import { build } from "esbuild";
import { templatesPlugin } from "./tools/handlebars.mjs";

// Beside what is there, which is in use meanwhile, and which stays where this fails.
const beside = `dist.${process.pid}.tmp`;
try {
  const { metafile } = await build({
    entryPoints: { "zfs-guix": "src/zfs-guix.ts" },
    outdir: beside,
    bundle: true,
    splitting: true,
    platform: "node",
    target: "node20",
    format: "esm",
    metafile: true,
    // jsonc-parser's main file finds its parts in a way that cannot be bundled.
    mainFields: ["module", "main"],
    plugins: [templatesPlugin],
    alias: { "string-width": "./src/cli/string-width.ts" },
    // A bug's stack must name our functions, so their names stay.
    minifyWhitespace: true,
    minifySyntax: true,
    // Some packages are CommonJS still.
    banner: {
      js: 'import{createRequire as requirerOf}from"node:module";const require=requirerOf(import.meta.url);',
    },
    logLevel: "warning",
  });
  const built = Object.keys(metafile.outputs).map((path) => path.slice(beside.length + 1));
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
