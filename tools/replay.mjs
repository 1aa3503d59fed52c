// Lets bump follow the history of a real Guix repository, commit by commit:
//
//   npm run replay -- --guix-git DIR [--revision REV] [--since DAY] [--verbose]
//     [--picture FILE.svg]
//
// The picture shows, day by day, whether the newest kernel of Guix had a ZFS.
// Exit status 1 if anything was not as it should be.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const directory = mkdtempSync(join(tmpdir(), "replay-"));
try {
  const outfile = join(directory, "replay.mjs");
  const at = (path) => fileURLToPath(new URL(path, import.meta.url));
  await build({
    entryPoints: [at("replay/main.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    mainFields: ["module", "main"],
    define: { "import.meta.url": JSON.stringify(new URL("../src/package-root.ts", import.meta.url).href) },
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire("/");' },
    logLevel: "warning",
  });
  const { main } = await import(pathToFileURL(outfile).href);
  process.exitCode = await main(process.argv.slice(2));
} finally {
  rmSync(directory, { recursive: true });
}
