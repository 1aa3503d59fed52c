import { transformSync } from "esbuild";

/** Jest's view of a TypeScript file: the same compiler as the bundle's. */
export default {
  process(source, sourcefile) {
    return transformSync(source, {
      loader: "ts",
      format: "esm",
      target: "node20",
      sourcemap: "inline",
      sourcefile,
    });
  },
};
