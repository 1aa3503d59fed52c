import { describe, expect, test } from "@jest/globals";
import { UserError } from "../../src/errors";
import { checkTemplates } from "../../src/render/check";
import { SymbolName } from "../../src/render/literal";
import { compileTemplates, render, parseTemplate } from "../../src/render/templates";

function rendered(files: Readonly<Record<string, string>>, view: object): string {
  const texts = new Map(
    Object.entries(files).map(([file, text]) => [
      file.replace(".scm.hbs", ""),
      { file, program: parseTemplate(file, text) },
    ]),
  );
  checkTemplates(texts, [], { main: view });
  return render(compileTemplates(texts), "main", view);
}

function problemOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  throw new Error("nothing was reported");
}

test("what a template writes is a literal of Scheme", () => {
  expect(
    rendered(
      { "main.scm.hbs": "({{text}} {{name}} {{count}} {{yes}} {{list}})" },
      {
        text: 'a "b" \\ (c); <&>',
        name: new SymbolName("linux-6.12"),
        count: 3,
        yes: true,
        list: ["x", new SymbolName("y"), ["z"]],
      },
    ),
  ).toBe('("a \\"b\\" \\\\ (c); <&>" linux-6.12 3 #t ("x" y ("z")))');
});

test("a name that would be more than a symbol is refused", () => {
  for (const name of ["a b", "a)", "(a", 'a"', "a;b", "a\nb", "", "'a", "#f", "1", "|a|"]) {
    expect(() =>
      rendered({ "main.scm.hbs": "{{name}}" }, { name: new SymbolName(name) }),
    ).toThrow();
  }
});

test("blocks and other templates", () => {
  expect(
    rendered(
      {
        "main.scm.hbs":
          "{{#each items}}{{#unless @first}} {{/unless}}{{> item}}/{{../sign}}{{/each}}{{#if none}}x{{else}}y{{/if}}",
        "item.scm.hbs": "[{{this}}]",
      },
      { items: ["a", "b"], none: [], sign: 1 },
    ),
  ).toBe('["a"]/1 ["b"]/1y');
});

