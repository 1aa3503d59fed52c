// What test files take from Jest, in so few lines that thousands of runs are
// over soon: Jest itself takes seconds to begin one.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { jestExpect } = require("@jest/expect");

/** The tests that were registered, and what runs around them. */
export const registry = { file: "", tests: [], beforeEach: [], afterEach: [] };

let path = [];

function register(name, run) {
  const { file, tests } = registry;
  let id = [file, ...path, name].join(" › ");
  while (tests.some((test) => test.id === id)) id += "'";
  tests.push({ id, file, run });
}

const eachOf = (declare) => (table) => (name, run) => {
  for (const row of table) declare(name, Array.isArray(row) ? () => run(...row) : () => run(row));
};

export const test = Object.assign((name, run) => register(name, run), { skip: () => {} });
test.each = eachOf(test);
test.skip.each = () => () => {};
export const it = test;

export const describe = Object.assign(
  (name, declare) => {
    path.push(name);
    declare();
    path.pop();
  },
  { skip: () => {} },
);
describe.each = eachOf(describe);

export const beforeEach = (run) => registry.beforeEach.push(run);
export const afterEach = (run) => registry.afterEach.push(run);
export const expect = jestExpect;

// Only what has to be cleaned up at the end, which the end of the process does.
export const afterAll = () => {};
