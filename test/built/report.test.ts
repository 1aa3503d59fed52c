import { expect, test } from "@jest/globals";
import { isGood, seen, table, type Result } from "../../tools/report";

const GOOD: Result = {
  name: "homes",
  expected: "a pool is mounted",
  facts: [{ what: "it is", holds: true, seen: "tank" }],
  seconds: 61.4,
};

test("a scenario is good where all that it looked at holds", () => {
  expect(isGood(GOOD)).toBe(true);
  expect(seen(GOOD)).toBe("all 1 facts");
  expect(
    isGood({
      ...GOOD,
      facts: [...GOOD.facts, { what: "a key is loaded", holds: false, seen: "unavailable" }],
    }),
  ).toBe(false);
});

test("a scenario that looked at nothing, or came to no end, is not good", () => {
  expect(isGood({ ...GOOD, facts: [] })).toBe(false);
  expect(seen({ ...GOOD, facts: [] })).toBe("nothing was looked at");
  expect(isGood({ ...GOOD, failure: "the machine stopped" })).toBe(false);
  expect(seen({ ...GOOD, failure: "the machine stopped" })).toBe("the machine stopped");
});

test("what does not hold is told with the last line that the machine said", () => {
  const facts = [
    { what: "the pool is there", holds: false, seen: "some\nno such pool\u001b[31m\n" },
    { what: "it is quiet", holds: false, seen: "" },
  ];
  expect(seen({ ...GOOD, facts })).toBe(
    "not: the pool is there (no such pool\\x1b[31m); not: it is quiet (nothing)",
  );
});

test("the table has a row a scenario, the logs, and the stand-ins", () => {
  const bad: Result = {
    name: "mirror",
    expected: "a|b",
    facts: [],
    seconds: 3,
    log: "/cache/mirror.log",
  };
  expect(table([GOOD, bad], { "Stand-ins": ["udev"], "Not built": [] }))
    .toBe(`| | scenario | expected | seen | seconds |
| --- | --- | --- | --- | ---: |
| ✓ | homes | a pool is mounted | all 1 facts | 61 |
| ✗ | mirror | a\\|b | nothing was looked at | 3 |

mirror: the console is in /cache/mirror.log
Stand-ins:
- udev`);
});
