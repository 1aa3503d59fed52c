import type { Datum, ListDatum } from "../scheme/datum";
import { asSymbol, headSymbol, isList } from "../scheme/walk";
import type { Bindings } from "./definition";

const WRAPPERS = new Set(["let", "let*", "begin", "hidden-package"]);

/** The `(package …)` that VALUE ends in: itself, or the body of a `let`. */
export function packageForm(value: Datum | undefined): ListDatum | undefined {
  let form = value;
  while (WRAPPERS.has(headSymbol(form) ?? "") && form?.kind === "list") form = form.items.at(-1);
  return PACKAGE.has(headSymbol(form) ?? "") && form?.kind === "list" ? form : undefined;
}

const PACKAGE = new Set(["package", "package/inherit"]);

/** The value of FIELD in the package FORM, or in the one of this file that it inherits from. */
export function packageField(
  form: ListDatum,
  field: string,
  bindings: Bindings,
): Datum | undefined {
  const seen = new Set<ListDatum>();
  for (
    let next: ListDatum | undefined = form;
    next !== undefined && !seen.has(next);
    next = inherited(next, bindings)
  ) {
    seen.add(next);
    const found = next.items.find((item): item is ListDatum => isList(item, field));
    if (found !== undefined) return found.items.at(-1);
  }
  return undefined;
}

function inherited(form: ListDatum, bindings: Bindings): ListDatum | undefined {
  const clause = form.items.find((item) => headSymbol(item) === "inherit");
  const parent =
    headSymbol(form) === "package/inherit"
      ? form.items[1]
      : clause?.kind === "list"
        ? clause.items[1]
        : undefined;
  const name = asSymbol(parent);
  return name === undefined ? undefined : packageForm(bindings.follow(name)?.value);
}
