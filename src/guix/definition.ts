import type { Datum, ListDatum } from "../scheme/datum";
import { asKeyword, asSymbol, headSymbol, isList } from "../scheme/walk";

/** A definition at the top level of a module of Guix. */
export interface Definition {
  readonly name: string;
  /** The whole form, `(define-public zfs (package …))`. */
  readonly form: ListDatum;
  /** What the name is bound to; undefined for a procedure or a macro. */
  readonly value: Datum | undefined;
  /** Whether other modules see it. */
  readonly isPublic: boolean;
  /** Whether it is a former name that Guix keeps for a while. */
  readonly isDeprecated: boolean;
}

/** Heads of Guix's own and of Guile's that export what they define. */
const PUBLIC = /^define(\*?-public|-syntax-public|-deprecated-package|-deprecated\/public.*|-public-with-deprecation)$/;

/** The definitions among FORMS, those at the top level of a file, in their order. */
export function definitions(forms: readonly Datum[]): Definition[] {
  const exported = exportedNames(forms);
  return forms.flatMap((form) => (isList(form) ? define(form, exported) : []));
}

function define(form: ListDatum, exported: ReadonlySet<string>): Definition[] {
  const head = headSymbol(form);
  if (head === "begin") return form.items.slice(1).flatMap((inner) => (isList(inner) ? define(inner, exported) : []));
  if (head === undefined || !head.startsWith("define") || head === "define-module") return [];
  const name = definedName(form.items[1]);
  if (name === undefined) return [];
  const isValue = asSymbol(form.items[1]) !== undefined && !head.startsWith("define-syntax");
  return [
    {
      name,
      form,
      value: isValue ? form.items.at(-1) : undefined,
      isPublic: PUBLIC.test(head) || exported.has(name),
      isDeprecated: head.startsWith("define-deprecated"),
    },
  ];
}

/** `f` of `f`, of `(f x)` and of `((f x) y)`. */
function definedName(target: Datum | undefined): string | undefined {
  let inner = target;
  while (isList(inner)) inner = inner.items[0];
  return asSymbol(inner);
}

/** The names that `define-module` and `(export …)` list. */
function exportedNames(forms: readonly Datum[]): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (list: readonly Datum[]): void => {
    for (const item of list) {
      const name = asSymbol(item) ?? (isList(item) ? asSymbol(item.tail ?? item.items[0]) : undefined);
      if (name !== undefined) names.add(name);
    }
  };
  for (const form of forms) {
    if (isList(form, "export")) add(form.items.slice(1));
    if (!isList(form, "define-module")) continue;
    form.items.forEach((item, index) => {
      const next = form.items[index + 1];
      if (["export", "replace", "export-syntax"].includes(asKeyword(item) ?? "") && isList(next)) add(next.items);
    });
  }
  return names;
}
