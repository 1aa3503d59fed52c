// Reads Scheme files with our reader and with Guile's, and compares form by form:
//
//   node tools/differential.mjs DIRECTORY-OR-FILE…
//
// Exit status 1 if anything differs or is refused.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const directory = mkdtempSync(join(tmpdir(), "differential-"));
try {
  const outfile = join(directory, "differential.mjs");
  const support = new URL("../test/support/", import.meta.url);
  await build({
    entryPoints: [new URL("differential.ts", support).pathname],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    define: { "import.meta.url": JSON.stringify(new URL("guile.ts", support).href) },
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire("/");',
    },
  });
  const { compareFiles, schemeFiles } = await import(pathToFileURL(outfile).href);
  let problems = 0;
  const files = schemeFiles(process.argv.slice(2));
  const same = compareFiles(files, (line) => {
    problems += 1;
    console.log(line);
  });
  console.log(`${files.length} files, ${same} forms the same, ${problems} problems`);
  process.exitCode = files.length === 0 || problems > 0 ? 1 : 0;
} finally {
  rmSync(directory, { recursive: true });
}
