import { expect } from "@jest/globals";
import fc from "fast-check";
import { read } from "../../src/read/scheme/read";
import { headSymbol } from "../../src/read/scheme/datum";
import { checkTemplates } from "../../src/render/check";
import { SymbolName } from "../../src/render/literal";
import { compileTemplates, render, parseTemplate } from "../../src/render/templates";
import { hostile, mostly, mutated, wellFormed } from "./input";
import { fuzz, orSentence } from "./property";

const PIECES = String.raw`{{ ; }} ; {{{ ; }}} ; {{# ; {{/ ; {{> ; {{~ ; ~}} ; {{! ; }} ; {{{{ ; }}}}
{{else}} ; {{^}} ; {{/if}} ; {{/each}} ; {{name}} ; {{text}} ; {{&text}} ; \{{text}} ; \\{{text}}
{{@index}} ; {{@root}} ; {{@root.constructor}} ; {{this}} ; {{..}} ; {{../..}} ; {{../../../a.b}}
{{constructor}} ; {{__proto__}} ; {{toString}} ; {{__lookupGetter__}} ; {{lookup this 'constructor'}}
{{[a b]}} ; {{"a"}} ; {{1}} ; {{true}} ; {{undefined}} ; {{null}} ; {{#>other}} ; {{/other}}
{{> main}} ; {{> other}} ; {{> __proto__}} ; {{> constructor}} ; {{> @partial-block}}
{{> (lookup this 'text')}} ; {{> other text}} ; {{> other missing}} ; {{> other a=text}}
{{> other a=missing.constructor}} ; {{#each items}}{{> main}}{{/each}}
{{#if (lookup this 'text')}}x{{/if}} ; {{#if (nothing)}}x{{/if}} ; {{#if (literal text)}}x{{/if}}
{{#if text includeZero=true}}x{{/if}} ; {{#with "constructor"}}{{this}}{{/with}}
{{#each items as |item index|}}{{item.name}}{{/each}} ; {{#each text}}{{this}}{{/each}}
{{#each @root}}{{@key}}{{this}}{{/each}} ; {{#helperMissing}}{{/helperMissing}}
{{log text}} ; {{#log text}}{{/log}} ; {{* decorator}} ; {{#*inline "x"}}{{/inline}}`.split(
  / ; |\n/,
);

const template = mutated(
  fc.constantFrom(
    "(a {{text}} {{name}} {{count}} {{list}})\n{{#each items}}{{#unless @first}} {{/unless}}({{name}} {{this.text}} {{../count}}){{/each}}",
    "{{#if pin}}(version {{pin.version}}){{else}}none{{/if}}\n  {{> other}}\n{{!-- a comment --}}",
    "{{#with pin}}{{version}}{{/with}}",
  ),
  [...PIECES, " ".repeat(2000)],
);

const input = fc.record({
  main: template,
  name: mostly(fc.constant("other"), 9, hostile),
  other: mostly(fc.constant("(other)"), 2, template),
  value: mostly(fc.constant("plain"), 2, hostile),
});

fuzz("templates", input, async ({ main, name, other, value }) => {
  const view = {
    text: wellFormed(value),
    name: new SymbolName("linux-6.12"),
    count: 3,
    list: ["a"],
    items: [{ name: "b", text: wellFormed(value) }],
    pin: { version: "1" },
  };
  const output = await orSentence(() => {
    const parsed = new Map(
      Object.entries({ main, [name]: other }).map(([one, contents]) => [
        one,
        { file: `${one}.scm.hbs`, program: parseTemplate(`${one}.scm.hbs`, contents) },
      ]),
    );
    checkTemplates(parsed, [], { main: view });
    return render(compileTemplates(parsed), "main", view);
  });
  if (output === undefined) return;
  // Nothing of JavaScript's comes out.
  expect(output.replaceAll(main, "")).not.toMatch(/function|native code|\[object/);
  // What a template itself says is its author's; the value may be in it as a string and as nothing else.
  if (value.includes("(system") && !`${main}${other}`.includes("(system")) {
    const forms = (await orSentence(() => read(output).forms)) ?? [];
    expect(forms.map(headSymbol)).not.toContain("system");
  }
});
