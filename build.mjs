// Bundles the command line into dist/, so that it starts about as quickly as
// Node itself: one file to read, templates compiled ahead.
import { build } from "esbuild";

await build({
  entryPoints: { "zfs-guix": "src/main.ts" },
  outdir: "dist",
  outExtension: { ".js": ".cjs" },
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  minify: true,
  // A bug's stack must name our functions.
  keepNames: true,
  // yargs is an ES module and asks where it lives.
  define: { "import.meta.url": "importMetaUrl" },
  banner: {
    js: '#!/usr/bin/env node\nconst importMetaUrl=require("node:url").pathToFileURL(__filename).href;',
  },
  logLevel: "warning",
});
