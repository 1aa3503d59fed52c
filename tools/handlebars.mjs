// Compiles templates when the program is built, so that it needs no compiler
// of them when it runs.
import { readFile } from "node:fs/promises";
import Handlebars from "handlebars";

/** The module of the template TEXT, which FILE holds, for handlebars/runtime. */
export function precompiled(text, file) {
  // All that is written is to be quoted.
  const raw = text.split("\n").findIndex((line) => /\{\{\{|\{\{&/.test(line)) + 1;
  if (raw > 0) throw new Error(`${file}:${raw}: text that is not quoted; expected {{name}}`);
  return `export default ${Handlebars.precompile(text, { knownHelpersOnly: true })};`;
}

/** For esbuild: what `import "….hbs"` is. */
export const templatesPlugin = {
  name: "templates",
  setup({ onLoad }) {
    onLoad({ filter: /\.hbs$/ }, async ({ path }) => ({
      contents: precompiled(await readFile(path, "utf8"), path),
      loader: "js",
    }));
  },
};
