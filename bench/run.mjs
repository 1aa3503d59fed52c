// npm run bench: how long our commands take, as ratios within one run.
//
//   npm run --silent bench -- --json     a list of {"name", "ratio", "aim"}
//
// ZFS_GUIX_CHECKOUT names a Guix checkout whose two files are read (it is not
// written to); without it, files of the same size are made up.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const asJson = process.argv.includes("--json");
process.chdir(join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, ".."));
const directory = mkdtempSync(join(tmpdir(), "zfs-guix-bench-"));
try {
  // The helpers of the tests find the project by where they are.
  const define = { "import.meta.url": JSON.stringify(pathToFileURL("test/support/run.ts").href) };
  const common = { define, outdir: directory, bundle: true, platform: "node", target: "node20" };
  await build({
    ...common,
    entryPoints: ["bench/read.ts"],
    format: "cjs",
    outExtension: { ".js": ".cjs" },
  });
  await build({
    ...common,
    entryPoints: ["bench/bench.ts"],
    format: "esm",
    outExtension: { ".js": ".mjs" },
  });
  const { bench } = await import(pathToFileURL(join(directory, "bench.mjs")).href);
  const lines = [];
  const names = 30;
  if (!asJson) console.log(`${"what".padEnd(names)}${"against".padEnd(26)}ratio   aim`);
  bench(directory, join(directory, "read.cjs"), (line) => {
    if (typeof line === "string") return console.error(line);
    lines.push({ name: line.name, ratio: Number(line.ratio.toFixed(3)), aim: line.aim });
    if (asJson) return;
    const verdict = line.ratio > line.aim ? "  missed" : "";
    console.log(
      `${line.name.padEnd(names)}${line.against.padEnd(26)}${line.ratio.toFixed(2).padStart(5)}${line.aim.toFixed(2).padStart(6)}${verdict}`,
    );
  });
  if (asJson) console.log(JSON.stringify(lines, null, 2));
} finally {
  rmSync(directory, { recursive: true });
}
