// Bundles the command line into dist/, so that it starts about as quickly as
// Node itself: one file to read, templates compiled ahead.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { build } from "esbuild";

const { version } = JSON.parse(await readFile("package.json", "utf8"));

const common = {
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
  define: { "import.meta.url": "importMetaUrl", ZFS_GUIX_VERSION: JSON.stringify(version) },
  banner: { js: 'const importMetaUrl=require("node:url").pathToFileURL(__filename).href;' },
  // jsonc-parser's main file finds its parts in a way that cannot be bundled.
  alias: { "jsonc-parser": "jsonc-parser/lib/esm/main.js" },
  logLevel: "warning",
};

// The compiler of templates first: a bundle of its own, which the command line
// loads for --templates alone, and which compiles the shipped ones here.
await build({ ...common, entryPoints: { "custom-templates": "src/template/custom.ts" } });
const { shippedSpecifications } = createRequire(import.meta.url)("./dist/custom-templates.cjs");
const specifications = [...(await shippedSpecifications())].map(
  ([name, specification]) => `${JSON.stringify(name)}: ${specification}`,
);

await build({ ...common, entryPoints: { online: "src/online/online.ts" } });
await build({
  ...common,
  entryPoints: { "zfs-guix": "src/main.ts" },
  banner: { js: `#!/usr/bin/env node\n${common.banner.js}` },
  plugins: [
    {
      name: "templates",
      setup({ onResolve, onLoad }) {
        onResolve({ filter: /^zfs-guix:templates$/ }, ({ path }) => ({ path, namespace: "templates" }));
        onLoad({ filter: /.*/, namespace: "templates" }, () => ({
          contents: `export const specifications = {${specifications.join(",\n")}};`,
        }));
        onResolve({ filter: /^\.\.\/online\/online$/ }, () => ({ path: "./online.cjs", external: true }));
        onResolve({ filter: /^\.\/custom$/ }, () => ({ path: "./custom-templates.cjs", external: true }));
      },
    },
  ],
});
