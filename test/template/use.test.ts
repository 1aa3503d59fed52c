import { describe, expect, test } from "@jest/globals";
import { shippedFile } from "../../src/package-root";
import { readTemplates } from "../../src/template/directory";
import { checkUse } from "../../src/template/use";

const shipped = await readTemplates(shippedFile("templates"));

/** What is wrong with the shipped templates where OWN take the place of some. */
function problems(own: Readonly<Record<string, string>>): string[] {
  const texts = new Map(Object.entries(own).map(([name, text]) => [name, { file: `${name}.scm.hbs`, text }]));
  try {
    checkUse(new Map([...shipped, ...texts]), texts);
    return [];
  } catch (error) {
    return (error as Error).message.split("\n");
  }
}

describe("what templates can name", () => {
  test.each<[string, Record<string, string>]>([
    ["what is there", { variants: "{{#each variants}}{{symbol}} {{kernel.symbol}} {{#if release}}{{release}}{{/if}} {{#with kernel}}{{module}} {{../series}}{{/with}}{{/each}}" }],
    ["the outside of a loop, and its variables", { withdraw: "{{#each releases}}{{../variants.0.name}} {{@root.variants.[0].name}} {{@index}}{{#if @first}}{{@last}}{{/if}}{{/each}}" }],
    ["what only the channel has", { tools: "{{#each releases}}{{version}}{{/each}}" }],
    ["what only the region has", { "auto-snapshot": "{{#if autoSnapshot}}{{autoSnapshot}}{{/if}}" }],
    ["parts of a list", { variants: "{{#each variants}}{{#each kernel.module}}{{this}}{{/each}}{{/each}}" }],
    ["a block's own names", { withdraw: "{{#each variants as |one|}}{{one.name}}{{/each}}" }],
    ["another context", { withdraw: "{{#each variants}}{{> part kernel}}{{/each}}", part: "{{symbol}}" }],
    ["the same from many places", { withdraw: "{{> a0}}", ...Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`a${index}`, `{{> a${index + 1}}}{{> a${index + 1}}}`])), a60: "" }],
  ])("%s", (_, own) => {
    expect(problems(own)).toEqual([]);
  });

  test.each<[string, Record<string, string>, string]>([
    ["in a branch that is not taken", { withdraw: "\n{{#if inPlace}}{{vesion}}{{/if}}" }, "withdraw.scm.hbs:2:18: there is no vesion here"],
    ["in the else of a branch", { withdraw: "{{#if inPlace}}{{else}}{{in.vesion}}{{/if}}" }, "withdraw.scm.hbs:1:26: there is no in.vesion here"],
    ["as a condition", { withdraw: "{{#if pinned}}{{/if}}" }, "withdraw.scm.hbs:1:7: there is no pinned here"],
    ["inside of a loop", { withdraw: "{{#each variants}}{{releases}}{{/each}}" }, "withdraw.scm.hbs:1:21: there is no releases here"],
    ["too far out", { withdraw: "{{#each variants}}{{../../releases}}{{/each}}" }, "withdraw.scm.hbs:1:21: there is no ../../releases here"],
    ["a variable of a loop outside of one", { withdraw: "{{@first}}" }, "withdraw.scm.hbs:1:3: there is no @first here"],
    ["below a symbol", { withdraw: "{{#each variants}}{{symbol.name}}{{/each}}" }, "withdraw.scm.hbs:1:21: there is no symbol.name here"],
  ])("not: %s", (_, own, expected) => {
    expect(problems(own)).toEqual([`${expected}; look at the templates that come with zfs-guix for what can stand in place of ${/no (.*) here/.exec(expected)![1]}`]);
  });
});

test("a template that nothing uses is misspelt", () => {
  expect(problems({ varant: "x" })).toEqual([
    "varant.scm.hbs: nothing uses a template varant; name the file after one of auto-snapshot, channel, region, tools, variants, withdraw, zfs-for-kernel, zfs-for-series",
  ]);
  expect(problems({ varant: "x", withdraw: "{{> varant}}" })).toEqual([]);
});
