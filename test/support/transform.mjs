import { transformSync } from "esbuild";
import { precompiled } from "../../tools/handlebars.mjs";

/** Jest's view of a TypeScript file, or of a template: the same compilers as the bundle's. */
export default {
  process(source, sourcefile) {
    if (sourcefile.endsWith(".hbs")) return { code: precompiled(source, sourcefile) };
    return transformSync(source, {
      loader: "ts",
      format: "esm",
      target: "node20",
      sourcemap: "inline",
      sourcefile,
    });
  },
};
