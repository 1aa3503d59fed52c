import { describe, expect, test } from "@jest/globals";
import { loadTemplates } from "../../src/render/templates";
import { temporaryDirectory } from "../support/directory";

/** What is wrong with the shipped templates where OWN take the place of some. */
async function problems(own: Readonly<Record<string, string>>): Promise<string[]> {
  const directory = temporaryDirectory(
    Object.fromEntries(Object.entries(own).map(([name, text]) => [`${name}.scm.hbs`, text])),
  );
  try {
    await loadTemplates(directory);
    return [];
  } catch (error) {
    return (error as Error).message.replaceAll(`${directory}/`, "").split("\n");
  }
}

describe("what templates can name", () => {
  test.each<[string, Record<string, string>]>([
    [
      "what is there",
      {
        variants:
          "{{#each variants}}{{symbol}} {{kernel.symbol}} {{#if release}}{{release}}{{/if}} {{#with kernel}}{{module}} {{../series}}{{/with}}{{/each}}",
      },
    ],
    [
      "the outside of a loop, and its variables",
      {
        withdraw:
          "{{#each releases}}{{../variants.0.name}} {{@root.variants.[0].name}} {{@index}}{{#if @first}}{{@last}}{{/if}}{{/each}}",
      },
    ],
    [
      "a condition that does not hold",
      { withdraw: "{{^if inPlace}}{{releases.0.version}}{{/if}}" },
    ],
    [
      "parts of a list",
      { variants: "{{#each variants}}{{#each kernel.module}}{{this}}{{/each}}{{/each}}" },
    ],
    [
      "another context",
      { withdraw: "{{#each variants}}{{> part kernel}}{{/each}}", part: "{{symbol}}" },
    ],
    [
      "the same from many places",
      {
        withdraw: "{{> a0}}",
        ...Object.fromEntries(
          Array.from({ length: 60 }, (_, index) => [
            `a${index}`,
            `{{> a${index + 1}}}{{> a${index + 1}}}`,
          ]),
        ),
        a60: "",
      },
    ],
  ])("%s", async (_, own) => {
    expect(await problems(own)).toEqual([]);
  });

  test.each<[string, Record<string, string>, string]>([
    [
      "what only the channel has",
      { tools: "{{#each releases}}{{version}}{{/each}}" },
      "tools.scm.hbs:1:9: there is no releases here",
    ],
    [
      "what only the region has",
      { "auto-snapshot": "{{#if autoSnapshot}}{{/if}}" },
      "auto-snapshot.scm.hbs:1:7: there is no autoSnapshot here",
    ],
    [
      "in a branch that is not taken",
      { withdraw: "\n{{#if inPlace}}{{vesion}}{{/if}}" },
      "withdraw.scm.hbs:2:18: there is no vesion here",
    ],
    [
      "in the else of a branch",
      { withdraw: "{{#if inPlace}}{{else}}{{in.vesion}}{{/if}}" },
      "withdraw.scm.hbs:1:26: there is no in.vesion here",
    ],
    [
      "as a condition",
      { withdraw: "{{#if pinned}}{{/if}}" },
      "withdraw.scm.hbs:1:7: there is no pinned here",
    ],
    [
      "inside of a loop",
      { withdraw: "{{#each variants}}{{releases}}{{/each}}" },
      "withdraw.scm.hbs:1:21: there is no releases here",
    ],
    [
      "too far out",
      { withdraw: "{{#each variants}}{{../../releases}}{{/each}}" },
      "withdraw.scm.hbs:1:21: there is no ../../releases here",
    ],
    [
      "a variable of a loop outside of one",
      { withdraw: "{{@first}}" },
      "withdraw.scm.hbs:1:3: there is no @first here",
    ],
    [
      "below a symbol",
      { withdraw: "{{#each variants}}{{symbol.name}}{{/each}}" },
      "withdraw.scm.hbs:1:21: there is no symbol.name here",
    ],
  ])("not: %s", async (_, own, expected) => {
    expect(await problems(own)).toEqual([
      `${expected}; look at the templates that come with zfs-guix for what can stand in place of ${/no (.*) here/.exec(expected)![1]}`,
    ]);
  });
});

test("a template that nothing uses is misspelt", async () => {
  expect(await problems({ varant: "x" })).toEqual([
    "varant.scm.hbs: nothing uses a template varant; name the file after one of auto-snapshot, channel, region, tools, variants, withdraw, zfs-for-kernel, zfs-for-series",
  ]);
  expect(await problems({ varant: "x", withdraw: "{{> varant}}" })).toEqual([]);
});

test("what is wrong with several templates is said together", async () => {
  expect(await problems({ variants: "a\n{{", withdraw: "{{#if}}" })).toEqual([
    expect.stringMatching(/^variants\.scm\.hbs:2: this is not a Handlebars template/),
    expect.stringMatching(/^withdraw\.scm\.hbs/),
  ]);
});
