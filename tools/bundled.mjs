// Runs the program in TypeScript that starts at a file of this directory.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { templatesPlugin } from "./handlebars.mjs";

/** Calls the `main` of FILE with the arguments of this process, and ends with the status that it returns. */
export async function runBundled(file) {
  const directory = mkdtempSync(join(tmpdir(), "zfs-guix-"));
  try {
    const outfile = join(directory, "main.mjs");
    const at = (path) => fileURLToPath(new URL(path, import.meta.url));
    await build({
      entryPoints: [at(file)],
      outfile,
      bundle: true,
      platform: "node",
      format: "esm",
      plugins: [templatesPlugin],
      mainFields: ["module", "main"],
      define: {
        "import.meta.url": JSON.stringify(new URL("../src/files.ts", import.meta.url).href),
      },
      banner: {
        js: 'import { createRequire } from "node:module"; const require = createRequire("/");',
      },
      logLevel: "warning",
    });
    const { main } = await import(pathToFileURL(outfile).href);
    process.exitCode = await main(process.argv.slice(2));
  } finally {
    rmSync(directory, { recursive: true });
  }
}
