// Gives made-up input to everything that reads a stranger's text:
//
//   npm run fuzz -- --seconds N [--seed SEED] [--only TARGET]
//
// The same seed gives the same cases.  Exit status 1 where something crashes,
// hangs, takes too much memory or breaks a promise; each such case is printed
// with the command that runs it again, alone.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

// A case that takes longer, in milliseconds, hangs: the longest inputs take a tenth of a second.
const PATIENCE = 60_000;
// In MB; the longest inputs have half of one.
const MEMORY = 512;

const top = fileURLToPath(new URL("..", import.meta.url));
const outdir = mkdtempSync(join(tmpdir(), "zfs-guix-fuzz-"));
try {
  await build({
    entryPoints: [join(top, "fuzz/main.ts")],
    outfile: join(outdir, "main.mjs"),
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    banner: {
      js: 'import { createRequire as requirerOf } from "node:module"; const require = requirerOf("/");',
    },
    mainFields: ["module", "main"],
    plugins: [
      {
        // Files are found from where the source is, not from where the bundle is.
        name: "own-place",
        setup({ onLoad }) {
          onLoad({ filter: /(src|test)\/.*\.ts$/ }, ({ path }) => ({
            contents: readFileSync(path, "utf8").replaceAll(
              "import.meta.url",
              JSON.stringify(pathToFileURL(path).href),
            ),
            loader: "ts",
          }));
        },
      },
    ],
    logLevel: "warning",
  });
  const child = spawn(
    process.execPath,
    [`--max-old-space-size=${MEMORY}`, join(outdir, "main.mjs"), ...process.argv.slice(2)],
    { cwd: top, stdio: ["ignore", "inherit", "inherit", "pipe"] },
  );
  let doing = "nothing yet";
  const watchdog = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
  createInterface({ input: child.stdio[3] }).on("line", (line) => {
    doing = line;
    watchdog.refresh();
  });
  const [status, signal] = await once(child, "close");
  clearTimeout(watchdog);
  if (signal !== null) console.log(`ended by ${signal}, hanging or out of memory: ${doing}`);
  process.exitCode = status ?? 1;
} finally {
  rmSync(outdir, { recursive: true });
}
