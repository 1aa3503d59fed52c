import { expect, test } from "@jest/globals";
import { asString, isList } from "../../src/read/scheme/datum";
import { SymbolName } from "../../src/render/literal";
import { render } from "../../src/render/templates";
import type { RegionView } from "../../src/render/view";

const VIEW: RegionView = {
  inPlace: true,
  variants: [
    {
      name: "zfs-for-linux-6.12",
      symbol: new SymbolName("zfs-for-linux-6.12"),
      series: "6.12",
      kernel: { symbol: new SymbolName("linux-libre-6.12"), module: [] },
    },
  ],
  autoSnapshot: true,
  commands: [["sbin/zpool"]],
};

const withVariant = (change: object): RegionView => ({
  ...VIEW,
  variants: [{ ...VIEW.variants[0]!, ...change }],
});

test("what a template writes is a literal of Scheme", () => {
  const series = 'a "b" \\ (c); <&>';
  const { forms } = render("region", withVariant({ series }));
  const variant = forms.find((form) => isList(form, "define-public"));
  const call = isList(variant) ? variant.items[2] : undefined;
  expect(isList(call) && asString(call.items[2])).toBe(series);
});

test("a name that would be more than a symbol is refused", () => {
  for (const name of ["a b", "a)", "(a", 'a"', "a;b", "a\nb", "", "'a", "#f", "1", "|a|"])
    expect(() => render("region", withVariant({ symbol: new SymbolName(name) }))).toThrow();
});

test("a name that is not there is a sentence, in a condition too", () => {
  for (const name of ["autoSnapshot", "commands", "inPlace"])
    expect(() => {
      const { [name]: _, ...rest } = VIEW as unknown as Record<string, unknown>;
      return render("region", rest as unknown as RegionView);
    }).toThrow(
      `templates/region.scm.hbs: this template names ${name}, which is not there; mend it, or a template that it includes, and build again`,
    );
});
