// Bundles the command line into dist/; what is imported with import("…")
// becomes a file of its own.
import { chmod, readFile, rm } from "node:fs/promises";
import { build } from "esbuild";

const { version } = JSON.parse(await readFile("package.json", "utf8"));

// What an earlier build left is not to be packed.
await rm("dist", { recursive: true, force: true });
await build({
  entryPoints: { "zfs-guix": "src/main.ts" },
  outdir: "dist",
  bundle: true,
  splitting: true,
  platform: "node",
  target: "node20",
  format: "esm",
  // jsonc-parser's main file finds its parts in a way that cannot be bundled.
  mainFields: ["module", "main"],
  alias: { "string-width": "./src/cli/string-width.ts" },
  // A bug's stack must name our functions, so their names stay.
  minifyWhitespace: true,
  minifySyntax: true,
  define: { ZFS_GUIX_VERSION: JSON.stringify(version) },
  // Some packages are CommonJS still.
  banner: {
    js: 'import{createRequire as requirerOf}from"node:module";const require=requirerOf(import.meta.url);',
  },
  logLevel: "warning",
});
await chmod("dist/zfs-guix.js", 0o755);
