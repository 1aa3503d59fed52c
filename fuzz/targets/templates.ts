import { checkTemplates } from "../../src/render/check";
import { SymbolName } from "../../src/render/literal";
import { parseTemplate } from "../../src/render/templates";
import { compileTemplates, render } from "../../src/render/render";
import { read } from "../../src/read/scheme/read";
import { headSymbol } from "../../src/read/scheme/walk";
import { HOSTILE, mutate, wellFormed } from "../mutate";
import { expectThat, orSentence, type Target } from "../target";

const BASES = [
  "(a {{text}} {{name}} {{count}} {{list}})\n{{#each items}}{{#unless @first}} {{/unless}}({{name}} {{this.text}} {{../count}}){{/each}}",
  "{{#if pin}}(version {{pin.version}}){{else}}none{{/if}}\n  {{> other}}\n{{!-- a comment --}}",
  "{{#with pin}}{{version}}{{/with}}",
];

const PIECES = [
  ..."{{ }} {{{ }}} {{# {{/ {{> {{~ ~}} {{! }} {{else}} {{^}} {{/if}} {{/each}} {{{{ }}}}".split(
    " ",
  ),
  ..."{{name}} {{text}} {{@index}} {{@root}} {{@root.constructor}} {{this}} {{..}} {{../..}} {{../../../a.b}} {{[a b]}} {{constructor}} {{__proto__}} {{toString}} {{__lookupGetter__}}".split(
    " ",
  ),
  ...'{{> main}} {{> other}} {{> __proto__}} {{> constructor}} {{> @partial-block}} {{#>other}} {{/other}} {{&text}} {{"a"}} {{1}} {{true}} {{undefined}} {{null}}'.split(
    " ",
  ),
  "{{> (lookup this 'text')}}",
  "{{> other text}}",
  "{{> other missing}}",
  "{{> other a=text}}",
  "{{> other a=missing.constructor}}",
  "{{lookup this 'constructor'}}",
  "{{#if (lookup this 'text')}}x{{/if}}",
  "{{#if (nothing)}}x{{/if}}",
  "{{#if (literal text)}}x{{/if}}",
  "{{#each items as |item index|}}{{item.name}}{{/each}}",
  "{{#each text}}{{this}}{{/each}}",
  "{{#each @root}}{{@key}}{{this}}{{/each}}",
  '{{#with "constructor"}}{{this}}{{/with}}',
  "{{#if text includeZero=true}}x{{/if}}",
  "{{#log text}}{{/log}}",
  "{{log text}}",
  "{{#helperMissing}}{{/helperMissing}}",
  "{{#each items}}{{> main}}{{/each}}",
  "{{* decorator}}",
  '{{#*inline "x"}}{{/inline}}',
  "\\{{text}}",
  "\\\\{{text}}",
  " ".repeat(2000),
];

export const templates: Target = {
  async run(random, note) {
    const text = mutate(random, random.pick(BASES), PIECES);
    const name = random.oneIn(10) ? random.pick(HOSTILE.filter((one) => one.length < 20)) : "other";
    const texts = {
      main: text,
      [name]: random.oneIn(3) ? mutate(random, random.pick(BASES), PIECES) : "(other)",
    };
    note(JSON.stringify(texts));
    const value = random.oneIn(3) ? random.pick(HOSTILE) : "plain";
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
        Object.entries(texts).map(([one, contents]) => [
          one,
          { file: `${one}.scm.hbs`, program: parseTemplate(`${one}.scm.hbs`, contents) },
        ]),
      );
      checkTemplates(parsed, [], { main: view });
      return render(compileTemplates(parsed), "main", view);
    });
    expectThat(
      Object.keys(Object.prototype).length === 0,
      "the prototype of all objects was changed",
    );
    expectThat(
      output === undefined || !/function|native code|\[object/.test(output.replaceAll(text, "")),
      "something of JavaScript's came out",
    );
    // What the template itself says is its author's; the value may be in it as a string and as nothing else.
    if (
      output !== undefined &&
      value.includes("(system") &&
      !text.includes("(system") &&
      !texts[name]!.includes("(system")
    ) {
      await orSentence(() => {
        for (const form of read(output).forms)
          expectThat(headSymbol(form) !== "system", "a value became code");
      });
    }
  },
};
