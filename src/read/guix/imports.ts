import type { Datum, ListDatum } from "../scheme/datum";
import { asKeyword, asSymbol, children, isList } from "../scheme/walk";

/** What a module takes from another one. */
export interface Import {
  /** `["gnu", "packages", "guile"]`. */
  readonly module: readonly string[];
  /** Local name → name in the other module, where only some are taken. */
  readonly select?: ReadonlyMap<string, string>;
  readonly hide?: ReadonlySet<string>;
  /** `license:`; the local names start with it. */
  readonly prefix?: string;
  /** Whether names are changed in a way that only Guile can tell. */
  readonly isRenamed: boolean;
  /** Of the keyword, or of the part of `(use-modules …)`. */
  readonly start: number;
}

/** The `(define-module …)` of FORMS. */
export function moduleForm(forms: readonly Datum[]): ListDatum | undefined {
  return forms.find((form): form is ListDatum => isList(form, "define-module"));
}

/** The imports of a file, `#:use-module`, `#:autoload` and `(use-modules …)`, in their order. */
export function imports(forms: readonly Datum[]): Import[] {
  return forms.flatMap((form) => {
    if (isList(form, "use-modules"))
      return form.items.slice(1).flatMap((spec) => importOf(spec.start, spec));
    return isList(form, "define-module") ? clauses(form) : [];
  });
}

function clauses(form: ListDatum): Import[] {
  return form.items.flatMap((item, index): Import[] => {
    const keyword = asKeyword(item);
    const next = form.items[index + 1];
    if (next === undefined) return [];
    if (keyword === "use-module") return importOf(item.start, next);
    const names = form.items[index + 2];
    if (keyword !== "autoload" || names === undefined) return [];
    const module = moduleName(next);
    return module === undefined
      ? []
      : [{ module, select: selection(names), isRenamed: false, start: item.start }];
  });
}

/** The import that the `(a b)` or `((a b) #:select (c))` of SPEC says. */
function importOf(start: number, spec: Datum): Import[] {
  const plain = moduleName(spec);
  if (plain !== undefined) return [{ module: plain, isRenamed: false, start }];
  const module = isList(spec) ? moduleName(spec.items[0]) : undefined;
  if (!isList(spec) || module === undefined) return [];
  const option = (name: string): Datum | undefined => {
    const index = spec.items.findIndex((item) => asKeyword(item) === name);
    return index === -1 ? undefined : spec.items[index + 1];
  };
  const [select, hide, prefix] = [option("select"), option("hide"), asSymbol(option("prefix"))];
  return [
    {
      module,
      ...(select !== undefined && { select: selection(select) }),
      ...(hide !== undefined && {
        hide: new Set(children(hide).flatMap((name) => asSymbol(name) ?? [])),
      }),
      ...(prefix !== undefined && { prefix }),
      isRenamed: option("renamer") !== undefined,
      start,
    },
  ];
}

/** `(a b)`, and not `((a b) …)`; a part may be a number. */
function moduleName(spec: Datum | undefined): readonly string[] | undefined {
  if (!isList(spec) || spec.tail !== undefined || spec.items.length === 0) return undefined;
  const parts = spec.items.map(asSymbol);
  return parts.every((part) => part !== undefined) ? parts : undefined;
}

/** Of `(a (b . c))`: a is a, and the b of the module is called c here. */
function selection(list: Datum): ReadonlyMap<string, string> {
  return new Map(
    children(list).flatMap((item): (readonly [string, string])[] => {
      const name = asSymbol(item);
      if (name !== undefined) return [[name, name]];
      if (!isList(item)) return [];
      const [original, local] = [asSymbol(item.items[0]), asSymbol(item.tail ?? item.items[1])];
      return original === undefined || local === undefined ? [] : [[local, original]];
    }),
  );
}

/** Whether TAKEN makes a name of its module known as NAME, which is PREFIX and that name. */
export function provides(taken: Import, name: string, prefix = ""): boolean {
  if (taken.isRenamed || (taken.prefix ?? "") !== prefix) return false;
  const original = name.slice(prefix.length);
  if (taken.select !== undefined) return taken.select.get(original) === original;
  return taken.hide?.has(original) !== true;
}

/** What TAKEN itself says that the local NAME means: a module and its name there. */
export function saysOf(
  taken: Import,
  name: string,
): { readonly module: readonly string[]; readonly name: string } | undefined {
  const prefix = taken.prefix ?? "";
  if (taken.select === undefined || !name.startsWith(prefix)) return undefined;
  const original = taken.select.get(name.slice(prefix.length));
  return original === undefined ? undefined : { module: taken.module, name: original };
}
