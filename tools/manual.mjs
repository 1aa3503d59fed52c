// Writes the manual, doc/zfs-guix.1, of the texts that help has, too.  With
// --check, only tells whether it is as it would be written.
import { readFile, writeFile } from "node:fs/promises";
import { build } from "esbuild";
import { templatesPlugin } from "./handlebars.mjs";

const FILE = "doc/zfs-guix.1";

const { version } = JSON.parse(await readFile("package.json", "utf8"));
const { outputFiles } = await build({
  entryPoints: ["tools/manual.ts"],
  bundle: true,
  write: false,
  format: "esm",
  platform: "node",
  plugins: [templatesPlugin],
});
const { manual } = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString("base64")}`
);
const text = manual(version);
if (text !== (await readFile(FILE, "utf8").catch(() => ""))) {
  if (process.argv.includes("--check")) {
    process.stderr.write(`${FILE} is not as it would be written; run npm run readme\n`);
    process.exitCode = 1;
  } else {
    await writeFile(FILE, text);
    process.stdout.write(`wrote ${FILE}\n`);
  }
}
