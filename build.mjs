// Bundles the command line into dist/, so that it starts about as quickly as
// Node itself: little to read and compile, templates compiled ahead.
import { readdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { relative } from "node:path";
import { build } from "esbuild";

const { version } = JSON.parse(await readFile("package.json", "utf8"));

// What is imported with import("…") becomes a file of its own, which only
// those read who get there: chunks, by the names of these files.
const chunks = new Map();
const chunk = (name, source) => {
  chunks.set(name, source);
  return { path: `./${name}.cjs`, external: true };
};
const own = Symbol("asked by this plugin");

const chunksPlugin = {
  name: "chunks",
  setup(builder) {
    builder.onResolve({ filter: /^[^:]*$/ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
      // A package's own are part of its chunk: as one of its own, an ES module
      // would come to another as CommonJS does, without its default export.
      if (kind !== "dynamic-import" || pluginData === own || importer.includes("/node_modules/")) return undefined;
      const resolved = await builder.resolve(path, { kind: "import-statement", importer, resolveDir, pluginData: own });
      if (resolved.errors.length > 0) return resolved;
      // Of a package, its name.
      return chunk(path.startsWith(".") ? relative("src", resolved.path).replace(/\.ts$/, "").replaceAll("/", "-") : path, resolved.path);
    });
  },
};

// yargs loads these at its start and hardly needs them: `assert` loads half of
// Node, and string-width Unicode's tables (together 0.6 times what Node itself
// takes to start).  So they are loaded when they are needed.
const LATE = {
  assert: `
    export const strictEqual = (a, b, ...rest) => Object.is(a, b) || require("node:assert").strictEqual(a, b, ...rest);
    export const notStrictEqual = (a, b, ...rest) => !Object.is(a, b) || require("node:assert").notStrictEqual(a, b, ...rest);`,
  "string-width": `
    export default (text, options) => (/^[ -~\\n]*$/.test(text) ? text.replaceAll("\\n", "").length : require("string-width").default(text, options));`,
};

const latePlugin = {
  name: "late",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(assert|string-width)$/ }, ({ path, kind, importer, resolveDir }) =>
      // For each importer by itself, as they may have different versions.
      kind === "import-statement" ? { path: `${path} for ${importer.split("node_modules/").at(-1)}`, namespace: "late", pluginData: { path, resolveDir } } : undefined,
    );
    onLoad({ filter: /.*/, namespace: "late" }, ({ pluginData: { path, resolveDir } }) => ({ contents: LATE[path], resolveDir }));
  },
};

const common = {
  outdir: "dist",
  outExtension: { ".js": ".cjs" },
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  // Node's own import() is slower, and the chunks are CommonJS as well.
  supported: { "dynamic-import": false },
  // A bug's stack must name our functions, so their names stay.
  minifyWhitespace: true,
  minifySyntax: true,
  // yargs is an ES module and asks where it lives.
  define: { "import.meta.url": "importMetaUrl", ZFS_GUIX_VERSION: JSON.stringify(version) },
  banner: { js: 'const importMetaUrl=require("node:url").pathToFileURL(__filename).href;' },
  // jsonc-parser's main file finds its parts in a way that cannot be bundled.
  alias: { "jsonc-parser": "jsonc-parser/lib/esm/main.js" },
  logLevel: "warning",
};

// The compiler of templates, and yargs with our options, come first: they are
// run here, for the shipped templates and the usual calls for help.
const require = createRequire(import.meta.url);
await build({ ...common, entryPoints: { "template-custom": "src/template/custom.ts" } });
const { shippedSpecifications } = require("./dist/template-custom.cjs");
const specifications = [...(await shippedSpecifications())].map(
  ([name, specification]) => `${JSON.stringify(name)}: ${specification}`,
);

await build({
  ...common,
  entryPoints: { cli: "src/cli.ts" },
  // Our help is not wrapped, and to ask how wide the terminal is loads Node's streams.
  define: { ...common.define, "process.stdout.columns": "undefined" },
  plugins: [latePlugin, chunksPlugin],
});
const { commandNames, parseArguments } = require("./dist/cli.cjs");
const calls = [[], ...commandNames.map((name) => [name])].flatMap((command) => ["--help", "-h"].map((word) => [...command, word]));
const helpTexts = {};
for (const words of calls) helpTexts[words.join(" ")] = (await parseArguments(words, version)).text;

/** What is imported as `zfs-guix:…`, by its name. */
const made = {
  templates: `export const specifications = {${specifications.join(",\n")}};`,
  help: `export const helpTexts = ${JSON.stringify(helpTexts)};`,
};

const madePlugin = {
  name: "made",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^zfs-guix:/ }, ({ path, kind }) =>
      kind === "dynamic-import" ? chunk(path.replace("zfs-guix:", ""), path) : { path, namespace: "made" },
    );
    onLoad({ filter: /.*/, namespace: "made" }, ({ path }) => ({ contents: made[path.replace("zfs-guix:", "")] }));
  },
};

const plugins = [madePlugin, latePlugin, chunksPlugin];
await build({
  ...common,
  entryPoints: { "zfs-guix": "src/main.ts" },
  banner: { js: `#!/usr/bin/env node\n${common.banner.js}` },
  plugins,
});
// A chunk that is built here may ask for another, which comes last then.
const built = new Set(["template-custom", "cli"]);
for (const [name, source] of chunks) {
  if (built.has(name)) continue;
  await build({ ...common, entryPoints: { [name]: source }, plugins });
  built.add(name);
}

// What an earlier build left is not to be packed.
const files = new Set(["zfs-guix", ...built].map((name) => `${name}.cjs`));
for (const file of await readdir("dist")) if (!files.has(file)) await rm(`dist/${file}`, { recursive: true });