describe("what does not exist is an error with file and line, never empty", () => {
  test.each<[string, Record<string, string>, RegExp]>([
    ["a name", { "main.scm.hbs": "(a\n  {{nam}})" }, /^main\.scm\.hbs:2:5: there is no nam here/],
    [
      "a name in another template",
      { "main.scm.hbs": "{{> other}}", "other.scm.hbs": "\n\n {{nam}}" },
      /^other\.scm\.hbs:3:4: there is no nam here/,
    ],
    [
      "a name in an object",
      { "main.scm.hbs": "{{name.first}}" },
      /^main\.scm\.hbs:1:3: there is no name\.first here/,
    ],
    [
      "a list",
      { "main.scm.hbs": "{{#each nams}}x{{/each}}" },
      /^main\.scm\.hbs:1:9: there is no nams here/,
    ],
    [
      "a condition",
      { "main.scm.hbs": "{{#if nams}}x{{/if}}" },
      /^main\.scm\.hbs:1:7: there is no nams here/,
    ],
    [
      "a variable of a loop",
      { "main.scm.hbs": "{{#each list}}{{#if @frist}}x{{/if}}{{/each}}" },
      /^main\.scm\.hbs:1:21: there is no @frist here/,
    ],
    [
      "a template",
      { "main.scm.hbs": "\n{{> othre}}" },
      /^main\.scm\.hbs:2:1: there is no template othre/,
    ],
    [
      "a block",
      { "main.scm.hbs": "{{#eech list}}x{{/eech}}" },
      /^main\.scm\.hbs:1:1: expected \{\{name\}\}, which is quoted, /,
    ],
    [
      "a helper",
      { "main.scm.hbs": "{{upcase name}}" },
      /^main\.scm\.hbs:1:1: expected \{\{name\}\}, which is quoted, /,
    ],
    [
      "something built in to objects",
      { "main.scm.hbs": "{{constructor}}" },
      /there is no constructor here/,
    ],
    ["a prototype", { "main.scm.hbs": "{{__proto__}}" }, /there is no __proto__ here/],
    [
      "text as it is",
      { "main.scm.hbs": "{{{name}}}" },
      /^main\.scm\.hbs:1:1: expected \{\{name\}\}, which is quoted, /,
    ],
    [
      "an object where a literal is needed",
      { "main.scm.hbs": "{{object}}" },
      /object is no text, name or number/,
    ],
    [
      "a helper in a condition",
      { "main.scm.hbs": "{{#if (lookup this 'name')}}x{{/if}}" },
      /^main\.scm\.hbs:1:1: expected \{\{name\}\}, which is quoted, /,
    ],
    [
      "what is given to a template",
      { "main.scm.hbs": "{{> other missing}}", "other.scm.hbs": "x" },
      /^main\.scm\.hbs:1:11: there is no missing here/,
    ],
    [
      "names given to a template",
      { "main.scm.hbs": "{{> other a=name}}", "other.scm.hbs": "x" },
      /^main\.scm\.hbs:1:1: expected \{\{name\}\}, which is quoted, /,
    ],
    [
      "a template that is looked up",
      { "main.scm.hbs": "{{> (lookup this 'name')}}" },
      /^main\.scm\.hbs:1:1: expected \{\{name\}\}, which is quoted, /,
    ],
    [
      "a name of JavaScript's for a template",
      { "main.scm.hbs": "x", "__proto__.scm.hbs": "x" },
      /^__proto__\.scm\.hbs: this cannot be the name of a template; /,
    ],
    [
      "a name in a branch that is not taken",
      { "main.scm.hbs": "{{#if no}}{{nam}}{{/if}}" },
      /^main\.scm\.hbs:1:13: there is no nam here/,
    ],
    [
      "a loop over what is no list",
      { "main.scm.hbs": "{{#each name}}x{{/each}}" },
      /^main\.scm\.hbs:1:9: name is no list/,
    ],
    [
      "what is around the place of another template",
      { "main.scm.hbs": "{{#each list}}{{> other}}{{/each}}", "other.scm.hbs": "{{../name}}" },
      /^other\.scm\.hbs:1:3: there is no \.\.\/name here/,
    ],
    [
      "a helper that Handlebars brings along",
      { "main.scm.hbs": "{{log}}" },
      /^main\.scm\.hbs:1:3: there is no log here/,
    ],
    [
      "text as it is, by an ampersand",
      { "main.scm.hbs": "{{&name}}" },
      /^main\.scm\.hbs:1:1: expected \{\{name\}\}, which is quoted, /,
    ],
    [
      "a block's own names",
      { "main.scm.hbs": "{{#each list as |one|}}{{one}}{{/each}}" },
      /^main\.scm\.hbs:1:1: expected \{\{name\}\}, which is quoted, /,
    ],
    [
      "a template in itself",
      { "main.scm.hbs": "{{> other}}", "other.scm.hbs": "{{#if name}}{{> main}}{{/if}}" },
      /^other\.scm\.hbs:1:13: main is a part of itself, so it would never end/,
    ],
    [
      "an unclosed block",
      { "main.scm.hbs": "a\n{{#each list}}\nb" },
      /^main\.scm\.hbs:\d+(:\d+)?: this is not a Handlebars template/,
    ],
    [
      "an unclosed brace",
      { "main.scm.hbs": "a\n{{name" },
      /^main\.scm\.hbs:2(:\d+)?: this is not a Handlebars template/,
    ],
  ])("%s", (_, texts, expected) => {
    expect(
      problemOf(() => rendered(texts, { name: "x", list: ["y"], object: { a: "b" }, no: false })),
    ).toMatch(expected);
  });

  test("a template that is included twice is no circle", () => {
    expect(
      rendered({ "main.scm.hbs": "{{> a}}{{> b}}", "a.scm.hbs": "{{> b}}", "b.scm.hbs": "b" }, {}),
    ).toBe("bb");
  });

  test("problems of all templates together", () => {
    expect(
      problemOf(() =>
        rendered({ "main.scm.hbs": "{{> a}}\n{{> b}}{{> c}}", "c.scm.hbs": "{{{x}}}" }, {}),
      ).split("\n"),
    ).toHaveLength(3);
  });
});
