// Runs the tests of four parts for Stryker, in its own process: bundled once,
// and loaded anew only where a mutant is in what runs at loading.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { INSTRUMENTER_CONSTANTS } from "@stryker-mutator/api/core";
import { declareClassPlugin, PluginKind } from "@stryker-mutator/api/plugin";
import { determineHitLimitReached, DryRunStatus, TestStatus, toMutantRunResult } from "@stryker-mutator/api/test-runner";
import { build } from "esbuild";

/** Tests in this process, since a mutant lives in it and not in the bundle that others run. */
const FILES = [
  "test/plan.test.ts",
  "test/openzfs/compatibility.test.ts",
  "test/guix/markers.test.ts",
  "test/guix/region-guard.test.ts",
  "test/guix/region-edit.test.ts",
  "test/guix/region-edit.property.test.ts",
  "test/scheme/read.test.ts",
  "test/scheme/literal.test.ts",
  "test/scheme/position.test.ts",
  "test/scheme/differential.test.ts",
];

const space = (globalThis[INSTRUMENTER_CONSTANTS.NAMESPACE] ??= {});

class Runner {
  #outdir = mkdtempSync(join(tmpdir(), "mutation-"));
  #loads = 0;
  #tests;

  capabilities() {
    return { reloadEnvironment: true };
  }

  async init() {
    const top = process.cwd();
    const place = { filter: /\/(src|test|mutation)\/.*\.(ts|mjs)$/ };
    const contents = FILES.map((file) => `import "begin:${file}";\nimport ${JSON.stringify(join(top, file))};`).join("\n");
    await build({
      stdin: { contents: `${contents}\nexport { registry } from "@jest/globals";`, resolveDir: top },
      outfile: join(this.#outdir, "tests.mjs"),
      bundle: true,
      platform: "node",
      format: "esm",
      banner: { js: 'import { createRequire as requirerOf } from "node:module"; const require = requirerOf("/");' },
      alias: { "@jest/globals": join(top, "mutation/globals.mjs") },
      plugins: [
        {
          name: "own-place",
          setup({ onResolve, onLoad }) {
            onResolve({ filter: /^begin:/ }, ({ path }) => ({ path, namespace: "begin" }));
            onLoad({ filter: /.*/, namespace: "begin" }, ({ path }) => ({
              contents: `import { registry } from "@jest/globals"; registry.file = ${JSON.stringify(path.slice("begin:".length))};`,
              resolveDir: top,
            }));
            onResolve({ filter: /^\.\/guile$/ }, ({ importer }) => (importer.endsWith("/differential.ts") ? { path: join(top, "mutation/guile.ts") } : undefined));
            onLoad(place, ({ path }) => ({
              contents: readFileSync(path, "utf8").replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href)),
              loader: path.endsWith(".ts") ? "ts" : "js",
            }));
          },
        },
      ],
      logLevel: "error",
    });
  }

  async dispose() {
    rmSync(this.#outdir, { recursive: true, force: true });
  }

  async dryRun() {
    space.activeMutant = undefined;
    await this.#load();
    const tests = await this.#run(() => true, false);
    return { status: DryRunStatus.Complete, tests, mutantCoverage: space.mutantCoverage };
  }

  async mutantRun({ activeMutant, mutantActivation, testFilter, hitLimit, reloadEnvironment }) {
    space.hitCount = hitLimit === undefined ? undefined : 0;
    space.hitLimit = hitLimit;
    if (this.#tests === undefined || reloadEnvironment || this.#dirty) {
      space.activeMutant = mutantActivation === "static" ? activeMutant.id : undefined;
      this.#dirty = reloadEnvironment;
      try {
        await this.#load();
      } catch (error) {
        this.#dirty = true;
        return toMutantRunResult({ status: DryRunStatus.Complete, tests: [{ id: "loading", name: "loading", timeSpentMs: 0, status: TestStatus.Failed, failureMessage: String(error) }] });
      }
    }
    space.activeMutant = activeMutant.id;
    const wanted = testFilter === undefined ? undefined : new Set(testFilter);
    // The reader has tests of its own, which are over sooner.
    const isReader = (file) => /\b(src|test)\/scheme\//.test(file);
    const ofReader = isReader(activeMutant.fileName);
    const tests = await this.#run(({ id, file }) => isReader(file) === ofReader && (wanted === undefined || wanted.has(id)), true);
    return toMutantRunResult(determineHitLimitReached(space.hitCount, space.hitLimit) ?? { status: DryRunStatus.Complete, tests });
  }

  /** Whether what is loaded has a mutant in it. */
  #dirty = false;

  async #load() {
    this.#loads += 1;
    const { registry } = await import(`${pathToFileURL(join(this.#outdir, "tests.mjs"))}?${this.#loads}`);
    this.#tests = registry;
  }

  async #run(isWanted, bail) {
    const { tests, beforeEach, afterEach } = this.#tests;
    const results = [];
    for (const test of tests.filter(isWanted)) {
      space.currentTestId = test.id;
      const start = performance.now();
      let failureMessage;
      try {
        for (const before of beforeEach) await before();
        await test.run();
      } catch (error) {
        failureMessage = error instanceof Error ? error.message : String(error);
      }
      for (const after of afterEach) await after();
      space.currentTestId = undefined;
      const common = { id: test.id, name: test.id, timeSpentMs: performance.now() - start };
      results.push(failureMessage === undefined ? { ...common, status: TestStatus.Success } : { ...common, status: TestStatus.Failed, failureMessage });
      if (bail && failureMessage !== undefined) break;
    }
    return results;
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, "in-process", Runner)];
